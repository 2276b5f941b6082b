"""Names GuardDuty's delegated administrator in a region, says what it switches on, and undoes it.

The main account names it; what is switched on for whom, its administrator says. Everything is
looked at first, so that a second time changes nothing [GuardDuty user guide, "Managing GuardDuty
accounts with AWS Organizations"].
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from baseline.errors import AwsError, BaselineError
from baseline.organization import enabled_regions
from baseline.rollout import delegation
from baseline.rollout.delegation import Delegated, Delegation
from baseline.rollout.reach import Reach
from baseline.rollout.remedies import membership
from baseline.rollout.stacks import Sleep, endless, waits

_AT_ONCE = 50  # accounts of one call [GuardDuty API: CreateMembers]
_PRINCIPAL = "guardduty.amazonaws.com"
_NOT_REGISTERED = "AccountNotRegisteredException"
_REFUSED = "BadRequestException"


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
        found = self._read(detector) if detector else Delegated(named)
        return replace(found, invited=self._invited(found))

    def apply(self, sleep: Sleep) -> str:
        """Bring the region to what is wanted; says what was done.

        Nobody is let go before the administrator is named: else there might be none.
        """
        there = administrator(self._main) == self.wanted.administrator
        if not there:
            self._name()
        detector = self._ready(sleep)
        if not there:
            self._mark(detector)
        found = self._read(detector)
        self._release(found)
        self._configure(detector, found)
        self._associate(detector, self._read(detector))
        return "updated" if there else "created"

    def remove(self) -> str:
        """Let our members go, and take the administrator away; GuardDuty stays on in members.

        Raises BaselineError, with everything as it was, where it is not the baseline's to take.
        """
        if administrator(self._main) != self.wanted.administrator:
            return "was gone"
        client, detector = self._administrator, self._detector(self._administrator)
        left = delegation.why_left(self.wanted, self._read(detector) if detector else Delegated())
        if left:
            raise BaselineError(left, where=self._where, remedy="Plan the removal again.")
        # While everybody has to be a member, nobody is let go.
        client.update_organization_configuration(
            DetectorId=detector, AutoEnableOrganizationMembers="NONE"
        )
        members = self._read(detector).members
        self._let_go(client, detector, [a for a in members if a in self.wanted.ours])
        self._main.disable_organization_admin_account(AdminAccountId=self.wanted.administrator)
        client.untag_resource(ResourceArn=self._arn(detector), TagKeys=[delegation.MARK])
        return "deleted"

    def deregister(self) -> None:
        """Take the administrator off the organization's list, once no region names it any more."""
        if self.wanted.administrator == self.wanted.main or self._is_named():
            return
        try:
            self.reach.session.client("organizations").deregister_delegated_administrator(
                AccountId=self.wanted.administrator, ServicePrincipal=_PRINCIPAL
            )
        except AwsError as error:
            if error.code != _NOT_REGISTERED:
                raise

    def _is_named(self) -> bool:
        """Whether any region of the main account names the administrator, chosen here or not.

        Raises BaselineError where that could not be seen.
        """
        session = self.reach.session
        try:
            # The home region goes last, so that one look there is mostly enough.
            regions = sorted(enabled_regions(session), key=lambda r: r != self.wanted.first)
            return any(
                administrator(session.client("guardduty", region)) == self.wanted.administrator
                for region in regions
            )
        except BaselineError as error:
            raise BaselineError(
                f"was removed; whether another region still names it could not be seen: {error}",
                where=self._where,
                remedy="When none does: aws organizations deregister-delegated-administrator "
                f"--account-id {self.wanted.administrator} --service-principal {_PRINCIPAL}",
            ) from error

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
            ours=told.get("Tags", {}).get(delegation.MARK) == self.reach.organization.id,
        )

    def _mark(self, detector: str) -> None:
        """Say on the detector that the baseline has named its account."""
        self._administrator.tag_resource(
            ResourceArn=self._arn(detector), Tags={delegation.MARK: self.reach.organization.id}
        )

    def _arn(self, detector: str) -> str:
        partition, account = self.reach.session.partition, self.wanted.administrator
        return f"arn:{partition}:guardduty:{self.region}:{account}:detector/{detector}"

    def _name(self) -> None:
        """Name the administrator; where it is the main account's member, it alone leaves first.

        It is tried before: who may not name it, lets nobody go.
        """
        chosen, invited = self.wanted.administrator, self._invited(Delegated())
        delegation.check_others(self.wanted, self.region, invited)
        try:
            self._main.enable_organization_admin_account(AdminAccountId=chosen)
        except AwsError as error:
            if error.code != _REFUSED or chosen not in invited:
                raise
            self._let_go(self._main, self._detector(self._main), [chosen])
            self._main.enable_organization_admin_account(AdminAccountId=chosen)

    def _release(self, found: Delegated) -> None:
        """Let those go who are the main account's by invitation: they have one administrator."""
        invited = self._invited(found)
        delegation.check_others(self.wanted, self.region, invited)
        if invited:
            self._let_go(self._main, self._detector(self._main), invited)

    def _invited(self, found: Delegated) -> dict[str, str]:
        """The main account's own members, who have to leave it for another administrator."""
        # Where it is a member itself it has none.
        if self.wanted.main not in delegation.strangers(self.wanted, self.region, found):
            return {}
        detector = self._detector(self._main)
        return _members(self._main, detector) if detector else {}

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
