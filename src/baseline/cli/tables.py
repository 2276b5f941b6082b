"""Rows for people: what is alike but for account and region becomes one line."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)


def grouped(rows: Iterable[Row], columns: Sequence[str]) -> list[Row]:
    """``rows`` with ``where`` in place of account and region; alike means equal in ``columns``.

    The order is that of the first row of each group.
    """
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in columns)].append(row)
    return [_one(members, columns) for members in groups.values()]


def where(rows: Sequence[Row]) -> str:
    """Where ``rows`` are, in words: ``production eu-west-1`` or ``6 accounts x 17 regions``."""
    accounts = sorted({row["account"] for row in rows})
    regions = sorted({row["region"] for row in rows})
    account = rows[0]["account_name"] if len(accounts) == 1 else f"{len(accounts)} accounts"
    region = regions[0] if len(regions) == 1 else f"{len(regions)} regions"
    if len(accounts) > 1 and len(regions) > 1:
        complete = len(rows) == len(accounts) * len(regions)
        return f"{account} x {region}" if complete else f"{len(rows)} targets in {account}"
    return f"{account} {region}" if len(regions) == 1 else f"{account}, {region}"


def without_account(reason: str) -> str:
    """``reason`` without the ids that AWS names in it, which are others in each account."""
    return _ACCOUNT.sub("", reason)


def _one(members: list[Row], columns: Sequence[str]) -> Row:
    first, *rest = columns
    row = members[0]
    return {first: row[first], "where": where(members)} | {name: row[name] for name in rest}
