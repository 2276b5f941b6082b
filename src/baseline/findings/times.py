"""Times as text, however those who look write them."""

from datetime import UTC, datetime


def iso(moment: object) -> str:
    """``moment`` in UTC as ISO 8601, to the second; empty for what is no time.

    Text without a zone is taken for UTC.
    """
    try:
        when = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
        zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
        there = zoned.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):  # the latter of the first and the last days of all
        return ""
    # Not strftime: of a year before 1000 it leaves the noughts out.
    return there.isoformat(timespec="seconds") + "Z"
