"""What goes wrong while the baseline is rolled out is named, and the next run heals it.

Twenty failures of AWS in one deployment, each in a place of its own.
"""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any, NamedTuple

import pytest

from baseline import cli
from baseline.simulation import Blueprint, Fault, Simulation
from baseline.simulation.faults import Kind

MAIN, AUDIT, LOGS, PRODUCTION, STAGING, DEVELOPMENT = (
    "100000000001", "200000000002", "300000000003", "400000000004", "500000000005", "600000000006",
)  # fmt: skip
IRELAND, FRANKFURT, VIRGINIA = "eu-west-1", "eu-central-1", "us-east-1"
FILE = f"""
organization: o-acme0000000
home_region: {IRELAND}
regions: [{IRELAND}, {FRANKFURT}, {VIRGINIA}]
"""
# What is said of each kind of failure: words of the cause, and of the remedy.
SAID = {
    "deny": ("not authorized", "AWSCloudFormationStackSetExecutionRole"),
    "throttle": ("Rate exceeded", "Deploy again in a few minutes"),
    "error": ("internal error", "deploy again"),
    "timeout": ("no answer", "deploy again"),
}


class Failure(NamedTuple):
    """A call that goes wrong for ever, and the part that fails by it."""

    kind: Kind
    service: str
    operation: str
    name: str
    account: str
    region: str

    @property
    def part(self) -> tuple[str, str, str]:
        return self.name, self.account, self.region

    def __str__(self) -> str:
        return f"{self.kind} {self.operation} in {self.account} {self.region}"


FAILURES = tuple(Failure(*row) for row in (
    ("deny", "guardduty", "CreateDetector", "guardduty-member", PRODUCTION, FRANKFURT),
    ("throttle", "guardduty", "CreateDetector", "guardduty-member", STAGING, IRELAND),
    ("error", "guardduty", "AcceptAdministratorInvitation", "guardduty-member", LOGS, IRELAND),
    ("deny", "guardduty", "AcceptAdministratorInvitation", "guardduty-member", AUDIT, FRANKFURT),
    ("timeout", "guardduty", "ListInvitations", "guardduty-member", LOGS, FRANKFURT),
    ("deny", "config", "PutConfigurationRecorder", "auditing", AUDIT, IRELAND),
    ("throttle", "config", "PutDeliveryChannel", "auditing", AUDIT, FRANKFURT),
    ("error", "config", "StartConfigurationRecorder", "auditing", AUDIT, VIRGINIA),
    ("deny", "cloudtrail", "CreateTrail", "auditing", LOGS, IRELAND),
    ("throttle", "cloudtrail", "StartLogging", "auditing", LOGS, FRANKFURT),
    ("error", "cloudtrail", "CreateTrail", "auditing", LOGS, VIRGINIA),
    ("deny", "logs", "CreateLogGroup", "auditing", PRODUCTION, IRELAND),
    ("throttle", "logs", "CreateLogGroup", "auditing", PRODUCTION, FRANKFURT),
    ("error", "logs", "PutRetentionPolicy", "auditing", PRODUCTION, VIRGINIA),
    ("deny", "config", "PutConfigRule", "config-rules", STAGING, IRELAND),
    ("throttle", "config", "PutConfigRule", "config-rules", STAGING, FRANKFURT),
    ("error", "config", "PutConfigRule", "config-rules", STAGING, VIRGINIA),
    ("timeout", "config", "PutConfigurationRecorder", "auditing", DEVELOPMENT, FRANKFURT),
    ("throttle", "logs", "PutRetentionPolicy", "auditing", MAIN, FRANKFURT),
    ("deny", "guardduty", "CreateMembers", "guardduty-main", MAIN, VIRGINIA),
))  # fmt: skip


class Ran:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.err = err
        self.rows: list[dict[str, Any]] = json.loads(out) if out.startswith("[") else []

    @property
    def failed(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        return {
            (row["name"], row["account"], row["region"]): row
            for row in self.rows
            if row["result"] == "failed"
        }


Deploy = Callable[..., Ran]


@pytest.fixture(scope="module")
def organization() -> Iterator[Simulation]:
    simulation = Simulation(Blueprint(misconfigured=False))
    yield simulation
    simulation.close()


@pytest.fixture(scope="module")
def run(organization: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deploy]:
    """Runs one ``baseline rollout`` command."""
    file = tmp_path_factory.mktemp("rollout") / "baseline.yaml"
    file.write_text(FILE)
    with organization.serve() as url:
        variables = {**organization.environment(url), "AWS_MAX_ATTEMPTS": "1"}
        yield lambda *arguments: _ran(["rollout", *arguments, "--config", str(file)], variables)


def _ran(arguments: list[str], variables: dict[str, str]) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in variables.items():
            patch.setenv(name, value)
        code = cli.run(arguments)
    assert "Traceback" not in err.getvalue()
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def broken(organization: Simulation, run: Deploy) -> Ran:
    """A deployment in which everything of the list goes wrong at once."""
    for each in FAILURES:
        organization.faults.add(
            Fault(each.kind, each.service, each.operation, each.account, each.region)
        )
    try:
        return run("deploy", "--yes", "-o", "json")
    finally:
        organization.faults.clear()


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_failure_names_its_target_its_cause_and_a_remedy(broken: Ran, failure: Failure) -> None:
    row = broken.failed[failure.part]
    cause, remedy = SAID[failure.kind]
    assert cause in row["cause"]
    assert remedy in row["remedy"]


def test_nothing_else_fails(broken: Ran) -> None:
    assert broken.code == 1
    assert broken.failed.keys() == {failure.part for failure in FAILURES}


def test_running_again_repeats_what_failed_and_heals_it(broken: Ran, run: Deploy) -> None:
    again = run("deploy", "--yes", "-o", "json")
    assert (again.code, again.failed) == (0, {})
    repeated = {(row["name"], row["account"], row["region"]) for row in again.rows}
    assert repeated >= broken.failed.keys()
    assert run("plan", "--exit-code").code == 0
    assert run("verify", "--region", VIRGINIA).code == 0
