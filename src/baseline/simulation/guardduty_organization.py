"""GuardDuty's delegated administrator: its accounts are members without an invitation.

Who administers, and what is switched on for whom, is said in each region. What AWS does within a
day is done at once here [GuardDuty user guide, "Managing accounts with AWS Organizations"].
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from baseline.simulation.guardduty_detectors import WHY, Answer, moment, page, refused
from baseline.simulation.guardduty_members import Members
from baseline.simulation.guardduty_state import (
    ASSOCIATED,
    RUNTIME,
    Detector,
    Member,
    Relationship,
    plans_of,
)
from baseline.simulation.organizations import backend
from baseline.simulation.service import Call

_PRINCIPAL = "guardduty.amazonaws.com"
_FOR = ("ALL", "NEW", "NONE")
_ACTIVE = "ACTIVE"
_HELD = (
    "the current account cannot disassociate its members while auto-enable is set to ALL for the"
    " organization."
)


@dataclass
class Organization:
    """What the administrator of one region says; ``seen`` are accounts that are not new."""

    administrator_id: str
    auto_enable: str = "NONE"
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


class Delegation(Members):
    """The main account names one account, which administers the organization in each region."""

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.organizations: dict[str, Organization] = {}

    # The main account's side

    def enable_organization_admin_account(self, call: Call) -> Answer:
        """Name the administrator here; members that it has by invitation stay its members."""
        main, chosen = self._main(call), call.parameters["AdminAccountId"]
        if chosen not in {account.id for account in self._accounts()}:
            raise refused("the given account ID is not a member of the organization.")
        if any(o.administrator_id != chosen for o in self.organizations.values()):
            raise refused("another account is already the delegated administrator.")
        own = self.detectors.get((chosen, call.region))
        if own and own.administrator_id:
            raise refused("the given account ID is an associated member of another account.")
        if call.region in self.organizations:
            return {}
        self._register(main, chosen)
        detector = self._switched_on(chosen, call.region)
        everyone = {account.id for account in self._accounts()}
        plans = {
            name: {"Name": name, "AutoEnable": "NONE"} for name in sorted(plans_of(call.region))
        }
        self.organizations[call.region] = Organization(chosen, plans=plans, seen=everyone)
        for member in detector.members.values():
            member.by_organization = member.account_id in everyone
        return {}

    def disable_organization_admin_account(self, call: Call) -> Answer:
        """Take the administrator away here; its members have to be gone first."""
        self._main(call)
        found = self.organizations.get(call.region)
        if found is None or found.administrator_id != call.parameters["AdminAccountId"]:
            raise refused("the given account ID is not the delegated administrator.")
        detector = self.detectors.get((found.administrator_id, call.region))
        if detector and any(m.status in ASSOCIATED for m in detector.members.values()):
            raise refused("the delegated administrator still has associated members.")
        del self.organizations[call.region]
        return {}

    def list_organization_admin_accounts(self, call: Call) -> Answer:
        """The administrator of this region."""
        self._main(call)
        found = self.organizations.get(call.region)
        chosen = [found.administrator_id] if found else []
        named = [{"AdminAccountId": one, "AdminStatus": "ENABLED"} for one in chosen]
        return page(call, "AdminAccounts", named)

    # The administrator's side

    def describe_organization_configuration(self, call: Call) -> Answer:
        """For whom GuardDuty and its plans are switched on; only the plans that there are here."""
        found = self._administered(call)
        return {
            "AutoEnable": found.auto_enable != "NONE",
            "AutoEnableOrganizationMembers": found.auto_enable,
            "MemberAccountLimitReached": False,
            "Features": list(found.plans.values()),
        }

    def update_organization_configuration(self, call: Call) -> Answer:
        """Switch GuardDuty and its plans on for all members, for new ones, or for none."""
        found, asked = self._administered(call), call.parameters
        if ("AutoEnable" in asked) == ("AutoEnableOrganizationMembers" in asked):
            raise refused(
                "a value for either autoEnableOrganizationMembers or autoEnable must be given,"
                " but not both."
            )
        plans = {plan["Name"]: plan for plan in asked.get("Features") or ()}
        _check_plans(plans, call.region)
        old = "NEW" if asked.get("AutoEnable") else "NONE"
        found.auto_enable = asked.get("AutoEnableOrganizationMembers", old)
        found.plans |= plans
        for member in self._enrolled(call, found):
            self._apply(found, member, call, new=False)
        return {}

    def create_members(self, call: Call) -> Answer:
        """Of the delegated administrator, accounts of the organization are members at once."""
        found = self.organizations.get(call.region)
        if found is None or found.administrator_id != call.account_id:
            return super().create_members(call)
        self.own(call)
        main = self.simulation.blueprint.main.id
        asked = {detail["AccountId"] for detail in call.parameters["AccountDetails"]}
        if main in asked and (main, call.region) not in self.detectors:
            return {
                "UnprocessedAccounts": [
                    {
                        "AccountId": main,
                        "Result": f"{WHY}your organization master must first enable GuardDuty to"
                        " be added as a member.",
                    }
                ]
            }
        answer = super().create_members(call)
        everyone = {account.id for account in self._accounts()}
        for member in self.own(call).members.values():
            if member.account_id in asked & everyone and member.status is Relationship.CREATED:
                self._join(found, member, call)
        return answer

    def disassociate_members(self, call: Call) -> Answer:
        """Refused as a whole while everybody has to be a member."""
        found = self.organizations.get(call.region)
        if found and found.administrator_id == call.account_id and found.auto_enable == "ALL":
            raise refused(_HELD)
        return super().disassociate_members(call)

    def disassociate_from_administrator_account(self, call: Call) -> Answer:
        """A member of the organization stays one while everybody has to be."""
        found = self.organizations.get(call.region)
        if found and found.auto_enable == "ALL":
            raise refused(_HELD)
        return super().disassociate_from_administrator_account(call)

    def own(self, call: Call) -> Detector:
        """The caller's detector; the administrator's with the accounts that came meanwhile."""
        detector = super().own(call)
        found = self.organizations.get(call.region)
        if found and found.administrator_id == call.account_id:
            self._enroll(found, detector, call)
        return detector

    def _enroll(self, found: Organization, detector: Detector, call: Call) -> None:
        """Make members of whom the organization has to have: all accounts, or the new ones."""
        for account in self._accounts():
            new, account_id = account.id not in found.seen, account.id
            found.seen.add(account_id)
            wanted = found.auto_enable == "ALL" or (found.auto_enable == "NEW" and new)
            known = detector.members.get(account_id)
            gone = known is None or (known.by_organization and known.status not in ASSOCIATED)
            if not wanted or not gone or account_id == found.administrator_id:
                continue
            there = self.detectors.get((account_id, call.region))
            main = account_id == self.simulation.blueprint.main.id
            if (there is None and main) or (there and there.administrator_id):
                continue
            detector.members[account_id] = Member(account_id, account.email, moment(call))
            self._join(found, detector.members[account_id], call)

    def _join(self, found: Organization, member: Member, call: Call) -> None:
        """Become a member without being asked; nobody leaves another administrator for it."""
        own = self._switched_on(member.account_id, call.region)
        if own.administrator_id not in (None, found.administrator_id) or own.members:
            return
        own.administrator_id = found.administrator_id
        member.by_organization = True
        member.status = Relationship.ENABLED
        self._apply(found, member, call, new=True)

    def _apply(self, found: Organization, member: Member, call: Call, *, new: bool) -> None:
        own = self.detectors[member.account_id, call.region]
        on = [
            {"Name": plan["Name"], "Status": "ENABLED"}
            for plan in found.plans.values()
            if plan["AutoEnable"] == "ALL" or (new and plan["AutoEnable"] == "NEW")
        ]
        own.set_features(on, call.time.timestamp())

    def _enrolled(self, call: Call, found: Organization) -> Iterator[Member]:
        """The members of the organization: what it switches on is not for accounts of others."""
        members = self.detectors[found.administrator_id, call.region].members.values()
        self.own(call)
        return (m for m in list(members) if m.status in ASSOCIATED and m.by_organization)

    def _administered(self, call: Call) -> Organization:
        self.own(call)
        found = self.organizations.get(call.region)
        if found is None or found.administrator_id != call.account_id:
            raise refused("the current account is not the delegated administrator.")
        return found

    def _main(self, call: Call) -> str:
        main: str = self.simulation.blueprint.main.id
        if call.account_id != main:
            raise refused("the caller is not the management account of the organization.")
        return main

    def _accounts(self) -> list[Any]:
        """The organization's active accounts, as moto has them."""
        accounts: list[Any] = backend(self.simulation.blueprint.main.id).accounts
        suspended = {a.id for a in self.simulation.blueprint.accounts if a.suspended}
        return [a for a in accounts if a.status == _ACTIVE and a.id not in suspended]

    def _register(self, main: str, chosen: str) -> None:
        """With Organizations, where the main account itself cannot be registered."""
        admins: list[Any] = backend(main).admins
        there = {a.account.id for a in admins if _PRINCIPAL in a.services}
        if chosen == main or chosen in there:
            return
        organizations = self.simulation.client("organizations", "us-east-1", main)
        organizations.register_delegated_administrator(
            AccountId=chosen, ServicePrincipal=_PRINCIPAL
        )

    def _switched_on(self, account_id: str, region: str) -> Detector:
        if (account_id, region) not in self.detectors:
            client = self.simulation.client("guardduty", region, account_id)
            client.create_detector(Enable=True)
        return self.detectors[account_id, region]


def _check_plans(plans: dict[str, dict[str, Any]], region: str) -> None:
    absent = sorted(plans.keys() - plans_of(region))
    if absent:
        raise refused(f"the feature {absent[0]} is not available in this region.")
    if set(RUNTIME) <= plans.keys():
        raise refused("only one of EKS_RUNTIME_MONITORING and RUNTIME_MONITORING can be given.")
    if any(plan.get("AutoEnable") not in _FOR for plan in plans.values()):
        raise refused("an invalid or out-of-range value is specified as an input parameter.")
