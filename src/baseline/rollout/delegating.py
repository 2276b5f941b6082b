"""Names GuardDuty's delegated administrator in a region, says what it switches on, and undoes it.

The main account names it; what is switched on for whom, its administrator says. Everything is
looked at first, so that a second time changes nothing [GuardDuty user guide, "Managing GuardDuty
accounts with AWS Organizations"].
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from baseline.errors import AwsError
from baseline.rollout import delegation
from baseline.rollout.delegation import Delegated, Delegation
from baseline.rollout.reach import Reach
from baseline.rollout.remedies import membership
from baseline.rollout.stacks import Sleep, endless, waits

_AT_ONCE = 50  # accounts of one call [GuardDuty API: CreateMembers]
_PRINCIPAL = "guardduty.amazonaws.com"
_NOT_REGISTERED = "AccountNotRegisteredException"


def administrator(client: Any) -> str:
    """Who administers the region, as the main account's ``client`` is told; empty for nobody."""
    pages = client.get_paginator("list_organization_admin_accounts").paginate()
    named = [one for page in pages for one in page["AdminAccounts"]]
    return next((n["AdminAccountId"] for n in named if n["AdminStatus"] == "ENABLED"), "")


@dataclass(frozen=True)
class Delegating:
    """The work in one region; ``emails`` are those of the accounts."""

    reach: Reach
    wanted: Delegation
    region: str
    emails: Mapping[str, str]

    def read(self) -> Delegated:
        """What is there."""
        named = administrator(self._main)
        detector = self._detector(self._administrator) if named == self.wanted.administrator else ""
        return self._read(detector) if detector else Delegated(named)

    def apply(self, sleep: Sleep) -> str:
        """Bring the region to what is wanted; says what was done."""
        there = administrator(self._main) == self.wanted.administrator
        if not there:
            self._release()
            self._main.enable_organization_admin_account(AdminAccountId=self.wanted.administrator)
        detector = self._ready(sleep)
        found = self._read(detector)
        self._configure(detector, found)
        self._associate(detector, self._read(detector))
        return "updated" if there else "created"

    def remove(self) -> str:
        """Let all members go, and take the administrator away; GuardDuty stays on in members."""
        client, detector = self._administrator, self._detector(self._administrator)
        if administrator(self._main) != self.wanted.administrator:
            return "was gone"
        if detector:
            # While everybody has to be a member, nobody is let go.
            client.update_organization_configuration(
                DetectorId=detector, AutoEnableOrganizationMembers="NONE"
            )
            members = self._read(detector).members
            self._let_go(client, detector, members)
        self._main.disable_organization_admin_account(AdminAccountId=self.wanted.administrator)
        return "deleted"

    def deregister(self) -> None:
        """Take the administrator off the organization's list, after the last region."""
        if self.wanted.administrator == self.wanted.main:
            return
        try:
            self.reach.session.client("organizations").deregister_delegated_administrator(
                AccountId=self.wanted.administrator, ServicePrincipal=_PRINCIPAL
            )
        except AwsError as error:
            if error.code != _NOT_REGISTERED:
                raise

    @property
    def _main(self) -> Any:
        return self.reach.session.client("guardduty", self.region)

    @property
    def _administrator(self) -> Any:
        session = self.reach.administer(self.wanted.administrator)
        return session.client("guardduty", self.region)

    def _detector(self, client: Any) -> str:
        return next(iter(client.list_detectors()["DetectorIds"]), "")

    def _ready(self, sleep: Sleep) -> str:
        """The administrator's detector, once it is named everywhere."""
        for seconds in waits():
            detector = self._detector(self._administrator)
            if detector and administrator(self._main) == self.wanted.administrator:
                return detector
            sleep(seconds)
        raise endless(self._where)

    def _read(self, detector: str) -> Delegated:
        client = self._administrator
        told = client.get_detector(DetectorId=detector)
        settings = client.describe_organization_configuration(DetectorId=detector)
        return Delegated(
            administrator=self.wanted.administrator,
            auto_enable=settings["AutoEnableOrganizationMembers"],
            frequency=told["FindingPublishingFrequency"],
            plans={f["Name"]: f["AutoEnable"] for f in settings["Features"]},
            own={f["Name"]: f["Status"] for f in told["Features"]},
            members=_members(client, detector),
        )

    def _release(self) -> None:
        """Let those go who are the main account's by invitation: they have one administrator."""
        detector = self._detector(self._main)
        if self.wanted.administrator == self.wanted.main or not detector:
            return
        self._let_go(self._main, detector, _members(self._main, detector))

    def _let_go(self, client: Any, detector: str, accounts: Iterable[str]) -> None:
        self._each(client.disassociate_members, detector, accounts)
        self._each(client.delete_members, detector, accounts)

    def _configure(self, detector: str, found: Delegated) -> None:
        """Its own account first: what it switches on for members it has on itself."""
        only = replace(found, members={})
        settled = replace(self.wanted, accounts={self.region: frozenset()})
        if not list(delegation.differences(settled, self.region, only)):
            return
        plans = delegation.available(self.wanted, found)
        self._administrator.update_detector(
            DetectorId=detector,
            FindingPublishingFrequency=self.wanted.frequency,
            Features=[{"Name": plan, "Status": "ENABLED"} for plan in plans],
        )
        self._administrator.update_organization_configuration(
            DetectorId=detector,
            AutoEnableOrganizationMembers=self.wanted.auto_enable,
            Features=[{"Name": plan, "AutoEnable": self.wanted.auto_enable} for plan in plans],
        )

    def _associate(self, detector: str, found: Delegated) -> None:
        """Make members of who is none, and watch those again whom somebody stopped watching."""
        client = self._administrator
        missing = delegation.strangers(self.wanted, self.region, found)
        # Who left, or never came, is known under that name still.
        self._each(client.delete_members, detector, [a for a in missing if a in found.members])
        for some in _fifties(missing):
            details = [{"AccountId": a, "Email": self.emails[a]} for a in some]
            self._check(client.create_members(DetectorId=detector, AccountDetails=details))
        idle = delegation.idlers(self.wanted, self.region, found)
        self._each(client.start_monitoring_members, detector, idle)

    def _each(self, call: Callable[..., Any], detector: str, accounts: Iterable[str]) -> None:
        for some in _fifties(accounts):
            self._check(call(DetectorId=detector, AccountIds=some))

    def _check(self, answer: Any) -> None:
        """Raise AwsError for accounts that were not processed: it comes as a normal answer."""
        refused = answer.get("UnprocessedAccounts") or ()
        if refused:
            said = "; ".join(f"{one['AccountId']}: {one['Result']}" for one in refused)
            raise AwsError(said, where=self._where, remedy=membership(said))

    @property
    def _where(self) -> str:
        return f"{delegation.NAME} {self.wanted.administrator} {self.region}"


def _members(client: Any, detector: str) -> dict[str, str]:
    """How each account that an administrator knows stands to it."""
    pages = client.get_paginator("list_members").paginate(
        DetectorId=detector, OnlyAssociated="false"
    )
    return {m["AccountId"]: m["RelationshipStatus"] for page in pages for m in page["Members"]}


def _fifties(accounts: Iterable[str]) -> Iterator[list[str]]:
    listed = list(accounts)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))
