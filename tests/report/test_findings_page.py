"""The one report's page as text: what holds of it in every browser, and without one."""

import base64
import gzip
import hashlib
import io
import json
import re
from collections.abc import Iterable
from typing import Any

import pytest

import given_report
from baseline.findings.comparison import Change
from baseline.findings.config import NO_RESULT
from baseline.findings.model import PASS, UNKNOWN
from baseline.report.content import Shown
from baseline.report.findings_page import render
from baseline.report.tally import Tally
from given_findings import HOSTILE, a_finding

ACCOUNTS = 12


def rendered(rows: Iterable[Shown] = (), **content: Any) -> str:
    out = io.StringIO()
    render(given_report.content(ACCOUNTS, **content), rows, given_report.details(), out)
    return out.getvalue()


def unpacked(page: str) -> Any:
    """What the page's script is given."""
    (packed,) = re.findall(r'<script type="application/gzip;base64" id="data">(.*?)<', page)
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def column(table: dict[str, Any], name: str) -> list[str]:
    return [table[name]["values"][code] for code in table[name]["codes"]]


def test_each_script_and_style_is_let_in_by_its_hash_and_nothing_else_is() -> None:
    page = rendered()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    parts = re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", page, re.DOTALL)
    assert len(parts) > 10
    for part in parts:
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_the_page_holds_every_finding_whole() -> None:
    rows = list(given_report.findings(300, ACCOUNTS))
    table = unpacked(rendered(rows))["findings"]
    for name in ("uid", "resource", "detail", "severity", "region"):
        assert column(table, name) == [getattr(row.finding, name) for row in rows]
    assert column(table, "status") == [row.status for row in rows]


def test_what_is_gone_or_out_of_sight_fails_no_more() -> None:
    shown = [Shown(a_finding(), change) for change in (None, Change.RESOLVED, Change.NOT_LOOKED)]
    table = unpacked(rendered(shown))["findings"]
    assert column(table, "status") == ["FAIL", "RESOLVED", UNKNOWN]


@pytest.mark.parametrize("field", ["title", "resource", "detail", "uid", "check", "service"])
def test_a_hostile_text_is_never_markup(field: str) -> None:
    page = rendered([Shown(a_finding()._replace(**{field: HOSTILE}))], notes=(HOSTILE,))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.isascii() or not re.search("[\u202a-\u202e\x1b]", page)


def test_files_beside_the_page_are_the_only_ones_that_it_leads_to() -> None:
    page = rendered(files={"CSV": "findings.csv", "evil": "javascript:alert(1)", "far": "//x.y"})
    body = page.split("<body>")[1].split("<script")[0]
    assert set(re.findall(r'href="([^#"][^"]*)"', body)) == {"findings.csv"}


def test_the_headline_counts_the_accounts_of_the_severities_that_it_names() -> None:
    severities = ("critical", "high", "low", "low", "low")
    found = [a_finding("c", s, account_id=str(n)) for n, s in enumerate(severities)]
    assert "findings fail in 2 accounts." in headline(map(Shown, found))
    assert "finding fails in 1 account." in headline([Shown(found[0])])


def headline(rows: Iterable[Shown]) -> str:
    return rendered(rows, unseen=()).split('class="headline"')[1].split("</p>")[0]


def test_what_config_has_no_result_for_is_not_seen_nowhere() -> None:
    rule = a_finding("r", "medium", UNKNOWN, tool="config", detail=NO_RESULT, resource="")
    denied = a_finding("d", "", UNKNOWN, detail="denied", resource="")
    page = rendered([Shown(rule), Shown(rule), Shown(denied)], unseen=())
    assert column(unpacked(page)["findings"], "status") == ["NO RESULT", "NO RESULT", UNKNOWN]
    not_seen = re.findall(r'href="#findings\?status=UNKNOWN[^"]*">(\d+)<', page)
    assert set(not_seen) == {"1"}  # the section, and its account and unit
    assert "answer is missing; besides, Config has no result for 2 rules" in page


def test_a_trend_waits_for_a_second_day() -> None:
    assert "A trend needs two days" in rendered(trend=())


def test_the_share_that_is_covered_names_its_unit() -> None:
    assert re.search(r"<small>%</small></b>\s*<p>of the checks; gaps in \d+", rendered())


def test_the_worst_check_is_the_most_severe_and_then_the_most_widespread() -> None:
    tally = Tally()
    first, second = "111111111111", "222222222222"
    found = [
        *(a_finding("often", "low", account_id=first) for _ in range(5)),
        a_finding("wide", "high", account_id=first),
        a_finding("wide", "high", account_id=second),
        *(a_finding("narrow", "high", account_id=first) for _ in range(3)),
        a_finding("narrow", "high", PASS, account_id=second),
    ]
    for finding in found:
        tally.see(Shown(finding))
    checks = [(c.finding.check, c.failing, c.passing, c.accounts) for c in tally.worst_checks()]
    assert checks == [("wide", 2, 0, 2), ("narrow", 3, 1, 1), ("often", 5, 0, 1)]
    assert tally.failing_accounts("high") == 2
    units = tally.units({first: "/A"})
    assert {ou: counts["high"] for ou, counts in units.items()} == {"/A": 4, "": 1}


def test_what_the_source_says_is_packed_apart_and_costs_nobody_who_does_not_ask() -> None:
    page = rendered([Shown(a_finding(evidence='{"a": "only here"}'))])
    assert "evidence" not in unpacked(page)["findings"]
    apart = unpacked(page.replace('id="data"', "").replace('id="evidence"', 'id="data"'))
    assert column(apart, "evidence") == ['{"a": "only here"}']
