"""The report page of 100,000 findings in 300 accounts: making it, opening it, working with it.

It is made twice: drawn alone, and by the command, of as many that are kept and as many of a week
before that they are compared with.

Beside it Prowler's own HTML of the first of the same findings, written by the Prowler that is
installed and opened in the same browser. It asks its libraries of the network, which it does not
get here: that only makes it look quicker than it is.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PageTimeoutError
from work import Cost, baseline, cost

import given_report
from baseline.audit.environments import default_directory, set_up
from baseline.audit.tools import TOOLS
from baseline.findings import accounts, history
from baseline.findings.look import AUDIT, Look, Place
from baseline.findings.model import Finding
from baseline.organization import Organization
from baseline.report.findings_page import render
from given_browser import MISSING, a_browser, chromium

FINDINGS = int(os.environ.get("BENCH_FINDINGS", "100000"))
PEER = int(os.environ.get("BENCH_PEER", "10000"))
ACCOUNTS = 300
_PATIENCE = 180  # seconds that a page may take
_TICKS = os.sysconf("SC_CLK_TCK")

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
    """A line for each of making, opening and working with it, and one for Prowler's."""
    if not chromium():
        yield MISSING
        return
    with TemporaryDirectory() as place, a_browser() as browser:
        ours, theirs = Path(place) / "report.html", Path(place) / "prowler.html"
        made = cost([sys.executable, __file__, ours])
        size = ours.stat().st_size
        yield _made(f"{FINDINGS:,} findings of {ACCOUNTS} accounts", made, size)
        yield _command(Path(place))
        page = browser.new_page()
        wall, processor = _opened(page, ours, "html[data-ready]")
        yield f"usable after {wall:.1f} s ({processor:.1f} s of processors), limit 3 s"
        yield _worked(page)
        page.close()
        writer = Path(__file__).with_name("prowler_page.py")
        made = cost([_prowler(), writer, _rows(Path(place)), theirs])
        yield _made(f"Prowler's HTML of {PEER:,} of them", made, theirs.stat().st_size)
        page = browser.new_page()
        page.route("http*://**", lambda route: route.abort())
        yield _theirs(page, theirs)


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


def _theirs(page: Page, file: Path) -> str:
    try:
        wall, processor = _opened(page, file, "#findingsTable tbody tr:last-child")
    except PageTimeoutError:
        return f"Prowler's has not shown its rows after {_PATIENCE} s"
    return f"Prowler's shows its rows after {wall:.1f} s ({processor:.1f} s of processors)"


def _made(what: str, made: Cost, size: int) -> str:
    return (
        f"{what}: made in {made.cpu:.1f} s of processors, {made.memory:.0f} MB at the peak, "
        f"{size / 1e6:.1f} MB"
    )


def _opened(page: Page, file: Path, there: str) -> tuple[float, float]:
    """Seconds until ``there`` is there, and those of all processes below this one."""
    start, before = time.perf_counter(), _processors()
    page.goto(file.as_uri(), timeout=_PATIENCE * 1000, wait_until="domcontentloaded")
    page.wait_for_selector(there, timeout=_PATIENCE * 1000, state="attached")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
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


def _prowler() -> Path:
    """The Python that Prowler runs on."""
    tools = Path(os.environ.get("BASELINE_TOOLS") or default_directory())
    set_up(TOOLS["prowler"], tools, print)
    return next(tools.glob("prowler-*")) / "bin" / "python"


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
