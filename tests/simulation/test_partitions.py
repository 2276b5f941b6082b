"""Files that arrive in the central buckets become partitions: exactly the right ones, however."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baseline.simulation import Fault, Simulation
from given_catalog import (
    FLOWS,
    FUNCTION,
    MAIN,
    ORGANIZATION,
    TRAIL,
    arrive,
    client,
    delivered,
    log_key,
    make,
    messages,
    partitions,
)

OTHER = "400000000004"
DAY = "2026-07-23"
VALUES = (OTHER, "us-east-1", DAY)
FOLDER = f"AWSLogs/{OTHER}/CloudTrail/us-east-1/2026/07/23/"
# Visibility of the queue, and a second.
LATER = 731


@pytest.fixture(scope="module")
def made(founded: bytes) -> bytes:
    simulation = Simulation.restore(founded)
    try:
        make(simulation)
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def organization(made: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(made)
    yield simulation
    simulation.close()


def log(name: str = "a.json.gz", **more: str) -> str:
    return log_key(OTHER, "us-east-1", DAY, name, **more)


def test_a_file_is_a_partition_as_soon_as_it_arrives(organization: Simulation) -> None:
    arrive(organization, TRAIL, log())
    assert partitions(organization) == {VALUES: FOLDER}
    told = client(organization, "glue").get_partition(
        DatabaseName="auditing", TableName="cloudtrail", PartitionValues=list(VALUES)
    )["Partition"]["StorageDescriptor"]
    assert told["SerdeInfo"]["SerializationLibrary"].endswith("JsonSerDe")
    assert {"Name": "eventname", "Type": "string"} in told["Columns"]


def test_a_digest_that_comes_first_is_no_partition(organization: Simulation) -> None:
    for kind in ("CloudTrail-Digest", "CloudTrail-Insight"):
        arrive(organization, TRAIL, log(kind=kind))
    assert partitions(organization) == {}
    arrive(organization, TRAIL, log())
    assert partitions(organization) == {VALUES: FOLDER}


def test_the_organizations_folder_is_read_as_the_account_it_is_of(organization: Simulation) -> None:
    arrive(organization, TRAIL, log(own=ORGANIZATION))
    (location,) = partitions(organization).values()
    assert location == FOLDER.replace("AWSLogs/", f"AWSLogs/{ORGANIZATION}/")


def test_flow_logs_have_a_table_for_each_format(organization: Simulation) -> None:
    hive = "AWSLogs/aws-account-id={}/aws-service=vpcflowlogs/aws-region=us-east-1/"
    day = "year=2026/month=07/day=23/"
    arrive(organization, FLOWS, log("a.log.gz", kind="vpcflowlogs"))
    arrive(organization, FLOWS, hive.format(MAIN) + day + "hour=05/a.parquet")
    assert set(partitions(organization, "flowlogs_text")) == {VALUES}
    assert partitions(organization, "flowlogs_parquet") == {
        (MAIN, "us-east-1", DAY): hive.format(MAIN) + day
    }


def test_a_partition_that_points_to_digests_is_mended_by_the_next_file(
    organization: Simulation,
) -> None:
    glue = client(organization, "glue")
    wrong = f"s3://{TRAIL}/{log('', kind='CloudTrail-Digest')}"
    glue.create_partition(
        DatabaseName="auditing",
        TableName="cloudtrail",
        PartitionInput={"Values": list(VALUES), "StorageDescriptor": {"Location": wrong}},
    )
    arrive(organization, TRAIL, log())
    assert partitions(organization) == {VALUES: FOLDER}


def test_what_glue_refuses_goes_back_and_is_tried_again(organization: Simulation) -> None:
    organization.faults.add(Fault("throttle", "glue", "BatchCreatePartition", times=5))
    arrive(organization, TRAIL, log())
    assert (partitions(organization), messages(organization)) == ({}, 1)
    organization.faults.clear()
    organization.deliver()
    assert partitions(organization) == {}
    organization.advance(LATER)
    assert (partitions(organization), messages(organization)) == ({VALUES: FOLDER}, 0)


def test_what_never_works_ends_among_the_dead_letters(organization: Simulation) -> None:
    client(organization, "glue").delete_table(DatabaseName="auditing", Name="cloudtrail")
    arrive(organization, TRAIL, log())
    for _ in range(5):
        organization.advance(LATER)
    assert messages(organization) == 0
    assert messages(organization, "baseline-partitioner-dead-letters") == 1


def test_a_message_that_nobody_can_read_holds_up_no_other(organization: Simulation) -> None:
    sqs = client(organization, "sqs")
    url = sqs.get_queue_url(QueueName="baseline-partitioner")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="{")
    arrive(organization, TRAIL, log())
    assert (partitions(organization), messages(organization)) == ({VALUES: FOLDER}, 1)
    logs = client(organization, "logs")
    said = logs.get_log_events(
        logGroupName="/aws/lambda/baseline-partitioner", logStreamName="simulation"
    )["events"]
    assert json.loads(said[0]["message"])["what"] == "message not understood"


def test_every_noon_brings_the_partitions_of_today_and_tomorrow(organization: Simulation) -> None:
    now = organization.clock.now()
    last = (now.replace(day=1)).strftime("%Y-%m-%d")
    for account, region, date in (
        (MAIN, "us-east-1", now.strftime("%Y-%m-%d")),
        (OTHER, "eu-west-1", last),
        (OTHER, "us-west-2", "2024-01-15"),
    ):
        delivered(organization, TRAIL, log_key(account, region, date, "a.json.gz"))
    delivered(organization, FLOWS, log("a.parquet", kind="vpcflowlogs").replace(DAY, last))
    organization.deliver()
    before = set(partitions(organization))
    organization.advance(24 * 3600)
    new = set(partitions(organization)) - before
    assert {(account, region) for account, region, _ in new} == {
        (MAIN, "us-east-1"),
        (OTHER, "eu-west-1"),
    }
    assert len({date for *_, date in new}) == 2
    assert max(date for *_, date in new) > now.strftime("%Y-%m-%d")


def test_a_rule_that_is_off_and_a_queue_that_admits_nobody_bring_nothing(
    organization: Simulation,
) -> None:
    events, sqs = client(organization, "events"), client(organization, "sqs")
    events.disable_rule(Name="baseline-log-files")
    arrive(organization, TRAIL, log())
    events.enable_rule(Name="baseline-log-files")
    url = sqs.get_queue_url(QueueName="baseline-partitioner")["QueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    arrive(organization, TRAIL, log("b.json.gz"))
    assert (partitions(organization), messages(organization)) == ({}, 0)
    sqs.set_queue_attributes(QueueUrl=url, Attributes=policy)
    arrive(organization, TRAIL, log("c.json.gz"))
    assert partitions(organization) == {VALUES: FOLDER}


# Exactly the right partitions

Event = tuple[str, str, str, str, str]
EVENTS = st.tuples(
    st.sampled_from([MAIN, OTHER, "600000000006"]),
    st.sampled_from(["us-east-1", "eu-west-1"]),
    st.sampled_from(["2026-07-22", "2026-07-23", "2026-12-31"]),
    st.sampled_from(["CloudTrail", "CloudTrail", "CloudTrail-Digest", "CloudTrail-Insight"]),
    st.sampled_from(["", "", ORGANIZATION]),
)


def keys(found: list[Event]) -> list[str]:
    return [
        log_key(account, region, date, f"{number % 7}.json.gz", kind=kind, own=own)
        for number, (account, region, date, kind, own) in enumerate(found)
    ]


def right(found: list[Event]) -> dict[tuple[str, ...], str]:
    """By plain reasoning: one for each place and day with a log, the organization's first."""
    asked: dict[tuple[str, ...], str] = {}
    for account, region, date, kind, own in sorted(found, key=lambda e: bool(e[4])):
        if kind == "CloudTrail":
            key = log_key(account, region, date, "", own=own)
            asked[account, region, date] = key
    return asked


def batches(found: list[str], size: int) -> list[dict[str, Any]]:
    bodies = [
        {"source": "aws.s3", "detail": {"bucket": {"name": TRAIL}, "object": {"key": key}}}
        for key in found
    ]
    records = [{"messageId": str(n), "body": json.dumps(b)} for n, b in enumerate(bodies)]
    return [{"Records": records[i : i + size]} for i in range(0, len(records), size)]


def work_off(simulation: Simulation, found: list[str], size: int) -> None:
    """Two functions at a time take the batches; all of it must be done by then."""
    program = simulation.service("lambda")._program(FUNCTION)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(program, batches(found, size)))
    assert [failed for answer in answers for failed in answer["batchItemFailures"]] == []


@pytest.fixture(scope="module")
def shared(made: bytes) -> Iterator[Simulation]:
    simulation = Simulation.restore(made)
    yield simulation
    simulation.close()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=40), st.integers(8, 20), st.randoms(use_true_random=False))
def test_any_events_in_any_order_twice_give_exactly_the_right_partitions(
    shared: Simulation, found: list[Event], size: int, random: Random
) -> None:
    # One after the other within a place: two trails of one day are settled by the last to look.
    kept = {(*event[:3], event[4]): event for event in found}.values()
    twice = [*kept, *kept]
    random.shuffle(twice)
    work_off(shared, keys(twice), len(twice) or 1)
    work_off(shared, keys(twice), size)
    assert partitions(shared) == right(list(kept))
    forget(shared)


def test_five_thousand_events_in_random_order_give_exactly_the_right_partitions(
    shared: Simulation,
) -> None:
    random = Random(4)
    days = [f"2026-07-{day:02}" for day in range(1, 32)]
    own = {account: random.choice(["", ORGANIZATION]) for account in (MAIN, OTHER)}
    found = [
        (
            account := random.choice([MAIN, OTHER]),
            random.choice(["us-east-1", "eu-west-1", "us-gov-west-1"]),
            random.choice(days),
            random.choice(["CloudTrail", "CloudTrail-Digest"]),
            own[account],
        )
        for _ in range(4_000)
    ]
    found += random.sample(found, 1_000)
    random.shuffle(found)
    work_off(shared, keys(found), 1_000)
    assert partitions(shared) == right(found)
    forget(shared)


def forget(simulation: Simulation) -> None:
    glue, gone = client(simulation, "glue"), list(partitions(simulation))
    for start in range(0, len(gone), 25):
        some = [{"Values": list(values)} for values in gone[start : start + 25]]
        glue.batch_delete_partition(
            DatabaseName="auditing", TableName="cloudtrail", PartitionsToDelete=some
        )
