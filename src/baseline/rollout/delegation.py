"""GuardDuty administered for a whole organization: what should be, what is, the difference. Pure.

No template can say it: CloudFormation has no resource for the administrator, nor for what is
switched on for its members. It is said in each region.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from baseline.errors import ConfigurationError

NAME = "guardduty-organization"
# On the administrator's detector where the baseline has named it, with the organization's id: who
# was named before is not the baseline's to take away.
MARK = "baseline:delegation"
ENABLED, DISABLED = "enabled", "disabled"
_MEMBERS = (ENABLED, DISABLED)  # of the relations, in small letters
_MOST = 20  # that are named of those who would be lost


@dataclass(frozen=True)
class Delegation:
    """What should be: by whom, for whom, and which protection plans (features).

    ``accounts`` are the members by region; the first region is the one that goes first. ``ours``
    are all accounts that are members by it, also those that GuardDuty takes in by itself.
    """

    administrator: str
    main: str
    auto_enable: str
    plans: tuple[str, ...]
    frequency: str
    accounts: Mapping[str, frozenset[str]]
    ours: frozenset[str]

    @property
    def first(self) -> str:
        """The region that has to be done before the others are begun."""
        return next(iter(self.accounts))


@dataclass(frozen=True)
class Delegated:
    """What was found in a region; without an administrator nothing else is known.

    ``plans`` says for whom the administrator switches each plan on that the region has; ``own``
    which ones are on in its own account. ``members`` are relations by account. ``ours`` says that
    the baseline has named it. ``invited`` are relations of the main account's own members, who
    are to leave it.
    """

    administrator: str = ""
    auto_enable: str = ""
    frequency: str = ""
    plans: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    ours: bool = False
    invited: Mapping[str, str] = field(default_factory=dict)


def differences(wanted: Delegation, region: str, found: Delegated) -> Iterator[str]:
    """What is to be changed in a region, in words."""
    if found.administrator != wanted.administrator:
        yield f"is not administered by {wanted.administrator}"
        return
    if found.auto_enable != wanted.auto_enable:
        yield f"auto-enable: {found.auto_enable} → {wanted.auto_enable}"
    if found.frequency != wanted.frequency:
        yield f"frequency: {found.frequency} → {wanted.frequency}"
    for plan in available(wanted, found):
        if found.plans[plan] != wanted.auto_enable:
            yield f"{plan}: {found.plans[plan]} → {wanted.auto_enable}"
        if found.own.get(plan) != "ENABLED":
            yield f"{plan} is not on in the administrator's own account"
    missing, idle = strangers(wanted, region, found), idlers(wanted, region, found)
    if missing:
        yield f"not a member: {_named(missing)}"
    if idle:
        yield f"monitoring is stopped: {_named(idle)}"


def available(wanted: Delegation, found: Delegated) -> list[str]:
    """The plans that are wanted, of those that the region has."""
    return [plan for plan in wanted.plans if plan in found.plans]


def unavailable(wanted: Delegation, found: Delegated) -> list[str]:
    """The plans that are wanted and that the region has not got."""
    if found.administrator != wanted.administrator:
        return []
    return [plan for plan in wanted.plans if plan not in found.plans]


def strangers(wanted: Delegation, region: str, found: Delegated) -> list[str]:
    """The accounts that should be members and are not."""
    return sorted(
        account
        for account in wanted.accounts[region]
        if found.members.get(account, "").lower() not in _MEMBERS
    )


def idlers(wanted: Delegation, region: str, found: Delegated) -> list[str]:
    """The members whose monitoring was stopped."""
    return sorted(
        account
        for account in wanted.accounts[region]
        if found.members.get(account, "").lower() == DISABLED
    )


def others(wanted: Delegation, members: Iterable[str]) -> list[str]:
    """The members that are none of the baseline's accounts: nobody lets them go but their owner."""
    return sorted(set(members) - wanted.ours)


def why_left(wanted: Delegation, found: Delegated) -> str:
    """Why the administrator is not to be taken away; empty when it is the baseline's to take."""
    if not found.ours:
        return "it was there before the baseline"
    bound = [a for a, relation in found.members.items() if relation.lower() in _MEMBERS]
    strange = others(wanted, bound)
    if strange:
        return f"it has members that are not the baseline's: {_named(strange, _MOST)}"
    return ""


def check_others(wanted: Delegation, region: str, invited: Iterable[str]) -> None:
    """Refuse another administrator where the main account would lose members that are not ours.

    Who has members is a member of nobody, so it could keep none of them.
    """
    strange = others(wanted, invited)
    if strange and wanted.administrator != wanted.main:
        raise ConfigurationError(
            f"{wanted.main} has members in {region} that are not the baseline's, and would lose "
            f"them to have another administrator: {_named(strange, _MOST)}",
            where="guardduty.administrator",
            remedy=f"Write administrator: '{wanted.main}', or let them go there first: aws "
            "guardduty disassociate-members, then delete-members.",
        )


def _named(accounts: list[str], most: int = 3) -> str:
    more = len(accounts) - most
    return ", ".join(accounts[:most]) + (f" and {more} more" if more > 0 else "")
