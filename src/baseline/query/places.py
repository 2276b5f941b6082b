"""Where in the text of a statement something stands."""

from sqlglot import exp


def position(node: exp.Expression) -> str:
    """``line 1, column 8``: where a node begins; empty when that is not known."""
    for part in node.walk():
        # Of a.b the b is walked first.
        found = part.parts[0] if isinstance(part, exp.Column) else part
        if "line" in found.meta:
            return f"line {found.meta['line']}, column {found.meta['col'] - _width(found) + 1}"
    return ""


def _width(node: exp.Expression) -> int:
    start, end = node.meta.get("start"), node.meta.get("end")
    return end - start + 1 if start is not None and end is not None else len(node.name)
