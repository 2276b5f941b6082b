"""The detections together find what each finds alone, once, and nothing on ordinary days."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from baseline.errors import QueryError
from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import catalogue, pruning, statement
from baseline.query.detections import COLUMNS, Scope, at_least, narrowed, together
from baseline.query.duckdb import DuckDB
from baseline.simulation.blueprint import Blueprint
from baseline.simulation.cloudtrail import History
from given_incidents import ROWS, TODAY, day, needed
from given_logs import ACCOUNT, REGION, an_event, given_a_log

EVERY = at_least(catalogue.saved(), "informational")
# One that looks at events, one that counts them, one that counts flows.
SOME = tuple(
    saved
    for saved in EVERY
    if saved.name in ("TrailStopped", "S3MassDownload", "AdminPortFromInternet")
)
ACCOUNTS = {member.name: member.id for member in Blueprint().accounts if not member.suspended}


def ask(
    engine: DuckDB, scope: Scope | None = None, those: Sequence[catalogue.SavedQuery] = SOME
) -> list[dict[str, Any]]:
    return list(engine.run(together(those, scope or Scope())).rows)


def lake_of(root: Path, *, until: Path) -> DuckDB:
    lake = Lake.create(until)
    source = Directory(root)
    collect(source, lake, days(source, Selection()))
    return DuckDB(lake)


def test_together_they_find_what_each_finds_alone(over_incidents: DuckDB) -> None:
    """The same rows of the shape, with the name, title, severity and techniques of each."""
    alone = set()
    for saved in EVERY:
        about = (saved.name, saved.title, saved.severity, ", ".join(saved.mitre))
        answer = over_incidents.run(statement.read(saved.sql, saved.literals({})))
        types = dict(zip(answer.columns, answer.types, strict=True))
        assert {types[name] for name in catalogue.SHAPE} == {"VARCHAR"}, saved.name
        rows = list(answer.rows)
        alone |= {(*about, *(row[name] for name in catalogue.SHAPE)) for row in rows}
    rows = ask(over_incidents, those=EVERY)
    assert all(tuple(row) == COLUMNS for row in rows)
    assert Counter(tuple(row.values()) for row in rows) == Counter(alone)
    assert {row["detection"] for row in rows} == {saved.name for saved in EVERY}
    # What to look at now is on top.
    ranks = [catalogue.SEVERITIES.index(row["severity"]) for row in rows]
    assert ranks == sorted(ranks)
    worst = [row["time"] for row in rows if row["severity"] == "critical"]
    assert worst == sorted(worst, reverse=True)


def test_a_severity_chooses_it_and_all_that_are_worse() -> None:
    """From the name of one."""
    assert {saved.severity for saved in at_least(EVERY, "high")} == {"critical", "high"}
    assert at_least(catalogue.saved(), "informational") == EVERY


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), [REGION]),
        (Scope(accounts=(ACCOUNT,), regions=(REGION, "us-east-1")), [REGION]),
        (Scope(accounts=("200000000002",)), []),
        (Scope(regions=("us-east-1",)), []),
        (Scope(since=day(0)), [REGION]),
        (Scope(since=day(40), until=day(1)), []),
        (Scope(since=day(40), until=day(0)), [REGION]),
    ],
)
def test_a_scope_narrows_all_of_them(
    over_incidents: DuckDB, scope: Scope, expected: list[str]
) -> None:
    """By account, region and day, whether they look at events or count."""
    rows = ask(over_incidents, scope)
    for saved in SOME:
        assert sorted({r["region"] for r in rows if r["detection"] == saved.name}) == expected


def test_days_that_are_given_hold_instead_of_the_days_that_each_looks_back(tmp_path: Path) -> None:
    """An incident of last year is found when one asks for last year."""
    stop = {"eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com"}
    given_a_log(tmp_path, an_event(1, **stop), day=day(400))
    engine = lake_of(tmp_path, until=tmp_path / "lake")
    assert ask(engine) == []
    assert [row["eventid"] for row in ask(engine, Scope(since=day(500)))] == ["event-1"]


def test_an_event_that_two_trails_delivered_is_told_once(tmp_path: Path) -> None:
    """Two rows would look like two incidents."""
    stop = an_event(1, eventName="StopLogging", eventSource="cloudtrail.amazonaws.com")
    rows = ask(delivered_twice(tmp_path, [stop]))
    assert [row["detection"] for row in rows] == ["TrailStopped"]


def delivered_twice(root: Path, events: Sequence[dict[str, Any]]) -> DuckDB:
    """A lake of ``events`` of today, all in two deliveries."""
    for minute in ("1000Z", "1005Z"):
        given_a_log(root, *events, day=day(), minute=minute)
    return lake_of(root, until=root / "lake")


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("MassDeletion", {"deletions": 50, "detail": "50 deletions"}),
        ("S3MassDownload", {"objects": 119, "reads": 120, "bytes": 1200}),
        ("SecretsReadEnMasse", {"detail": "10 secrets", "reads": 10, "refused": 0}),
        ("ManyDenials", {"denials": 12}),
        ("PasswordSpraying", {"detail": "5 users, 5 failures"}),
        ("LoginAfterFailures", {"detail": "5 failures before"}),
        ("ErrorSpikes", {"errors": 200}),
    ],
)
def test_what_two_trails_delivered_is_counted_once(
    tmp_path: Path, name: str, counted: dict[str, Any]
) -> None:
    """In what is told, and against the threshold."""
    given = ROWS["ErrorsByPrincipal" if name == "ManyDenials" else name].events
    events = [
        an_event(number) | {"eventID": f"event-{number}"} | event
        for number, event in enumerate(given)
    ]
    saved = catalogue.find(name)
    (row,) = (
        delivered_twice(tmp_path, events).run(statement.read(saved.sql, saved.literals({}))).rows
    )
    assert counted.items() <= row.items()


def test_half_as_many_as_are_many_are_not_when_two_trails_deliver_them(tmp_path: Path) -> None:
    """Each event would count twice."""
    deletions = [an_event(n, eventName="DeleteVolume") for n in range(30)]
    (deletion,) = (saved for saved in EVERY if saved.name == "MassDeletion")
    assert ask(delivered_twice(tmp_path, deletions), those=[deletion]) == []


def test_the_log_is_read_once_for_all_that_look_at_events() -> None:
    """However many they are; each that counts reads for itself. All of it is pruned."""
    query = together(EVERY, Scope(since="2026-07-01"))
    reads = Counter(table.name for table in query.find_all(exp.Table) if table.db == "auditing")
    counting = [saved for saved in EVERY if "GROUP BY" in saved.sql]
    assert len(EVERY) - len(counting) > 50
    assert sum(reads.values()) == 1 + len(counting)
    for table in ("cloudtrail", "flowlogs"):
        assert "date >= '2026-07-01'" in str(pruning.condition(query, table))


def test_the_query_for_all_is_athenas_and_short_enough_for_it() -> None:
    """Read again as Athena's SQL it is the same, and Athena takes 262,144 bytes."""
    query = together(EVERY, Scope(since="2026-07-01", accounts=(ACCOUNT,)))
    text = query.sql(dialect="athena")
    assert statement.read(text) == query
    assert query.named_selects == list(COLUMNS)
    assert len(text.encode()) < 262_144


def test_thirty_days_of_an_organization_hold_what_was_planted_and_no_more(tmp_path: Path) -> None:
    """Thousands of ordinary events of people, builds and services: not one false alarm."""
    history = History(1, ACCOUNTS, TODAY)
    for place in history.places():
        for one in history.days(*place):
            given_a_log(
                tmp_path, *one.events, account=one.account_id, region=one.region, day=str(one.date)
            )
    engine = lake_of(tmp_path, until=tmp_path / "lake")
    found = Counter(row["detection"] for row in ask(engine, those=at_least(EVERY, "low")))
    assert found == {
        "RootActivity": 5,
        "ConsoleLoginWithoutMfa": 1,
        "TrailStopped": 1,
        "AccessKeyForOtherUser": 1,
        "S3MassDownload": 1,
    }


HEADER = (
    "-- name: Mine\n-- title: t\n-- description: d\n-- why: w\n-- topic: noise\n-- severity: low\n"
)


def test_a_detection_of_ones_own_runs_with_the_others(over_incidents: DuckDB) -> None:
    """Also one that joins."""
    columns = ", ".join(
        f"'x' AS {name}" for name in catalogue.SHAPE if name not in ("account", "region")
    )
    mine = catalogue.parse(
        f"{HEADER}SELECT a.account, a.region, {columns} FROM auditing.cloudtrail a"
        " JOIN auditing.cloudtrail b ON a.eventid = b.eventid WHERE a.date >= '2020'"
    )
    rows = ask(over_incidents, Scope(accounts=(ACCOUNT,)), [mine, *SOME])
    assert {row["region"] for row in rows if row["detection"] == "Mine"} >= {REGION}


def test_what_a_detection_of_ones_own_counts_is_told_as_text(over_incidents: DuckDB) -> None:
    columns = ", ".join(f"'x' AS {name}" for name in catalogue.SHAPE if name != "detail")
    mine = catalogue.parse(
        f"{HEADER}SELECT {columns}, count(*) AS detail FROM auditing.cloudtrail GROUP BY account"
    )
    rows = ask(over_incidents, those=[replace(mine, path="mine.sql"), *SOME])
    assert all(row["detail"].isdigit() for row in rows if row["detection"] == "Mine")


@pytest.mark.parametrize(
    "condition",
    [
        "eventname = 'StopLogging'",
        "eventname IN ('StopLogging', lower('X'))",
        "eventname IN ('a', 'b', 'c', 'd', 'StopLogging')",
        "('StopLogging' = eventname)",
        "(eventname = 'x' OR eventname = 'StopLogging' AND errorcode IS NULL)",
        "(eventname = 'x' OR eventsource = 'cloudtrail.amazonaws.com')",
        "eventname NOT IN ('x', 'y') AND NOT eventname = 'z' AND eventname LIKE 'StopL%'",
        "json_extract_scalar(requestparameters, '$.name') IS NULL AND eventname = 'StopLogging'",
    ],
)
def test_a_condition_finds_its_events_however_it_names_them(tmp_path: Path, condition: str) -> None:
    """Beside others, which share its reading, and beside one that can never be met."""
    stop = {"eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com"}
    given_a_log(tmp_path, an_event(1, **stop, errorCode=None, requestParameters={}))
    columns = ", ".join(f"'x' AS {name}" for name in catalogue.SHAPE if name != "eventid")
    asked = f"SELECT {columns}, eventid FROM auditing.cloudtrail WHERE"
    mine, never = (
        replace(catalogue.parse(f"{HEADER}{asked} {text}"), name=name)
        for name, text in (("Mine", condition), ("Never", "eventname = 'a' AND eventname = 'b'"))
    )
    engine = lake_of(tmp_path, until=tmp_path / "lake")
    for beside in ((), (never,), SOME):
        rows = ask(engine, those=[mine, *beside])
        assert [r["eventid"] for r in rows if r["detection"] == "Mine"] == ["event-1"]
    assert ask(engine, those=[never]) == []


def test_every_saved_query_can_be_narrowed(over_incidents: DuckDB) -> None:
    """To a day, an account and a region, whatever it joins or counts."""
    for saved in catalogue.saved():
        names = {parameter.name for parameter in saved.parameters}
        days = {"since": "2020-01-01"} if "days" in names and "before" not in names else {}
        sql = narrowed(saved, needed(saved), Scope(accounts=(ACCOUNT,), regions=(REGION,), **days))
        over_incidents.check(statement.read(sql))


def test_a_detection_of_another_shape_is_refused() -> None:
    """Before anything is read."""
    mine = catalogue.parse(f"{HEADER}SELECT eventid FROM auditing.cloudtrail")
    with pytest.raises(QueryError, match="Mine: does not give the column time"):
        together([mine], Scope())
    with pytest.raises(QueryError, match="there are no detections to run"):
        together([], Scope())
