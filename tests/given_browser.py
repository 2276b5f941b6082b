"""The Chromium that is installed, driven by Playwright, which brings none of its own here."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium wants a sandbox that root cannot have, and asks its maker for news at every start.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
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
