"""Credentials of another organization than is configured are refused, whatever the command."""

from pathlib import Path

import pytest

from baseline.simulation import Fault, Simulation
from given_history import given_the_organization
from given_terminal import Baseline

REFUSED = (
    "Error: other.yaml, organization: these credentials belong to o-acme0000000, "
    "and this file is for o-another00000. Use the other organization's credentials"
)
COMMANDS = (
    "accounts",
    "rollout plan",
    "logs validate",
    "logs collect",
    "logs collect --source s3://baseline-cloudtrail-100000000001-eu-west-1",
    "logs gaps",
    "logs partitions",
    "query run --engine athena --sql select",
    "query run --source s3://bucket --sql select",
    "findings list",
    "audit run",
    "audit collect",
    "credentials --account 400000000004",
    "report --refresh",
)
ASKS = "select 1"


@pytest.fixture(autouse=True)
def other(organization: Simulation) -> None:
    Path("other.yaml").write_text(
        "organization: o-another00000\nhome_region: eu-west-1\n"
        "audit: {batch: {image: aws-baseline:0.1.0}}\n"
    )


def test_every_command_refuses_it_in_the_same_sentence(baseline: Baseline) -> None:
    for command in COMMANDS:
        words = [ASKS if word == "select" else word for word in command.split()]
        ran = baseline(*words, "--config", "other.yaml")
        assert (ran.code, ran.out) == (2, ""), (command, ran)
        assert ran.err.startswith(REFUSED), (command, ran.err)
    assert not Path("lake").exists()


def test_a_report_of_what_is_kept_of_another_is_refused(baseline: Baseline) -> None:
    given_the_organization(Path("reports"))
    for command in (("report",), ("findings", "list", "--kept")):
        ran = baseline(*command, "--config", "other.yaml")
        assert (ran.code, ran.out) == (2, ""), command
        assert "other.yaml, organization: what is kept in reports is of o-acme0000000" in ran.err


def test_who_may_not_ask_is_refused_too_and_told_what_helps(
    baseline: Baseline, organization: Simulation
) -> None:
    organization.faults.add(Fault.parse("deny:organizations:DescribeOrganization"))
    ran = baseline("credentials", "--account", "400000000004", "--config", "other.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert "may not ask which organization they belong to" in ran.err
    assert "Allow organizations:DescribeOrganization, or take the key out of the file." in ran.err


def test_the_own_one_is_not(baseline: Baseline) -> None:
    Path("baseline.yaml").write_text("organization: o-acme0000000\n")
    assert baseline("accounts").code == 0
