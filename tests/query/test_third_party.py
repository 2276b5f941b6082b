"""Real deliveries give what an independent reading of the same files gives."""

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from baseline.logs.source import Directory
from baseline.query import raw, statement
from baseline.query.duckdb import DuckDB

pytestmark = pytest.mark.data
SETS = ("invictus", "opensearch", "grycap", "trailscraper")


def events(root: Path) -> list[dict[str, Any]]:
    """All events, read with the standard library only."""
    return [
        event
        for file in sorted(root.rglob("*.json.gz"))
        for event in json.loads(gzip.decompress(file.read_bytes()))["Records"]
    ]


def ask(root: Path, directory: Path, sql: str) -> list[dict[str, Any]]:
    query = statement.read(sql)
    lake, done = raw.stage(Directory(root), query, directory / "lake")
    assert not done.set_aside
    engine = DuckDB(lake)
    try:
        return list(engine.run(query).rows)
    finally:
        engine.close()


@pytest.mark.parametrize("name", SETS)
def test_names_are_counted_alike(third_party: Path, tmp_path: Path, name: str) -> None:
    """Each event once, under its name."""
    root = third_party / "cloudtrail" / name
    found = ask(
        root, tmp_path, "SELECT eventname, count(*) AS n FROM auditing.cloudtrail GROUP BY 1"
    )
    assert {row["eventname"]: row["n"] for row in found} == Counter(
        event["eventName"] for event in events(root)
    )


@pytest.mark.parametrize("name", SETS)
def test_every_field_is_read_alike(third_party: Path, tmp_path: Path, name: str) -> None:
    """Nested fields, lists, and parameters that are equal as JSON."""
    root = third_party / "cloudtrail" / name
    sql = """SELECT eventid, useridentity.type AS kind, errorcode, requestparameters, readonly,
        useridentity.sessioncontext.sessionissuer.username AS issuer, resources[1].arn AS resource
        FROM auditing.cloudtrail ORDER BY eventid"""
    expected = [
        {
            "eventid": event["eventID"],
            "kind": event["userIdentity"].get("type"),
            "errorcode": event.get("errorCode"),
            "requestparameters": event.get("requestParameters"),
            "readonly": _text(event.get("readOnly")),
            "issuer": event["userIdentity"]
            .get("sessionContext", {})
            .get("sessionIssuer", {})
            .get("userName"),
            "resource": (event.get("resources") or [{}])[0].get("ARN"),
        }
        for event in sorted(events(root), key=lambda event: str(event["eventID"]))
    ]
    found = ask(root, tmp_path, sql)
    for row in found:
        row["requestparameters"] = json.loads(row["requestparameters"] or "null")
    assert found == expected


def _text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def test_published_flow_records_are_counted_alike(third_party: Path, tmp_path: Path) -> None:
    """Five formats, two versions of the address, and rows of dashes."""
    for root in sorted((third_party / "flowlogs/aws-guide").glob("*/")):
        lines = [
            line.split()
            for file in root.rglob("*.log.gz")
            for line in gzip.decompress(file.read_bytes()).decode().splitlines()[1:]
        ]
        found = ask(root, tmp_path / root.name, "SELECT count(*) AS n FROM auditing.flowlogs")
        assert found == [{"n": len(lines)}]


def test_a_real_flow_log_sums_alike(third_party: Path, tmp_path: Path) -> None:
    """Bytes by action."""
    root = third_party / "flowlogs/cribl"
    (file,) = root.rglob("*.log.gz")
    header, *lines = gzip.decompress(file.read_bytes()).decode().splitlines()
    records = [dict(zip(header.split(), line.split(), strict=True)) for line in lines]
    expected: Counter[str] = Counter()
    for record in records:
        if record["action"] != "-":
            expected[record["action"]] += int(record["bytes"])
    found = ask(
        root,
        tmp_path,
        "SELECT action, sum(bytes) AS n FROM auditing.flowlogs WHERE action IS NOT NULL GROUP BY 1",
    )
    assert {row["action"]: row["n"] for row in found} == dict(expected)
