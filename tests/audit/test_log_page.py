"""A tool's output as a page: its colours and nothing else that it says to a terminal."""

import re
import tracemalloc
from pathlib import Path

from baseline.audit.log_page import write_log_page


def page_of(tmp_path: Path, text: str) -> str:
    log = tmp_path / "log.txt"
    log.write_text(text)
    return write_log_page(log, "production <Prowler>").read_text()


def body_of(page: str) -> str:
    return page.split('<pre class="ansi2html-content">\n')[1].split("</pre>", maxsplit=1)[0]


def test_colours_are_kept(tmp_path: Path) -> None:
    page = page_of(tmp_path, "\x1b[31mFAIL\x1b[0m and \x1b[32mPASS\x1b[39m\n")
    assert body_of(page) == (
        '<span class="ansi31">FAIL</span> and <span class="ansi32">PASS</span>\n'
    )
    assert ".ansi31 {" in page


def test_what_an_attacker_named_is_text(tmp_path: Path) -> None:
    hostile = (
        '<script>alert(1)</script>\x1b]8;;javascript:alert(2)\x07click\x1b]8;;\x07 "&\n'
        "gone?\n\x1b[A\x1b[2K\x1b]0;title\x07\x9b1A\x1b[38;2;1;2;3mx\x1b[0m\x1b"
    )
    page = page_of(tmp_path, hostile)
    body = body_of(page)
    assert re.findall(r"<(?!/?span)[^>]*>", body) == []
    assert "href" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;click" in body
    assert "gone?" in body
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", page)
    assert "<title>production &lt;Prowler&gt;</title>" in page
    assert "default-src 'none'" in page


def test_a_large_log_takes_little_memory_and_says_where_the_rest_is(tmp_path: Path) -> None:
    """Also one that has no lines."""
    line = "\x1b[32mPASS\x1b[0m some resource is as it should be\n"
    for text in (line * 50_000, "x" * 2_000_000):
        log = tmp_path / "log.txt"
        log.write_text(text)
        tracemalloc.start()
        page = write_log_page(log, "large", parts=4)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < len(text) / 2
        assert "… The rest is in log.txt." in page.read_text()
