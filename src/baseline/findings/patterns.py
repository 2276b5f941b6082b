"""Patterns as people write them: a * stands for anything, and all else for itself."""

import re
from functools import cache


def matches(text: str, pattern: str) -> bool:
    """Whether all of ``text`` is like ``pattern``."""
    return pattern == "*" or _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # What stood before a * is not tried again: so no pattern takes long.
    first, *rest = map(re.escape, pattern.split("*"))
    if not rest:
        return re.compile(first)
    *between, last = rest
    return re.compile(
        first + "".join(f"(?>.*?{part})" for part in between) + f".*{last}", re.DOTALL
    )
