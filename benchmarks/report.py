"""The report page of 100,000 findings in 300 accounts: making it, opening it, working with it.

It is made twice: drawn alone, and by the command, of as many that are kept and as many of a week
before that they are compared with.

Beside it Prowler's and ScoutSuite's own HTML of the first of the same findings, written by those
that are installed and opened in the same browser. Both ask something of the network, which they do
not get here: that only makes them look quicker than they are. ScoutSuite makes its page of results
that are there (``--local``), which runs its rules again; see ``scoutsuite_results`` for its form.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import scoutsuite_results
from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as PageTimeoutError
from work import Cost, baseline, cost

import given_report
from baseline.audit.environments import Environment, default_directory, set_up
from baseline.audit.tools import TOOLS
from baseline.findings import accounts, history
from baseline.findings.look import AUDIT, Look, Place
from baseline.findings.model import FAIL, Finding
from baseline.organization import Organization
from baseline.report.findings_page import render
from given_browser import MISSING, a_browser, chromium

FINDINGS = int(os.environ.get("BENCH_FINDINGS", "100000"))
PEER = int(os.environ.get("BENCH_PEER", "10000"))
ACCOUNTS = 300
_PATIENCE = 180  # seconds that a page may take
_LONG = 900  # seconds that a tool may take to write one
State = Literal["attached", "hidden"]
_TICKS = os.sysconf("SC_CLK_TCK")

_DRAWN = "() => new Promise((done) => requestAnimationFrame(() => done(true)))"
# Waits for what a step changes in the page, and gives its milliseconds.
_TOOK = """
([act, watched]) => new Promise((done) => {
  const start = performance.now();
  new MutationObserver((_, observer) => {
    observer.disconnect();
    done(performance.now() - start);
  }).observe(document.querySelector(watched), {childList: true, subtree: true});
  new Function(act)();
})
"""
_FACET = "document.querySelector('#facets summary').parentElement.open = true"
_CHOOSE = "document.querySelector('#facets details input[type=checkbox]').click()"
_SORT = "document.querySelector('#grid [data-id=account_name]').click()"
_SEARCH = (
    "const box = document.getElementById('words'); box.value = 'orders-db eu-west-1';"
    " box.dispatchEvent(new Event('input'))"
)
# Scrolls through the rows for a while, and gives the milliseconds between frames, sorted.
_SCROLL = """
() => new Promise((done) => {
  const view = document.querySelector('#grid .slick-viewport-left.slick-viewport-top');
  const gaps = [];
  let last = performance.now();
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    view.scrollTop += 1500;
    if (gaps.length < 90) requestAnimationFrame(step);
    else done(gaps.slice(1).sort((a, b) => a - b));
  };
  requestAnimationFrame(step);
})
"""


def measure() -> Iterator[str]:
    """A line for each of making, opening and working with it, and those of the tools' own."""
    if not chromium():
        yield MISSING
        return
    with TemporaryDirectory() as place, a_browser() as browser:
        ours = Path(place) / "report.html"
        made = cost([sys.executable, __file__, ours])
        size = ours.stat().st_size
        yield _made(f"{FINDINGS:,} findings of {ACCOUNTS} accounts", made, size)
        yield _command(Path(place))
        page = browser.new_page()
        wall, processor = _opened(page, ours, "html[data-ready]")
        yield f"usable after {wall:.1f} s ({processor:.1f} s of processors), limit 3 s"
        yield _worked(page)
        page.close()
        yield from _prowler(browser, Path(place))
        yield from _scoutsuite(browser, Path(place) / scoutsuite_results.NAME)


def _prowler(browser: Browser, place: Path) -> Iterator[str]:
    """What Prowler's own page takes to be written, and to be opened."""
    writer, theirs = Path(__file__).with_name("prowler_page.py"), place / "prowler.html"
    try:
        made = cost([_installed("prowler").python, writer, _rows(place), theirs], limit=_LONG)
    except TimeoutError:
        yield f"Prowler's HTML of {PEER:,} of them was not made in {_LONG} s"
        return
    yield _made(f"Prowler's HTML of {PEER:,} of them", made, theirs.stat().st_size)
    with _alone(browser) as page:
        yield _shown("Prowler's shows its rows", page, theirs, "#findingsTable tbody tr:last-child")


def _scoutsuite(browser: Browser, place: Path) -> Iterator[str]:
    """The same of ScoutSuite's: its overview, and what is flagged in the longest of its lists."""
    found = [finding for finding, _ in given_report.findings(PEER, ACCOUNTS)]
    scoutsuite_results.write(found, place)
    try:
        made = _scout(place)
    except TimeoutError:
        yield f"ScoutSuite's report of {PEER:,} of them was not made in {_LONG} s"
        return
    failing = sum(finding.status == FAIL for finding in found)
    assert scoutsuite_results.flagged(place) == failing
    size = sum(file.stat().st_size for file in place.rglob("*results*.js"))
    yield _made(f"ScoutSuite's report of {PEER:,} of them, and its rules over them", made, size)
    file = place / f"{scoutsuite_results.NAME}.html"
    with _alone(browser) as page:
        yield _shown("ScoutSuite's shows its overview", page, file, "#please-wait-modal", "hidden")
    list_ = scoutsuite_results.LISTS["ec2"]
    with _alone(browser) as page:
        yield _shown(
            "ScoutSuite's shows what one rule flagged",
            page,
            file,
            f'[id^="services.{list_.service}."][id$=".view"] >> visible=true',
            fragment=list_.items,
        )


@contextmanager
def _alone(browser: Browser) -> Iterator[Page]:
    """A page that has no network."""
    page = browser.new_page()
    page.route("http*://**", lambda route: route.abort())
    yield page
    page.close()


def _scout(place: Path) -> Cost:
    """Have ScoutSuite make its page of the results in ``place``; it signs in all the same."""
    # It is large, and this module is in the process that is measured.
    from baseline.simulation import Blueprint, Simulation  # noqa: PLC0415

    rules = place / "ruleset.json"
    scoutsuite_results.ruleset(rules)
    command: list[str | Path] = [
        *_installed("scoutsuite").command,
        *("aws", "--local", "--no-browser", "--quiet", "--ruleset", rules),
        *("--report-dir", place, "--report-name", scoutsuite_results.NAME),
    ]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with closing(Simulation(Blueprint())) as simulation, simulation.serve() as url:
        identity = simulation.environment(url)
        return cost(command, limit=_LONG, environment=inherited | identity)


def _command(place: Path) -> str:
    """What the whole command takes over two weeks of findings that are kept."""
    reports, out = place / "reports", place / "out"
    _keep(reports)
    command = ("report", "--reports", reports, "--out", out, "--no-progress")
    made = cost(baseline(*command))
    return _made(
        "the command, over as many that are kept, and as many of a week before",
        made,
        (out / "report.html").stat().st_size,
    )


def _keep(reports: Path) -> None:
    theirs = given_report.accounts(ACCOUNTS)
    accounts.keep(Organization("o-exampleorg1", theirs[0].id, theirs), reports)
    history.keep_details(given_report.details().values(), reports)
    for day in ("2026-11-19", "2026-11-26"):
        seed = int(day[-2:])
        rows = [found for found, _ in given_report.findings(FINDINGS, ACCOUNTS, seed)]
        places = tuple({_place(finding) for finding in rows})
        stamp, when = f"{day.replace('-', '')}T060000Z", f"{day}T06:00:00Z"
        history.put(Look(stamp, AUDIT, when, when, tried=places, looked=places), rows, reports)


def _place(finding: Finding) -> Place:
    regional = finding.tool in ("guardduty", "config")
    return Place(finding.tool, finding.account_id, finding.region if regional else "")


def _shown(what: str, page: Page, *how: Any, **further: Any) -> str:
    try:
        wall, processor = _opened(page, *how, **further)
    except PageTimeoutError:
        return f"{what} not in {_PATIENCE} s"
    return f"{what} after {wall:.1f} s ({processor:.1f} s of processors)"


def _made(what: str, made: Cost, size: int) -> str:
    return (
        f"{what}: made in {made.cpu:.1f} s of processors, {made.memory:.0f} MB at the peak, "
        f"{size / 1e6:.1f} MB"
    )


def _opened(
    page: Page, file: Path, there: str, state: State = "attached", fragment: str = ""
) -> tuple[float, float]:
    """Seconds until ``there`` is so, and those of all processes below this one."""
    start, before = time.perf_counter(), _processors()
    address = f"{file.as_uri()}{fragment}"

    def left() -> float:
        return max(1, _PATIENCE - (time.perf_counter() - start)) * 1000

    page.goto(address, timeout=left(), wait_until="domcontentloaded")
    page.wait_for_selector(there, timeout=left(), state=state)
    page.wait_for_function(_DRAWN, timeout=left())
    return time.perf_counter() - start, _processors() - before


def _worked(page: Page) -> str:
    page.evaluate(_TOOK, [_FACET, "#facets"])
    took = {
        "a filter": page.evaluate(_TOOK, [_CHOOSE, "#state"]),
        "a sort": page.evaluate(_TOOK, [_SORT, "#state"]),
        "a search": page.evaluate(_TOOK, [_SEARCH, "#state"]),
    }
    page.evaluate("location.hash = '#findings?status=any'")
    page.locator("#grid .slick-row").first.wait_for()
    gaps: list[float] = page.evaluate(_SCROLL)
    said = ", ".join(f"{what} {milliseconds:.0f} ms" for what, milliseconds in took.items())
    return (
        f"{said} (120 of it waiting for the next letter); scrolling {gaps[len(gaps) // 2]:.0f} ms "
        f"a frame, {gaps[int(len(gaps) * 0.95)]:.0f} ms for the slowest twentieth"
    )


def _processors() -> float:
    """Seconds that this process and all below it have had."""
    children: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        ticks[int(stat.parent.name)] = int(fields[11]) + int(fields[12])
    family = [os.getpid()]
    for process in family:
        family += children.get(process, [])
    return sum(ticks.get(process, 0) for process in family) / _TICKS


def _installed(tool: str) -> Environment:
    tools = Path(os.environ.get("BASELINE_TOOLS") or default_directory())
    return set_up(TOOLS[tool], tools, print)


def _rows(place: Path) -> Path:
    """The findings that Prowler is to write, a line each."""
    details = given_report.details()
    file = place / "rows.jsonl"
    with file.open("w") as out:
        for finding, _ in given_report.findings(PEER, ACCOUNTS):
            said = details[finding.tool, finding.check]
            row = {**finding._asdict(), "risk": said.risk, "remediation": said.remediation}
            out.write(json.dumps({**row, "url": said.remediation_url}) + "\n")
    return file


def _ours(file: Path) -> None:
    with file.open("w") as out:
        rows = given_report.findings(FINDINGS, ACCOUNTS)
        render(given_report.content(ACCOUNTS), rows, given_report.details(), out)


if __name__ == "__main__":
    _ours(Path(sys.argv[1]))
