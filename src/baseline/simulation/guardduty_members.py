"""GuardDuty by invitation: the administrator's side and the member's side.

The rules and the texts of refusals are those of the GuardDuty API reference and user guide.
"""

import secrets
from collections.abc import Iterator
from typing import Any

from baseline.errors import AwsError
from baseline.simulation.guardduty_detectors import (
    WHY,
    Answer,
    Detectors,
    checked,
    each_account,
    moment,
    page,
    refused,
    unprocessed,
)
from baseline.simulation.guardduty_state import (
    ASSOCIATED,
    INVITED_OR_ASSOCIATED,
    Member,
    Relationship,
)
from baseline.simulation.service import Call

_NOT_ASSOCIATED = f"{WHY}the given account ID is not an associated member of the current account."
_NOT_INVITED = "a member account that was added through Organizations cannot be invited."
_NO_INVITATION = (
    "the current account does not have an invitation from the requested master account."
)


class Members(Detectors):
    """Members belong to the administrator's detector, which has them for one region."""

    # The administrator's side

    def create_members(self, call: Call) -> Answer:
        """Make accounts known to the administrator; nothing is sent yet."""
        detector = self.own(call)

        def create(detail: dict[str, str]) -> str | None:
            account_id = detail["AccountId"]
            if detector.administrator_id:
                return (
                    f"{WHY}the current account cannot create members since it is already an"
                    " associated member of another master account."
                )
            if account_id == call.account_id:
                return f"{WHY}an account cannot become a member of itself."
            there = detector.members.get(account_id)
            if there and not (there.by_organization and there.status is Relationship.REMOVED):
                return (
                    f"{WHY}the given account ID is already a member or associated member of"
                    " the current account."
                )
            detector.members[account_id] = Member(account_id, detail["Email"], moment(call))
            return None

        details = checked(call.parameters["AccountDetails"])
        return unprocessed((detail["AccountId"], create(detail)) for detail in details)

    def invite_members(self, call: Call) -> Answer:
        """Send invitations; an e-mail that is not the account's root e-mail fails verification."""
        detector = self.own(call)

        def invite(account_id: str) -> str | None:
            member = detector.members.get(account_id)
            if account_id == call.account_id:
                return f"{WHY}the current account cannot invite itself."
            if member is None:
                return f"{WHY}member account's email address is missing."
            if member.status in INVITED_OR_ASSOCIATED:
                return (
                    f"{WHY}the current account has already invited or is already the GuardDuty"
                    " master of the given member account ID."
                )
            if member.by_organization:
                return f"{WHY}{_NOT_INVITED}"
            self._send(call, member)
            return None

        return each_account(call, invite)

    def get_members(self, call: Call) -> Answer:
        """Those members that were asked for, and which of them are not members."""
        detector = self.own(call)
        asked = checked(call.parameters["AccountIds"])
        found = [detector.members[a] for a in asked if a in detector.members]
        missing = ((a, _NOT_ASSOCIATED) for a in asked if a not in detector.members)
        return {"Members": [self._described(call, m) for m in found], **unprocessed(missing)}

    def list_members(self, call: Call) -> Answer:
        """All members; only the associated ones, unless ``OnlyAssociated`` is false."""
        everyone = str(call.parameters.get("OnlyAssociated", "true")).lower() == "false"
        members = [
            self._described(call, member)
            for member in list(self.own(call).members.values())
            if everyone or member.status in INVITED_OR_ASSOCIATED
        ]
        return page(call, "Members", members)

    def disassociate_members(self, call: Call) -> Answer:
        """End the association; the administrator still knows the account, as removed."""
        detector = self.own(call)

        def disassociate(account_id: str) -> str | None:
            member = detector.members.get(account_id)
            if member is None:
                return _NOT_ASSOCIATED
            self._free(account_id, call)
            member.change(Relationship.REMOVED, moment(call))
            return None

        return each_account(call, disassociate)

    def delete_members(self, call: Call) -> Answer:
        """Forget accounts; an associated one has to be disassociated first."""
        detector = self.own(call)

        def delete(account_id: str) -> str | None:
            member = detector.members.get(account_id)
            if member is None:
                return _NOT_ASSOCIATED
            if member.status in ASSOCIATED:
                return (
                    f"{WHY}the current account cannot delete the given member account ID since"
                    " it is still associated to it."
                )
            del detector.members[account_id]
            return None

        return each_account(call, delete)

    def start_monitoring_members(self, call: Call) -> Answer:
        """Go on watching members whose watching was stopped."""
        return self._monitor(call, Relationship.ENABLED)

    def stop_monitoring_members(self, call: Call) -> Answer:
        """Stop watching members; they stay associated."""
        return self._monitor(call, Relationship.DISABLED)

    # The member's side

    def list_invitations(self, call: Call) -> Answer:
        """Invitations sent to this account, the accepted one among them; needs no detector."""
        return page(call, "Invitations", list(self._invitations(call)))

    def get_invitations_count(self, call: Call) -> Answer:
        """How many wait, the accepted one not counted."""
        pending = [
            one
            for one in self._invitations(call)
            if one["RelationshipStatus"] == Relationship.INVITED
        ]
        return {"InvitationsCount": len(pending)}

    def accept_administrator_invitation(self, call: Call) -> Answer:
        """Become a member; of one administrator only."""
        return self._accept(call, call.parameters["AdministratorId"])

    def accept_invitation(self, call: Call) -> Answer:
        """The same under its former name."""
        return self._accept(call, call.parameters["MasterId"])

    def decline_invitations(self, call: Call) -> Answer:
        """Refuse invitations; the administrators see the account as resigned."""

        def decline(administrator_id: str) -> str | None:
            member = self._member_of(administrator_id, call)
            if member is None or member.status is not Relationship.INVITED:
                return WHY + _NO_INVITATION
            member.change(Relationship.RESIGNED, moment(call))
            return None

        return each_account(call, decline)

    def get_administrator_account(self, call: Call) -> Answer:
        """Who administers this detector; nothing when nobody does."""
        described = self._administrator(call)
        return {"Administrator": described} if described else {}

    def get_master_account(self, call: Call) -> Answer:
        """The same under its former name."""
        described = self._administrator(call)
        return {"Master": described} if described else {}

    def disassociate_from_administrator_account(self, call: Call) -> Answer:
        """Leave the administrator, who sees the account as resigned."""
        detector = self.own(call)
        if not detector.administrator_id:
            raise refused("the current account is not associated to a master account.")
        member = self._member_of(detector.administrator_id, call)
        detector.administrator_id = None
        if member:
            member.change(Relationship.RESIGNED, moment(call))
        return {}

    def disassociate_from_master_account(self, call: Call) -> Answer:
        """The same under its former name."""
        return self.disassociate_from_administrator_account(call)

    def _send(self, call: Call, member: Member) -> None:
        verified = self._root_email(member.account_id) == member.email.lower()
        at = moment(call)
        member.change(
            Relationship.INVITED if verified else Relationship.EMAIL_VERIFICATION_FAILED, at
        )
        member.invited_at = at
        member.invitation_id = secrets.token_hex(16)

    def _root_email(self, account_id: str) -> str | None:
        """The address that invitations are verified against; None where nobody would answer."""
        for account in self.simulation.blueprint.accounts:
            if account.id == account_id:
                return None if account.suspended else account.email.lower()
        main = self.simulation.blueprint.main.id
        client = self.simulation.client("organizations", "us-east-1", main)
        try:
            found = client.describe_account(AccountId=account_id)["Account"]
        except AwsError:
            return None  # no account of the organization
        return str(found["Email"]).lower()

    def _monitor(self, call: Call, status: Relationship) -> Answer:
        detector = self.own(call)

        def change(account_id: str) -> str | None:
            member = detector.members.get(account_id)
            if member is None or member.status not in ASSOCIATED:
                return _NOT_ASSOCIATED
            member.change(status, moment(call))
            return None

        return each_account(call, change)

    def _accept(self, call: Call, administrator_id: str) -> Answer:
        detector = self.own(call)
        if detector.members:
            raise refused(
                "the current account cannot accept invitations since it still has created,"
                " invited or associated members."
            )
        if detector.administrator_id:
            raise refused(
                "the current account cannot accept invitations since it is already an"
                " associated member of some master account."
            )
        member = self._member_of(administrator_id, call)
        pending = member is not None and member.status is Relationship.INVITED
        if not member or not pending or member.invitation_id != call.parameters["InvitationId"]:
            raise refused(_NO_INVITATION)
        detector.administrator_id = administrator_id
        member.change(Relationship.ENABLED, moment(call))
        return {}

    def _member_of(self, administrator_id: str, call: Call) -> Member | None:
        administrator = self.detectors.get((administrator_id, call.region))
        return administrator.members.get(call.account_id) if administrator else None

    def _free(self, account_id: str, call: Call) -> None:
        detector = self.detectors.get((account_id, call.region))
        if detector and detector.administrator_id == call.account_id:
            detector.administrator_id = None

    def _invitations(self, call: Call) -> Iterator[dict[str, Any]]:
        for (administrator_id, region), administrator in list(self.detectors.items()):
            member = administrator.members.get(call.account_id)
            if region != call.region or not member or member.by_organization:
                continue
            if member.status in INVITED_OR_ASSOCIATED:
                yield _invitation(administrator_id, member)

    def _administrator(self, call: Call) -> dict[str, Any]:
        administrator_id = self.own(call).administrator_id
        member = self._member_of(administrator_id, call) if administrator_id else None
        return _invitation(administrator_id, member) if administrator_id and member else {}

    def _described(self, call: Call, member: Member) -> dict[str, Any]:
        own = self.detectors.get((member.account_id, call.region))
        described = {
            "AccountId": member.account_id,
            "MasterId": call.account_id,
            "AdministratorId": call.account_id,
            "Email": member.email,
            "RelationshipStatus": member.status.value,
            "UpdatedAt": member.updated_at,
        }
        if member.invited_at:
            described["InvitedAt"] = member.invited_at
        if own and member.status in ASSOCIATED:
            described["DetectorId"] = own.id
        return described


def _invitation(administrator_id: str, member: Member) -> dict[str, Any]:
    """Whom the organization made a member, nobody has invited."""
    told = {
        "AccountId": administrator_id,
        "InvitationId": member.invitation_id,
        "InvitedAt": member.invited_at,
        "RelationshipStatus": member.status.value,
    }
    return {name: value for name, value in told.items() if value is not None}
