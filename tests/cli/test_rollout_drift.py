"""``baseline rollout verify --drift``: what was changed by hand, as CloudFormation finds it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline.simulation import Blueprint, Fault, Simulation
from given_terminal import Baseline, at_a_terminal

MAIN, PRODUCTION, PAYMENTS = ("100000000001", "400000000004", "500000000005")
FILE = """
home_region: eu-west-1
regions: [eu-west-1]
"""
ONLY = ("--only", "auditing", "--only", "auditing-storage", "--only", "audit-roles")
GROUP = "/baseline/cloudtrail"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from baseline import cli  # noqa: PLC0415  # as at_a_terminal does, without its fixtures

    simulation = Simulation(Blueprint(misconfigured=False))
    with pytest.MonkeyPatch.context() as patch, simulation.serve() as url:
        for name, value in simulation.environment(url).items():
            patch.setenv(name, value)
        file = tmp_path_factory.mktemp("drift") / "baseline.yaml"
        file.write_text(FILE)
        chosen = ["--config", str(file), "--yes", "--no-progress", "--no-preflight"]
        assert cli.run(["rollout", "deploy", *chosen]) == 0
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def run(
    organization: Simulation,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Iterator[Baseline]:
    (tmp_path / "baseline.yaml").write_text(FILE)
    with at_a_terminal(organization, monkeypatch, capsys) as baseline:
        yield lambda *arguments: baseline("rollout", *arguments)


def drifted(run: Baseline, *chosen: str) -> list[dict[str, str]]:
    rows = run("verify", "--drift", *chosen, "-o", "json").rows
    return [r for r in rows if r["check"].startswith("drift ") and r["status"] != "PASS"]


def test_nothing_has_drifted_after_a_deploy_and_looking_changes_nothing(
    organization: Simulation, run: Baseline
) -> None:
    seen: list[str] = []
    reads = ("Describe", "Get", "List", "AssumeRole", "Head", "Lookup", "Batch", "Detect")
    organization.observers.append(
        lambda call, _answer, _refusal: (
            None if call.operation.startswith(reads) else seen.append(call.operation)
        )
    )
    verified = run("verify", "--drift", "-o", "json")
    assert verified.code == 0, [r for r in verified.rows if r["status"] != "PASS"]
    looked = [r for r in verified.rows if r["check"].startswith("drift ")]
    assert len([r for r in looked if r["check"] == "drift auditing"]) == 6
    assert {r["check"] for r in looked} >= {"drift auditing-storage", "drift stack-set-roles"}
    assert seen == []


def test_a_property_changed_by_hand_is_shown_where_it_is_with_both_values(
    organization: Simulation, run: Baseline
) -> None:
    logs = organization.client("logs", "eu-west-1", PRODUCTION)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=1)
    (row,) = drifted(run, "--only", "auditing")
    assert (row["status"], row["account"], row["region"]) == ("FAIL", PRODUCTION, "eu-west-1")
    assert (row["type"], row["property"]) == ("AWS::Logs::LogGroup", "/RetentionInDays")
    assert (row["expected"], row["actual"]) == ("90", "1")
    assert "/RetentionInDays is 1, not 90" in row["detail"]
    assert row["remedy"] == "Put it back by hand: made anew, it would lose what is in it."
    table = run("verify", "--drift", "--only", "auditing", "--account", "production")
    assert table.code == 1
    assert "is 1, not 90" in " ".join(table.out.split())


def test_a_log_group_that_keeps_events_for_another_time_is_put_back_without_losing_them(
    organization: Simulation, run: Baseline
) -> None:
    logs = organization.client("logs", "eu-west-1", PRODUCTION)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=1)
    chosen = ("verify", "--only", "auditing", "--account", "production", "-o", "json")
    (row,) = [r for r in run(*chosen).rows if r["status"] == "FAIL"]
    put_back = f"aws logs put-retention-policy --log-group-name {GROUP} --retention-in-days 90"
    assert row["remedy"] == f"Put it back by hand: {put_back} --region eu-west-1"


def test_what_the_services_are_not_asked_for_is_found(
    organization: Simulation, run: Baseline
) -> None:
    iam = organization.client("iam", "us-east-1", PRODUCTION)
    iam.update_role(RoleName="baseline-cloudtrail-logs", Description="mine now")
    kms = organization.client("kms", "eu-west-1", MAIN)
    aliases = kms.list_aliases()["Aliases"]
    (key,) = [a["TargetKeyId"] for a in aliases if "baseline" in a["AliasName"]]
    kms.disable_key_rotation(KeyId=key)
    found = {(r["account"], r["property"]): r["remedy"] for r in drifted(run, *ONLY)}
    assert set(found) == {(PRODUCTION, "/Description"), (MAIN, "/EnableKeyRotation")}
    assert found[MAIN, "/EnableKeyRotation"] == "Put it back by hand."


def test_a_resource_deleted_by_hand_is_named_and_has_no_property(
    organization: Simulation, run: Baseline
) -> None:
    organization.client("logs", "eu-west-1", PRODUCTION).delete_log_group(logGroupName=GROUP)
    found = drifted(run, "--only", "auditing")
    (row,) = [r for r in found if r["type"] == "AWS::Logs::LogGroup"]
    assert row["detail"] == f"CloudTrailLogGroup (AWS::Logs::LogGroup) {GROUP} was deleted"
    assert (row["physical_id"], row["property"]) == (GROUP, "")
    assert f"remove --only auditing --account {PRODUCTION}" in row["remedy"]


def test_of_some_accounts_only_their_stacks_are_looked_at(
    organization: Simulation, run: Baseline
) -> None:
    for account in (PRODUCTION, PAYMENTS):
        logs = organization.client("logs", "eu-west-1", account)
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=1)
    seen: list[str] = []
    organization.observers.append(lambda call, _a, _r: seen.append(call.operation))
    assert [r["account"] for r in drifted(run, *ONLY, "--account", "payments")] == [PAYMENTS]
    assert "DetectStackSetDrift" not in seen


def test_what_could_not_be_looked_at_is_unknown_with_the_cause(
    organization: Simulation, run: Baseline
) -> None:
    organization.faults.add(
        Fault("deny", "logs", "DescribeLogGroups", account_id=PAYMENTS, times=99)
    )
    rows = [r for r in drifted(run, "--only", "auditing") if r["status"] == "UNKNOWN"]
    assert [(r["account"], r["check"]) for r in rows] == [(PAYMENTS, "drift auditing")]
    assert "AccessDenied" in rows[0]["detail"]


@pytest.mark.parametrize("chosen", [(), ("--account", "payments")])
def test_what_cloudformation_could_not_compare_is_unknown_and_no_pass(
    organization: Simulation, run: Baseline, chosen: tuple[str, ...]
) -> None:
    """By the StackSet as a whole, and stack by stack, which alone says why."""
    fault = Fault("error", "logs", "DescribeLogGroups", account_id=PAYMENTS, times=99)
    organization.faults.add(fault)
    verified = run("verify", "--drift", "--only", "auditing", *chosen, "-o", "json")
    rows = [r for r in verified.rows if r["check"] == "drift auditing"]
    (row,) = [r for r in rows if r["status"] != "PASS"]
    assert (verified.code, row["status"], row["account"]) == (1, "UNKNOWN", PAYMENTS)
    assert "could not look: CloudTrailLogGroup (AWS::Logs::LogGroup): " in row["detail"]
    assert ("InternalFailure" if chosen else "its drift status is UNKNOWN") in row["detail"]


def test_a_detection_that_somebody_has_begun_is_waited_for(
    organization: Simulation, run: Baseline
) -> None:
    client = organization.client("cloudformation", "eu-west-1", MAIN)
    client.detect_stack_set_drift(StackSetName="auditing")
    assert run("verify", "--drift", "--only", "auditing").code == 0
