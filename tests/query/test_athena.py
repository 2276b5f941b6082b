"""Athena over HTTP: started, waited for, paged, stopped, billed; the simulation executes."""

import base64
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlglot import exp

from baseline import cli
from baseline.errors import AwsError, QueryError
from baseline.query import catalogue, named, statement
from baseline.query.athena import Athena, Execution, value
from baseline.query.catalogue import Parameter
from baseline.query.duckdb import DuckDB
from baseline.query.statement import filled
from baseline.sessions import open_session
from baseline.simulation import Blueprint, Simulation
from given_logs import ACCOUNT, REGION, a_delivery, a_key, an_event

HOME = "us-east-1"
BUCKET = "central-logs"
GROUP = "baseline-auditing"
Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False))
    try:
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def simulation(founded: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulation]:
    """An organization with a table of logs, served over HTTP; two days have partitions."""
    simulation = Simulation.restore(founded)
    with simulation.serve() as url:
        for name, text in simulation.environment(url).items():
            monkeypatch.setenv(name, text)
        given_tables(simulation)
        for number, day in enumerate(("2019-07-01", "2019-07-24", "2026-07-01"), start=1):
            given_a_file(simulation, day, an_event(number, eventTime=f"{day}T10:00:00Z"))
        given_a_partition(simulation, "2019-07-01")
        given_a_partition(simulation, "2019-07-24")
        yield simulation
    simulation.close()


def client(simulation: Simulation, service: str) -> Any:
    return simulation.client(service, HOME, simulation.blueprint.main.id)


def given_tables(simulation: Simulation) -> None:
    client(simulation, "s3").create_bucket(Bucket=BUCKET)
    client(simulation, "s3").create_bucket(Bucket="results")
    glue = client(simulation, "glue")
    glue.create_database(DatabaseInput={"Name": "auditing"})
    keys = [{"Name": name, "Type": "string"} for name in ("account", "region", "date")]
    for table in ("cloudtrail", "cloudtrail_distinct"):
        glue.create_table(
            DatabaseName="auditing", TableInput={"Name": table, "PartitionKeys": keys}
        )
    client(simulation, "athena").create_work_group(
        Name=GROUP,
        Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/athena/"}},
    )


def given_a_file(simulation: Simulation, day: str, *events: dict[str, Any]) -> None:
    client(simulation, "s3").put_object(Bucket=BUCKET, Key=a_key(day=day), Body=a_delivery(*events))


def given_a_partition(simulation: Simulation, day: str, location: str = "") -> None:
    folder = location or a_key(day=day).rpartition("/")[0]
    client(simulation, "glue").create_partition(
        DatabaseName="auditing",
        TableName="cloudtrail",
        PartitionInput={
            "Values": [ACCOUNT, REGION, day],
            "StorageDescriptor": {"Location": f"s3://{BUCKET}/{folder}/"},
        },
    )


def run(*arguments: str) -> int:
    return cli.run(["query", "run", "--engine", "athena", *arguments, "-o", "json"])


def engine(**options: Any) -> Athena:
    return Athena(
        open_session(region=HOME).client("athena"), GROUP, sleep=lambda _: None, **options
    )


@pytest.mark.usefixtures("simulation")
def test_a_partition_makes_a_file_readable_and_nothing_else_does(capsys: Output) -> None:
    """The file of 2026 is in the bucket; Glue knows no partition for it."""
    counts = []
    for since in ("2019", "2019-07", "2019-07-23"):
        sql = f"Select count(*) as n from auditing.cloudtrail where date > '{since}'"
        assert run("--sql", sql) == 0
        counts.append(json.loads(capsys.readouterr().out)[0]["n"])
    assert counts == [2, 2, 1]


def test_a_partition_answers_under_its_own_values(simulation: Simulation) -> None:
    """A wrong location is read all the same, as Athena reads it."""
    given_a_partition(simulation, "2026-01-01", a_key(day="2026-07-01").rpartition("/")[0])
    answer = engine().run("SELECT date, eventid FROM auditing.cloudtrail WHERE date = '2026-01-01'")
    assert list(answer.rows) == [{"date": "2026-01-01", "eventid": "event-3"}]


@pytest.mark.usefixtures("simulation")
def test_only_the_partitions_that_match_are_scanned() -> None:
    """What is pruned costs nothing."""
    told: list[Execution] = []
    sql = "SELECT count(*) FROM auditing.cloudtrail WHERE date {} '2019-07-24'"
    for operator in ("=", "<=", ">"):
        engine(watch=told.append).run(sql.format(operator))
    one, both, none = (execution.scanned for execution in told if execution.ended)
    assert 0 < one < both
    assert none == 0


def test_more_rows_than_a_page_come_all_and_in_order(simulation: Simulation) -> None:
    """1,000 rows are a page, of which the first has the names."""
    events = [an_event(i, eventID=f"{i:05}") for i in range(2500)]
    given_a_file(simulation, "2019-07-24", *events)
    sql = "SELECT eventid FROM auditing.cloudtrail WHERE date > '2019-07-02' ORDER BY 1"
    answer = engine().run(sql)
    assert [row["eventid"] for row in answer.rows] == [f"{i:05}" for i in range(2500)]


@pytest.mark.usefixtures("simulation")
def test_values_come_in_the_types_of_a_local_answer() -> None:
    """Times as ISO text, numbers as numbers, NULL as null; names occur once."""
    sql = """SELECT 1 AS n, 1, 2.5e0 AS d, true AS b, NULL AS nothing, 'x' AS t, 'x' AS t,
        from_iso8601_timestamp('2026-07-01T10:00:00Z') AS at, date '2026-07-01' AS day,
        cast(1.50 AS decimal(4, 2)) AS exact, useridentity.username AS name, resources
        FROM auditing.cloudtrail WHERE date = '2019-07-01'"""
    assert list(engine().run(sql).rows) == [
        {
            "n": 1,
            "_col1": 1,
            "d": 2.5,
            "b": True,
            "nothing": None,
            "t": "x",
            "t_1": "x",
            "at": "2026-07-01T10:00:00+00:00",
            "day": "2026-07-01",
            "exact": 1.5,
            "name": "anna",
            "resources": None,
        }
    ]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("NaN", "double", None),
        ("12345678901234567890", "decimal", 12345678901234567890),
        (
            "2026-07-01 10:00:00.250 Europe/Zurich",
            "timestamp with time zone",
            "2026-07-01T10:00:00.250000+02:00",
        ),
        ("2026-07-01 10:00:00.000", "timestamp", "2026-07-01T10:00:00"),
        ("no time", "timestamp", "no time"),
        ("{type=Root}", "row", "{type=Root}"),
    ],
)
def test_what_a_text_of_athena_means(text: str, kind: str, expected: Any) -> None:
    assert value(text, kind) == expected


@pytest.mark.usefixtures("simulation")
def test_parameters_are_filled_in_as_literals(capsys: Output) -> None:
    """A quote stays in its literal."""
    sql = "SELECT :who AS who, ':who' AS text -- :who\nFROM auditing.cloudtrail LIMIT 1"
    assert run("--sql", sql, "--param", "who=O'Neil") == 0
    out = capsys.readouterr()
    assert json.loads(out.out) == [{"who": "O'Neil", "text": ":who"}]
    assert "Athena scanned" in out.err
    assert "less than $0.0001" in out.err


def test_a_number_is_filled_in_as_a_number() -> None:
    """Whatever stands before it; the rest of the text stays as it was written."""
    days = {"days": exp.Literal.number(30)}
    assert filled("SELECT date_add('day', -:days, now())  -- :days", days) == (
        "SELECT date_add('day', -30, now())  -- :days"
    )


def test_a_parameter_stays_apart_from_the_word_before_it() -> None:
    """It is a value, so it is no name of a column either."""
    n = {"n": exp.Literal.number(5)}
    assert filled("SELECT:n AS x WHERE 1 IN (:n) OR:n>2", n) == (
        "SELECT 5 AS x WHERE 1 IN (5) OR 5>2"
    )
    with pytest.raises(QueryError, match="the parameter :n stands where a name is expected"):
        statement.read("SELECT 'a':n", statement.literals({"n": "b"}))


@pytest.mark.parametrize("text", ["-5", "5"])
def test_a_number_means_the_same_on_both_engines_whatever_stands_before_it(text: str) -> None:
    """Two minus signs in a row would begin a comment on Athena, which takes what follows away."""
    parameter = Parameter("n", "integer", "A number.", text)
    sql = "SELECT 2 -:n\n + 34794 AS x"
    literals = {"n": parameter.literal(text)}
    here = statement.read(sql, literals)
    there = statement.read(filled(sql, literals))
    local = DuckDB()
    answers = [list(local.run(query).rows) for query in (here, there)]
    local.close()
    assert answers == [[{"x": 2 - int(text) + 34794}]] * 2
    header = "".join(f"-- {key}: {key} of it\n" for key in ("title", "description", "why"))
    header = f"-- name: X\n{header}-- topic: noise\n-- parameter: n integer = {text}: A number.\n"
    kept = named.named(catalogue.parse(header + sql)).sql
    assert kept == filled(sql, literals)


@pytest.mark.usefixtures("simulation")
def test_partitions_are_shown_also_those_without_a_file(simulation: Simulation) -> None:
    """Tomorrow's are there before its logs are."""
    given_a_partition(simulation, "2030-01-01", "AWSLogs/none")
    shown = [row["partition"] for row in engine().run("SHOW PARTITIONS auditing.cloudtrail").rows]
    assert shown[-1] == f"account={ACCOUNT}/region={REGION}/date=2030-01-01"
    assert len(shown) == 3


@pytest.mark.usefixtures("simulation")
def test_a_query_that_scans_too_much_is_stopped(capsys: Output) -> None:
    """By our own limit; the sentence says what to do."""
    assert run("--sql", "SELECT * FROM auditing.cloudtrail", "--max-bytes", "10B") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "more than 10" in told.err
    assert "--max-bytes" in told.err


def test_the_limit_of_the_work_group_is_named(simulation: Simulation) -> None:
    """Athena cancels the query by itself."""
    drawn = random.Random(1)
    large = [base64.b85encode(drawn.randbytes(2_200_000)).decode() for _ in range(5)]
    events = [an_event(9, requestParameters={"large": text}) for text in large]
    given_a_file(simulation, "2019-07-24", *events)
    client(simulation, "athena").update_work_group(
        WorkGroup=GROUP, ConfigurationUpdates={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    with pytest.raises(QueryError, match="more than the work group allows"):
        engine().run("SELECT * FROM auditing.cloudtrail")


ENDLESS = """SELECT count(*) FROM UNNEST(sequence(1, 100000)) AS a (x)
    CROSS JOIN UNNEST(sequence(1, 100000)) AS b (y) WHERE x * y = -1"""


def test_whoever_is_interrupted_leaves_no_query_running(simulation: Simulation) -> None:
    """Ctrl-C while it runs: Athena would go on, and bill."""

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    athena = Athena(open_session(region=HOME).client("athena"), GROUP, sleep=interrupted)
    with pytest.raises(KeyboardInterrupt):
        athena.run(ENDLESS)
    simulation.service("athena").settle()
    (execution,) = simulation.service("athena").executions.values()
    assert execution.state == "CANCELLED"


@pytest.mark.usefixtures("simulation")
@pytest.mark.parametrize(
    ("sql", "where", "what"),
    [
        ("SELECT nope\nFROM auditing.cloudtrail", "line 1, column 8", "nope"),
        ("SELECT 1 FROM auditing.flowlogs", "query", "flowlogs' does not exist"),
    ],
)
def test_what_athena_refuses_is_told_with_its_place(sql: str, where: str, what: str) -> None:
    with pytest.raises(QueryError) as refused:
        engine().run(sql)
    assert where in refused.value.where
    assert what in refused.value.what


def test_a_file_that_is_no_log_fails_the_query(simulation: Simulation) -> None:
    """As in Athena, where one broken file ends it."""
    client(simulation, "s3").put_object(
        Bucket=BUCKET, Key=a_key(day="2019-07-24", mark="broken"), Body=b"\x1f\x8bno"
    )
    with pytest.raises(QueryError, match="HIVE_CURSOR_ERROR"):
        engine().run("SELECT * FROM auditing.cloudtrail")


@pytest.mark.usefixtures("simulation")
def test_a_missing_work_group_says_what_makes_it() -> None:
    athena = Athena(open_session(region=HOME).client("athena"), "other", sleep=lambda _: None)
    with pytest.raises(AwsError, match="no work group other") as refused:
        athena.run("SELECT 1")
    assert "rollout deploy" in refused.value.remedy


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("--engine", "athena", "--source", "x"), "--source"),
        (("--max-bytes", "1GB"), "--max-bytes"),
        (("--engine", "athena", "--max-bytes", "many"), "no size"),
    ],
)
def test_options_of_the_other_engine_are_refused(
    arguments: tuple[str, ...], wrong: str, capsys: Output
) -> None:
    assert cli.run(["query", "run", "--sql", "SELECT 1", *arguments]) == 2
    assert wrong in capsys.readouterr().err
