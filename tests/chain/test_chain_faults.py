"""When things go wrong: the others finish, the failed are named, running again finishes them."""

from pathlib import Path

import pytest

from baseline.simulation import Fault, Simulation
from given_terminal import Baseline

CONFIGURATION = "home_region: eu-west-1\nregions: [eu-west-1, us-east-1]\n"
PRODUCTION, PAYMENTS = "400000000004", "500000000005"
BOOTSTRAP = "OrganizationAccountAccessRole"


@pytest.fixture(autouse=True)
def configuration(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text(CONFIGURATION)


def close_the_door(organization: Simulation, account_id: str) -> None:
    """Nobody can assume the bootstrap role of the account any more."""
    iam = organization.client("iam", "us-east-1", account_id)
    for policy in iam.list_attached_role_policies(RoleName=BOOTSTRAP)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=BOOTSTRAP, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=BOOTSTRAP)


def open_the_door(organization: Simulation, account_id: str) -> None:
    trust = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",'
        ' "Principal": {"AWS": "arn:aws:iam::100000000001:root"}}]}'
    )
    iam = organization.client("iam", "us-east-1", account_id)
    iam.create_role(RoleName=BOOTSTRAP, AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(
        RoleName=BOOTSTRAP, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )


def test_a_denied_account_a_throttled_region_and_a_failing_instance(
    organization: Simulation, baseline: Baseline
) -> None:
    close_the_door(organization, PAYMENTS)
    organization.faults.add(Fault.parse(f"deny:guardduty:CreateDetector:{PRODUCTION}:us-east-1"))

    first = baseline("rollout", "deploy", "--yes", "-o", "json")
    assert first.code == 1
    failed = [row for row in first.rows if row["result"] == "failed"]
    assert {row["account"] for row in failed} == {PAYMENTS, PRODUCTION}
    assert all(row["cause"] and row["remedy"] for row in failed), failed
    assert any("AccessDenied" in row["cause"] for row in failed if row["account"] == PRODUCTION)
    assert {row["region"] for row in failed if row["account"] == PRODUCTION} == {"us-east-1"}
    others = organization.client("guardduty", "us-east-1", "600000000006")
    assert len(others.list_detectors()["DetectorIds"]) == 1

    organization.faults.add(Fault.parse("throttle:config:*:*:us-east-1"))
    seen = baseline("rollout", "verify", "-o", "json")
    assert seen.code == 1
    unknown = [r for r in seen.rows if r["status"] == "UNKNOWN" and r["region"] == "us-east-1"]
    throttled = [r for r in unknown if r["service"] == "config" and r["account"] != PAYMENTS]
    assert {row["account"] for row in throttled} == set(organization.account_ids()) - {
        PAYMENTS,
        "700000000007",
    }
    assert all("hrottl" in row["detail"] for row in throttled)
    assert any(row["account"] == PAYMENTS and row["status"] != "PASS" for row in seen.rows)
    assert any(row["status"] == "PASS" and row["region"] == "eu-west-1" for row in seen.rows)

    organization.faults.clear()
    open_the_door(organization, PAYMENTS)
    second = baseline("rollout", "deploy", "--yes", "-o", "json")
    assert second.code == 0, second.err
    touched = {row["account"] for row in second.rows if row["kind"] == "stack instance"}
    assert touched == {PAYMENTS, PRODUCTION}, "only what failed is done again"
    assert baseline("rollout", "verify").code == 0


def test_a_log_bucket_that_does_not_answer_loses_nothing(
    organization: Simulation, baseline: Baseline
) -> None:
    assert baseline("rollout", "deploy", "--yes", "--only", "stack-set-roles").code == 0
    assert baseline("rollout", "deploy", "--yes").code == 0
    organization.deliver()
    organization.faults.add(Fault.parse("error:s3:GetObject"))
    first = baseline("logs", "collect", "-o", "json")
    unread = len(first.rows["unread"])
    assert (first.code, first.rows["objects"], unread > 1) == (1, 0, True)
    organization.faults.clear()
    second = baseline("logs", "collect", "-o", "json")
    assert (second.code, second.rows["objects"]) == (0, unread)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("accounts", "--account", "999999999999"), 2, "999999999999"),
        (("rollout", "plan", "--region", "mars-north-1"), 2, "mars-north-1"),
        (("rollout", "plan", "--only", "gardduty"), 2, "gardduty"),
        (("query", "run", "NoSuchQuery"), 2, "NoSuchQuery"),
        (("query", "run", "--sql", "select nope from auditing.cloudtrail"), 2, ""),
        (("rollout", "plan", "--config", "missing.yaml"), 2, "missing.yaml"),
        (("rollout", "deploy"), 2, "--yes"),
        (("logs", "collect", "--source", "s3://no-such-bucket"), 2, "no-such-bucket"),
    ],
)
def test_wrong_input_is_one_clear_sentence(
    baseline: Baseline, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ran = baseline(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "unexpected" not in ran.err


def test_expired_credentials_are_said_to_be_expired(
    organization: Simulation, baseline: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = organization.client("sts", "eu-west-1", "100000000001").assume_role(
        RoleArn=f"arn:aws:iam::{PAYMENTS}:role/{BOOTSTRAP}", RoleSessionName="short"
    )["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", session["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", session["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", session["SessionToken"])
    organization.clock.advance(3601)
    ran = baseline("accounts")
    assert ran.code == 2
    assert "expired" in ran.err


def test_without_credentials_it_says_what_to_export(
    baseline: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    ran = baseline("accounts")
    assert ran.code == 2
    assert "AWS_PROFILE" in ran.err
