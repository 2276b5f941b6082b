"""``baseline report`` over what was kept: what it says, its gates, and all its forms."""

import csv
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from junitparser import JUnitXml

from baseline import cli, files
from baseline.audit.manifest import Entry, Run, Status
from baseline.findings import history
from baseline.findings.config import NO_RESULT
from baseline.findings.coverage import Covered
from baseline.findings.look import Gap
from baseline.findings.model import MUTED, PASS, UNKNOWN, CheckDetails, Finding
from given_findings import FIRST, SECOND, a_finding, hostile
from given_history import (
    given_a_proof,
    given_a_reading,
    given_an_audit,
    given_the_organization,
)
from given_logs import an_event, given_a_log
from given_terminal import Ran

FORMS = ("html", "csv", "json", "ocsf", "markdown", "junit")
EVERY_FORM = tuple(word for form in FORMS for word in ("--format", form))
UNASKED = "nobody has looked yet. Run: baseline audit run"
EXPECTED = "report: {expect: [prowler]}\n"
Report = Callable[..., Ran]


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Of an organization that wants answers of Prowler alone."""
    given_the_organization(tmp_path / "reports")
    Path("baseline.yaml").write_text(EXPECTED)
    return tmp_path / "reports"


@pytest.fixture
def report(reports: Path, capsys: pytest.CaptureFixture[str]) -> Report:
    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = cli.run(["report", "-o", "json", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)

    return run


def counts(ran: Ran, column: str = "findings") -> dict[str, int]:
    """What there is, by severity of what fails and else by status."""
    return {r["severity"] or r["status"]: r[column] for r in ran.rows if r.get(column)}


def in_csv(reports: Path) -> dict[str, str]:
    """The status of each check in the CSV."""
    with (reports / "report/findings.csv").open(newline="") as lines:
        return {row["check"] or row["title"]: row["status"] for row in csv.DictReader(lines)}


def written(reports: Path, name: str) -> Any:
    text = (reports / "report" / name).read_text()
    return json.loads(text) if name.endswith("json") else text


def sandbox(check: str, severity: str = "critical", status: str = "FAIL") -> Finding:
    return a_finding(check, severity, status, account_id=SECOND, account_name="sandbox")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prowler twice, the second time not into the sandbox; then GuardDuty."""
    reports = tmp_path_factory.mktemp("reports")
    given_the_organization(reports)
    given_an_audit(reports, "2026-07-01", [a_finding("closed"), sandbox("open", "high")])
    again = [a_finding("closed", status=PASS), a_finding("fresh", "medium")]
    given_an_audit(reports, "2026-07-08", again, looked=[FIRST])
    threat = a_finding("Recon:EC2/Portscan", "low", tool="guardduty", uid="g-1")
    given_a_reading(reports, "2026-07-09", [threat])
    return reports


@pytest.fixture
def two_weeks(once: Path, reports: Path) -> Path:
    shutil.copytree(once, reports, dirs_exist_ok=True)
    return reports


def test_it_shows_the_latest_answer_of_every_account_and_tool(
    report: Report, two_weeks: Path
) -> None:
    ran = report("--format", "html", "--format", "csv")
    assert ran.code == 0
    assert counts(ran) == {"high": 1, "medium": 1, "low": 1, PASS: 1, UNKNOWN: 1}
    assert counts(ran, "new") == {"medium": 1, "low": 1}
    assert counts(ran, "resolved") == {"critical": 1}
    # What passes now stands beside what it was.
    assert in_csv(two_weeks).keys() == {
        "closed",
        "open",
        "fresh",
        "everything",
        "Recon:EC2/Portscan",
    }
    page = two_weeks / "report/report.html"
    assert "AWS security report" in page.read_text()
    assert page.stat().st_mode & 0o777 == 0o600
    assert "reports/report/report.html" in ran.err


def test_an_account_that_gave_no_answer_keeps_its_findings_and_is_named(
    report: Report, two_weeks: Path
) -> None:
    ran = report("--fail-on", "high", "--format", "json")
    assert ran.code == 1
    assert "Held back (high): prowler open in sandbox eu-west-1 arn:aws:s3:::open" in ran.err
    assert "1 could not be looked at" in ran.err
    unseen = written(two_weeks, "report.json")["unseen"]
    assert [(u["source"], u["account_id"], u["reason"]) for u in unseen] == [
        ("prowler", SECOND, "AccessDenied"),
    ]
    assert report("--fail-on-unknown").code == 1
    assert report("--fail-on", "critical").code == 0


def test_where_nobody_ever_looked_is_said(report: Report, reports: Path) -> None:
    ran = report()
    assert (ran.code, ran.out) == (2, "")
    assert "nobody has looked at any account yet" in ran.err
    given_an_audit(reports, "2026-07-01", [a_finding(status=PASS)], tried=[FIRST])
    report("--format", "json")
    (one,) = written(reports, "report.json")["unseen"]
    assert (one["account_id"], one["reason"]) == (SECOND, UNASKED)


@pytest.mark.parametrize(
    ("settings", "silent"),
    [
        ("", {"config", "guardduty", "scoutsuite"}),
        ("audit: {tools: {scoutsuite: {enabled: false}}}", {"config", "guardduty"}),
        ("report: {expect: [prowler, config]}", {"config"}),
        ("report: {expect: []}", set()),
    ],
)
def test_who_is_expected_and_never_looked_is_unknown_and_closes_the_gate(
    report: Report, reports: Path, settings: str, silent: set[str]
) -> None:
    """A job that forgot to ask GuardDuty must not end as if there was nothing."""
    given_an_audit(reports, "2026-07-01", [a_finding(status=PASS)])
    Path("baseline.yaml").write_text(settings)
    ran = report("--fail-on-unknown", *EVERY_FORM)
    assert ran.code == bool(silent)
    unknown = [f for f in written(reports, "report.json")["findings"] if f["status"] == UNKNOWN]
    assert {(f["tool"], f["account_id"]) for f in unknown} == {
        (tool, account) for tool in silent for account in (FIRST, SECOND)
    }
    suites = JUnitXml.fromfile(str(reports / "report/junit.xml"))
    assert sum(suite.errors for suite in suites) == len(unknown)
    for tool in silent - {"scoutsuite"}:
        said = f"nobody has looked yet. Run: baseline findings summary; or leave {tool} out"
        assert said in written(reports, "report.html")


def test_what_was_imported_is_not_all_that_there_is(report: Report, reports: Path) -> None:
    stamp = given_an_audit(reports, "2026-07-01", [a_finding(status=PASS)])
    look = history.find(reports, "audit", stamp)
    history.put(replace(look, imported=True), [a_finding(status=PASS)], reports)
    ran = report("--fail-on-unknown", "--format", "json")
    assert (ran.code, counts(ran)) == (1, {PASS: 1, UNKNOWN: 2})
    assert ", or import with --whole;" in written(reports, "report.json")["unseen"][0]["reason"]


@pytest.mark.parametrize("chosen", [(), ("--account", "sandbox"), ("--account", "closed")])
def test_where_nobody_ever_looked_no_gate_is_open_and_nothing_is_called_whole(
    report: Report, reports: Path, chosen: tuple[str, ...]
) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding(status=PASS)], tried=[FIRST])
    gate = ("--fail-on-unknown", "--fail-on", "informational")
    ran = report(*gate, *chosen, *EVERY_FORM)
    assert (ran.code, counts(ran)[UNKNOWN]) == (1, 1)
    account = "closed" if "closed" in chosen else "sandbox"
    assert f"Held back (could not look): prowler in {account}" in ran.err
    assert in_csv(reports)["Could not look: everything"] == UNKNOWN
    assert "Nothing fails in what was looked at." in written(reports, "report.html")
    assert "everything was looked at" not in written(reports, "report.html")
    assert 'errors="1"' in written(reports, "junit.xml")
    assert report(*gate, "--account", "production").code == 0


@pytest.mark.parametrize(
    ("narrow", "unseen"),
    [
        ({"regions": ("eu-west-1",)}, {("us-east-1", UNASKED)}),
        ({"services": ("s3",)}, {("", UNASKED.replace("yet", "yet at other services than s3"))}),
    ],
)
def test_regions_and_services_that_nobody_was_to_look_at_are_unknown(
    report: Report, reports: Path, narrow: dict[str, Any], unseen: set[tuple[str, str]]
) -> None:
    given_an_audit(reports, "2026-07-01", [], **narrow)
    given_an_audit(reports, "2026-07-02", [], tool="scoutsuite", regions=("us-east-1",))
    given_an_audit(reports, "2026-07-03", [], tool="scoutsuite")
    assert report("--fail-on-unknown", "--format", "json").code == 1
    unknown = [f for f in written(reports, "report.json")["findings"] if f["status"] == UNKNOWN]
    assert {(f["region"], f["detail"]) for f in unknown} == unseen
    assert {(f["tool"], f["account_id"]) for f in unknown} == {
        ("prowler", FIRST),
        ("prowler", SECOND),
    }


def test_one_reading_of_one_region_is_not_everything(report: Report, reports: Path) -> None:
    given_a_reading(reports, "2026-07-09", [])
    report()
    page = written(reports, "report.html")
    assert "Nothing fails in what was looked at." in page
    assert "nobody has looked yet. Run: baseline audit run; or leave prowler out" in page
    assert report("--fail-on-unknown", "--region", "us-east-1").code == 1


def test_a_later_look_at_less_counts_where_it_looked(report: Report, reports: Path) -> None:
    far = a_finding("far", "high", region="us-east-1")
    july = [a_finding("gone"), a_finding("back", status=PASS), far]
    given_an_audit(reports, "2026-06-01", [a_finding("back")])
    given_an_audit(reports, "2026-07-01", july)
    august = [a_finding("gone", status=PASS), a_finding("back"), a_finding("fresh")]
    given_an_audit(reports, "2026-08-01", august, regions=("eu-west-1",))
    ran = report("--fail-on-new", "critical", "--format", "csv", "--format", "json")
    assert ran.code == 1
    assert counts(ran) == {"critical": 2, "high": 1, PASS: 1}
    assert counts(ran, "new") == {"critical": 1}
    assert counts(ran, "reopened") == {"critical": 1}
    assert counts(ran, "resolved") == {"critical": 1}
    with (reports / "report/findings.csv").open(newline="") as lines:
        found = {(r["check"], r["status"], r["change"]) for r in csv.DictReader(lines)}
    assert ("far", "FAIL", "open") in found
    points = written(reports, "report.json")["trend"]
    assert [(p["severities"]["critical"], p["severities"]["high"]) for p in points] == [
        (1, 0),
        (1, 1),
        (2, 1),
    ]
    given_an_audit(reports, "2026-08-02", [], services=("iam",))
    again = report()
    assert counts(again) == {"critical": 2, "high": 1, PASS: 1}
    assert "nothing can be new" not in again.err


def test_the_trend_counts_a_later_look_at_less_where_it_looked(
    report: Report, reports: Path
) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding("a"), a_finding("b", region="us-east-1")])
    given_an_audit(reports, "2026-07-02", [], regions=("eu-west-1",))
    given_a_reading(reports, "2026-07-03", [])
    report("--format", "json")
    points = written(reports, "report.json")["trend"]
    assert [p["severities"]["critical"] for p in points] == [2, 1, 1]


def test_what_one_look_cannot_see_everywhere_is_not_seen_by_one_at_less(
    report: Report, reports: Path
) -> None:
    blind = a_finding("", "", UNKNOWN, region="", service="rds", detail="denied", resource="")
    given_an_audit(reports, "2026-07-01", [blind])
    given_an_audit(reports, "2026-08-01", [], regions=("eu-west-1",))
    assert report("--fail-on-unknown").code == 1


def test_a_severity_that_nobody_knows_is_counted_and_held_back(
    report: Report, reports: Path
) -> None:
    given_an_audit(reports, "2026-06-01", [])
    given_an_audit(reports, "2026-07-01", [a_finding("x", "urgent"), a_finding("y", "")])
    ran = report("--fail-on", "critical", *EVERY_FORM)
    assert (ran.code, counts(ran), counts(ran, "new")) == (1, {"other": 2}, {"other": 2})
    assert "2 held back (2 other)" in ran.err
    page = written(reports, "report.html")
    assert "2 other</a> findings fail in 1 account" in page
    assert "nothing fails" not in page
    assert "| other | 2 | 2 |" in written(reports, "summary.md")
    assert [p["severities"].get("other") for p in written(reports, "report.json")["trend"]] == [
        None,
        2,
    ]


def test_what_config_has_no_result_for_is_counted_apart(report: Report, reports: Path) -> None:
    rule = a_finding("rule", "medium", UNKNOWN, tool="config", detail=NO_RESULT, resource="")
    given_an_audit(reports, "2026-07-01", [a_finding(status=PASS)])
    given_an_audit(reports, "2026-07-02", [rule], tool="config")
    ran = report("--fail-on-unknown", *EVERY_FORM)
    assert (ran.code, counts(ran)) == (0, {PASS: 1, "NO RESULT": 1})
    page = written(reports, "report.html")
    assert "Config has no result for 1 rule." in page
    assert "<b>0</b>" in page
    summary = written(reports, "summary.md")
    assert "**0 could not be looked at**" in summary
    assert "Config has no result for 1 of its rules" in summary
    assert NO_RESULT not in {u["reason"] for u in written(reports, "report.json")["unseen"]}


def test_no_crowd_of_reasons_hides_another(report: Report, reports: Path) -> None:
    crowd = [
        a_finding("", "", UNKNOWN, region=f"r-{n}", detail="crowd", resource="",
                  service=f"s-{n % 4}") for n in range(30_000)
    ]  # fmt: skip
    denied = a_finding("", "", UNKNOWN, detail="DENIED", resource="", region="eu-west-1")
    given_an_audit(reports, "2026-07-01", [*crowd, denied])
    ran = report("--format", "json", "--fail-on-unknown")
    unseen = written(reports, "report.json")["unseen"]
    assert "DENIED" in {u["reason"] for u in unseen}
    assert len(unseen) < 21_000
    assert "leaves out 10,000 answers" in ran.err


def test_the_events_say_what_the_other_forms_say(report: Report, reports: Path) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding("gone"), a_finding("hid"), a_finding("same")])
    later = [a_finding("gone", status=PASS), a_finding("hid", status=UNKNOWN, detail="denied")]
    given_an_audit(reports, "2026-07-02", [*later, a_finding("same"), a_finding("fresh")])
    report("--format", "ocsf", "--format", "json")
    rows = written(reports, "report.json")["findings"]
    events = written(reports, "findings.ocsf.json")
    said = [(e["finding_info"]["uid"], e["status_code"], e.get("unmapped", {}).get("change", ""))
            for e in events]  # fmt: skip
    assert said == [(f["uid"], f["status"], f["change"]) for f in rows]
    states = {change: e["status_id"] for (_, _, change), e in zip(said, events, strict=True)}
    assert (states["new"], states["resolved"], states["not looked at"]) == (1, 4, 99)


def test_an_account_and_tool_have_one_suite(report: Report, two_weeks: Path) -> None:
    report("--format", "junit")
    suites = JUnitXml.fromfile(str(two_weeks / "report/junit.xml"))
    names = [suite.name for suite in suites]
    assert len(names) == len(set(names)) == 3
    (sandbox,) = (suite for suite in suites if "sandbox" in suite.name)
    assert (sandbox.failures, sandbox.errors) == (1, 1)


def test_a_time_that_is_no_past_is_refused(report: Report, reports: Path) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding()])
    for future in ("2099-01-01", "2099-01-01T00:00Z"):
        ran = report("--since", future)
        assert (ran.code, ran.out) == (2, "")
        assert "is yet to come" in ran.err
    for nothing in ("0001-01-01T00:00+14:00", "yesterday"):
        assert "Write the stamp of a run, 2026-07-01, 2026-" in report("--since", nothing).err
    assert report("--since", "12h", "--fail-on-new").code == 0
    same = report("--since", "2026-07-02", "--fail-on-new")
    assert same.code == 0
    assert "nothing can be new" in same.err


def test_names_that_are_no_text_do_not_keep_it_from_being_written(
    report: Report, reports: Path
) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding()])
    (reports / "history" / os.fsdecode(b"audit-\xff.parquet")).write_bytes(b"PAR1 cut")
    ran = report("--region", os.fsdecode(b"\xff"), *EVERY_FORM)
    assert ran.code == 0
    assert any("audit-?.parquet" in note for note in written(reports, "report.json")["notes"])


@pytest.mark.parametrize(
    ("since", "new", "resolved"),
    [
        ((), {"low": 1, "medium": 1}, {"critical": 1}),
        (("--since", "20260701T090000Z"), {"low": 1, "medium": 1}, {"critical": 1}),
        (("--since", "2026-07-01"), {"low": 1, "medium": 1}, {"critical": 1}),
        (("--since", "2026-07-08"), {"low": 1}, {}),
        (("--since", "20260708T090000Z"), {"low": 1}, {}),
        (("--since", "2026-07-08T11:00+02:00"), {"low": 1}, {}),
        (("--since", "2026-07-08T08:59:59Z"), {"low": 1, "medium": 1}, {"critical": 1}),
    ],
)
def test_it_is_compared_with_what_was_known_then(
    report: Report,
    two_weeks: Path,
    since: tuple[str, ...],
    new: dict[str, int],
    resolved: dict[str, int],
) -> None:
    ran = report(*since)
    assert (counts(ran, "new"), counts(ran, "resolved")) == (new, resolved)


def test_without_anything_earlier_nothing_is_new_and_that_is_said(
    report: Report, reports: Path
) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding("s3_open")])
    ran = report("--fail-on-new")
    assert ran.code == 0
    assert ran.rows[0]["new"] is None
    assert "nothing to compare with" in ran.err
    missing = report("--since", "20200101T000000Z")
    assert (missing.code, missing.out) == (2, "")
    assert "no run 20200101T000000Z is kept" in missing.err
    for wrong in ("yesterday", "2026-07-01T25:00"):
        assert f"{wrong!r} is no time" in report("--since", wrong).err


@pytest.mark.parametrize(
    ("gate", "code", "said"),
    [
        (("--fail-on", "critical"), 0, ""),
        (("--fail-on", "high"), 1, "The gate is closed: 1 held back (1 high)."),
        (("--fail-on", "medium"), 1, "The gate is closed: 2 held back (1 high, 1 medium)."),
        (("--fail-on-new", "high"), 0, ""),
        (("--fail-on-new", "medium"), 1, "1 held back (1 new, medium)."),
        (("--fail-on-new",), 1, "2 held back (1 new, medium, 1 new, low)."),
        (("--fail-on-unknown",), 1, "1 held back (1 could not look)."),
        (("--fail-on", "high", "--fail-on-new", "low"), 1, "3 held back"),
    ],
)
def test_a_gate_closes_on_what_it_names(
    report: Report, two_weeks: Path, gate: tuple[str, ...], code: int, said: str
) -> None:
    ran = report(*gate)
    assert ran.code == code
    assert said in ran.err
    assert ("Held back" in ran.err) == bool(code)


def test_of_many_that_are_held_back_the_worst_are_named_and_the_rest_counted(
    report: Report, reports: Path
) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding(f"check-{n}") for n in range(25)])
    said = report("--fail-on", "critical").err
    assert said.count("Held back (critical)") == 20
    assert "Held back: and 5 more, which are on the report." in said


def test_why_nobody_could_look_is_said_once_for_all_places(report: Report, reports: Path) -> None:
    why = (
        "denied (once): KMS: An error occurred (AccessDenied) when calling the ListKeys operation: "
    )
    denied = [
        a_finding(f"c-{n}", "", UNKNOWN, region=region, detail=why + region)
        for n, region in enumerate(("eu-west-1", "us-east-1", "us-east-1"))
    ]
    given_an_audit(reports, "2026-07-01", denied)
    said = report("--fail-on-unknown").err
    (line,) = (line for line in said.splitlines() if line.startswith("Held back"))
    assert line.startswith("Held back (could not look): prowler in ")
    assert line.endswith(", 2 regions: ListKeys: denied")
    assert "3 held back (3 could not look)" in said


def test_what_is_nested_in_an_answer_is_json(report: Report, reports: Path, tmp_path: Path) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding()])
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/Who.sql").write_text(
        "-- name: Who\n-- title: Who\n-- description: All.\n-- why: To know.\n"
        "-- topic: noise\nselect useridentity from auditing.cloudtrail\n"
    )
    given_a_log(tmp_path / "copy", an_event(1))
    assert cli.run(["logs", "collect", "--source", "copy"]) == 0
    report("--format", "json", "--query", "Who")
    (answer,) = written(reports, "report.json")["queries"]
    assert json.loads(answer["rows"][0][0])["type"]


def test_a_scan_is_as_complete_as_its_run_says(report: Report, reports: Path) -> None:
    """What is not available there is a gap, and none that anybody could close."""
    stamp = given_an_audit(reports, "2026-07-01", [a_finding()])
    gaps = tuple(Gap("prowler", account, reason="not available") for account in (FIRST, SECOND))
    look = history.find(reports, "audit", stamp)
    history.put(replace(look, gaps=gaps), [a_finding()], reports)
    entries = (
        Entry(FIRST, "production", "prowler", "5", Status.COMPLETE),
        Entry(SECOND, "sandbox", "prowler", "5", Status.PARTIAL),
    )
    run = Run(stamp, "2026-07-01T09:00:00Z", "Auditor", entries=entries)
    files.write(reports / f"runs/{stamp}.json", msgspec.json.encode(run))
    report("--format", "json")
    (source,) = written(reports, "report.json")["sources"]
    assert (source["complete"], source["partial"]) == (1, 1)


def test_what_is_muted_does_not_count(report: Report, reports: Path) -> None:
    muted = a_finding("s3_open", "critical", MUTED, muted="accepted by anna")
    given_an_audit(reports, "2026-07-01", [muted])
    ran = report("--fail-on", "informational", "--format", "csv")
    assert (ran.code, counts(ran)) == (0, {MUTED: 1})
    assert in_csv(reports) == {"s3_open": MUTED}


def accept(check: str, expires: str) -> None:
    Path("baseline.yaml").write_text(
        f"{EXPECTED}mute:\n  - {{check: {check}, reason: known, owner: anna, expires: {expires}}}\n"
    )


def test_an_accepted_risk_counts_for_no_gate_until_it_expires(
    report: Report, two_weeks: Path
) -> None:
    accept("open", "2999-12-31")
    ran = report("--fail-on", "high", "--format", "csv", "--format", "json")
    assert (ran.code, counts(ran)[MUTED]) == (0, 1)
    assert in_csv(two_weeks)["open"] == MUTED
    *_, last = written(two_weeks, "report.json")["trend"]
    assert last["severities"]["high"] == 0
    accept("open", "2026-01-01")
    again = report("--fail-on", "high", "--format", "csv", "--format", "json")
    assert again.code == 1
    assert in_csv(two_weeks)["open"] == "FAIL"
    said = "The accepted risk open expired on 2026-01-01; 1 finding counts again. Ask anna"
    assert said in again.err
    assert any(said in note for note in written(two_weeks, "report.json")["notes"])
    accept("nowhere, tool: prowler", "2999-12-31")
    assert "The accepted risk nowhere matches nothing that was looked at" in report().err


def test_what_failed_once_passed_and_fails_again_is_reopened(report: Report, reports: Path) -> None:
    for day, status in (("2026-07-01", "FAIL"), ("2026-07-08", PASS), ("2026-07-15", "FAIL")):
        given_an_audit(reports, day, [a_finding("s3_open", status=status)])
    ran = report("--fail-on-new", "critical")
    assert (ran.code, counts(ran, "reopened")) == (1, {"critical": 1})
    assert "Held back (reopened, critical)" in ran.err


def test_accounts_ous_and_regions_narrow_it(report: Report, two_weeks: Path) -> None:
    assert counts(report("--ou", "/Sandbox")) == {"high": 1, UNKNOWN: 1}
    assert counts(report("--account", "production")) == {"medium": 1, "low": 1, PASS: 1}
    assert counts(report("--region", "us-east-1")) == {UNKNOWN: 3}
    ran = report("--account", "nobody")
    assert (ran.code, ran.out) == (2, "")
    assert "nobody" in ran.err


def test_a_roll_out_that_is_not_as_it_should_be_is_said(report: Report, two_weeks: Path) -> None:
    rows = [
        Covered(FIRST, "eu-west-1", "config", check, status)
        for check, status in (("a", PASS), ("b", "FAIL"), ("c", "FAIL"), ("d", UNKNOWN))
    ]
    given_a_proof(two_weeks, *rows)
    ran = report()
    assert ran.code == 0
    assert "Roll-out: 2 FAIL, 1 UNKNOWN, as of 2026-07-26T08:00:00Z. See: baseline " in ran.err


def test_every_form_has_the_same_findings(report: Report, two_weeks: Path) -> None:
    details = CheckDetails(
        "prowler", "fresh", "Fresh", "It is fresh.", remediation="Close it.", frameworks=("CIS: 1",)
    )
    history.keep_details([details], two_weeks)
    given_a_proof(two_weeks, Covered(FIRST, "eu-west-1", "config", "recorder", PASS))
    ran = report(*EVERY_FORM)
    assert ran.code == 0
    assert "Roll-out" not in ran.err
    whole = written(two_weeks, "report.json")
    assert whole["comparison"]["resolved"] == 1
    assert whole["coverage"][0]["check"] == "recorder"
    assert [p["severities"]["high"] for p in whole["trend"]] == [1, 1, 1]
    assert [s["name"] for s in whole["sources"]] == ["prowler", "guardduty"]
    keys = [(f["check"], f["status"], f["change"]) for f in whole["findings"]]
    assert ("closed", "RESOLVED", "resolved") in keys
    assert ("fresh", "FAIL", "new") in keys
    with (two_weeks / "report/findings.csv").open(newline="") as lines:
        rows = [(r["check"], r["status"], r["change"]) for r in csv.DictReader(lines)]
    assert rows == keys
    assert len(written(two_weeks, "findings.ocsf.json")) == len(keys)
    suites = JUnitXml.fromfile(str(two_weeks / "report/junit.xml"))
    assert sum(suite.tests for suite in suites) == len({k for k in keys if k[1] != "RESOLVED"})
    assert "3 failing, 1 passing" in written(two_weeks, "summary.md")


def test_the_events_keep_the_rules_of_ocsf(report: Report, two_weeks: Path) -> None:
    """[schema.ocsf.io/1.5.0: Compliance Finding, Detection Finding; what is required]."""
    report("--format", "ocsf")
    events = written(two_weeks, "findings.ocsf.json")
    for event in events:
        assert event["class_uid"] in (2003, 2004)
        assert event["category_uid"] == 2
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        assert event["severity_id"] in range(7)
        assert event["time"] > 0
        assert event["metadata"]["version"] == "1.5.0"
        assert event["metadata"]["product"]["name"]
        assert event["finding_info"]["uid"]
        assert event["finding_info"]["title"]
        assert ("compliance" in event) == (event["class_uid"] == 2003)
        assert event["cloud"]["provider"] == "AWS"
    states = {e["metadata"].get("event_code"): (e["activity_id"], e["status_id"]) for e in events}
    assert (states["fresh"], states["open"]) == ((1, 1), (2, 1))
    resolved = [e for e in events if e["status_id"] == 4]
    assert [(e["metadata"]["event_code"], e["activity_id"]) for e in resolved] == [("closed", 3)]


def test_hostile_findings_do_nothing_in_any_form(report: Report, reports: Path) -> None:
    given_an_audit(reports, "2026-07-01", [])
    given_an_audit(reports, "2026-07-02", [hostile(), hostile("high", UNKNOWN)])
    ran = report("--fail-on", "critical", *EVERY_FORM)
    assert ran.code == 1
    assert ran.err.replace("\n", "").isprintable()
    assert "<script>alert(1)" not in written(reports, "report.html")
    with (reports / "report/findings.csv").open(newline="") as lines:
        cells = [cell for row in csv.reader(lines) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    for name in ("findings.csv", "summary.md", "junit.xml"):
        assert written(reports, name).replace("\n", "").isprintable(), name


def test_a_look_that_cannot_be_read_is_named_and_hides_no_other(
    report: Report, reports: Path
) -> None:
    stamp = given_an_audit(reports, "2026-07-01", [a_finding("gone")])
    given_an_audit(reports, "2026-07-02", [a_finding("there")])
    (reports / f"history/audit-{stamp}.parquet").write_bytes(b"PAR1 cut")
    ran = report("--format", "csv")
    assert ran.code == 0
    assert f"audit-{stamp}.parquet" in ran.err
    assert "Move the file away; the other runs stay." in ran.err
    assert "Make room" not in ran.err
    lost = f"Could not look: audit-{stamp}.parquet"
    assert in_csv(reports) == {"there": "FAIL", lost: "UNKNOWN"}


def test_a_place_that_takes_no_file_is_not_said_to_be_full(report: Report, two_weeks: Path) -> None:
    ran = report("--out", "/dev/null/nothing")
    assert ran.code == 2
    assert "Give another place." in ran.err
    assert "Make room" not in ran.err


def damage(reports: Path, name: str) -> Path:
    """A file whose end, which says what it holds, is whole, and nothing before it."""
    file = reports / f"history/{name}.parquet"
    content = file.read_bytes()
    end = int.from_bytes(content[-8:-4], "little") + 8
    file.write_bytes(b"PAR1" + b"\xff" * (len(content) - end - 4) + content[-end:])
    return file


@pytest.mark.parametrize("name", ["audit-20260701T090000Z", "audit-20260708T090000Z"])
def test_a_damaged_look_is_named_and_takes_nothing_else_away(
    report: Report, two_weeks: Path, name: str
) -> None:
    file = damage(two_weeks, name)
    ran = report(*EVERY_FORM)
    assert ran.code == 0
    assert any(file.name in note for note in written(two_weeks, "report.json")["notes"])
    assert file.name in ran.err
    assert any(file.name in gap["reason"] for gap in written(two_weeks, "report.json")["unseen"])
    assert "and everything was looked at" not in written(two_weeks, "report.html")
    suites = JUnitXml.fromstring(written(two_weeks, "junit.xml"))
    assert [suite.errors for suite in suites if suite.name == "history"] == [1]
    there = in_csv(two_weeks)
    assert there["Recon:EC2/Portscan"] == "FAIL"
    assert there["open" if "0708" in name else "fresh"] == "FAIL"


@pytest.mark.parametrize(
    "gate", [("--fail-on", "critical"), ("--fail-on-new", "critical"), ("--fail-on-unknown",)]
)
@pytest.mark.parametrize("how", ["damaged", "truncated"])
def test_a_look_that_cannot_be_read_leaves_no_gate_open(
    report: Report, reports: Path, gate: tuple[str, ...], how: str
) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding("closed", status=PASS)])
    stamp = given_an_audit(reports, "2026-07-08", [a_finding("open")])
    file = damage(reports, f"audit-{stamp}")
    if how == "truncated":
        file.write_bytes(file.read_bytes()[:-100])
    ran = report(*gate, "--format", "junit", "--format", "html")
    assert ran.code == 2
    assert "Held back (could not look): history" in ran.err
    assert counts(ran)["UNKNOWN"] == 1
    assert JUnitXml.fromstring(written(reports, "junit.xml")).errors == 1
    assert "Nothing fails in what was looked at." in written(reports, "report.html")


def test_where_every_look_is_damaged_each_is_named(report: Report, reports: Path) -> None:
    stamps = [given_an_audit(reports, f"2026-07-0{n}", [a_finding()]) for n in (1, 2)]
    files = [damage(reports, f"audit-{stamp}") for stamp in stamps]
    ran = report()
    assert (ran.code, ran.out) == (2, "")
    assert all(file.name in ran.err for file in files)
    assert "nobody has looked" not in ran.err


def test_a_query_leaves_a_damaged_look_out_and_names_it(
    two_weeks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = damage(two_weeks, "audit-20260708T090000Z")
    sql = "select check_id from auditing.findings order by 1"
    assert cli.run(["query", "run", "--sql", sql, "-o", "json"]) == 0
    said = capsys.readouterr()
    checks = [row["check_id"] for row in json.loads(said.out)]
    assert checks == ["Recon:EC2/Portscan", "closed", "open"]
    assert f"Left out: {file}" in said.err
    assert "Athena" not in said.err


def test_a_comparison_leaves_an_earlier_damaged_look_out(
    two_weeks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_an_audit(two_weeks, "2026-07-15", [a_finding("closed")])
    file = damage(two_weeks, "audit-20260701T090000Z")
    assert cli.run(["audit", "compare"]) == 0
    err = capsys.readouterr().err
    assert "Left out: " in err
    assert file.name in err


def test_a_comparison_is_refused_where_the_newest_run_cannot_be_read(
    two_weeks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_an_audit(two_weeks, "2026-07-15", [a_finding("worse")])
    file = damage(two_weeks, "audit-20260715T090000Z")
    file.write_bytes(file.read_bytes()[:-100])
    assert cli.run(["audit", "compare", "--fail-on-new", "critical"]) == 2
    assert file.name in capsys.readouterr().err


def test_a_resource_forges_no_line_of_the_gate(report: Report, reports: Path) -> None:
    forged = "a\nThe gate is open: nothing is held back."
    given_an_audit(reports, "2026-07-01", [a_finding(resource=forged)])
    ran = report("--fail-on", "low")
    assert ran.code == 1
    assert "\nThe gate is open" not in ran.err


@pytest.mark.parametrize("name", ["report.json", "findings.ocsf.json"])
def test_json_holds_nothing_that_a_terminal_obeys(report: Report, reports: Path, name: str) -> None:
    obeyed = "\x9b2J\u202e\x7f\U000e0041\xa0é"
    given_an_audit(reports, "2026-07-01", [a_finding(resource=obeyed)])
    report("--format", "json", "--format", "ocsf")
    assert (reports / "report" / name).read_text().replace("\n", "").isprintable()
    assert obeyed in json.dumps(written(reports, name), ensure_ascii=False)


def test_how_it_was_made_can_be_typed_again(report: Report, reports: Path) -> None:
    given_an_audit(reports, "2026-07-01", [])
    report("--since", "3d", "--format", "json", "--no-progress", "--ou", "/Sandbox")
    assert written(reports, "report.json")["command"] == (
        "baseline report --format json --since 3d --ou /Sandbox --output json --no-progress"
    )


def test_a_saved_query_is_answered_from_the_lake_or_says_why_not(
    report: Report, reports: Path, tmp_path: Path
) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding()])
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries/Events.sql").write_text(
        "-- name: Events\n-- title: Events\n-- description: All.\n-- why: To count.\n"
        "-- topic: noise\nselect eventname, count(*) as n from auditing.cloudtrail group by 1\n"
    )
    (tmp_path / "queries/Looks.sql").write_text(
        "-- name: Looks\n-- title: Looks\n-- description: All.\n-- why: To count.\n"
        "-- topic: noise\nselect count(distinct run) as n from auditing.findings\n"
    )
    asked = ("--format", "json", "--query", "Events", "--query", "NoSuchQuery")
    report(*asked, "--query", "Looks")
    first, second, looks = written(reports, "report.json")["queries"]
    assert looks["rows"] == [["1"]]
    assert "there is no lake here" in first["error"]
    assert "there is no saved query NoSuchQuery" in second["error"]

    given_a_log(tmp_path / "copy", an_event(1), an_event(2))
    assert cli.run(["logs", "collect", "--source", "copy"]) == 0
    assert report(*asked, "--query", "RootLogin30Days").code == 0
    first, _, days = written(reports, "report.json")["queries"]
    assert (first["columns"], first["rows"], first["total"]) == (
        ["eventname", "n"],
        [["DescribeInstances", "2"]],
        1,
    )
    assert "no day that it asks for" in days["error"]


def test_the_tools_own_reports_are_linked_where_they_are(
    report: Report, reports: Path, tmp_path: Path
) -> None:
    given_an_audit(reports, "2026-07-01", [])
    directory = f"prowler/{FIRST}/20260701T090000Z"
    files.write(reports / directory / "prowler.html", b"<title>Prowler</title>")
    entry = Entry(
        *(FIRST, "production", "prowler", "5.46.0", Status.COMPLETE),
        page=f"{directory}/prowler.html",
        log=f"{directory}/log.txt",
    )
    run = Run("20260701T090000Z", "2026-07-01T09:00:00Z", "Auditor", entries=(entry,))
    files.write(reports / "runs/20260701T090000Z.json", msgspec.json.encode(run))
    assert report("--format", "json", "--out", "else/where").code == 0
    whole = json.loads((tmp_path / "else/where/report.json").read_text())
    assert whole["reports"] == [
        {
            "source": "prowler",
            "account_id": FIRST,
            "title": "report",
            "href": f"../../reports/{directory}/prowler.html",
        }
    ]
    assert whole["sources"][0]["version"] == "5.46.0"


def test_a_run_that_cannot_be_read_and_a_mute_file_that_is_missing_are_named(
    report: Report, reports: Path
) -> None:
    given_an_audit(reports, "2026-07-01", [a_finding()])
    (reports / "runs").mkdir()
    (reports / "runs/20260701T090000Z.json").write_text("{")
    assert "20260701T090000Z.json" in report().err
    Path("baseline.yaml").write_text(EXPECTED + "mute_file: accepted.yaml\n")
    ran = report()
    assert ran.code == 2
    assert "accepted.yaml" in ran.err
