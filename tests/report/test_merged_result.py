"""The merged result is true, and hostile data does nothing in it."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from baseline.audit import prowler, results
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, LeftOut, Run, Status
from baseline.configuration import Mute
from baseline.findings import history
from baseline.findings.model import Finding
from baseline.findings.muting import Muting
from baseline.report import (
    Summary,
    folder,
    summarize,
    write_front_page,
    write_page,
    write_summary,
)
from baseline.report.audit_pages import render
from baseline.report.summary import as_merged
from given_audit_stub import DENIED, HEADER

FIRST, SECOND = "111111111111", "222222222222"
STAMP = "20260101T000000Z"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


def row(check: str, severity: str, status: str, resource: str = "arn:aws:s3:::b") -> list[str]:
    return [FIRST, "", "eu-west-1", "s3", check, f"Title of {check}", severity, status, "False",
            resource, "", "the detail", f"uid-{check}-{resource}"]  # fmt: skip


def a_run(reports: Path, rows: list[list[str]], log: str = "", name: str = "first") -> Run:
    """A run with a complete scan, one that failed, and an account that was left out."""
    directory = reports / "prowler" / FIRST / "20260101T000000Z"
    directory.mkdir(parents=True)
    with (directory / "prowler.csv").open("w", newline="") as out:
        csv.writer(out, delimiter=";").writerows([HEADER, *rows])
    (directory / "prowler-errors.log").write_text(log)
    (directory / "log.txt").write_text("Executing 0 checks, please wait...\n")
    results.note(directory, prowler.obstacles(directory, directory))
    where = directory.relative_to(reports)
    looked = Entry(
        FIRST, name, "prowler", "5.46.0", Status.COMPLETE, counts={"FAIL": 1},
        directory=str(where), log=f"{where}/log.txt", page=f"{where}/prowler.html",
    )  # fmt: skip
    refused = Entry(
        SECOND, "second", "prowler", "5.46.0", Status.NOT_LOOKED, "AccessDenied", "Roll it out."
    )
    return Run(
        STAMP,
        "2026-01-01T00:00:00Z",
        "Auditor",
        left_out=(LeftOut("333333333333", "third", "is SUSPENDED"),),
        entries=(looked, refused),
    )


@pytest.fixture
def merged(tmp_path: Path) -> Summary:
    rows = [
        row("s3_open", "critical", "FAIL"),
        row("s3_open", "critical", "FAIL", "arn:aws:s3:::c"),
        row("s3_tls", "low", "FAIL"),
        row("s3_tls", "low", "PASS"),
        row("s3_ask", "low", "MANUAL"),
    ]
    return summarize(a_run(tmp_path, rows, DENIED * 2), tmp_path)


def rows_of(reports: Path) -> list[dict[str, str]]:
    with (folder(reports, STAMP) / "findings.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_number_of_the_summary_can_be_counted_in_the_csv(
    merged: Summary, tmp_path: Path
) -> None:
    rows = rows_of(tmp_path)
    assert Counter(r["status"] for r in rows) == +Counter(merged.counts)
    failing = Counter(r["severity"] for r in rows if r["status"] == "FAIL")
    assert failing == +Counter(merged.severities)
    assert merged.counts == {
        "FAIL": 3, "PASS": 1, "MANUAL": 1, "MUTED": 0, "ARCHIVED": 0, "UNKNOWN": 2,
    }  # fmt: skip


def test_what_was_not_looked_at_is_unknown_and_never_a_pass(
    merged: Summary, tmp_path: Path
) -> None:
    unknown = [r for r in rows_of(tmp_path) if r["status"] == "UNKNOWN"]
    assert {(r["account_name"], r["service"]) for r in unknown} == {
        ("first", "guardduty"),
        ("second", ""),
    }
    assert "denied (2 times)" in unknown[0]["detail"]
    second = next(a for a in merged.accounts if a.account_id == SECOND)
    assert (second.looked, second.counts["PASS"]) == (False, 0)
    assert (merged.complete, merged.scans) == (1, 2)


@pytest.mark.parametrize(
    ("spoil", "left", "reason"),
    [
        (lambda csv: csv.unlink(), "failed", "its results are gone: 0 of 1 findings are there"),
        (lambda csv: csv.write_text("ACCOUNT_UID\n1\n"), "failed", "not whole"),
        (lambda csv: csv.write_text(csv.read_text() + "1;2\n"), "partial", "not whole"),
    ],
)
def test_results_that_are_gone_or_spoilt_are_told_and_hide_no_other_account(
    tmp_path: Path, spoil: Callable[[Path], object], left: str, reason: str
) -> None:
    run = a_run(tmp_path, [row("s3_open", "critical", "FAIL")])
    spoil(tmp_path / "prowler" / FIRST / "20260101T000000Z/prowler.csv")
    merged = summarize(run, tmp_path)
    looked, refused = merged.completeness
    assert (looked.status, merged.complete) == (left, 0)
    assert reason in looked.reason
    assert refused.status is Status.NOT_LOOKED
    assert [r["account_id"] for r in rows_of(tmp_path) if r["status"] == "UNKNOWN"] == [
        FIRST,
        SECOND,
    ]
    assert merged.accounts[0].looked is (left == "partial")
    assert [f.name for f in folder(tmp_path, STAMP).iterdir() if f.name.endswith(".part")] == []
    assert history.looks(tmp_path)[0].looked == ()


def test_the_worst_check_comes_first(merged: Summary) -> None:
    found = [(c.check, c.failing, c.passing, c.accounts) for c in merged.checks]
    assert found == [("s3_open", 2, 0, 1), ("s3_tls", 1, 1, 1)]


def test_the_json_has_the_documented_shape(merged: Summary, tmp_path: Path) -> None:
    write_summary(merged, tmp_path)
    found = json.loads((folder(tmp_path, STAMP) / "summary.json").read_text())
    assert set(found) == {
        "schema", "stamp", "started", "ended", "role", "regions", "services", "scans", "complete",
        "counts", "severities", "tools", "completeness", "left_out", "accounts", "checks",
        "idle",
    }  # fmt: skip
    assert found["completeness"][1]["status"] == "not looked"
    assert found["tools"] == {"prowler": merged.counts}


def test_the_page_shows_what_was_not_looked_at_before_any_finding(merged: Summary) -> None:
    page = render(merged)
    assert page.index("AccessDenied") < page.index("Title of s3_open")
    assert "Roll it out." in page
    assert "is SUSPENDED" in page


def test_an_accepted_risk_is_open_on_no_page_and_every_severity_is_counted(tmp_path: Path) -> None:
    run = a_run(tmp_path, [row("s3_open", "critical", "FAIL"), row("odd", "urgent", "FAIL")])
    Ledger.begin(run, tmp_path).close()
    known = Mute(check="s3_open", reason="known", owner="anna", expires=date(2999, 1, 1))
    merged = summarize(run, tmp_path, Muting([known], date(2026, 1, 1)))
    assert {k: n for k, n in merged.severities.items() if n} == {"other": 1}
    write_summary(merged, tmp_path)
    write_front_page(tmp_path)
    for page in (render(merged), (tmp_path / "index.html").read_text()):
        assert re.search(r"1 other</span>\s+finding fails", page)
        assert "<h2>Accepted</h2><b>1</b>" in page
        assert "--bar-critical" in page  # drawn as the one report is


def test_what_was_tried_again_since_it_was_merged_stands_as_it_is(tmp_path: Path) -> None:
    run = a_run(tmp_path, [row("s3_open", "critical", "FAIL")])
    merged = summarize(run, tmp_path)
    write_summary(merged, tmp_path)
    again = replace(run.entries[0], tries=2, counts={"FAIL": 7})
    later = replace(run, entries=(again, *run.entries[1:]))
    assert as_merged(later, tmp_path).entries[0] == again
    assert as_merged(run, tmp_path).entries == merged.completeness


def test_an_account_without_a_result_shows_no_zeros(merged: Summary) -> None:
    accounts = render(merged).split('id="accounts"')[1].split("</section>")[0]
    (second,) = (part for part in accounts.split("<tr>") if SECOND in part)
    assert "not looked at" in second
    assert ">0<" not in second


def test_the_page_needs_nothing_but_itself(merged: Summary) -> None:
    page = render(merged)
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", page) == []
    assert "default-src 'none'" in unescape(page)


def test_hostile_names_do_nothing_in_the_page(tmp_path: Path) -> None:
    hostile = [HOSTILE if cell == "the detail" else cell for cell in row("x", HOSTILE, "FAIL")]
    hostile[9] = hostile[5] = HOSTILE
    run = a_run(tmp_path, [hostile], DENIED.replace("not allowed", HOSTILE), name=HOSTILE)
    page = render(summarize(run, tmp_path))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("<script>") == 1
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "a\r=",
        "\x1b[2J",
        "a;=1",
        'a;"=1',
        "a\n=1",
        "a;\uff1d1",
    ],
)
def test_no_cell_of_the_csv_is_a_formula_or_moves_a_terminal(cell: str, tmp_path: Path) -> None:
    summarize(a_run(tmp_path, [row("x", "low", "FAIL", cell)]), tmp_path)
    text = (folder(tmp_path, STAMP) / "findings.csv").read_text()
    assert not re.search(r"(?:^|[,;])\"*[=+@\uff1d\t\r-]", text, re.MULTILINE)
    assert "\x1b" not in text
    assert len(rows_of(tmp_path)) == 2


def test_reports_are_linked_by_paths_that_move_with_them(merged: Summary, tmp_path: Path) -> None:
    write_page(merged, tmp_path)
    file = folder(tmp_path, STAMP) / "index.html"
    links = re.findall(r'href="([^"#]*)"', file.read_text())
    for name in ("prowler.html", "log.txt"):
        assert f"../../prowler/{FIRST}/{STAMP}/{name}" in links
    assert file.stat().st_mode & 0o077 == 0


def test_a_finding_s_columns_are_the_csv_s(merged: Summary, tmp_path: Path) -> None:
    assert tuple(rows_of(tmp_path)[0]) == Finding._fields
    assert merged.failing[0].account_name == "first"
