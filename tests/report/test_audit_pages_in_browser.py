"""The pages of audits in a real browser: they look as the one report does, and keep nobody out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from given_audit_pages import given_audits
from given_browser import AXE, MISSING, NARROW, WIDE, View, a_browser, chromium, violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not chromium(), reason=MISSING),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    front, run = given_audits(tmp_path_factory.mktemp("audits") / "reports")
    return {"front": front, "run": run}


@pytest.mark.parametrize("name", ["front", "run"])
@pytest.mark.parametrize(
    ("scheme", "size"), [("light", WIDE), ("dark", NARROW)], ids=["wide-light", "narrow-dark"]
)
def test_they_open_from_disk_fit_the_screen_and_keep_nobody_out(
    browser: Browser, pages: dict[str, Path], name: str, scheme: str, size: dict[str, int]
) -> None:
    view = View(browser, viewport=size, color_scheme=scheme)
    view.page.goto(pages[name].as_uri())
    ground = view.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(14, 17, 22)" if scheme == "dark" else "rgb(243, 245, 248)")
    assert view.page.evaluate("document.documentElement.scrollWidth") == size["width"]
    if AXE.is_file():
        view.page.evaluate(AXE.read_text())
        assert violations(view.page) == []
    assert view.complaints == []
    assert view.requests == [pages[name].as_uri()]
    view.page.close()


def test_the_findings_of_a_run_can_be_narrowed_down(
    browser: Browser, pages: dict[str, Path]
) -> None:
    page = View(browser).page
    page.goto(pages["run"].as_uri())
    rows = page.locator("#rows tbody tr")
    total = rows.count()
    page.get_by_role("searchbox").fill("MFA user")
    shown = rows.locator("visible=true").count()
    assert 0 < shown < total
    expect(page.locator("#count")).to_have_text(f"{shown} of {total}")
    page.close()
