"""Rows of the roll-out for people: what is alike is said once, and columns are columns."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from baseline.cli.tables import Row, without_account
from baseline.rollout.coverage import Status


def aligned(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[str]:
    """Lines of ``columns``, and at the end of each where it is."""
    widths = {name: max((len(row[name]) for row in rows), default=0) for name in columns}
    for row in rows:
        said = "  ".join(row[name].ljust(widths[name]) for name in columns)
        yield f"  {said}  {row['where']}"


def quiet(rows: list[Row], output: str) -> list[Row]:
    """In a table, what passes needs no detail, which would only keep like rows apart.

    Where several checks of a place could not be made for one cause, that is one row, without the
    ids of accounts that AWS names in it.
    """
    if output != "table":
        return rows
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    quiet = []
    for row in rows:
        cause = without_account(row["detail"])
        if row["status"] is not Status.UNKNOWN:
            quiet.append(row | {"detail": ""} if row["status"] is Status.PASS else row)
            continue
        key = (row["account"], row["region"], cause, row["remedy"])
        if key not in alike:
            quiet.append(row | {"detail": cause})
        alike[key].append(row)
    return [_together(row, alike) for row in quiet]


def _together(row: Row, alike: Mapping[tuple[str, ...], list[Row]]) -> Row:
    """A row that stands for all ``alike``, with the number of their checks."""
    checks = alike.get((row["account"], row["region"], row["detail"], row["remedy"]), [])
    if row["status"] is not Status.UNKNOWN or len(checks) == 1:
        return row
    services = {check["service"] for check in checks}
    service = row["service"] if len(services) == 1 else f"{len(services)} services"
    return row | {"service": service, "check": f"{len(checks)} checks"}
