"""Which StackSet invites which member account. Pure.

A template has room for so many members only, so the rest goes to further StackSets of the main
account. An account stays where it is found for as long as it is a member: in another stack it
would be removed from GuardDuty and invited anew.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from baseline.templates import Member

FIRST = "guardduty-main"
# Members of one template: with the longest e-mail that an account may have (64 characters) it
# stays below the 51,200 bytes that CloudFormation takes as text.
ROOM = 150
_NUMBERED = re.compile(rf"{FIRST}-([1-9]\d*)")
_RESOURCE = re.compile(r"Member(\d{12})")


def family(name: str) -> str:
    """The name under which a stack or StackSet is chosen: one for all that invite."""
    return FIRST if _NUMBERED.fullmatch(name) else name


def invites(name: str) -> bool:
    """Whether a StackSet is one that has members."""
    return family(name) == FIRST


def invited(template: Any) -> list[str]:
    """The accounts that a parsed template invites."""
    names = map(_RESOURCE.fullmatch, template.get("Resources", {}))
    return [match[1] for match in names if match]


def placed(members: Iterable[Member], found: Mapping[str, str]) -> dict[str, list[Member]]:
    """The members of each StackSet, by its name; ``found`` says where an account is already.

    One in which nobody is left has none. Newcomers go to the first that has room.
    """
    chunks: dict[str, list[Member]] = {
        name: [] for name in sorted({FIRST, *found.values()}, key=_number)
    }
    newcomers = []
    for member in members:
        if member.account_id in found:
            chunks[found[member.account_id]].append(member)
        else:
            newcomers.append(member)
    for member in newcomers:
        chunks.setdefault(_with_room(chunks), []).append(member)
    return chunks


def _with_room(chunks: Mapping[str, list[Member]]) -> str:
    number = 1
    while len(chunks.get(_name(number), ())) >= ROOM:
        number += 1
    return _name(number)


def _name(number: int) -> str:
    return FIRST if number == 1 else f"{FIRST}-{number}"


def _number(name: str) -> int:
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match else 1
