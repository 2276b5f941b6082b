"""Cells of a CSV: what people open in a spreadsheet, and attackers may have written."""

# A cell that begins like this is a formula to a spreadsheet [OWASP: CSV injection].
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def defused(text: str) -> str:
    """``text`` as a cell that no spreadsheet runs, and no terminal obeys."""
    cell = "'" + text if text.startswith(_FORMULA) else text
    if cell.isprintable():
        return cell
    return "".join(c if c.isprintable() or c == "\n" else " " for c in cell)
