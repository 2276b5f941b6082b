"""Accounts, organizational units and regions, and the choice among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from baseline.configuration import Configuration
from baseline.errors import (
    AwsError,
    ConfigurationError,
    DeniedError,
    UnknownAccountError,
    UsageError,
)
from baseline.sessions import Session

ACTIVE = "ACTIVE"
_ID_DIGITS = 12

# Enabled in every account and impossible to disable [Account Management guide, "Enable or disable
# AWS Regions"]; every other region is opt-in.
DEFAULT_REGIONS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)

# Where AWS Config records IAM's users, groups, roles and policies: where it was before February
# 2022, so this list never grows [AWS Config API, RecordingGroup: includeGlobalResourceTypes].
RECORD_GLOBAL_RESOURCES = (
    *DEFAULT_REGIONS,
    *("af-south-1", "ap-east-1", "ap-southeast-3", "eu-south-1", "me-south-1"),
    *("cn-north-1", "cn-northwest-1", "us-gov-east-1", "us-gov-west-1"),
)

# What an Organizations answer without an organization says.
_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"


@dataclass(frozen=True, order=True)
class Target:
    """One account in one region: the unit in which work is done and reported."""

    account_id: str
    region: str

    def __str__(self) -> str:
        return f"{self.account_id} {self.region}"


@dataclass(frozen=True)
class Account:
    """A member, or the main account. ``ou`` is its path from the root, like ``/Workloads/Prod``.

    ``parents`` are the ids of the root and of the units on that path.
    """

    id: str
    name: str
    email: str
    state: str
    ou: str = "/"
    parents: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        """Whether anything can be done in it: suspended and closed accounts answer nothing."""
        return self.state == ACTIVE


@dataclass(frozen=True)
class Organization:
    """All accounts, in the order of their ids. ``id`` is empty outside an organization.

    ``units`` are the ids of the root and of the units, by their paths.
    """

    id: str
    main_account_id: str
    accounts: tuple[Account, ...]
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def members(self) -> tuple[Account, ...]:
        """All but the main account."""
        return tuple(a for a in self.accounts if a.id != self.main_account_id)

    @property
    def active(self) -> tuple[Account, ...]:
        """The accounts in which something can be done, the main account among them."""
        return tuple(a for a in self.accounts if a.active)

    def account(self, account_id: str) -> Account:
        """The account with this id; raises UnknownAccountError."""
        for account in self.accounts:
            if account.id == account_id:
                return account
        raise UnknownAccountError(
            f"account {account_id} is not in organization {self.id or '(none)'}",
            remedy="See: baseline accounts",
        )


@dataclass(frozen=True)
class Filters:
    """What ``--account --not-account --ou --region`` chose; empty means everything."""

    accounts: frozenset[str] = field(default_factory=frozenset)
    not_accounts: frozenset[str] = field(default_factory=frozenset)
    ous: frozenset[str] = field(default_factory=frozenset)
    regions: frozenset[str] = field(default_factory=frozenset)

    def choose(self, organization: Organization) -> tuple[Account, ...]:
        """The accounts, active or not, that pass. Accounts go by id or by name.

        Raises UnknownAccountError for an account, UsageError for an OU, that is not there.
        """
        named = {_find(organization, name).id for name in self.accounts}
        unwanted = {_find(organization, name).id for name in self.not_accounts}
        for ou in self.ous:
            if not any(inside(a.ou, ou) for a in organization.accounts):
                raise UsageError(f"no account is in the OU {ou}", remedy="See: baseline accounts")
        return tuple(
            a
            for a in organization.accounts
            if (not named or a.id in named)
            and a.id not in unwanted
            and (not self.ous or any(inside(a.ou, ou) for ou in self.ous))
        )

    def choose_regions(self, regions: Iterable[str]) -> tuple[str, ...]:
        """Those of ``regions`` that pass; raises UsageError for one that is not among them."""
        regions = tuple(regions)
        unknown = self.regions - set(regions)
        if unknown:
            raise UsageError(
                f"region {', '.join(sorted(unknown))} is not enabled or not in the configuration",
                remedy=f"Choose among: {', '.join(sorted(regions))}",
            )
        return tuple(r for r in regions if not self.regions or r in self.regions)


def state_of(found: Mapping[str, Any]) -> str:
    """The state of an account, as Organizations describes it."""
    return str(found.get("State") or found.get("Status", ""))


def discover(session: Session) -> Organization:
    """The organization that ``session`` belongs to; outside one, its own account alone.

    Reads ``State`` (Organizations retired ``Status`` on 2026-09-09) and falls back to ``Status``
    for endpoints that are older.
    """
    client = session.client("organizations")
    described = _described(client)
    if described is None:
        own = Account(session.account_id, session.account_id, "", ACTIVE)
        return Organization("", session.account_id, (own,))
    tree = _tree(client)
    accounts = [
        Account(
            id=found["Id"],
            name=found.get("Name", found["Id"]),
            email=found.get("Email", ""),
            state=state_of(found),
            ou=tree.accounts.get(found["Id"], _NOWHERE).path,
            parents=tree.accounts.get(found["Id"], _NOWHERE).ids,
        )
        for page in client.get_paginator("list_accounts").paginate()
        for found in page["Accounts"]
    ]
    return Organization(
        id=described["Id"],
        main_account_id=described["MasterAccountId"],
        accounts=tuple(sorted(accounts, key=lambda a: a.id)),
        units={unit.path: unit.ids[-1] for unit in tree.units},
    )


def refuse_other(session: Session, configuration: Configuration) -> None:
    """Raise ConfigurationError unless ``session`` is of the organization that is configured.

    Without one nothing is asked. Who may not ask which it is, is refused as well.
    """
    if not configuration.organization:
        return
    try:
        found = _described(session.client("organizations"))
    except DeniedError as error:
        raise ConfigurationError(
            f"these credentials may not ask which organization they belong to ({error.what}), "
            f"and this file is for {configuration.organization}",
            where=f"{configuration.file}, organization",
            remedy="Allow organizations:DescribeOrganization, or take the key out of the file.",
        ) from error
    check_pin(found["Id"] if found else "", configuration, "these credentials belong to")


def check_pin(organization_id: str, configuration: Configuration, what: str) -> None:
    """Raise ConfigurationError when ``what`` is of another organization than is configured."""
    if configuration.organization not in (None, organization_id):
        raise ConfigurationError(
            f"{what} {organization_id or 'no organization'}, "
            f"and this file is for {configuration.organization}",
            where=f"{configuration.file}, organization",
            remedy="Use the other organization's credentials, or its file: --config.",
        )


def _described(client: Any) -> Any:
    """What Organizations says of the organization; None outside of one."""
    try:
        return client.describe_organization()["Organization"]
    except AwsError as error:
        if error.code != _NO_ORGANIZATION:
            raise
        return None


def enabled_regions(session: Session, account_id: str | None = None) -> tuple[str, ...]:
    """The regions enabled in an account (default: the session's), sorted.

    Source: account:ListRegions; opt-in regions count once they are ENABLED.
    """
    parameters: dict[str, Any] = {"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]}
    if account_id and account_id != session.account_id:
        parameters["AccountId"] = account_id
    pages = session.client("account").get_paginator("list_regions").paginate(**parameters)
    return tuple(sorted(r["RegionName"] for page in pages for r in page["Regions"]))


@dataclass(frozen=True)
class _Unit:
    """A root or an OU: its path of names, and the ids on that path."""

    path: str
    ids: tuple[str, ...]


_NOWHERE = _Unit("/", ())


@dataclass(frozen=True)
class _Tree:
    """The root and the units, and the one that each account is in."""

    units: list[_Unit] = field(default_factory=list)
    accounts: dict[str, _Unit] = field(default_factory=dict)


def _tree(client: Any) -> _Tree:
    found = _Tree()
    roots = [r for page in client.get_paginator("list_roots").paginate() for r in page["Roots"]]
    waiting = [_Unit("/", (root["Id"],)) for root in roots]
    while waiting:
        parent = waiting.pop()
        found.units.append(parent)
        where = {"ParentId": parent.ids[-1]}
        for page in client.get_paginator("list_accounts_for_parent").paginate(**where):
            found.accounts.update({account["Id"]: parent for account in page["Accounts"]})
        children = client.get_paginator("list_organizational_units_for_parent")
        for page in children.paginate(**where):
            waiting += [
                _Unit(f"{parent.path.rstrip('/')}/{unit['Name']}", (*parent.ids, unit["Id"]))
                for unit in page["OrganizationalUnits"]
            ]
    return found


def _find(organization: Organization, name: str) -> Account:
    for account in organization.accounts:
        if name in (account.id, account.name):
            return account
    if name.isdecimal() and len(name) != _ID_DIGITS:
        raise UnknownAccountError(
            f"{name} is no account: account ids have {_ID_DIGITS} digits",
            remedy="See: baseline accounts",
        )
    return organization.account(name)


def outer_units(organization: Organization, ous: Iterable[str], where: str) -> tuple[str, ...]:
    """The ids of OUs that are named by path or by id, none inside of another.

    Raises ConfigurationError for one that is not there; ``where`` is the key that names it.
    """
    known, named = dict(organization.units), set(ous)
    for ou in sorted(named - {*known, *known.values()}):
        raise ConfigurationError(
            f"there is no OU {ou}", where=where, remedy=f"Known: {', '.join(sorted(known))}."
        )
    paths = {path: unit for path, unit in known.items() if {path, unit} & named}
    outer = [p for p in paths if not any(p != other and inside(p, other) for other in paths)]
    return tuple(sorted(paths[path] for path in outer))


def inside(path: str, ou: str) -> bool:
    """Whether the OU at ``path`` is ``ou``, or in it."""
    wanted = "/" + ou.strip("/")
    return path == wanted or path.startswith(wanted.rstrip("/") + "/")
