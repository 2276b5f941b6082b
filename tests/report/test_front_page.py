"""The front page over all runs: nothing on it is lost to a run that saw less."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, Run, Status
from baseline.report import write_front_page
from baseline.report.standing import standing

ACCOUNT = "111111111111"
HOSTILE = "<script>alert(1)</script>"


def a_run(day: int, status: Status = Status.COMPLETE, **scope: Any) -> Run:
    counts = {"FAIL": day, "PASS": 1} if status is Status.COMPLETE else {}
    stamp = f"2026010{day}T000000Z"
    directory = f"prowler/{ACCOUNT}/{stamp}"
    entry = Entry(
        ACCOUNT, HOSTILE, "prowler", "5.46.0", status, "" if counts else "it is <b>broken</b>",
        counts=counts, severities={"high": day} if counts else {}, ended="2026-01-01T00:00:00Z",
        directory=directory, log=f"{directory}/log.txt", log_page=f"{directory}/log.html",
    )  # fmt: skip
    return Run(stamp, f"2026-01-0{day}T00:00:00Z", "Auditor", entries=(entry,), **scope)


@pytest.mark.parametrize(
    ("runs", "stands"),
    [
        ([a_run(1), a_run(2)], 2),
        ([a_run(1), a_run(2, Status.FAILED)], 1),
        ([a_run(1), a_run(2, Status.NOT_LOOKED)], 1),
        ([a_run(1), a_run(2, Status.RUNNING)], 1),
        ([a_run(1), a_run(2, Status.WAITING)], 1),
        ([a_run(1), a_run(2, services=("s3",))], 1),
        ([a_run(1), a_run(2, regions=("eu-west-1",))], 1),
        ([a_run(1, services=("s3",)), a_run(2, services=("s3", "iam"))], 2),
        ([a_run(1, services=("s3",)), a_run(2, services=("s3",)), a_run(3, services=("iam",))], 2),
        ([a_run(1, services=("s3",)), a_run(2)], 2),
        ([a_run(1), a_run(2, Status.PARTIAL)], 2),
    ],
)
def test_only_a_scan_that_looked_at_as_much_takes_another_s_place(
    runs: list[Run], stands: int
) -> None:
    known = standing(runs)[ACCOUNT]["prowler"]
    assert known.answer
    assert (known.run, known.answer) == (runs[stands - 1].stamp, runs[stands - 1].entries[0])


def test_what_came_later_and_brought_less_is_told(tmp_path: Path) -> None:
    runs = [a_run(1), a_run(2, Status.FAILED), a_run(3, services=("s3",))]
    known = standing(runs)[ACCOUNT]["prowler"]
    assert [stamp for stamp, _ in known.since] == [r.stamp for r in runs[1:]]
    accounts = front_page(tmp_path, *runs).split('id="accounts"')[1]
    assert "another try" in accounts
    assert "it is &lt;b&gt;broken&lt;/b&gt;" in accounts
    assert "a narrower scan" in accounts


def test_an_account_that_no_run_could_look_at_has_no_numbers(tmp_path: Path) -> None:
    accounts = front_page(tmp_path, a_run(1, Status.FAILED)).split('id="accounts"')[1]
    assert "not looked at" in accounts
    assert ">0<" not in accounts


def test_every_run_and_the_account_s_logs_are_linked(tmp_path: Path) -> None:
    runs = [a_run(1), a_run(2)]
    own = tmp_path / "runs" / runs[0].stamp
    own.mkdir(parents=True)
    for name in ("index.html", "findings.csv", "summary.json"):
        (own / name).touch()
    links = set(re.findall(r'href="([^"#]*)"', front_page(tmp_path, *runs)))
    first, second = (r.stamp for r in runs)
    assert links == {
        f"runs/{first}.json", f"runs/{first}/index.html", f"runs/{first}/findings.csv",
        f"runs/{first}/summary.json", f"runs/{second}.json",
        f"prowler/{ACCOUNT}/{second}/log.html",
    } - {""}  # fmt: skip


def test_the_front_page_opens_without_a_network_and_runs_nothing(tmp_path: Path) -> None:
    page = front_page(tmp_path, a_run(1), replace(a_run(2), role=HOSTILE))
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", page) == []
    assert "default-src 'none'; script-src 'none'" in unescape(page)
    assert "<script" not in page


def front_page(reports: Path, *runs: Run) -> str:
    for run in runs:
        Ledger.begin(run, reports).close()
    (reports / "runs/20260109T000000Z.json").write_text("{")  # not whole: hides no other
    write_front_page(reports)
    return (reports / "index.html").read_text()
