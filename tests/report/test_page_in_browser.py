"""The one report in a real browser: what people do with it, and what attackers would have it do."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import given_report
from baseline.findings.coverage import Covered
from baseline.findings.model import FAIL, CheckDetails, Finding
from baseline.organization import Account
from baseline.report.content import Answer, Content, OwnReport, Shown, Source, Unseen
from baseline.report.findings_page import render
from given_browser import (
    AXE,
    MISSING,
    NARROW,
    PATIENCE,
    WIDE,
    View,
    a_browser,
    chromium,
    violations,
)
from given_findings import HOSTILE, shown

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium(), reason=MISSING),
]

ACCOUNTS, FINDINGS = 12, 600
ROWS = list(given_report.findings(FINDINGS, ACCOUNTS))
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as running:
        yield running


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report #1.html"
    with file.open("w") as out:
        render(given_report.content(ACCOUNTS), ROWS, given_report.details(), out)
    return file


@pytest.fixture
def view(browser: Browser) -> Iterator[View]:
    made = View(browser)
    yield made
    made.page.close()
    assert made.complaints == []


@pytest.fixture
def page(view: View, report: Path) -> Page:
    return view.open(report)


def chosen(**wanted: str) -> list[Shown]:
    """The rows that are so."""
    return [r for r in ROWS if all(_value(r, name) == value for name, value in wanted.items())]


def _value(row: Shown, name: str) -> str:
    if name in ("status", "change"):
        return getattr(row, name) or ""
    value: str = getattr(row.finding, name)
    return value


def says(page: Page, number: int) -> None:
    """The page shows ``number`` findings."""
    text = f"{number} of {FINDINGS} findings" if number < FINDINGS else f"{number} findings"
    expect(page.locator("#state")).to_have_text(text)


def cells(page: Page, column: int) -> list[str]:
    """What stands in a column of the rows in sight, from the top."""
    rows = page.locator("#grid .slick-row")
    rows.first.wait_for()
    found = rows.evaluate_all(
        "(rows, column) => rows.map((row) => [Number(row.dataset.row),"
        " row.children[column].querySelector('strong, span').textContent])",
        column,
    )
    return [text for _, text in sorted(found)]


def facet(page: Page, title: str) -> Locator:
    box = page.locator("details.facet", has=page.locator("summary", has_text=title)).first
    box.locator("summary").click()
    return box


def test_it_opens_from_disk_asks_nobody_and_shows_what_fails_worst_first(
    view: View, report: Path
) -> None:
    page = view.open(report)
    says(page, len(chosen(status=FAIL)))
    severities = cells(page, 0)
    order = ["critical", "high", "medium", "low"]
    assert severities == sorted(severities, key=order.index)
    assert view.requests == [report.as_uri()]


def test_the_answer_comes_before_everything_else(page: Page) -> None:
    critical = len(chosen(status=FAIL, severity="critical"))
    high = len(chosen(status=FAIL, severity="high"))
    headline = page.locator(".headline")
    expect(headline).to_contain_text(f"{critical} critical and {high} high findings fail in")
    expect(headline).to_contain_text("could not be looked at")
    tiles = page.locator(".tile").all_inner_texts()
    assert [tile.split("\n")[0] for tile in tiles] == [
        *("Accounts", "Covered", "Worst", "Since 19 Nov 2026", "Could not look"),
    ]
    assert f"\n{len(chosen(status='UNKNOWN'))}\n" in tiles[4]


def test_a_facet_narrows_the_table_down_and_counts_what_the_others_would_leave(page: Page) -> None:
    box = facet(page, "Severity")
    critical = box.locator("label", has_text="critical")
    expect(critical.locator("b")).to_have_text(str(len(chosen(status=FAIL, severity="critical"))))
    critical.locator("input").check()
    says(page, len(chosen(status=FAIL, severity="critical")))
    assert set(cells(page, 0)) == {"critical"}
    box.locator("summary").click()
    tool = facet(page, "Tool").locator("label", has_text="ScoutSuite").locator("b")
    wanted = chosen(status=FAIL, severity="critical", tool="scoutsuite")
    expect(tool).to_have_text(str(len(wanted)))
    page.get_by_role("button", name="Remove Status: FAIL").click()
    says(page, len(chosen(severity="critical")))


def test_a_search_finds_all_words_wherever_they_stand(page: Page) -> None:
    page.get_by_role("searchbox", name="Search in findings").fill("BUCKET  eu-")
    wanted = [
        r.finding
        for r in chosen(status=FAIL)
        if all(
            any(word in value.lower() for value in r.finding if value != r.finding.evidence)
            for word in ("bucket", "eu-")
        )
    ]
    assert len(wanted) > 2
    says(page, len(wanted))
    page.get_by_role("searchbox", name="Search in findings").fill("no such thing")
    says(page, 0)
    expect(page.locator("#grid")).to_be_hidden()
    page.get_by_role("button", name="Back to all that fails").click()
    says(page, len(chosen(status=FAIL)))


def test_a_click_on_a_head_sorts_and_another_turns_it_round(page: Page) -> None:
    head = page.locator("#grid").get_by_role("columnheader", name="Account")
    names = sorted(r.finding.account_name for r in chosen(status=FAIL))
    head.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    found = cells(page, 2)
    assert found == names[: len(found)]
    head.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    found = cells(page, 2)
    assert found == names[::-1][: len(found)]
    assert "sort=-account_name" in page.url


def test_a_number_leads_to_its_findings(page: Page) -> None:
    row = page.locator("#accounts table").nth(1).locator("tbody tr").first
    number = row.locator("td.high a")
    count = int(number.inner_text())
    number.click()
    says(page, count)
    expect(page.locator("#findings h2")).to_be_in_viewport()
    assert set(cells(page, 0)) == {"high"}
    assert len(set(cells(page, 2))) == 1


def test_a_view_is_shared_by_its_link(page: Page, browser: Browser, report: Path) -> None:
    page.get_by_role("searchbox", name="Search in findings").fill("user")
    facet(page, "Tool").locator("label", has_text="Prowler").locator("input").check()
    page.locator("#sort").select_option("-region")
    says(page, len([r for r in chosen(status=FAIL, tool="prowler") if "user" in _text(r)]))
    other = View(browser)
    again = other.open(report, "#" + page.url.split("#", 1)[1])
    expect(again.locator("#state")).to_have_text(page.locator("#state").inner_text())
    assert again.locator("#words").input_value() == "user"
    assert again.locator("#sort").input_value() == "-region"
    assert cells(again, 3) == cells(page, 3)
    again.close()


def _text(row: Shown) -> str:
    return " ".join(value for value in row.finding if value != row.finding.evidence).lower()


def test_details_show_evidence_remedy_frameworks_and_ways_on(page: Page) -> None:
    page.goto(page.url.split("#")[0] + "#findings?tool=prowler&severity=high&sort=title")
    finding = min(
        chosen(status=FAIL, tool="prowler", severity="high"), key=lambda r: r.finding.title
    ).finding
    page.locator("#grid .slick-row .slick-cell").nth(1).click()
    dialog = page.locator("dialog#finding")
    expect(dialog.locator("h2")).to_have_text(finding.title)
    for text in ("Evidence", "1. Find out who uses it.", "Risk", "Compliance frameworks"):
        expect(dialog).to_contain_text(text)
    for link in dialog.get_by_role("link").all():
        expect(link).to_have_attribute("rel", re.compile("noopener"))
    hrefs = [link.get_attribute("href") or "" for link in dialog.get_by_role("link").all()]
    console = "https://console.aws.amazon.com/go/view?arn=arn%3Aaws%3Aec2%3A"
    assert any(href.startswith(console) for href in hrefs)
    assert any(re.fullmatch(r"prowler/\d{12}/20261126T060000Z/prowler.html", h) for h in hrefs)
    assert "finding=prowler-" in page.url
    page.keyboard.press("ArrowRight")
    expect(dialog).to_contain_text("2 of ")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert "finding=" not in page.url


def test_what_a_tool_marks_in_its_words_is_marked_and_not_spelled(page: Page) -> None:
    page.locator("#grid .slick-row").first.click()
    risk = page.locator("#finding section", has_text="Risk").locator("p.text")
    expect(risk.locator("strong")).to_have_text("acts with all its rights")
    expect(risk.locator("code")).to_have_text("sts:AssumeRole")
    expect(risk).not_to_contain_text("*")


@pytest.mark.parametrize("place", ["findings", "queries", "unseen"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_link_to_a_part_of_the_page_leads_there(
    browser: Browser, report: Path, place: str, viewport: Any
) -> None:
    """Below the bar, or as near as the end of the page lets it."""
    made = View(browser, viewport=viewport, reduced_motion="no-preference")
    page = made.open(report, f"#{place}")
    page.wait_for_timeout(300)
    top, left = page.evaluate(
        "(id) => [document.getElementById(id).getBoundingClientRect().top,"
        " document.documentElement.scrollHeight - scrollY - innerHeight]",
        place,
    )
    assert 60 <= top <= 68 or left < 2, (top, left)
    made.page.close()


def test_a_finding_is_shared_by_its_link(view: View, report: Path) -> None:
    finding = chosen(status="MUTED")[0].finding
    page = view.open(report, f"#findings?finding={finding.uid}")
    dialog = page.locator("dialog#finding")
    expect(dialog.locator("h2")).to_have_text(finding.title)
    expect(dialog).to_contain_text("Accepted by the data team")
    expect(dialog).to_contain_text("not in this view")


def test_the_table_and_its_filters_need_no_mouse(page: Page) -> None:
    page.locator("#words").focus()
    page.keyboard.type("root")
    page.wait_for_function("document.getElementById('state').textContent.length < 20")
    head = page.locator("#grid").get_by_role("columnheader", name="Region")
    head.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    for _ in range(3):  # two heads more, then the rows
        page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_attribute("role", "gridcell")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    row = page.locator("[role=row]:has(:focus)")
    expect(row).to_have_attribute("aria-rowindex", "4")
    title = row.locator("strong").inner_text()
    page.keyboard.press("Enter")
    expect(page.locator("dialog#finding h2")).to_have_text(title)
    page.keyboard.press("Escape")
    expect(page.locator("[role=row]:has(:focus)")).to_have_attribute("aria-rowindex", "4")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.getElementById('grid').contains(document.activeElement)")


def test_a_facet_needs_no_mouse(page: Page) -> None:
    summary = page.locator("details.facet summary", has_text="Severity")
    summary.focus()
    page.keyboard.press("Enter")
    page.locator(".facet[open] input[type=checkbox]").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".facet.on summary", has_text="Severity")).to_have_count(1)
    expect(page.locator(":focus")).to_have_attribute("type", "checkbox")
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    expect(page.locator(".facet[open]")).to_have_count(0)


def test_the_map_shows_gaps_and_says_what_is_missing(view: View, tmp_path: Path) -> None:
    accounts = (
        Account("111111111111", "first", "", "ACTIVE", "/A"),
        Account("222222222222", "second", "", "ACTIVE", "/A"),
    )
    coverage = [
        Covered(account.id, region, service, f"{service} is on", "PASS")
        for account in accounts
        for region in ("eu-west-1", "us-east-1")
        for service in ("config", "guardduty")
    ]
    coverage[0] = coverage[0]._replace(status="FAIL", detail="no recorder", remedy="Deploy it.")
    coverage[3] = coverage[3]._replace(status="UNKNOWN", detail="denied")
    content = given_report.content(ACCOUNTS, accounts=accounts, coverage=tuple(coverage))
    page = view.open(written(tmp_path, content))
    states = page.locator("table.map tr:not(.unit) td").evaluate_all(
        "cells => cells.map((cell) => cell.className)"
    )
    assert states[-4:] == ["fail", "unknown", "pass", "pass"]
    assert page.locator(".map tr.unit td").all_inner_texts() == ["1/2", "1/2"]
    page.get_by_role("radio", name="guardduty").check(force=True)
    expect(page.locator(".map td.fail")).to_have_count(0)
    assert page.url.endswith("#coverage?service=guardduty&all=true")
    page.goto(page.url.replace("guardduty&all=true", "config&all=false"))
    expect(page.get_by_role("radio", name="config")).to_be_checked()
    expect(page.locator(".map tr:not(.unit) th[scope=row]")).to_have_text(["first"])
    page.get_by_role("button", name="first").click()
    dialog = page.locator("dialog#place")
    expect(dialog).to_contain_text("config: config is on")
    expect(dialog).to_contain_text("Deploy it.")
    expect(dialog).to_contain_text("denied")


def written(
    place: Path,
    content: Content,
    rows: Sequence[Shown] = (),
    details: dict[tuple[str, str], CheckDetails] | None = None,
) -> Path:
    """A page of these alone."""
    file = place / "page.html"
    with file.open("w") as out:
        render(content, rows, details or {}, out)
    return file


def test_what_was_not_seen_for_one_reason_is_said_once(view: View, tmp_path: Path) -> None:
    denied = [
        Unseen("prowler", account.id, region, "rds", "denied", "Let it read.")
        for account in given_report.accounts(5)
        for region in ("eu-west-1", "us-east-1")
    ]
    elsewhere = Unseen("prowler", "900000000000", "", "rds", "denied", "Let it read.")
    gaps = (*denied, elsewhere, Unseen("config", "", "", "", "no aggregator"))
    page = view.open(written(tmp_path, given_report.content(ACCOUNTS, unseen=gaps)))
    rows = page.locator("#unseen tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("900000000000")
    expect(rows.nth(1).locator("td").nth(3)).to_have_text("all")
    expect(rows.first.locator("td").nth(2)).to_have_text("all")
    expect(rows.last).to_contain_text("and 2 more")
    assert rows.last.locator("td").nth(3).inner_text().split() == ["eu-west-1", "us-east-1"]


def test_a_framework_is_about_the_check_of_the_tool_that_says_so(
    view: View, tmp_path: Path
) -> None:
    """Two tools may call their checks alike, and a framework is named by one of them."""
    rows = [shown("mfa"), shown("mfa", tool="config"), shown("tls", tool="config")]
    said = {
        (tool, "mfa"): CheckDetails(tool, "mfa", "MFA", frameworks=frameworks)
        for tool, frameworks in (
            ("prowler", ("CIS-5.0: 1.4", "CIS-5.0: 1.5", "PCI-4.0: 8")),
            ("config", ()),
        )
    }
    page = view.open(written(tmp_path, given_report.content(ACCOUNTS), rows, said))
    option = facet(page, "Framework").locator("label", has_text="CIS-5.0")
    expect(option.locator("b")).to_have_text("1")
    option.locator("input").check()
    expect(page.locator("#state")).to_have_text("1 of 3 findings")


def test_a_report_of_nothing_says_so(view: View, tmp_path: Path) -> None:
    nothing = Content("Security report", "", "2026-01-01T00:00:00Z", "0.1.0", "baseline report", ())
    page = view.open(written(tmp_path, nothing))
    expect(page.locator(".headline")).to_contain_text("Nothing fails, and everything was looked at")
    says_nothing = page.locator(".empty")
    assert "Nobody looked yet" in " ".join(says_nothing.all_inner_texts())
    expect(page.locator("#state")).to_have_text("0 findings")


def test_dark_is_what_the_reader_prefers_and_can_be_turned(browser: Browser, report: Path) -> None:
    dark = View(browser, color_scheme="dark").open(report)
    ground = "getComputedStyle(document.body).backgroundColor"
    assert dark.evaluate(ground) == "rgb(14, 17, 22)"
    dark.get_by_role("button", name="Light or dark").click()
    assert dark.evaluate(ground) == "rgb(243, 245, 248)"
    dark.close()


def test_on_a_telephone_a_finding_is_a_card(browser: Browser, report: Path) -> None:
    page = View(browser, viewport=NARROW).open(report, "#findings?")
    expect(page.locator("#grid .narrow").first).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == NARROW["width"]
    page.close()


def test_on_paper_the_chosen_findings_are_a_plain_table(page: Page, tmp_path: Path) -> None:
    page.goto(page.url.split("#")[0] + "#findings?severity=critical")
    page.evaluate(
        "addEventListener('beforeprint', () => {"
        " window.rows = document.querySelectorAll('#printed tbody tr').length; })"
    )
    file = tmp_path / "report.pdf"
    page.pdf(path=file)
    assert page.evaluate("window.rows") == len(chosen(status=FAIL, severity="critical"))
    assert file.read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    expect(page.locator("#grid")).to_be_hidden()
    expect(page.locator(".top")).to_be_hidden()


def test_without_scripts_the_answer_and_the_files_are_there(browser: Browser, report: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(report.as_uri())
    expect(page.locator(".headline")).to_be_visible()
    expect(page.locator("#findings noscript a").first).to_have_attribute("href", "findings.csv")
    rows = page.locator("#accounts table").nth(1).locator("tbody tr")
    assert all(row.is_visible() for row in rows.all())
    page.close()


def hostile_content() -> Content:
    return given_report.content(
        ACCOUNTS,
        organization=HOSTILE,
        title=HOSTILE,
        command=HOSTILE,
        accounts=(Account("111111111111", HOSTILE, "", "ACTIVE", HOSTILE),),
        sources=(Source(HOSTILE, HOSTILE, HOSTILE, note=HOSTILE, accounts=1),),
        coverage=(Covered("111111111111", HOSTILE, HOSTILE, HOSTILE, FAIL, HOSTILE, HOSTILE),),
        unseen=(Unseen(HOSTILE, "111111111111", HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        queries=(Answer("Q", HOSTILE, HOSTILE, (HOSTILE,), ((HOSTILE,),), 1, HOSTILE),),
        reports=(OwnReport(HOSTILE, "111111111111", HOSTILE, "javascript:alert(7)"),),
        notes=(HOSTILE,),
        files={HOSTILE: "javascript:alert(8)", "CSV": f"a/{HOSTILE}"},
    )


def test_hostile_texts_do_nothing(view: View, tmp_path: Path) -> None:
    """Names, tags, errors, user agents and file names that would like to be more than text."""
    row = Finding(*(HOSTILE,) * len(Finding._fields))._replace(
        status=FAIL,
        account_id="111111111111",
        evidence='{"a": "</script><script>alert(9)</script>"}',
    )
    said = CheckDetails(*(HOSTILE,) * 6, "javascript:alert(10)", (HOSTILE,))
    file = written(tmp_path, hostile_content(), [Shown(row)], {(HOSTILE, HOSTILE): said})
    page = view.open(file)
    page.locator("#grid .slick-cell").first.click()
    dialog = page.locator("dialog#finding")
    expect(dialog.locator("h2")).to_contain_text("<script>alert(1)</script>")
    dialog.locator("summary").click()
    page.keyboard.press("Escape")
    page.locator(".map th button").click()
    page.keyboard.press("Escape")
    for box in page.locator("details.facet:not([hidden]) summary").all():
        box.click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("img, iframe, object, embed").count() == 0
    hrefs = page.locator("a").evaluate_all("links => links.map((link) => link.href)")
    assert [href for href in hrefs if not href.startswith(("file:", "https:"))] == []
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", page.content())
    assert view.requests == [file.as_uri()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not there: scripts/page-tools brings it")
def test_nothing_keeps_anybody_out(browser: Browser, report: Path, scheme: str) -> None:
    """What axe-core calls serious or critical, in each state of the page."""
    page = View(browser, color_scheme=scheme).open(report)
    page.evaluate(AXE.read_text())
    found = violations(page)
    facet(page, "Severity")
    found += violations(page, "#filters")
    page.keyboard.press("Escape")
    page.locator("#grid .slick-cell").first.click()
    found += violations(page, "#finding")
    page.keyboard.press("Escape")
    page.locator(".map th button").first.click()
    found += violations(page, "#place")
    page.close()
    assert found == []


def test_what_is_vendored_is_what_the_lock_pins() -> None:
    root = Path(__file__).parents[2]
    pinned = dict(
        re.findall(r'"(slickgrid|uplot)": "([\d.]+)"', (root / "web/package.json").read_text())
    )
    web = root / "src/baseline/report/web/vendor"
    for name, version in pinned.items():
        assert f"{name} {version}\n" in (web / "LICENSES.txt").read_text()
        assert version in (web / "vendor.js").read_text().splitlines()[0]


def test_details_have_no_heading_of_what_nothing_is_said_of(view: View, tmp_path: Path) -> None:
    row = shown("rule", tool="config", uid="one", evidence='{"port":22}')
    said = {("config", "rule"): CheckDetails("config", "rule", "rule")}
    file = written(tmp_path, given_report.content(ACCOUNTS), [row], said)
    page = view.open(file, "#findings?finding=one")
    dialog = page.locator("dialog#finding")
    expect(dialog.locator("h2")).to_be_visible()
    dialog.get_by_text("What the source says").click()
    expect(dialog.locator("pre")).to_have_text('{\n  "port": 22\n}')
    assert "Evidence" in dialog.locator("h3").all_inner_texts()
    assert not {"Risk", "What the check looks at"} & set(dialog.locator("h3").all_inner_texts())


def test_the_answer_of_a_query_breaks_no_date_and_is_not_stretched(
    browser: Browser, tmp_path: Path
) -> None:
    long = (
        "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Administrator_0123456789abcdef/anna"
    )
    row = ("111111111111", "2026-07-01 09:12:44", "eu-west-1", "ConsoleLogin", long, "Mozilla/5.0")
    answer = Answer("Q", "Who", "", ("a", "t", "r", "e", "arn", "agent"), (row,), 1)
    file = written(tmp_path, given_report.content(ACCOUNTS, queries=(answer,)))
    view = View(browser, viewport=NARROW)
    cells = view.open(file).locator(".query tbody td")
    height = cells.nth(1).evaluate("td => td.getBoundingClientRect().height")
    assert height < 100
    lines = "td => { const r = document.createRange(); r.selectNodeContents(td);"
    lines += " return r.getClientRects().length }"
    assert cells.nth(1).evaluate(lines) == 1
    view.page.close()
