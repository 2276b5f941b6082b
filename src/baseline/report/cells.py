"""Cells of a CSV: what people open in a spreadsheet, and attackers may have written."""

from collections.abc import Sequence

# A cell that begins like this is a formula to a spreadsheet [OWASP: CSV injection].
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_FORMULAS = frozenset(_FORMULA)


def defused_row(row: Sequence[str]) -> Sequence[str]:
    """``row`` with every cell defused. Nearly all are harmless, which is seen quickly."""
    if _FORMULAS.isdisjoint([cell[:1] for cell in row]) and "".join(row).isprintable():
        return row
    return [defused(cell) for cell in row]


def defused(text: str) -> str:
    """``text`` as a cell that no spreadsheet runs, and no terminal obeys."""
    cell = "'" + text if text.startswith(_FORMULA) else text
    if cell.isprintable():
        return cell
    return "".join(c if c.isprintable() or c == "\n" else " " for c in cell)


def printable(text: str, keep: str = "") -> str:
    """``text`` without what a terminal or a reader would obey, such as U+202E."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else "\N{REPLACEMENT CHARACTER}" for c in text)
