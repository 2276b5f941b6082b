"""Patterns of Java's times (Joda), as ``format_datetime`` takes them, as strftime's."""

import re

from baseline.errors import QueryError

_PARTS = {
    "yyyy": "%Y", "yy": "%y", "y": "%Y", "xxxx": "%G",
    "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m",
    "dd": "%d", "d": "%-d", "DDD": "%j", "D": "%-j", "ww": "%V", "e": "%u",
    "EEEE": "%A", "EEE": "%a", "E": "%a", "a": "%p",
    "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I",
    "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "SSS": "%g",
    "ZZ": "+00:00", "Z": "+0000", "z": "UTC",
}  # fmt: skip
_TOKEN = re.compile(r"''|'(?P<text>(?:[^']|'')*)(?:'|$)|(?P<letters>([A-Za-z])\3*)|[^A-Za-z']+")


def strftime(pattern: str) -> str:
    """``yyyy-MM-dd'T'HH:mm`` as ``%Y-%m-%dT%H:%M``; zones are UTC's. Raises QueryError."""
    return "".join(_part(token) for token in _TOKEN.finditer(pattern))


def _part(token: re.Match[str]) -> str:
    letters = token["letters"]
    if letters is None:
        text = token[0] if token["text"] is None else token["text"]
        return text.replace("''", "'").replace("%", "%%")
    if letters not in _PARTS:
        raise QueryError(
            f"{letters} in a pattern of time is not known",
            where="SQL",
            remedy="Known: y M d D w e E a H h m s SSS Z z, and text between quotes.",
        )
    return _PARTS[letters]
