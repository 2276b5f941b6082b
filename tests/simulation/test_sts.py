"""STS says no where AWS says no."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from baseline.errors import AwsError, CredentialsError, DeniedError, MfaError
from baseline.sessions import Session
from baseline.simulation import Simulation

MAIN = "100000000001"
PRODUCTION = "400000000004"
SUSPENDED = "700000000007"
ACCESS_ROLE = "OrganizationAccountAccessRole"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def make_role(
    simulation: Simulation,
    name: str,
    *,
    principal: Any = f"arn:aws:iam::{MAIN}:root",
    condition: dict[str, Any] | None = None,
    hours: int = 12,
) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
        "Condition": condition or {},
    }
    role = simulation.client("iam", "us-east-1", PRODUCTION).create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        MaxSessionDuration=hours * 3600,
    )
    arn: str = role["Role"]["Arn"]
    return arn


def assume(session: Any, arn: str, **more: Any) -> Any:
    return session.client("sts").assume_role(RoleArn=arn, RoleSessionName="test", **more)


def with_keys(
    monkeypatch: pytest.MonkeyPatch, signed_in: Callable[[], Session], keys: dict[str, Any]
) -> Session:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys["SessionToken"])
    return signed_in()


def test_the_administrator_is_an_iam_user_of_the_main_account(administrator: Session) -> None:
    assert administrator.arn == f"arn:aws:iam::{MAIN}:user/security-engineer"
    assert administrator.account_id == MAIN


def test_an_assumed_role_acts_in_its_own_account(member: Session) -> None:
    assert member.account_id == PRODUCTION
    assert member.arn == f"arn:aws:sts::{PRODUCTION}:assumed-role/{ACCESS_ROLE}/aws-baseline"
    found = member.client("iam").get_role(RoleName=ACCESS_ROLE)["Role"]
    identity = member.client("sts").get_caller_identity()
    assert identity["UserId"] == f"{found['RoleId']}:aws-baseline"


@pytest.mark.parametrize(
    ("account", "role"),
    [(PRODUCTION, "NoSuchRole"), ("999999999999", ACCESS_ROLE), (SUSPENDED, ACCESS_ROLE)],
)
def test_a_role_that_is_not_there_is_denied(
    administrator: Session, account: str, role: str
) -> None:
    """AWS does not tell a missing role, a foreign account and a suspended one apart."""
    arn = f"arn:aws:iam::{account}:role/{role}"
    sentence = (
        f"User: {administrator.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    )
    with pytest.raises(DeniedError, match=sentence):
        administrator.assume(account, role)


def test_a_trust_policy_that_names_someone_else_denies(
    simulation: Simulation, administrator: Session, member: Session
) -> None:
    arn = make_role(simulation, "Trusting", principal=f"arn:aws:iam::{PRODUCTION}:root")
    with pytest.raises(DeniedError):
        assume(administrator, arn)
    assert assume(member, arn)["AssumedRoleUser"]["Arn"].endswith("assumed-role/Trusting/test")


def test_a_trust_policy_may_name_a_user_or_a_role(
    simulation: Simulation, administrator: Session, member: Session
) -> None:
    user = make_role(simulation, "ForUser", principal=[administrator.arn])
    role = make_role(
        simulation, "ForRole", principal=f"arn:aws:iam::{PRODUCTION}:role/{ACCESS_ROLE}"
    )
    assume(administrator, user)
    assume(member, role)
    with pytest.raises(DeniedError):
        assume(member, user)
    with pytest.raises(DeniedError):
        assume(administrator, role)


def test_an_external_id_must_be_given_and_right(
    simulation: Simulation, administrator: Session
) -> None:
    arn = make_role(
        simulation, "External", condition={"StringEquals": {"sts:ExternalId": "secret-1"}}
    )
    assume(administrator, arn, ExternalId="secret-1")
    for wrong in ({}, {"ExternalId": "secret-2"}):
        with pytest.raises(DeniedError):
            assume(administrator, arn, **wrong)


def test_a_role_that_wants_mfa_takes_a_code(simulation: Simulation, administrator: Session) -> None:
    """A code makes aws:MultiFactorAuthPresent true; without one the key is missing."""
    arn = make_role(simulation, "Guarded", condition=MFA)
    with pytest.raises(DeniedError):
        assume(administrator, arn)
    serial = simulation.administrator.mfa_serial
    code = simulation.mfa_code()
    assume(administrator, arn, SerialNumber=serial, TokenCode=code, DurationSeconds=43200)


def test_a_code_works_once(simulation: Simulation, administrator: Session) -> None:
    """Half a minute later there is another one."""
    given = {
        "SerialNumber": simulation.administrator.mfa_serial,
        "TokenCode": simulation.mfa_code(),
    }
    sts = administrator.client("sts")
    sts.get_session_token(**given)
    with pytest.raises(MfaError, match="is wrong, or was used before"):
        sts.get_session_token(**given)
    simulation.clock.advance(60)
    sts.get_session_token(**{**given, "TokenCode": simulation.mfa_code()})


@pytest.mark.parametrize(
    ("serial", "code", "sentence"),
    [
        (None, "000000", "the MFA code was refused"),
        (f"arn:aws:iam::{MAIN}:mfa/other", None, "knows no such MFA device"),
    ],
)
def test_a_wrong_code_or_device_is_refused(
    simulation: Simulation,
    administrator: Session,
    serial: str | None,
    code: str | None,
    sentence: str,
) -> None:
    with pytest.raises(CredentialsError, match=sentence):
        administrator.client("sts").get_session_token(
            SerialNumber=serial or simulation.administrator.mfa_serial,
            TokenCode=code or simulation.mfa_code(),
        )


def test_a_session_token_with_mfa_opens_a_guarded_role_for_an_hour(
    simulation: Simulation,
    administrator: Session,
    signed_in: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Role chaining: a session that goes on to a role gets an hour, never more."""
    arn = make_role(simulation, "Guarded", condition=MFA)
    keys = administrator.client("sts").get_session_token(
        SerialNumber=simulation.administrator.mfa_serial, TokenCode=simulation.mfa_code()
    )["Credentials"]
    signed = with_keys(monkeypatch, signed_in, keys)
    assert signed.arn == administrator.arn
    assume(signed, arn, DurationSeconds=3600)
    with pytest.raises(AwsError, match=r"exceeds the 1 hour session limit .* role chaining"):
        assume(signed, arn, DurationSeconds=3601)


def test_a_session_token_without_mfa_does_not_open_a_guarded_role(
    simulation: Simulation,
    administrator: Session,
    signed_in: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arn = make_role(simulation, "Guarded", condition=MFA)
    keys = administrator.client("sts").get_session_token()["Credentials"]
    with pytest.raises(DeniedError):
        assume(with_keys(monkeypatch, signed_in, keys), arn)


def test_the_age_of_the_code_counts(
    simulation: Simulation,
    administrator: Session,
    signed_in: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    age = {"NumericLessThan": {"aws:MultiFactorAuthAge": "600"}}
    arn = make_role(simulation, "Fresh", condition=age)
    keys = administrator.client("sts").get_session_token(
        SerialNumber=simulation.administrator.mfa_serial, TokenCode=simulation.mfa_code()
    )["Credentials"]
    signed = with_keys(monkeypatch, signed_in, keys)
    assume(signed, arn)
    simulation.clock.advance(700)
    with pytest.raises(DeniedError):
        assume(signed, arn)


def test_a_role_chained_from_a_role_gets_an_hour(simulation: Simulation, member: Session) -> None:
    arn = make_role(simulation, "Next", principal=f"arn:aws:iam::{PRODUCTION}:root")
    with pytest.raises(AwsError, match="role chaining"):
        assume(member, arn, DurationSeconds=7200)


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (899, "valid min value: 900"),  # botocore knows, and does not ask
        (43201, "less than or equal to 43200"),
        (7200, "exceeds the MaxSessionDuration"),
    ],
)
def test_durations_have_limits(
    simulation: Simulation, administrator: Session, seconds: int, sentence: str
) -> None:
    arn = make_role(simulation, "Short", hours=1)
    with pytest.raises(AwsError, match=sentence):
        assume(administrator, arn, DurationSeconds=seconds)


def test_credentials_end(simulation: Simulation, administrator: Session) -> None:
    role = administrator.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{PRODUCTION}:role/{ACCESS_ROLE}", RoleSessionName="short-lived"
    )
    simulation.clock.advance(3601)
    key = role["Credentials"]["AccessKeyId"]
    issued = simulation.issued.get(key)
    assert issued
    with pytest.raises(Exception, match="ExpiredToken"):
        simulation.issued.valid(key, issued.session_token)


def test_ended_credentials_are_refused_on_the_wire(
    simulation: Simulation,
    administrator: Session,
    signed_in: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = administrator.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    signed = with_keys(monkeypatch, signed_in, keys)
    signed.client("iam").list_users()
    simulation.clock.advance(901)
    with pytest.raises(CredentialsError, match="expired"):
        signed.client("iam").list_users()


def test_a_temporary_key_needs_its_session_token(
    administrator: Session, signed_in: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = administrator.client("sts").get_session_token()["Credentials"]
    with pytest.raises(CredentialsError, match="InvalidClientTokenId"):
        with_keys(monkeypatch, signed_in, {**keys, "SessionToken": "another"})


def test_a_session_cannot_ask_for_a_session_token(member: Session) -> None:
    with pytest.raises(DeniedError, match="Cannot call GetSessionToken with session credentials"):
        member.client("sts").get_session_token()


def test_a_device_is_enabled_by_two_codes_in_a_row(
    simulation: Simulation, administrator: Session
) -> None:
    """The seed that CreateVirtualMFADevice gives is the one that codes are checked against."""
    import pyotp  # noqa: PLC0415  # an extra

    iam = administrator.client("iam")
    iam.create_user(UserName="second")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="second")["VirtualMFADevice"]
    totp = pyotp.TOTP(device["Base32StringSeed"].decode())
    now = int(simulation.clock.now().timestamp())
    codes = {"AuthenticationCode1": totp.at(now - 30), "AuthenticationCode2": totp.at(now)}
    target = {"UserName": "second", "SerialNumber": device["SerialNumber"]}
    with pytest.raises(AwsError, match="InvalidAuthenticationCode"):
        iam.enable_mfa_device(**target, **dict(zip(codes, reversed(codes.values()), strict=True)))
    iam.enable_mfa_device(**target, **codes)
    assert len(iam.list_mfa_devices(UserName="second")["MFADevices"]) == 1


def test_myself_is_the_user_who_calls(administrator: Session, member: Session) -> None:
    """IAM calls without a user name mean the caller; a role has to name one."""
    user = administrator.client("iam").get_user()["User"]
    assert user["Arn"] == administrator.arn
    with pytest.raises(AwsError, match="Must specify userName"):
        member.client("iam").get_user()


def test_policies_of_aws_can_be_attached(member: Session) -> None:
    iam = member.client("iam")
    arn = "arn:aws:iam::aws:policy/SecurityAudit"
    iam.attach_role_policy(RoleName=ACCESS_ROLE, PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName=ACCESS_ROLE)["AttachedPolicies"]
    assert {p["PolicyArn"] for p in attached} == {
        arn,
        "arn:aws:iam::aws:policy/AdministratorAccess",
    }
    with pytest.raises(AwsError, match="NoSuchEntity"):
        iam.attach_role_policy(
            RoleName=ACCESS_ROLE, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy"
        )
