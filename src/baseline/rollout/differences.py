"""How a stack or a StackSet that was found differs from what is wanted, in words. Pure."""

from baseline import templates
from baseline.rollout.catalogue import Stack, StackSet
from baseline.rollout.state import StackSetState, StackState

_SHOWN = 3


def changes(wanted: Stack | StackSet, found: StackState | StackSetState) -> str:
    """What differs; empty when nothing does."""
    paths = templates.differences(found.template, templates.parse(wanted.body))
    words = []
    if paths:
        more = len(paths) - _SHOWN
        shown = ", ".join(paths[:_SHOWN])
        words.append(f"template: {shown}" + (f" and {more} more" if more > 0 else ""))
    for name, value in sorted(wanted.parameters.items()):
        before = found.parameters.get(name)
        if before != value:
            words.append(f"{name}: {before or '(none)'} → {value or '(none)'}")
    return "; ".join(words)


def because(reason: str) -> str:
    """A reason that AWS gives, as the end of a sentence; or nothing."""
    return f": {reason}" if reason else ""
