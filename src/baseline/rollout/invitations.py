"""Invitations of GuardDuty members that left: CloudFormation sends each of them once.

``AWS::GuardDuty::Member`` invites when it is created. An account that has resigned or was removed
since then has to be invited again before ``AWS::GuardDuty::Master`` can accept, and nothing in a
template changes by that [GuardDuty API: Member, RelationshipStatus; InviteMembers].
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from baseline.errors import AwsError, BaselineError
from baseline.organization import Target
from baseline.parallel import Failed, each
from baseline.sessions import Session

_LEFT = ("created", "removed", "resigned")
# Known by an e-mail that is not that of the account's root user.
_WRONG = "emailverificationfailed"
_AT_ONCE = 50  # accounts of one call [GuardDuty API: InviteMembers]


def renew(
    session: Session, targets: Iterable[Target], emails: Mapping[str, str]
) -> dict[Target, str | BaselineError]:
    """Invite those of ``targets`` again who left; who could not be invited, and why.

    ``session`` is the main account's, ``emails`` are those of the accounts' root users, by id.
    Accounts that were never made members are not its business.
    """
    regions: dict[str, list[str]] = defaultdict(list)
    for target in sorted(targets):
        regions[target.region].append(target.account_id)

    def invite(region: str) -> dict[Target, BaselineError]:
        return dict(_invite(session, region, regions[region], emails))

    failed: dict[Target, str | BaselineError] = {}
    for outcome in each(regions, invite):
        if isinstance(outcome, Failed):
            accounts = regions[outcome.target]
            failed |= {Target(a, outcome.target): outcome.error for a in accounts}
        else:
            failed |= outcome.value
    return failed


def _invite(
    session: Session, region: str, account_ids: list[str], emails: Mapping[str, str]
) -> Iterator[tuple[Target, BaselineError]]:
    client = session.client("guardduty", region)
    for detector_id in client.list_detectors()["DetectorIds"]:
        for start in range(0, len(account_ids), _AT_ONCE):
            asked = account_ids[start : start + _AT_ONCE]
            members = client.get_members(DetectorId=detector_id, AccountIds=asked)["Members"]
            status = {m["AccountId"]: m["RelationshipStatus"].lower() for m in members}
            wrong = [account for account, found in status.items() if found == _WRONG]
            if wrong:
                _make_known(client, detector_id, wrong, emails)
            left = [account for account, found in status.items() if found in _LEFT] + wrong
            if left:
                answer = client.invite_members(
                    DetectorId=detector_id, AccountIds=left, DisableEmailNotification=True
                )
                yield from _refused(region, answer["UnprocessedAccounts"])


def _make_known(
    client: Any, detector_id: str, account_ids: list[str], emails: Mapping[str, str]
) -> None:
    """Make members of accounts again, by their e-mails as they are."""
    client.delete_members(DetectorId=detector_id, AccountIds=account_ids)
    details = [{"AccountId": account, "Email": emails[account]} for account in account_ids]
    client.create_members(DetectorId=detector_id, AccountDetails=details)


def _refused(
    region: str, unprocessed: Iterable[dict[str, str]]
) -> Iterator[tuple[Target, BaselineError]]:
    for found in unprocessed:
        target = Target(found["AccountId"], region)
        yield (
            target,
            AwsError(
                f"could not be invited again: {found['Result']}",
                where=f"guardduty {target}",
                remedy="Mend what GuardDuty says, then deploy again.",
            ),
        )
