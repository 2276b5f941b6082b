"""Sessions know whose account they are in, renew themselves, and speak our errors."""

from datetime import timedelta
from typing import Any, ClassVar

import pytest

from baseline.errors import AwsError, CredentialsError, DeniedError, UnreachableError
from baseline.sessions import Session, open_session
from baseline.simulation import Fault, Simulation
from baseline.simulation.service import Call
from baseline.simulation.sts import Sts

MAIN = "100000000001"
PRODUCTION = "400000000004"
ROLE = "OrganizationAccountAccessRole"


@pytest.fixture
def session(simulation: Simulation) -> Session:
    return open_session(transport=simulation.transport)


def test_a_session_is_what_sts_says_it_is(session: Session) -> None:
    assert session.account_id == MAIN
    assert session.arn == f"arn:aws:iam::{MAIN}:user/security-engineer"
    assert session.region == "eu-west-1"
    assert session.partition == "aws"


def test_without_credentials_one_sentence_says_what_to_do() -> None:
    with pytest.raises(CredentialsError, match=r"no AWS credentials were found.* AWS_PROFILE"):
        open_session()


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(CredentialsError, match=r"\(nobody\) could not be found"):
        open_session(profile="nobody")


def test_an_endpoint_that_does_not_answer_is_said(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens on port 1."""
    with pytest.raises(UnreachableError, match="AWS_ENDPOINT_URL"):
        open_session()


def test_a_client_is_made_once_for_a_service_and_region(session: Session) -> None:
    assert session.client("iam") is session.client("iam", "eu-west-1")
    assert session.client("iam") is not session.client("iam", "us-east-1")


def test_an_error_says_where_it_happened(session: Session) -> None:
    with pytest.raises(AwsError, match=f"^{MAIN} us-west-2 sns:GetTopicAttributes: ") as caught:
        session.client("sns", "us-west-2").get_topic_attributes(
            TopicArn=f"arn:aws:sns:us-west-2:{MAIN}:none"
        )
    assert caught.value.code in ("NotFound", "NotFoundException")


def test_a_paginator_raises_our_errors_too(simulation: Simulation, session: Session) -> None:
    simulation.faults.add(Fault("deny", "iam", "ListUsers"))
    with pytest.raises(DeniedError, match="iam:ListUsers"):
        list(session.client("iam").get_paginator("list_users").paginate())


def test_an_assumed_session_is_in_the_account_asked_for(session: Session) -> None:
    member = session.assume(PRODUCTION, ROLE, name="audit")
    assert member.account_id == PRODUCTION
    assert member.arn.endswith(f":assumed-role/{ROLE}/audit")


def test_a_refused_role_never_falls_back_to_the_caller(session: Session) -> None:
    """What raises gives no session that could work in the wrong account."""
    with pytest.raises(DeniedError, match="sts:AssumeRole"):
        session.assume(PRODUCTION, "NoSuchRole")


class Elsewhere(Sts):
    """An endpoint that answers with credentials of another account."""

    name: ClassVar[str] = "sts"

    def assume_role(self, call: Call) -> dict[str, Any]:
        answer = super().assume_role(call)
        wrong = answer["AssumedRoleUser"]["Arn"].replace(PRODUCTION, MAIN)
        return {**answer, "AssumedRoleUser": {**answer["AssumedRoleUser"], "Arn": wrong}}


def test_credentials_of_another_account_are_not_taken(
    simulation: Simulation, session: Session
) -> None:
    simulation.services["sts"] = Elsewhere(simulation)
    with pytest.raises(CredentialsError, match=f"asked for account {PRODUCTION} and got"):
        session.assume(PRODUCTION, ROLE)


def test_an_assumed_session_renews_itself(simulation: Simulation, session: Session) -> None:
    """Keys that end in five minutes are replaced before the next call, which goes on."""
    almost_an_hour = timedelta(minutes=55).total_seconds()
    simulation.clock.advance(-almost_an_hour)
    member = session.assume(PRODUCTION, ROLE)
    simulation.clock.advance(almost_an_hour)
    ending = set(simulation.issued.by_key)
    member.client("iam").list_roles()
    second = member.credentials()
    assert second.access_key_id not in ending
    assert second.expiration == simulation.issued.by_key[second.access_key_id].expiration.replace(
        microsecond=0
    )


def test_credentials_do_not_show_their_secret(session: Session) -> None:
    keys = session.credentials()
    assert keys.secret_access_key
    assert keys.secret_access_key not in repr(keys)
    assert keys.access_key_id not in repr(keys)
    assert keys.expiration is None


def test_the_environments_number_of_attempts_is_kept(
    simulation: Simulation, session: Session
) -> None:
    """AWS_MAX_ATTEMPTS=1: one throttled call is one call."""
    calls: list[str] = []
    simulation.observers.append(lambda call, *_: calls.append(call.operation))
    simulation.faults.add(Fault("throttle", "iam", "ListUsers"))
    with pytest.raises(AwsError):
        session.client("iam").list_users()
    assert calls == ["ListUsers"]
