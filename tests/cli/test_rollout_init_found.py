"""``baseline init`` finds what is there already, and writes the settings that keep it."""

from pathlib import Path
from typing import Any

import pytest

from baseline import configuration
from baseline.configuration import Adopt
from baseline.simulation import Blueprint, Fault, Simulation
from given_obstacles import (
    AWAY,
    DEVELOPMENT,
    HOME,
    MAIN,
    PAYMENTS,
    PRODUCTION,
    TOOLING,
    channel,
    detector,
    recorder,
    trail,
)  # fmt: skip
from given_terminal import Baseline

INIT = ("init", "--home-region", HOME, "--yes", "--no-progress")


@pytest.fixture(scope="module")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False, regions=(HOME, AWAY)))
    blob = simulation.snapshot()
    simulation.close()
    return blob


def told(rows: Any) -> dict[tuple[str, str, str], tuple[str, str, str]]:
    """Name, detail and setting, by what it is and where."""
    return {
        (r["kind"], r["account"], r["region"]): (r["name"], r["detail"], r["setting"]) for r in rows
    }


def test_recorders_channels_detectors_and_trails_are_found_and_kept(
    organization: Simulation, baseline: Baseline
) -> None:
    recorder(organization, DEVELOPMENT, AWAY)
    channel(organization, DEVELOPMENT, AWAY)
    recorder(organization, PRODUCTION, HOME, "stopped")
    kept = detector(organization, PRODUCTION, AWAY)
    trail(organization, PAYMENTS, HOME, "baseline")
    trail(organization, PRODUCTION, AWAY, "security")

    looked = baseline(*INIT, "-o", "json")
    assert looked.code == 0, looked.err
    assert told(looked.rows) == {
        ("recorder", DEVELOPMENT, AWAY): ("own", "records all resources", "adopt.config"),
        ("delivery channel", DEVELOPMENT, AWAY): (
            "own",
            f"delivers to own-config-{DEVELOPMENT}, which is not the central bucket",
            "adopt.config",
        ),
        ("recorder", PRODUCTION, HOME): (
            "stopped",
            "is stopped; would record all resources, and has no delivery channel",
            "adopt.config",
        ),
        ("detector", PRODUCTION, AWAY): (kept, "is enabled", "adopt.guardduty"),
        ("trail", PAYMENTS, HOME): ("baseline", _logs(PAYMENTS), "adopt.cloudtrail"),
        ("trail", PRODUCTION, AWAY): ("security", _logs(PRODUCTION), ""),
    }
    assert configuration.load().adopt == Adopt(
        config={PRODUCTION: (HOME,), DEVELOPMENT: (AWAY,)},
        cloudtrail={PAYMENTS: (HOME,)},
        guardduty={PRODUCTION: {AWAY: kept}},
    )
    text = Path("baseline.yaml").read_text()
    assert "#   recorder own in development us-east-1: records all resources\n" in text
    # Which of two trails is to stay is for people to say.
    assert f'#   cloudtrail:\n#     "{PRODUCTION}": [{AWAY}]\n' in text

    assert baseline("rollout", "preflight").code == 0


def _logs(account: str) -> str:
    return (
        "logs all management events of its region, "
        f"delivers to own-trails-{account}, which is not the central bucket"
    )


def test_an_administrator_and_a_trail_of_the_organization_are_settings_as_they_are(
    organization: Simulation, baseline: Baseline
) -> None:
    delegated(organization)
    let_cloudtrail_in(organization)
    trail(organization, MAIN, HOME, "landing-zone", everybodys=True)

    looked = baseline(*INIT, "-o", "json")
    assert looked.code == 0, looked.err
    found = told(looked.rows)
    assert found["delegated administrator", MAIN, HOME][::2] == (TOOLING, "guardduty.mode")
    assert found["organization's trail", MAIN, HOME][::2] == ("landing-zone", "cloudtrail.mode")
    settings = configuration.load()
    assert settings.cloudtrail.mode == "organization"
    assert settings.guardduty.model_dump() == {
        "mode": "delegated-admin",
        "administrator": TOOLING,
        "auto_enable": "NEW",
        "protection_plans": ("S3_DATA_EVENTS",),
        "finding_publishing_frequency": "SIX_HOURS",
    }
    # The detectors of members are the administrator's business.
    assert settings.adopt.guardduty.keys() <= {MAIN}
    planned = baseline("rollout", "plan", "--only", "guardduty-organization", "-o", "json")
    assert planned.code == 0, planned.err
    reasons = {row["reason"] for row in planned.rows if row["kind"] == "delegation"}
    assert not [said for said in reasons if "auto-enable" in said or "S3_DATA" in said]


def delegated(organization: Simulation) -> None:
    """An administrator of GuardDuty, with settings of its own."""
    for region in (HOME, AWAY):
        main = organization.client("guardduty", region, MAIN)
        main.enable_organization_admin_account(AdminAccountId=TOOLING)
        client = organization.client("guardduty", region, TOOLING)
        (found,) = client.list_detectors()["DetectorIds"]
        client.update_detector(
            DetectorId=found,
            FindingPublishingFrequency="SIX_HOURS",
            Features=[{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}],
        )
        client.update_organization_configuration(
            DetectorId=found,
            AutoEnableOrganizationMembers="NEW",
            Features=[{"Name": "S3_DATA_EVENTS", "AutoEnable": "NEW"}],
        )


def let_cloudtrail_in(organization: Simulation) -> None:
    client = organization.client("organizations", AWAY, MAIN)
    client.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")


def test_who_cannot_be_looked_at_is_named_and_the_file_is_written(
    organization: Simulation, baseline: Baseline
) -> None:
    recorder(organization, PAYMENTS, HOME)
    role = f"arn:aws:iam::{DEVELOPMENT}:role/OrganizationAccountAccessRole"
    iam = organization.client("iam", AWAY, DEVELOPMENT)
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.detach_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyArn=policy)
    iam.delete_role(RoleName=role.rsplit("/", 1)[1])
    organization.faults.add(Fault("deny", "guardduty", "ListDetectors", PRODUCTION))

    looked = baseline(*INIT, "-o", "json")
    assert looked.code == 1
    unknown = {
        (r["account_name"], r["name"], r["region"]) for r in looked.rows if r["kind"] == "UNKNOWN"
    }
    assert unknown == {
        *(("development", "everything", region) for region in (HOME, AWAY)),
        *(("production", "detectors", region) for region in (HOME, AWAY)),
    }
    assert "UNKNOWN: everything in development, 2 regions: could not look: AccessDenied" in (
        looked.err
    )
    assert configuration.load().adopt == Adopt(config={PAYMENTS: (HOME,)})
    assert "#   UNKNOWN detectors in production, 2 regions: " in Path("baseline.yaml").read_text()


def test_what_the_baseline_made_itself_is_not_adopted_when_the_file_is_written_anew(
    organization: Simulation, baseline: Baseline
) -> None:
    recorder(organization, DEVELOPMENT, AWAY)
    channel(organization, DEVELOPMENT, AWAY)
    assert baseline(*INIT).code == 0
    one = ("--account", "development", "--yes", "--no-progress")
    assert baseline("rollout", "deploy", *one).code == 0

    again = baseline(*INIT, "-o", "json")
    assert again.code == 0, again.err
    assert {(r["kind"], r["account"]) for r in again.rows} == {
        ("recorder", DEVELOPMENT),
        ("delivery channel", DEVELOPMENT),
    }
    assert configuration.load().adopt == Adopt(config={DEVELOPMENT: (AWAY,)})
    assert baseline("rollout", "plan", "--account", "development", "--exit-code").code == 0


def test_another_role_looks_and_is_written_for_what_comes_later(
    organization: Simulation, baseline: Baseline
) -> None:
    looked = baseline(*INIT, "--role", "Deployer")
    assert looked.code == 1
    assert looked.err.count("2 regions: could not look: AccessDenied") == 5
    assert configuration.load().stack_sets.bootstrap_role == "Deployer"
    wrong = baseline(*INIT, "--role", "no role")
    assert wrong.code == 2
    assert "letters, digits" in wrong.err
