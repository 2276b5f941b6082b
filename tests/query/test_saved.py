"""The saved queries are Athena's SQL, run, and find what they are for and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlglot

from baseline.errors import QueryError, UsageError
from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import catalogue, statement
from baseline.query.duckdb import DuckDB
from given_logs import an_event, given_a_log

TODAY = datetime.now(UTC).date()
SAVED = catalogue.saved()
ROOT = {"type": "Root", "arn": "arn:aws:iam::100000000001:root", "accountId": "100000000001"}


def a_login(
    number: int, *, identity: dict[str, Any], mfa: str, success: bool = True
) -> dict[str, Any]:
    return an_event(
        number,
        eventName="ConsoleLogin",
        eventSource="signin.amazonaws.com",
        userIdentity=identity,
        responseElements={"ConsoleLogin": "Success" if success else "Failure"},
        additionalEventData={"MFAUsed": mfa},
    )


def a_key_for(number: int, user: str | None, **more: Any) -> dict[str, Any]:
    return an_event(
        number,
        eventName="CreateAccessKey",
        eventSource="iam.amazonaws.com",
        requestParameters={"userName": user} if user else None,
        responseElements={"accessKey": {"accessKeyId": f"AKIA{number}"}},
        **more,
    )


def a_download(number: int, key: str) -> dict[str, Any]:
    return an_event(
        number,
        eventName="GetObject",
        eventSource="s3.amazonaws.com",
        requestParameters={"bucketName": "payroll", "key": key},
        additionalEventData={"bytesTransferredOut": 10},
    )


def history(root: Path) -> None:
    """Recent incidents beside harmless events, and one root login on each side of 30 days."""
    user = {"type": "IAMUser", "userName": "anna", "arn": "arn:aws:iam::100000000001:user/anna"}
    recent = [
        a_login(1, identity=ROOT, mfa="Yes"),
        a_login(2, identity=user, mfa="No"),
        a_login(3, identity=user, mfa="Yes"),
        a_login(4, identity=user, mfa="No", success=False),
        a_login(5, identity={"type": "AssumedRole"}, mfa="No"),
        an_event(6, eventName="StopLogging", eventSource="cloudtrail.amazonaws.com",
                 requestParameters={"name": "baseline"}),
        an_event(7, eventName="DescribeTrails", eventSource="cloudtrail.amazonaws.com"),
        a_key_for(8, "mallory"),
        a_key_for(9, "anna"),
        a_key_for(10, None),
        an_event(11, errorCode="AccessDenied", eventName="ListUsers"),
        an_event(12, errorCode="AccessDenied", eventName="ListRoles"),
        *(a_download(100 + n, f"file-{n}") for n in range(120)),
    ]  # fmt: skip
    given_a_log(root, *recent, day=str(TODAY))
    for number, ago in ((20, 30), (21, 31)):
        day = str(TODAY - timedelta(days=ago))
        given_a_log(root, a_login(number, identity=ROOT, mfa="Yes"), day=day)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDB]:
    root = tmp_path_factory.mktemp("bucket")
    history(root)
    lake = Lake.create(tmp_path_factory.mktemp("lake"))
    source = Directory(root)
    collect(source, lake, days(source, Selection()))
    engine = DuckDB(lake)
    yield engine
    engine.close()


def run(engine: DuckDB, name: str, **values: str) -> list[dict[str, Any]]:
    saved = catalogue.find(name)
    return list(engine.run(statement.read(saved.sql, saved.literals(values))).rows)


@pytest.mark.parametrize("saved", SAVED, ids=[saved.name for saved in SAVED])
def test_every_saved_query_parses_runs_and_prunes(
    engine: DuckDB, saved: catalogue.SavedQuery
) -> None:
    """In Athena's dialect, with its defaults, limited to days."""
    assert sqlglot.parse_one(saved.sql, read="athena")
    query = statement.read(saved.sql, saved.literals({}))
    assert list(engine.run(query).rows)
    assert "date >=" in saved.sql


def test_root_logins_of_the_last_30_days_with_all_details(engine: DuckDB) -> None:
    """Correct to the day, and every column is there."""
    found = run(engine, "RootLogin30Days")
    assert sorted(row["eventid"] for row in found) == ["event-1", "event-20"]
    assert found[0]["useridentity"]["type"] == "Root"
    assert {"account", "region", "date", "sourceipaddress", "useragent"} <= set(found[0])


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("ConsoleLoginWithoutMfa", ["event-2"]),
        ("TrailStopped", ["event-6"]),
        ("AccessKeyForOtherUser", ["event-8"]),
    ],
)
def test_what_they_find_and_what_they_leave(engine: DuckDB, name: str, events: list[str]) -> None:
    """The incident, and none of its harmless likes."""
    assert [row["eventid"] for row in run(engine, name)] == events


def test_a_mass_download_is_one_row(engine: DuckDB) -> None:
    """Bucket, principal, hour, objects and bytes."""
    (found,) = run(engine, "S3MassDownload")
    assert (found["bucket"], found["objects"], found["bytes"]) == ("payroll", 120, 1200.0)
    assert run(engine, "S3MassDownload", threshold="121") == []


def test_errors_are_counted_by_principal(engine: DuckDB) -> None:
    """Two calls of two kinds were denied."""
    (found,) = run(engine, "ErrorsByPrincipal")
    assert (found["errors"], found["calls"], found["errorcode"]) == (2, 2, "AccessDenied")


def test_a_parameter_must_be_known_and_of_its_type() -> None:
    """What cannot be a number of days is told before anything runs."""
    saved = catalogue.find("TrailStopped")
    with pytest.raises(QueryError, match="expected an integer"):
        saved.literals({"days": "1 OR 1 = 1"})
    with pytest.raises(QueryError, match="has no parameter dya"):
        saved.literals({"dya": "1"})


def test_a_query_is_found_in_any_case() -> None:
    """And a near name is proposed."""
    assert catalogue.find("rootlogin30days").name == "RootLogin30Days"
    with pytest.raises(UsageError, match="Did you mean RootLogin30Days"):
        catalogue.find("RootLogin3Days")


def test_every_saved_query_has_a_whole_header() -> None:
    """A sentence for the list and one that says why; names are those of their files."""
    assert len(SAVED) >= 6
    for saved in SAVED:
        assert saved.title
        assert len(saved.description) > 60
        assert "--" not in saved.description


def test_a_header_that_misses_something_is_refused() -> None:
    """A query nobody can explain is none to save."""
    with pytest.raises(QueryError, match="the header has no title"):
        catalogue.parse("-- name: X\n-- description: y\nSELECT 1")
    with pytest.raises(QueryError, match="is no parameter"):
        catalogue.parse("-- name: X\n-- parameter: days\nSELECT 1")
