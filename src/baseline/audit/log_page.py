"""A tool's own output as a page, with its colours.

The output holds names that somebody else may have chosen: of its escape sequences only colours
pass, the text is escaped, and the page forbids everything but its one style sheet.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from ansi2html import Ansi2HTMLConverter
from ansi2html.style import get_styles

from baseline.files import whole

LOG_PAGE = "log.html"

# Text is rendered in parts of so many characters, and so many of them: no browser shows more.
_PART = 1 << 16
_PARTS = 256

# Colours; what else a terminal would obey: titles, links, the cursor, controls.
_COLOUR = r"\x1b\[[\d;]*m"
_OBEYED = re.compile(
    rf"({_COLOUR})|\x1b\][^\x07\x1b]*\x07?|\x1b\[[\d;:?]*[ -/]*[@-~]?|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)

# Styles that no tool has use for: a thousand shades (but Prowler's orange), invisible text.
_UNUSED = re.compile(r"\.(ansi|inv)[34]8-(?!208 )|\.ansi8 ")

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{hash}'">
<title>{title}</title>
<style>{style}</style>
</head>
<body class="body_foreground body_background">
<pre class="ansi2html-content">
"""


def write_log_page(log: Path, title: str, parts: int = _PARTS) -> Path:
    """Render ``log`` beside itself, in bounded memory; raises ToolError when that cannot be."""
    page = log.with_name(LOG_PAGE)
    style = "\n".join(s for s in map(str, get_styles()) if not _UNUSED.match(s))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    with (
        log.open(encoding="utf-8", errors="replace", newline="\n") as text,
        whole(page) as out,
    ):
        out.write(_HEAD.format(hash=digest, title=html.escape(title), style=style))
        out.writelines(_rendered(text, parts))
        out.write("</pre>\n</body>\n</html>\n")
    return page


def _rendered(text: TextIO, parts: int) -> Iterator[str]:
    converter = Ansi2HTMLConverter()
    for _ in range(parts):
        # To the end of a line, if one is near: a colour hardly ever goes on to the next.
        part = text.read(_PART) + text.readline(_PART)
        if not part:
            return
        safe = _OBEYED.sub(lambda found: found[1] or "", part)
        yield converter.convert(safe, full=False)
    if text.read(1):
        yield f"\n… The rest is in {html.escape(Path(text.name).name)}.\n"
