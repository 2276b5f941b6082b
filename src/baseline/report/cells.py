"""Cells of a CSV: what people open in a spreadsheet, and attackers may have written."""

import re
from collections.abc import Sequence

# A cell that begins like this is a formula to a spreadsheet [OWASP: CSV injection].
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

_FORMULAS = frozenset(_FORMULA)
# Where a semicolon separates, as in much of Europe, or a line ends, another cell begins.
_NEXT_CELL = re.compile(r"""([;\n]["'\s]*)(?=[=+@\uff1d\uff0b\uff0d\uff20-])""")


def defused_row(row: Sequence[str]) -> Sequence[str]:
    """``row`` with every cell defused. Nearly all are harmless, which is seen quickly."""
    if _FORMULAS.isdisjoint([cell[:1] for cell in row]):
        whole = "".join(row)
        if whole.isprintable() and ";" not in whole:
            return row
    return [defused(cell) for cell in row]


def defused(text: str) -> str:
    """``text`` as a cell that no spreadsheet runs, and no terminal obeys."""
    cell = "'" + text if text.startswith(_FORMULA) else text
    if not cell.isprintable():
        cell = "".join(c if c.isprintable() or c == "\n" else " " for c in cell)
    return _NEXT_CELL.sub(r"\1'", cell)


def printable(text: str, keep: str = "") -> str:
    """``text`` without what a terminal or a reader would obey, such as U+202E."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in text)


def escaped(text: str) -> str:
    """JSON ``text`` as the same JSON, without what a terminal or a reader would obey."""
    if text.isprintable():
        return text
    odd = {c for c in set(text) if c != "\n" and not c.isprintable()}
    return text.translate({ord(c): _escape(c) for c in odd})


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", errors="surrogatepass")
    return "".join(f"\\u{units[n : n + 2].hex()}" for n in range(0, len(units), 2))
