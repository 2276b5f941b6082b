"""What was meant by a name that is none."""

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A sentence that proposes what was meant; ``otherwise``, or all that is known, if nothing."""
    written = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), written, n=1)
    if close:
        return f"Did you mean {written[close[0]]}?"
    return otherwise or f"Known: {', '.join(written.values())}."
