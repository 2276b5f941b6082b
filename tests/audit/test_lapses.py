"""A scan whose keys could not be renewed is never taken for a whole one."""

from collections.abc import Callable

import pytest

from baseline.audit.lapses import unrenewed
from baseline.audit.manifest import Entry, Run, Status
from baseline.errors import CredentialsError
from baseline.sessions import Credentials
from given_audits import FIRST, SECOND, FakeSession

ENDED = CredentialsError("the sign-in ended at 22:00", where="sts", remedy="Sign in again.")


class Ended(FakeSession):
    """Its keys cannot be renewed in the first account."""

    def credentials(self) -> Credentials:
        if self.account_id == FIRST:
            raise ENDED
        return super().credentials()


def test_the_reason_is_why_no_keys_were_given_and_the_other_account_is_whole(
    audit: Callable[..., Run],
) -> None:
    run = audit(open_account=Ended)
    failed = [e for e in run.entries if e.account_id == FIRST]
    assert [e.status for e in failed] == [Status.FAILED] * 2
    for entry in failed:
        assert entry.reason.startswith(
            "its credentials could not be renewed: sts: the sign-in ended at 22:00; "
        )
        assert entry.remedy == "Sign in again. Then go on with: baseline audit run --resume"
        assert not entry.settled
    assert [e.status for e in run.entries if e.account_id == SECOND] == [Status.COMPLETE] * 2


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (Status.COMPLETE, Status.PARTIAL),
        (Status.PARTIAL, Status.PARTIAL),
        (Status.FAILED, Status.FAILED),
        (Status.RUNNING, Status.RUNNING),
    ],
)
def test_a_tool_that_says_nothing_of_it_did_not_see_everything(
    status: Status, becomes: Status
) -> None:
    entry = Entry(FIRST, "first", "prowler", "1", status=status)
    assert unrenewed(entry, ENDED).status is becomes
    assert unrenewed(entry, None) is entry
