"""Rows as columns, each with its distinct values once: small in a file, quick to search."""

import base64
import gzip
from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from baseline.report.cells import printable

# The best that is quick: one step more takes twice the time and saves a hundredth.
_LEVEL = 6


class Columns:
    """Takes rows and gives, for each column, its values and for each row the number of its own."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(names)
        self._numbers: tuple[dict[str, int], ...] = tuple({} for _ in self._names)
        self._codes = tuple(array("I") for _ in self._names)

    def add(self, row: Sequence[str]) -> None:
        """Take one row; its cells are in the order of the names."""
        for numbers, codes, value in zip(self._numbers, self._codes, row, strict=True):
            codes.append(numbers.setdefault(value, len(numbers)))

    def packed(self) -> dict[str, Any]:
        """All columns for ``pack``; values are harmless to whoever shows them as text."""
        each = zip(self._names, self._numbers, self._codes, strict=True)
        return {
            name: {"values": [printable(value, "\n") for value in numbers], "codes": codes.tolist()}
            for name, numbers, codes in each
        }


def pack(content: Any) -> str:
    """``content`` as JSON, compressed, in characters that mean nothing to HTML."""
    packed = gzip.compress(msgspec.json.encode(content), _LEVEL, mtime=0)
    return base64.b64encode(packed).decode()
