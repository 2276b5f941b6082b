"""GuardDuty: the detector, and both sides of an invitation."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from baseline.errors import AwsError
from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import (
    Place,
    Properties,
    Provider,
    chosen,
    missing,
    removed_tags,
    tag_map,
)

_INVITED = "Invited"
_GONE = ("is not owned by the current account", "is not associated to a master account")
_SETTINGS = ("Enable", "FindingPublishingFrequency", "DataSources", "Features")


class Detector(Provider):
    """The detector of an account in a region; there is one at most."""

    type: ClassVar[str] = "AWS::GuardDuty::Detector"
    service: ClassVar[str] = "guardduty"

    def create(self, place: Place, properties: Properties) -> Made:
        """Enable GuardDuty."""
        parameters = chosen(properties, *_SETTINGS)
        if properties.get("Tags"):
            parameters["Tags"] = tag_map(properties["Tags"])
        detector = self.client(place).create_detector(**parameters)["DetectorId"]
        return Made(detector, {"Id": detector})

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change its settings and tags."""
        client = self.client(place)
        client.update_detector(DetectorId=made.id, **chosen(after, *_SETTINGS))
        arn = place.arn("guardduty", f"detector/{made.id}")
        if removed_tags(before, after):
            client.untag_resource(ResourceArn=arn, TagKeys=removed_tags(before, after))
        if after.get("Tags") and after["Tags"] != before.get("Tags"):
            client.tag_resource(ResourceArn=arn, Tags=tag_map(after["Tags"]))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Disable GuardDuty."""
        del properties
        with _already_gone():
            self.client(place).delete_detector(DetectorId=made.id)

    def read(self, place: Place, made: Made, properties: Properties) -> Properties:
        """Whether it looks, and how often it tells."""
        del properties
        client = self.client(place)
        if made.id not in client.list_detectors()["DetectorIds"]:
            raise missing(made.id)
        found = client.get_detector(DetectorId=made.id)
        return {
            "Enable": found["Status"] == "ENABLED",
            "FindingPublishingFrequency": found["FindingPublishingFrequency"],
        }


class Member(Provider):
    """A member of the administrator's detector; ``Status: Invited`` also sends the invitation."""

    type: ClassVar[str] = "AWS::GuardDuty::Member"
    service: ClassVar[str] = "guardduty"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the account a member."""
        details = [{"AccountId": properties["MemberId"], "Email": properties["Email"]}]
        answer = self.client(place).create_members(
            DetectorId=properties["DetectorId"], AccountDetails=details
        )
        _check_processed(answer)
        return Made(properties["MemberId"])

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Invite the member."""
        self._invite(place, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Another e-mail makes the member anew; another status only invites."""
        if before["Email"] != after["Email"]:
            self.delete(place, made, before)
            return self.complete(place, self.create(place, after), after)
        if before.get("Status") != after.get("Status"):
            self._invite(place, after)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Disassociate the member, then delete it."""
        client = self.client(place)
        where = {"DetectorId": properties["DetectorId"], "AccountIds": [made.id]}
        with _already_gone():
            client.disassociate_members(**where)
            _check_processed(client.delete_members(**where))

    def _invite(self, place: Place, properties: Properties) -> None:
        if properties.get("Status") != _INVITED:
            return
        answer = self.client(place).invite_members(
            DetectorId=properties["DetectorId"],
            AccountIds=[properties["MemberId"]],
            **chosen(properties, "DisableEmailNotification", "Message"),
        )
        _check_processed(answer)


class Master(Provider):
    """A member's acceptance of its administrator's invitation."""

    type: ClassVar[str] = "AWS::GuardDuty::Master"
    service: ClassVar[str] = "guardduty"

    def create(self, place: Place, properties: Properties) -> Made:
        """Accept the invitation; without its id, the one of that administrator."""
        client = self.client(place)
        administrator = properties["MasterId"]
        invitation = properties.get("InvitationId") or _invitation(client, administrator)
        client.accept_administrator_invitation(
            DetectorId=properties["DetectorId"],
            AdministratorId=administrator,
            InvitationId=invitation,
        )
        return Made(administrator)

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Nothing of it can change."""
        del place, before, after
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Leave the administrator."""
        del made
        with _already_gone():
            self.client(place).disassociate_from_administrator_account(
                DetectorId=properties["DetectorId"]
            )


@contextmanager
def _already_gone() -> Iterator[None]:
    """What is gone need not be deleted; GuardDuty has one code for every refusal."""
    try:
        yield
    except AwsError as error:
        if not any(words in error.what for words in _GONE):
            raise


def _invitation(client: Any, administrator: str) -> str:
    for page in client.get_paginator("list_invitations").paginate():
        for invitation in page["Invitations"]:
            if invitation["AccountId"] == administrator:
                return str(invitation["InvitationId"])
    raise AwsError(
        "The request is rejected because the current account does not have an invitation from "
        "the requested master account.",
        code="BadRequestException",
    )


def _check_processed(answer: Mapping[str, Any]) -> None:
    """Partial failure comes as a normal answer; for one account it is a failure."""
    for account in answer.get("UnprocessedAccounts") or ():
        raise AwsError(account["Result"], code="BadRequestException")


TYPES = (Detector, Member, Master)
