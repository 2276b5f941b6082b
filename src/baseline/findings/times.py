"""Times as text, however those who look write them."""

from datetime import UTC, datetime


def iso(moment: object) -> str:
    """``moment`` in UTC as ISO 8601, to the second; empty for what is no time.

    Text without a zone is taken for UTC.
    """
    try:
        when = moment if isinstance(moment, datetime) else datetime.fromisoformat(str(moment))
        zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):  # the latter of the first and the last days of all
        return ""
