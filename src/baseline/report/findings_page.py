"""The one report: a page that opens from disk, without a server or a network, whatever it is fed.

What a reader wants first is plain HTML; the findings, of which there may be hundreds of thousands,
are compressed columns that the page's script opens.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, TextIO
from urllib.parse import urlencode

from baseline.findings.coverage import Covered
from baseline.findings.model import FAIL, PASS, UNKNOWN, CheckDetails, Finding, counted_as
from baseline.findings.ocsf import TITLES
from baseline.report.cells import printable
from baseline.report.columns import Columns, pack
from baseline.report.content import WITHOUT_RESULT, Content, OwnReport, Shown, Unseen
from baseline.report.drawing import draw
from baseline.report.tally import Tally

# In the order in which they need each other.
_SCRIPTS = (
    *("vendor/vendor.js", "dom.js", "store.js", "choice.js", "console.js", "details.js"),
    *("grid.js", "facets.js", "map.js", "trend.js", "print.js", "main.js"),
)
_STYLES = ("vendor/vendor.css", "base.css", "page.css")
# SlickGrid puts an empty style element into the page, and its rules into that one by one.
_INJECTED = ("",)
# Rows of a long table that are shown before somebody asks for all.
_FIRST = 12
# Characters of a query's cell that are shown on one line: a time, an ARN's account, an address.
_WIDE = 28
# Accounts or regions that are named in one cell.
_FEW = 3

# Kilobytes of a finding that few ask for are opened when somebody does.
_APART = "evidence"
_PLACE = Finding._fields.index(_APART)
_COLUMNS = (*(name for name in Finding._fields if name != _APART), "change")

Details = Mapping[tuple[str, str], CheckDetails]


def render(content: Content, rows: Iterable[Shown], details: Details, out: TextIO) -> None:
    """Write the page to ``out``; ``rows`` are read once."""
    tally, columns, evidence = Tally(), Columns(_COLUMNS), Columns((_APART,))
    for row in rows:
        tally.see(row)
        columns.add(_cells(row))
        evidence.add((row.finding.evidence,))
    data = pack(_data(content, tally, columns, details))
    out.write(_page(content, tally, data, pack(evidence.packed())))


def _cells(row: Shown) -> tuple[str, ...]:
    """As it is counted: what fails under a severity of ours, or other."""
    status = WITHOUT_RESULT if row.no_result else row.status
    finding = row.finding._replace(status=status)
    if finding.status == FAIL:
        finding = finding._replace(severity=counted_as(finding.severity))
    return (*finding[:_PLACE], *finding[_PLACE + 1 :], row.change or "")


def _page(content: Content, tally: Tally, data: str, evidence: str) -> str:
    return draw(
        "page.html",
        _SCRIPTS,
        _STYLES,
        _INJECTED,
        content=content,
        tally=tally,
        data=data,
        evidence=evidence,
        accounts={a.id: a for a in content.accounts},
        ous={a.id: a.ou for a in content.accounts},
        places=_places(content.coverage),
        answers=Counter(row.status for row in content.coverage),
        gaps=_alike(content.unseen),
        severities=tally.told,
        titles=_titles(content),
        names={"fail": FAIL, "pass": PASS, "unknown": UNKNOWN, "no_result": WITHOUT_RESULT},
        first=_FIRST,
        few=_FEW,
        wide=_WIDE,
        view=_view,
    )


def _data(content: Content, tally: Tally, columns: Columns, details: Details) -> dict[str, Any]:
    """What the page's script is given."""
    coverage = Columns(Covered._fields)
    for row in content.coverage:
        coverage.add(row)
    known = {a.id: (a.name, a.ou) for a in content.accounts}
    strangers = {key: (name, "") for key, name in tally.names.items()}
    beside = {
        "accounts": strangers | known,
        "sources": _titles(content),
        "severities": tally.told,
        "details": [asdict(each) for each in details.values()],
        "trend": [asdict(point) for point in content.trend],
        "reports": _reports(content.reports),
    }
    return {**_plain(beside), "findings": columns.packed(), "coverage": coverage.packed()}


def _titles(content: Content) -> dict[str, str]:
    """What people call the tools, also such as have not looked."""
    return TITLES | {source.name: source.title for source in content.sources}


def _reports(reports: Iterable[OwnReport]) -> dict[str, list[tuple[str, str]]]:
    """Links by tool and account."""
    found: dict[str, list[tuple[str, str]]] = {}
    for report in reports:
        key = f"{report.source} {report.account_id}"
        found.setdefault(key, []).append((report.title, report.href))
    return found


def _places(coverage: Iterable[Covered]) -> Counter[str]:
    """How many pairs of account and region are wholly covered, have gaps, or could not be seen."""
    found: dict[tuple[str, str], set[str]] = {}
    for row in coverage:
        found.setdefault((row.account_id, row.region), set()).add(row.status)
    return Counter(next(s for s in (FAIL, UNKNOWN, PASS) if s in said) for said in found.values())


def _alike(unseen: Iterable[Unseen]) -> list[tuple[Unseen, list[str], tuple[str, ...]]]:
    """What is alike but for its place, once: with accounts, and the regions of each; none: all.

    What is missed most of comes first: everything of many accounts before a service of one.
    """
    places: dict[tuple[Unseen, str], dict[str, None]] = {}
    for gap in unseen:
        key = replace(gap, account_id="", region=""), gap.account_id
        places.setdefault(key, {})[gap.region] = None
    found: dict[tuple[Unseen, tuple[str, ...]], list[str]] = {}
    for (gap, account), regions in places.items():
        found.setdefault((gap, () if "" in regions else tuple(regions)), []).append(account)
    gaps = [(gap, accounts, regions) for (gap, regions), accounts in found.items()]
    return sorted(gaps, key=lambda gap: (gap[0].service != "", gap[2] != (), -len(gap[1])))


def _plain(value: Any) -> Any:
    """``value`` with nothing in its texts that anybody but a reader would heed."""
    match value:
        case str():
            return printable(value, "\n")
        case dict():
            return {_plain(key): _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
    return value


def _view(**chosen: str | tuple[str, ...]) -> str:
    """The link to the findings that are so."""
    return "#findings?" + urlencode(chosen, doseq=True, errors="replace")
