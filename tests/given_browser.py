"""The Chromium that is installed, driven by Playwright, which brings none of its own here."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium wants a sandbox that root cannot have, and asks its maker for news at every start.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
AXE = Path(__file__).parents[1] / "web/node_modules/axe-core/axe.min.js"
# Milliseconds: machines that test have much to do.
PATIENCE = 20_000
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
MISSING = "there is no Chromium: apt-get install chromium"


def chromium() -> str:
    """The path of the program, or nothing."""
    return next((path for name in NAMES if (path := shutil.which(name))), "")


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A running one without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class View:
    """A page, and whatever it complained of or asked for."""

    def __init__(self, browser: Browser, **how: Any) -> None:
        self.page = browser.new_page(**{"viewport": WIDE, "reduced_motion": "reduce"} | how)
        self.page.set_default_timeout(PATIENCE)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, file: Path, fragment: str = "") -> Page:
        self.page.goto(f"{file.as_uri()}{fragment}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page


def violations(page: Page, part: str = "body") -> list[str]:
    """What axe-core calls serious or critical in a part of the page."""
    answer = page.evaluate(
        "part => axe.run(part, {resultTypes: ['violations']}).then(({violations}) => violations)",
        part,
    )
    return [
        f"{each['impact']} {each['id']}: {node['target']} {node['failureSummary'][:300]}"
        for each in answer
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:4]
    ]
