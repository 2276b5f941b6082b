"""``logs partitions`` at a terminal: what is missing or misplaced, shown, and brought in."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline.logs import schema
from baseline.simulation import Blueprint, Fault, Simulation
from given_catalog import (
    FLOWS,
    MAIN,
    ORGANIZATION,
    TRAIL,
    arrive,
    client,
    events,
    log_key,
    make,
    partitions,
)
from given_terminal import Baseline, at_a_terminal

OTHER = "400000000004"
OLD = ["2019-07-23", "2019-07-24", "2025-12-31"]
FILE = "organization: o-acme0000000\nhome_region: eu-west-1\nregions: [eu-west-1, us-east-1]\n"


@pytest.fixture(scope="module")
def made() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    try:
        make(simulation)
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def organization(made: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(made)
    Path("baseline.yaml").write_text(FILE)
    yield simulation
    simulation.close()


@pytest.fixture
def baseline(
    organization: Simulation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Baseline]:
    with at_a_terminal(organization, monkeypatch, capsys) as run:
        yield run


@pytest.fixture
def old_files(organization: Simulation) -> None:
    """Files from before there was a partitioner: nobody heard of them."""
    rules = client(organization, "events")
    rules.disable_rule(Name="baseline-log-files")
    for date in OLD:
        arrive(organization, TRAIL, log_key(OTHER, "us-east-1", date, "a.json.gz"), events("A"))
        digest = log_key(OTHER, "us-east-1", date, "a.json.gz", kind="CloudTrail-Digest")
        arrive(organization, TRAIL, digest)
    arrive(organization, FLOWS, log_key(MAIN, "eu-west-1", OLD[0], "a.parquet", kind="vpcflowlogs"))
    rules.enable_rule(Name="baseline-log-files")


def register(simulation: Simulation, values: list[str], location: str, bucket: str = TRAIL) -> None:
    client(simulation, "glue").create_partition(
        DatabaseName="auditing",
        TableName="cloudtrail",
        PartitionInput={
            "Values": values,
            "StorageDescriptor": {"Location": f"s3://{bucket}/{location}"},
        },
    )


def test_a_file_that_arrives_can_be_queried_by_its_date_at_once(
    organization: Simulation, baseline: Baseline
) -> None:
    arrive(organization, TRAIL, log_key(OTHER, "us-east-1", "2026-07-22", "a.json.gz"), events("A"))
    key = log_key(OTHER, "us-east-1", "2026-07-23", "b.json.gz", own=ORGANIZATION)
    arrive(organization, TRAIL, key, events("B", "C"))
    sql = "select eventname from auditing.cloudtrail where date > '2026-07-22' order by 1"
    asked = baseline("query", "run", "--engine", "athena", "--sql", sql, "-o", "json")
    assert asked.code == 0, asked.err
    assert [row["eventname"] for row in asked.rows] == ["B", "C"]


@pytest.mark.usefixtures("old_files")
def test_old_files_are_shown_and_then_brought_in(
    organization: Simulation, baseline: Baseline
) -> None:
    shown = baseline("logs", "partitions", "-o", "json")
    assert shown.code == 0, shown.err
    assert {(r["action"], r["table"], r["date"]) for r in shown.rows} == {
        *(("add", "cloudtrail", date) for date in OLD),
        ("add", "flowlogs_parquet", OLD[0]),
    }
    assert partitions(organization) == {}  # only shown
    done = baseline("logs", "partitions", "--apply", "--yes", "-o", "json")
    assert (done.code, {row["result"] for row in done.rows}) == (0, {"done"}), done.err
    assert set(partitions(organization)) == {(OTHER, "us-east-1", date) for date in OLD}
    assert set(partitions(organization, "flowlogs_parquet")) == {(MAIN, "eu-west-1", OLD[0])}
    again = baseline("logs", "partitions")
    assert (again.code, "Nothing to do" in again.err) == (0, True)


@pytest.mark.usefixtures("old_files")
def test_accounts_and_days_can_be_chosen(baseline: Baseline) -> None:
    shown = baseline("logs", "partitions", "--since", "2025-01-01", "-o", "json")
    assert [row["date"] for row in shown.rows] == [OLD[2]]
    other = baseline("logs", "partitions", "--account", "600000000006", "-o", "json")
    assert (other.code, other.rows) == (0, [])


@pytest.mark.usefixtures("old_files")
def test_partitions_that_point_elsewhere_are_moved_and_garbage_is_deleted(
    organization: Simulation, baseline: Baseline
) -> None:
    digests = log_key(OTHER, "us-east-1", OLD[0], "", kind="CloudTrail-Digest")
    register(organization, [OTHER, "us-east-1", OLD[0]], digests)
    register(organization, [ORGANIZATION, "CloudTrail", "us-east-1-2024-01"], digests)
    nowhere = log_key(OTHER, "us-east-1", OLD[1], "")
    register(organization, [OTHER, "us-east-1", OLD[1]], nowhere, bucket="of-nobody-we-know")
    tomorrow = log_key(OTHER, "us-east-1", "2027-01-01", "")
    register(organization, [OTHER, "us-east-1", "2027-01-01"], tomorrow)
    done = baseline("logs", "partitions", "--apply", "-y", "-o", "json")
    assert done.code == 0, done.err
    by_action = {(row["action"], row["date"]): row for row in done.rows}
    assert ("move", OLD[0]) in by_action
    assert by_action["move", OLD[0]]["found"].endswith(digests)
    assert by_action["move", OLD[1]]["found"] == f"s3://of-nobody-we-know/{nowhere}"
    assert by_action["delete", "us-east-1-2024-01"]["account"] == ORGANIZATION
    found = partitions(organization)
    for day in OLD[:2]:
        assert found[OTHER, "us-east-1", day] == log_key(OTHER, "us-east-1", day, "")
    assert set(found) == {(OTHER, "us-east-1", date) for date in [*OLD, "2027-01-01"]}


@pytest.mark.usefixtures("old_files")
def test_what_glue_refuses_is_named_and_left_for_the_next_run(
    organization: Simulation, baseline: Baseline
) -> None:
    organization.faults.add(Fault("deny", "glue", "BatchCreatePartition"))
    failed = baseline("logs", "partitions", "--apply", "--yes", "-o", "json")
    assert failed.code == 1
    assert {row["result"] for row in failed.rows} == {"failed"}
    assert "AccessDenied" in failed.rows[0]["cause"]
    organization.faults.clear()
    assert baseline("logs", "partitions", "--apply", "--yes").code == 0
    assert len(partitions(organization)) == len(OLD)


def test_without_the_table_the_remedy_is_the_roll_out(
    organization: Simulation, baseline: Baseline
) -> None:
    client(organization, "glue").delete_database(Name="auditing")
    asked = baseline("logs", "partitions")
    assert (asked.code, asked.out) == (2, "")
    assert "rollout deploy --only auditing-analytics" in asked.err


def test_a_directory_is_refused_because_athena_reads_buckets(
    baseline: Baseline, tmp_path: Path
) -> None:
    (tmp_path / "copy" / "AWSLogs").mkdir(parents=True)
    asked = baseline("logs", "partitions", "--source", str(tmp_path / "copy"))
    assert (asked.code, "Athena reads buckets" in asked.err) == (2, True)


def test_what_the_partitioner_brought_in_leaves_nothing_to_do(
    organization: Simulation, baseline: Baseline
) -> None:
    """Both read the same folders: organization before account, and each format of flow logs."""
    hive = "AWSLogs/aws-account-id={}/aws-service=vpcflowlogs/aws-region=us-east-1/"
    shadowed = log_key(OTHER, "us-east-1", OLD[0], "a.json.gz")
    for key in (
        shadowed,
        log_key(OTHER, "us-east-1", OLD[0], "b.json.gz", own=ORGANIZATION),
        log_key(MAIN, "eu-west-1", OLD[1], "c.json.gz", kind="CloudTrail-Digest"),
        log_key(MAIN, "eu-west-1", OLD[1], "c.json.gz"),
    ):
        arrive(organization, TRAIL, key, events("A"))
    for key in (
        log_key(MAIN, "eu-west-1", OLD[1], "d.log.gz", kind="vpcflowlogs"),
        hive.format(OTHER) + "year=2026/month=07/day=23/hour=05/e.parquet",
    ):
        arrive(organization, FLOWS, key)
    found = baseline("logs", "partitions", "-o", "json")
    # A day of one of the trails is not seen by Athena, and nothing can be done about it here.
    assert (found.code, found.rows) == (1, [])
    assert f"Not in any partition: s3://{TRAIL}/{shadowed.removesuffix('a.json.gz')}" in found.err


def test_a_day_of_flow_logs_in_both_formats_is_a_partition_of_both_tables(
    organization: Simulation, baseline: Baseline
) -> None:
    """As the partitioner makes them, one file after the other."""
    rules = client(organization, "events")
    rules.disable_rule(Name="baseline-log-files")
    for name in ("a.log.gz", "b.parquet"):
        key = log_key(MAIN, "eu-west-1", OLD[0], name, kind="vpcflowlogs")
        arrive(organization, FLOWS, key)
    shown = baseline("logs", "partitions", "-o", "json").rows
    assert [(row["action"], row["table"]) for row in shown] == [
        ("add", "flowlogs_parquet"),
        ("add", "flowlogs_text"),
    ]


ORDER = " ".join(column.field for column in schema.FLOWLOGS)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (ORDER, ""),
        (ORDER.partition(" vpc-id")[0], ""),
        ("version vpc-id srcaddr dstaddr", "has vpc-id as field 2, where the table has account-id"),
        (f"{ORDER} region", "has region as field 42, more than the table has"),
        (
            ORDER.replace(" az-id", " region az-id"),
            "has region as field 22, where the table has az-id",
        ),
    ],
)
def test_flow_logs_that_athena_would_read_wrongly_are_named(
    organization: Simulation, baseline: Baseline, header: str, said: str
) -> None:
    """Text goes by position there, whatever its header says."""
    body = gzip.compress(f"{header}\n{' '.join('-' for _ in header.split())}\n".encode())
    key = log_key(MAIN, "eu-west-1", OLD[1], "d.log.gz", kind="vpcflowlogs")
    arrive(organization, FLOWS, key, body)
    found = baseline("logs", "partitions")
    assert (found.code, said in found.err) == (1 if said else 0, True)
    assert ("Deliver these flow logs as Parquet" in found.err) == bool(said)


def test_an_old_bucket_is_brought_in_and_takes_no_day_from_the_central_one(
    organization: Simulation, baseline: Baseline
) -> None:
    s3 = client(organization, "s3")
    s3.create_bucket(
        Bucket="old-trail", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    for date in OLD:
        key = f"trail/{log_key(OTHER, 'us-east-1', date, 'a.json.gz')}"
        arrive(organization, "old-trail", key, events("A"))
    arrive(organization, TRAIL, log_key(OTHER, "us-east-1", OLD[2], "b.json.gz"), events("B"))
    old = ("logs", "partitions", "--source", "s3://old-trail/trail")
    shown = baseline(*old, "-o", "json")
    assert [(r["action"], r["date"]) for r in shown.rows] == [
        ("add", OLD[0]),
        ("add", OLD[1]),
        ("leave", OLD[2]),
    ]
    assert baseline(*old, "--apply", "-y").code == 0
    assert [row["action"] for row in baseline(*old, "-o", "json").rows] == ["leave"]
    assert baseline("logs", "partitions", "-o", "json").rows == []
    sql = "select eventname from auditing.cloudtrail order by date"
    asked = baseline("query", "run", "--engine", "athena", "--sql", sql, "-o", "json")
    assert [row["eventname"] for row in asked.rows] == ["A", "A", "B"]
