"""GuardDuty's delegated administrator: its accounts are members without an invitation."""

from typing import Any

from baseline.simulation.guardduty_detectors import Answer, refused
from baseline.simulation.guardduty_members import Members
from baseline.simulation.guardduty_state import Relationship
from baseline.simulation.organizations import backend
from baseline.simulation.service import Call

_PRINCIPAL = "guardduty.amazonaws.com"


class Delegation(Members):
    """The main account names one account, which administers the organization in each region."""

    def enable_organization_admin_account(self, call: Call) -> Answer:
        """Name the administrator, and switch its GuardDuty on here."""
        main = self._main(call)
        chosen = call.parameters["AdminAccountId"]
        if self._delegated() not in ("", chosen):
            raise refused("another account is already the delegated administrator.")
        organizations = self.simulation.client("organizations", "us-east-1", main)
        organizations.register_delegated_administrator(
            AccountId=chosen, ServicePrincipal=_PRINCIPAL
        )
        self._switch_on(chosen, call.region)
        return {}

    def list_organization_admin_accounts(self, call: Call) -> Answer:
        """The administrator, once it is named and has a detector here."""
        self._main(call)
        chosen = self._delegated()
        named = [{"AdminAccountId": chosen, "AdminStatus": "ENABLED"}]
        return {"AdminAccounts": named if (chosen, call.region) in self.detectors else []}

    def create_members(self, call: Call) -> Answer:
        """Of the delegated administrator, accounts of the organization are members at once."""
        answer = super().create_members(call)
        if call.account_id == self._delegated():
            members = self.own(call).members
            for member in members.values():
                if member.status is Relationship.CREATED:
                    self._switch_on(member.account_id, call.region)
                    own = self.detectors[member.account_id, call.region]
                    own.administrator_id = call.account_id
                    member.status = Relationship.ENABLED
        return answer

    def _main(self, call: Call) -> str:
        main: str = self.simulation.blueprint.main.id
        if call.account_id != main:
            raise refused("the caller is not the management account of the organization.")
        return main

    def _delegated(self) -> str:
        admins: list[Any] = backend(self.simulation.blueprint.main.id).admins
        return next((a.account.id for a in admins if _PRINCIPAL in a.services), "")

    def _switch_on(self, account_id: str, region: str) -> None:
        if (account_id, region) not in self.detectors:
            client = self.simulation.client("guardduty", region, account_id)
            client.create_detector(Enable=True)
