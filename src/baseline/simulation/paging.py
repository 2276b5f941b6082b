"""Pages of lists, small enough that nobody forgets that there is a next one."""

from collections.abc import Sequence
from typing import Any, TypeVar

from baseline.simulation.service import Refusal

T = TypeVar("T")

_PREFIX = "page-"


def page(
    items: Sequence[T], token: str | None, size: int | None, largest: int, code: str
) -> tuple[list[T], dict[str, Any]]:
    """The items of one page, and ``{"NextToken": …}`` unless it is the last.

    ``code`` is the service's error for a token that it did not give.
    """
    start = _start(token, code)
    end = start + min(size or largest, largest)
    more = {"NextToken": f"{_PREFIX}{end}"} if end < len(items) else {}
    return list(items[start:end]), more


def _start(token: str | None, code: str) -> int:
    if not token:
        return 0
    number = token.removeprefix(_PREFIX)
    if number == token or not number.isdigit():
        raise Refusal(code, "You specified an invalid value.")
    return int(number)
