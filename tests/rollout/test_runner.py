"""The optional stack for audits on AWS Batch: planned, made, proved, changed and taken away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from baseline import configuration
from baseline.configuration import Configuration
from baseline.errors import ConfigurationError
from baseline.organization import Account, Organization
from baseline.rollout.catalogue import RUNNER, Baseline, Stack
from baseline.rollout.wanted import wanted
from baseline.sessions import open_session
from baseline.simulation import Blueprint, Simulation
from given_terminal import Baseline as Terminal
from given_terminal import at_a_terminal

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
# What looks is the audit role.
BOTH = ("--only", "audit-roles", "--only", RUNNER)
FILE = """
organization: o-acme0000000
home_region: eu-west-1
regions: [eu-west-1]
exclude_accounts: ["200000000002", "300000000003", "400000000004", "500000000005", "600000000006"]
"""
BATCH = """
audit:
  batch: {image: aws-baseline:0.1.0, schedule: "cron(0 3 ? * SUN *)"}
"""


def given(text: str) -> Baseline:
    account = Account("1" * 12, "main", "main@bank.example", "ACTIVE")
    organization = Organization("o-exampleorgid", account.id, (account,))
    settings = configuration.parse(text, "baseline.yaml")
    return wanted(settings, organization, {account.id: ("us-east-1",)})


def runner(text: str) -> Stack | None:
    return next((stack for stack in given(text).stacks if stack.name == RUNNER), None)


def test_without_an_image_there_is_no_stack() -> None:
    assert runner("prefix: acme") is None


def test_an_image_by_digest_keeps_its_repository() -> None:
    image = f"team/audit@sha256:{'0' * 64}"
    stack = runner(f"audit: {{batch: {{image: '{image}', at_a_time: 3}}}}")
    assert stack
    assert stack.parameters["Repository"] == "team/audit"
    assert (stack.parameters["Image"], stack.parameters["MaxVcpus"]) == (image, "6")


def test_a_run_that_begins_by_itself_is_given_the_configuration() -> None:
    text = (
        "prefix: acme\naudit: {regions: [eu-west-1], batch: {image: 'a:1', schedule: rate(7 days)}}"
    )
    stack = runner(text)
    assert stack
    told = configuration.parse(stack.parameters["Settings"], "BASELINE_SETTINGS")
    assert told == configuration.parse(text, "BASELINE_SETTINGS")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("require_mfa: true, batch: {image: 'a:1'}", "no job can sign in with MFA"),
        ("batch: {image: 'a:1', subnets: [subnet-0a]}", "subnets and security groups"),
        ("batch: {image: 'a'}", "like aws-baseline:0.1.0"),
        ("batch: {imag: 'a:1'}", "Did you mean image?"),
    ],
)
def test_what_cannot_be_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said.replace("?", "[?]")):
        given(f"audit: {{{text}}}")


def test_a_configuration_too_large_for_a_parameter_is_refused() -> None:
    ids = ", ".join(f'"{n:012}"' for n in range(300))
    with pytest.raises(ConfigurationError, match="does not fit into one parameter"):
        given(
            f"exclude_accounts: [{ids}]\naudit: {{batch: {{image: 'a:1', schedule: rate(1 day)}}}}"
        )


def test_a_run_that_begins_by_itself_is_given_no_file_of_this_machine() -> None:
    batch = "batch: {image: 'a:1', schedule: rate(1 day)}"
    rules = "tools: {scoutsuite: {ruleset: /r.json, enabled: %s}}"
    with pytest.raises(ConfigurationError, match=r"scoutsuite\.ruleset: .* cannot read /r\.json"):
        runner(f"audit: {{{batch}, {rules % 'true'}}}")
    assert runner(f"audit: {{{batch}, {rules % 'false'}}}")


def test_the_configuration_can_be_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASELINE_SETTINGS", '{"prefix": "acme"}')
    assert configuration.load().model_dump() == Configuration(prefix="acme").model_dump()
    monkeypatch.setenv("BASELINE_SETTINGS", '{"prefx": "acme"}')
    with pytest.raises(ConfigurationError, match="BASELINE_SETTINGS, line 1, key prefx"):
        configuration.load()


@pytest.fixture
def baseline(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Terminal]:
    monkeypatch.chdir(tmp_path)
    simulation = Simulation(Blueprint(misconfigured=False))
    with at_a_terminal(simulation, monkeypatch, capsys) as run:
        yield run
    simulation.close()


def test_it_is_made_proved_changed_and_taken_away(baseline: Terminal) -> None:
    """What is changed by hand is found; written out of the configuration again, all of it goes."""
    Path("baseline.yaml").write_text(FILE + BATCH)
    assert baseline("rollout", "deploy", "--yes", *BOTH).code == 0
    proof = baseline("rollout", "verify", "--only", RUNNER, "-o", "json")
    assert proof.code == 0
    assert {row["status"] for row in proof.rows} == {"PASS"}
    assert {row["check"] for row in proof.rows} >= {"queue", "job definition", "audit policy"}
    change_by_hand()
    proof = baseline("rollout", "verify", "--only", RUNNER, "-o", "json")
    assert {row["check"]: row["detail"] for row in proof.rows if row["status"] != "PASS"} == {
        "queue": "state is DISABLED, not ENABLED",
        "audit worker's role": f"also has {ADMINISTRATOR}",
    }
    Path("baseline.yaml").write_text(FILE + BATCH.replace("0.1.0", "0.2.0"))
    (row,) = [r for r in baseline("rollout", "plan", "-o", "json").rows if r["name"] == RUNNER]
    assert row["action"] == "update"
    assert "aws-baseline:0.1.0 → aws-baseline:0.2.0" in row["reason"]
    Path("baseline.yaml").write_text(FILE)
    (row,) = [r for r in baseline("rollout", "plan", "-o", "json").rows if r["name"] == RUNNER]
    assert (row["action"], row["reason"]) == ("delete", "is no longer wanted")
    assert baseline("rollout", "deploy", "--yes", "--only", RUNNER).code == 0
    kept = open_session(region="eu-west-1").client("s3").list_buckets()["Buckets"]
    assert "baseline-audit-100000000001-eu-west-1" in [bucket["Name"] for bucket in kept]


def change_by_hand() -> None:
    session = open_session(region="eu-west-1")
    session.client("batch").update_job_queue(jobQueue="baseline-audit", state="DISABLED")
    role = {"RoleName": "baseline-audit-work", "PolicyArn": ADMINISTRATOR}
    session.client("iam").attach_role_policy(**role)
