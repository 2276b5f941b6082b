"""What AWS would refuse is said before anything is deployed, and is what it then refuses."""

from pathlib import Path
from typing import Any

import pytest

from baseline.simulation import Fault, Simulation
from given_obstacles import (
    AWAY,
    DEVELOPMENT,
    FILE,
    HOME,
    LOGS,
    MAIN,
    PAYMENTS,
    PRODUCTION,
    TOOLING,
    detector,
    guardrail,
    recorder,
    trail,
)  # fmt: skip
from given_terminal import Baseline


@pytest.fixture(autouse=True)
def configured(tmp_path: Path) -> None:
    (tmp_path / "baseline.yaml").write_text(FILE)


def places(rows: list[dict[str, Any]], said: str) -> set[tuple[str, str, str]]:
    return {
        (r["name"], r["account"], r["region"])
        for r in rows
        if said in (r.get("verdict"), r.get("result"))
    }


def test_where_nothing_is_in_the_way_only_what_is_left_out_is_said(
    organization: Simulation, baseline: Baseline
) -> None:
    seen: list[str] = []
    organization.observers.append(lambda call, _answer, _refusal: seen.append(call.operation))
    looked = baseline("rollout", "preflight", "-o", "json")
    assert looked.code == 0
    assert [(r["verdict"], r["account_name"]) for r in looked.rows] == [("left out", "retired")]
    assert not [o for o in seen if o.startswith(("Create", "Put", "Update", "Delete"))]


def test_what_is_predicted_is_what_then_fails(organization: Simulation, baseline: Baseline) -> None:
    recorder(organization, DEVELOPMENT, AWAY)
    found = detector(organization, PRODUCTION, AWAY)
    trail(organization, PAYMENTS, HOME, "baseline")
    looked = baseline("rollout", "preflight", "-o", "json")
    assert looked.code == 1
    assert places(looked.rows, "would fail") == {
        ("auditing", DEVELOPMENT, AWAY),
        ("guardduty-member", PRODUCTION, AWAY),
        ("auditing", PAYMENTS, HOME),
    }
    said = {r["account"]: f"{r['why']} {r['remedy']}" for r in looked.rows}
    assert "recorder own is there already" in said[DEVELOPMENT]
    assert "adopt.config" in said[DEVELOPMENT]
    assert found in said[PRODUCTION]
    assert "trail baseline is there already" in said[PAYMENTS]

    deployed = baseline("rollout", "deploy", "--yes", "-o", "json")
    assert deployed.code == 1
    assert places(deployed.rows, "failed") == places(looked.rows, "would fail")
    assert "Would fail: auditing in development us-east-1: the recorder own" in deployed.err


def test_a_guardrail_is_read_as_aws_reads_it(organization: Simulation, baseline: Baseline) -> None:
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": [HOME]}}
    exempt = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Break*"}}
    unknown = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    deny = {"Effect": "Deny", "Resource": "*"}
    guardrail(
        organization,
        PAYMENTS,
        {**deny, "Sid": "Region", "Action": "guardduty:*", "Condition": {**elsewhere, **exempt}},
        {**deny, "Sid": "Perhaps", "Action": "logs:CreateLogGroup", "Condition": unknown},
        {**deny, "Sid": "Removal", "Action": ["guardduty:Delete*", "config:StopConfig*"]},
        {
            **deny,
            "Sid": "Exempted",
            "Action": "cloudtrail:*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/AWSCloudForm*"}},
        },
        {**deny, "Sid": "Others", "Action": "iam:*", "Resource": "arn:aws:iam::*:role/Control*"},
    )
    looked = baseline("rollout", "preflight", "-o", "json")
    assert places(looked.rows, "would fail") == {("guardduty-member", PAYMENTS, AWAY)}
    (fails,) = [r for r in looked.rows if r["verdict"] == "would fail"]
    assert fails["why"].endswith("service control policy guardrail (Region)")
    doubts = {r["name"]: r["why"] for r in looked.rows if r["verdict"] == "UNKNOWN"}
    assert places(looked.rows, "UNKNOWN") == {
        ("auditing", PAYMENTS, HOME),
        ("auditing", PAYMENTS, AWAY),
        ("guardduty-member", PAYMENTS, AWAY),
    }
    assert "Perhaps" in doubts["auditing"]
    # It lets nobody look there, either.
    assert "explicit deny in a service control policy" in doubts["guardduty-member"]


def test_only_what_each_template_needs_is_held_against_a_guardrail(
    organization: Simulation, baseline: Baseline
) -> None:
    deny = {"Effect": "Deny", "Resource": "*"}
    guardrail(
        organization,
        PAYMENTS,
        {**deny, "Sid": "Hand", "Action": "iam:PassRole"},
        {**deny, "Sid": "Link", "Action": "iam:CreateServiceLinkedRole"},
        {
            **deny,
            "Sid": "ToServers",
            "Action": "iam:*Policy",
            "Condition": {
                "ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/PowerUserAccess"}
            },
        },
    )
    looked = baseline("rollout", "preflight", "-o", "json")
    said = {(r["name"], r["region"]): r["why"] for r in looked.rows if r["verdict"] == "would fail"}
    handed = "iam:PassRole: service control policy guardrail (Hand)"
    linked = "iam:CreateServiceLinkedRole: service control policy guardrail (Link)"
    assert said == {
        **{("auditing", region): handed for region in (HOME, AWAY)},
        **{("guardduty-member", region): linked for region in (HOME, AWAY)},
    }


def test_who_may_make_no_stacks_gets_none(organization: Simulation, baseline: Baseline) -> None:
    deny = {"Effect": "Deny", "Action": "cloudformation:CreateStack", "Resource": "*"}
    guardrail(organization, PAYMENTS, deny)
    looked = baseline("rollout", "preflight", "-o", "json")
    assert {name for name, _, _ in places(looked.rows, "would fail")} == {
        "stack-set-roles", "audit-roles", "guardduty-member", "auditing", "config-rules",
    }  # fmt: skip
    assert {r["account"] for r in looked.rows if r["verdict"] == "would fail"} == {PAYMENTS}


def test_what_allows_under_a_condition_of_which_nothing_is_known_is_unknown(
    organization: Simulation, baseline: Baseline
) -> None:
    unknown = {"StringEquals": {"ec2:Tenancy": "default"}}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": unknown}
    guardrail(organization, PAYMENTS, allow)
    client = organization.client("organizations", AWAY, MAIN)
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=PAYMENTS)
    looked = baseline("rollout", "preflight", "--only", "auditing", "-o", "json")
    assert looked.code == 1
    assert ("auditing", PAYMENTS, HOME) in places(looked.rows, "UNKNOWN")
    (why,) = {r["why"] for r in looked.rows if r["name"] == "auditing"}
    assert why.endswith(
        "whether service control policy guardrail allows it, cannot be told from here"
    )


def test_quotas_taken_names_and_other_administrators_are_predicted(
    organization: Simulation, baseline: Baseline
) -> None:
    organization.service("service-quotas").apply(MAIN, HOME, "L-31709F13", 2)
    bucket = f"baseline-config-{MAIN}-{HOME}"
    organization.client("s3", HOME, LOGS).create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HOME}
    )
    organization.client("guardduty", AWAY, MAIN).enable_organization_admin_account(
        AdminAccountId=TOOLING
    )
    looked = baseline("rollout", "preflight", "-o", "json")
    said = {(r["name"], r["region"]): r["why"] for r in looked.rows}
    assert "the quota is 2 (Service Quotas)" in " ".join(said.values())
    assert bucket in said["auditing-storage", HOME]
    assert f"{TOOLING} is the organization's delegated administrator" in " ".join(said.values())


def test_a_region_with_fewer_zones_than_wanted_is_predicted(
    organization: Simulation, baseline: Baseline
) -> None:
    of = f"accounts: ['{PAYMENTS}'], regions: [{HOME}]"
    Path("baseline.yaml").write_text(f"{FILE}vpc: {{{of}, zones: 4}}\n")
    looked = baseline("rollout", "preflight", "--only", "vpc", "-o", "json")
    assert looked.code == 1
    (fails,) = [r for r in looked.rows if r["verdict"] == "would fail"]
    zones = ", ".join(f"{HOME}{letter}" for letter in "abc")
    assert fails["why"] == f"vpc.zones is 4, and there are 3 zones: {zones}"
    assert "Set vpc.zones to 3" in fails["remedy"]
    Path("baseline.yaml").write_text(f"{FILE}vpc: {{{of}, zones: 3}}\n")
    assert baseline("rollout", "preflight", "--only", "vpc").code == 0


def test_other_modes_are_looked_at_too(baseline: Baseline) -> None:
    modes = f"guardduty: {{mode: delegated-admin, administrator: '{TOOLING}'}}\n"
    Path("baseline.yaml").write_text(FILE + modes + "cloudtrail: {mode: organization}\n")
    looked = baseline("rollout", "preflight", "-o", "json")
    (fails,) = [r for r in looked.rows if r["verdict"] != "left out"]
    assert (looked.code, fails["name"]) == (1, "organization-trail")
    assert "CloudTrail has no access to the organization" in fails["why"]


def test_a_trail_with_the_name_of_the_organizations_cannot_be_kept(
    organization: Simulation, baseline: Baseline
) -> None:
    client = organization.client("organizations", AWAY, MAIN)
    client.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    trail(organization, MAIN, HOME, "baseline-organization")
    Path("baseline.yaml").write_text(FILE + "cloudtrail: {mode: organization}\n")
    looked = baseline("rollout", "preflight", "-o", "json")
    (fails,) = [r for r in looked.rows if r["verdict"] != "left out"]
    assert (looked.code, fails["name"]) == (1, "organization-trail")
    assert fails["why"] == "trail baseline-organization is there already"
    assert fails["remedy"].startswith("Delete or rename it")
    assert "adopt" not in looked.err


def test_what_cannot_be_entered_fails_and_what_cannot_be_read_is_unknown(
    organization: Simulation, baseline: Baseline
) -> None:
    iam = organization.client("iam", AWAY, LOGS)
    iam.detach_role_policy(
        RoleName="OrganizationAccountAccessRole",
        PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess",
    )
    iam.delete_role(RoleName="OrganizationAccountAccessRole")
    organization.faults.add(Fault("deny", "config", None, PRODUCTION, HOME))
    organization.faults.add(Fault("deny", "organizations", "ListPolicies"))
    looked = baseline("rollout", "preflight", "-o", "json")
    assert ("stack-set-roles", LOGS, HOME) in places(looked.rows, "would fail")
    unknown = places(looked.rows, "UNKNOWN")
    assert {("auditing", PRODUCTION, HOME), ("service control policies", MAIN, HOME)} <= unknown
    assert ("everything", LOGS, AWAY) in unknown
    assert all("could not look" in r["why"] for r in looked.rows if r["verdict"] == "UNKNOWN")


def test_what_could_not_be_looked_at_does_not_let_a_deploy_go_on(
    organization: Simulation, baseline: Baseline
) -> None:
    organization.faults.add(Fault("deny", "organizations", "ListPolicies"))
    looked = baseline("rollout", "preflight", "-o", "json")
    assert {r["verdict"] for r in looked.rows} == {"UNKNOWN", "left out"}
    assert looked.code == 1


def test_without_preflight_nothing_is_looked_at(
    organization: Simulation, baseline: Baseline
) -> None:
    recorder(organization, DEVELOPMENT, AWAY)
    only = ("--only", "auditing", "--account", "development", "--yes")
    deployed = baseline("rollout", "deploy", "--no-preflight", *only)
    assert deployed.code == 1
    assert "Would fail" not in deployed.err
