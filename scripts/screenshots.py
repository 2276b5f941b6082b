#!/usr/bin/env python3
"""Make pictures of the report page, of an organization that might be real: see "make screenshots".

Without arguments into docs/images, of which the README shows one; with a directory, all views.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import Browser  # noqa: E402

import given_report  # noqa: E402
from baseline.report.findings_page import render  # noqa: E402
from given_audit_pages import given_audits  # noqa: E402
from given_browser import MISSING, NARROW, WIDE, a_browser, chromium  # noqa: E402

View = tuple[str, str, str]

OPEN = "document.querySelector('#grid .slick-cell').click()"
PLACE = "document.querySelector('.map td.fail:not(.total)').click()"
# Name, fragment, and what is done in the page before the picture is taken.
VIEWS = (
    ("top", "", ""),
    ("coverage", "#coverage", ""),
    ("place", "#coverage", PLACE),
    ("accounts", "#accounts", ""),
    ("trend", "#trend", ""),
    ("findings", "#findings?words=bucket", ""),
    ("facet", "#findings?", "document.querySelectorAll('.facet summary')[3].click()"),
    ("details", "#findings?severity=high&tool=prowler", OPEN),
    ("queries", "#queries", ""),
    ("making", "#making", ""),
)


def main(arguments: list[str]) -> int:
    """Make them; 2 where there is no browser."""
    if not chromium():
        print(MISSING, file=sys.stderr)
        return 2
    with TemporaryDirectory() as place, a_browser() as browser:
        page = Path(place) / "report.html"
        with page.open("w") as out:
            rows = given_report.findings(12_000, 120)
            render(given_report.content(120), rows, given_report.details(), out)
        if not arguments:
            take(
                browser,
                page,
                ROOT / "docs/images/one-report.png",
                VIEWS[0],
                viewport={**WIDE, "height": 1190},
            )
            return 0
        everything(browser, page, VIEWS, Path(arguments[0]))
        for name, audits in zip(("audits", "audit"), given_audits(Path(place) / "r"), strict=True):
            everything(
                browser,
                audits,
                [(name, "", ""), (f"{name}-accounts", "#accounts", "")],
                Path(arguments[0]),
            )
    return 0


def everything(browser: Browser, page: Path, views: Iterable[View], into: Path) -> None:
    """Each view in both sizes and both schemes."""
    into.mkdir(exist_ok=True, parents=True)
    for view in views:
        for size in (WIDE, NARROW):
            for scheme in ("light", "dark"):
                file = into / f"{view[0]}-{size['width']}-{scheme}.png"
                take(browser, page, file, view, viewport=size, color_scheme=scheme)


def take(browser: Browser, page: Path, file: Path, view: View, **how: Any) -> None:
    """One picture."""
    _, fragment, act = view
    sight = browser.new_page(reduced_motion="reduce", **how)
    sight.goto(f"{page.as_uri()}{fragment}")
    if page.name == "report.html":
        sight.wait_for_selector("html[data-ready]")
    if act:
        sight.evaluate(act)
    sight.wait_for_timeout(200)
    sight.screenshot(path=str(file))
    sight.close()
    print(file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
