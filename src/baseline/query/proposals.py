"""What was meant by a name that is none."""

import difflib


def near(name: str, known: tuple[str, ...]) -> str:
    """A sentence that proposes what was meant."""
    close = difflib.get_close_matches(name.lower(), known, n=1)
    return f"Did you mean {close[0]}?" if close else f"Known: {', '.join(known)}."
