"""Findings and proofs that are kept here are asked with the same SQL as the logs."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from baseline.errors import QueryError
from baseline.findings import coverage, history
from baseline.findings.look import AUDIT, READING, Look, Place
from baseline.findings.model import Finding
from baseline.query import statement, tables
from baseline.query.duckdb import DuckDB
from baseline.query.kept import Kept

FIRST, SECOND = "111111111111", "222222222222"


def found(tool: str = "prowler", account: str = FIRST, **told: str) -> Finding:
    given = {
        "account_name": "main", "region": "eu-west-1", "service": "s3", "check": "s3_open",
        "title": "", "severity": "high", "status": "FAIL", "resource": "b", "detail": "",
        "uid": "u",
    }  # fmt: skip
    return Finding(tool, account, **(given | told))


def look(stamp: str, kind: str = AUDIT, places: tuple[Place, ...] = (), **told: Any) -> Look:
    return Look(stamp, kind, f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T00:00:00Z",
                tried=places, looked=places, **told)  # fmt: skip


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Two audits, the later of one account only, a reading, and two proofs."""
    both = (Place("prowler", FIRST), Place("prowler", SECOND))
    history.put(look("20260101T000000Z", places=both), [found(), found(account=SECOND)], tmp_path)
    later = [found(status="PASS"), found(check="s3_tls", evidence='{"a": {"b": 7}}')]
    history.put(look("20260102T000000Z", places=both[:1]), later, tmp_path)
    read = (Place("guardduty", FIRST, "eu-west-1"),)
    history.put(look("20260103T000000Z", READING, read), [found("guardduty", uid="f")], tmp_path)
    row = coverage.Covered(FIRST, "eu-west-1", "guardduty", "detector", "FAIL", "none", "", "main")
    coverage.keep(coverage.Proof("2026-01-01T00:00:00Z", (row, row)), tmp_path)
    coverage.keep(coverage.Proof("2026-01-02T00:00:00Z", (row._replace(status="PASS"),)), tmp_path)
    return tmp_path


def asked(reports: Path, sql: str) -> list[tuple[Any, ...]]:
    kept = Kept.of(reports, history.looks(reports))
    with closing(DuckDB(kept=kept)) as engine:
        return [tuple(row.values()) for row in engine.run(statement.read(sql)).rows]


def test_findings_are_what_stands_of_each_account_and_tool(reports: Path) -> None:
    sql = "select tool, account, check_id, status, run from auditing.findings order by 1, 2, 3"
    assert asked(reports, sql) == [
        ("guardduty", FIRST, "s3_open", "FAIL", "20260103T000000Z"),
        ("prowler", FIRST, "s3_open", "PASS", "20260102T000000Z"),
        ("prowler", FIRST, "s3_tls", "FAIL", "20260102T000000Z"),
        ("prowler", SECOND, "s3_open", "FAIL", "20260101T000000Z"),
    ]


def test_a_later_look_at_less_counts_where_it_looked(reports: Path) -> None:
    blind = {"status": "UNKNOWN", "check": "", "region": "", "service": "ec2"}
    far = {"region": "us-east-1"}
    places = (Place("scoutsuite", FIRST),)
    rows = [found("scoutsuite", check="a", **more) for more in ({}, far, {"region": "global"})]
    rows.append(found("scoutsuite", **blind))
    history.put(look("20260104T000000Z", places=places), rows, reports)
    near = look("20260105T000000Z", places=places, regions=("eu-west-1",))
    history.put(near, [found("scoutsuite", check="a", status="PASS")], reports)
    iam = look("20260106T000000Z", places=places, services=("iam",))
    history.put(iam, [found("scoutsuite", check="c", service="iam")], reports)
    sql = (
        "select check_id, region, status, run from auditing.findings"
        " where tool = 'scoutsuite' order by 1, 2"
    )
    assert asked(reports, sql) == [
        ("", "", "UNKNOWN", "20260104T000000Z"),
        ("a", "eu-west-1", "PASS", "20260105T000000Z"),
        ("a", "us-east-1", "FAIL", "20260104T000000Z"),
        ("c", "eu-west-1", "FAIL", "20260106T000000Z"),
    ]


def test_the_history_has_every_run(reports: Path) -> None:
    sql = (
        'select kind, "date", count(*) from auditing.findings_history'
        " where status = 'FAIL' group by 1, 2 order by 2"
    )
    assert asked(reports, sql) == [
        ("audit", "2026-01-01", 2), ("audit", "2026-01-02", 1), ("reading", "2026-01-03", 1),
    ]  # fmt: skip


def test_coverage_is_the_latest_proof(reports: Path) -> None:
    assert asked(reports, "select status, account_name from auditing.coverage") == [
        ("PASS", "main")
    ]
    history_sql = "select verified, count(*) from auditing.coverage_history group by 1 order by 1"
    assert asked(reports, history_sql) == [
        ("2026-01-01T00:00:00Z", 2), ("2026-01-02T00:00:00Z", 1),
    ]  # fmt: skip


def test_what_is_inside_a_finding_is_asked_as_json(reports: Path) -> None:
    sql = """
        select json_extract_scalar(evidence, '$.a.b'), json_extract_scalar(ocsf, '$.class_uid'),
            json_extract_scalar(ocsf, '$.compliance.status')
        from auditing.findings where check_id = 's3_tls'"""
    assert asked(reports, sql) == [("7", "2003", "Fail")]


def test_findings_are_joined_with_logs(reports: Path) -> None:
    sql = """
        select f.check_id, count(c.eventid) from auditing.findings f
        left join auditing.cloudtrail c on c.account = f.account and c.region = f.region
        where f.tool = 'guardduty' group by 1"""
    assert asked(reports, sql) == [("s3_open", 0)]


def test_without_reports_the_tables_are_empty() -> None:
    with closing(DuckDB()) as engine:
        for table in tables.KEPT:
            sql = f"select count(*) from auditing.{table}"
            assert [tuple(r.values()) for r in engine.run(statement.read(sql)).rows] == [(0,)]


def test_the_tables_are_listed_and_described(reports: Path) -> None:
    assert {row[0] for row in asked(reports, "show tables")} >= set(tables.KEPT)
    described = dict(asked(reports, "describe auditing.findings"))
    assert described["check_id"] == "string"
    assert list(described)[:4] == ["run", "kind", "date", "time"]


def test_a_column_that_is_not_there_is_named_with_what_is_near() -> None:
    with closing(DuckDB()) as engine, pytest.raises(QueryError, match="severity"):
        engine.run(statement.read("select severty from auditing.findings"))


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_parquet('x')",
        "select * from standing",
        "select * from auditing.standing",
    ],
)
def test_nothing_but_the_tables_can_be_read(sql: str) -> None:
    with pytest.raises(QueryError):
        statement.read(sql)


@pytest.mark.parametrize("table", ["findings", "coverage"])
def test_on_athena_they_are_said_to_be_here(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    from baseline import cli  # noqa: PLC0415  # only here

    sql = f"select * from auditing.{table}"
    assert cli.run(["query", "run", "--engine", "athena", "--sql", sql]) == 2
    said = capsys.readouterr().err
    assert f"auditing.{table} is kept on this machine, among the reports, and not in S3" in said
    assert "Leave out --engine athena" in said
