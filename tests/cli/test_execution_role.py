"""The policies of the StackSets' execution role: each statement is needed, and all are enough.

Every member of this organization lacks another statement of its role; what needs it fails there.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline import cli, templates
from baseline.simulation import Blueprint, Simulation
from baseline.simulation.blueprint import MAIN, Member

HOME = "eu-west-1"
ROLE = "AWSCloudFormationStackSetExecutionRole"
NETWORKS = "arn:aws:iam::{}:policy/baseline-stack-set-networks"
# Statements, what fails without each, and the action that it fails by.
NEEDED = {
    "StacksOfStackSets": ("audit-roles", "cloudformation:CreateStack"),
    "RolesOfTheBaseline": ("audit-roles", "iam:CreateRole"),
    "ManagedPoliciesOfTheBaseline": ("audit-roles", "iam:AttachRolePolicy"),
    "HandRolesToTheirServices": ("auditing", "iam:PassRole"),
    "ServiceLinkedRoles": ("guardduty-member", "iam:CreateServiceLinkedRole"),
    "GuardDuty": ("guardduty-member", "guardduty:CreateDetector"),
    "Config": ("auditing", "config:DescribeDeliveryChannels"),
    "Recorder": ("auditing", "config:PutConfigurationRecorder"),
    "ConfigRules": ("config-rules", "config:PutConfigRule"),
    "Trail": ("auditing", "cloudtrail:CreateTrail"),
    "LogGroup": ("auditing", "logs:CreateLogGroup"),
    "MakeNetworks": ("vpc", "ec2:CreateVpc"),
    "MakeParts": ("vpc", "ec2:Create"),
    "MakeWays": ("vpc", "ec2:Create"),
    "MakeInOwnNetworks": ("vpc", "ec2:Create"),
    "TagWhatIsMade": ("vpc", "ec2:CreateTags"),
    "ChangeOwnNetworks": ("vpc", "ec2:"),
    "LookAtNetworks": ("vpc", "ec2:DescribeSecurityGroups"),
    "FlowLogGroups": ("vpc", "logs:CreateLogGroup"),
    "RolesOfNetworks": ("vpc", "iam:CreateRole"),
    "HandRolesOfNetworks": ("vpc", "iam:PassRole"),
    "CloseDefaultGroups": ("vpc", "lambda:CreateFunction"),
}
# What CloudFormation looks at on AWS, and not in the simulation.
LOOKED = {"CloudFormationWithoutAStack", "LookAtTrailsAndLogGroups"}
MEMBERS = {sid: f"{900000000001 + n}" for n, sid in enumerate(NEEDED)}
FILE = f"""
organization: o-acme0000000
home_region: {HOME}
regions: [{HOME}]
vpc: {{accounts: {json.dumps(sorted(MEMBERS.values()))}, regions: [{HOME}], nat: zone}}
"""


def documents() -> list[Any]:
    """The policies of the role, as its template has them."""
    roles = templates.parse(templates.read("stack-set-roles"))["Resources"]
    inline = roles["ExecutionRole"]["Properties"]["Policies"]
    return [
        *(policy["PolicyDocument"] for policy in inline),
        roles["NetworksPolicy"]["Properties"]["PolicyDocument"],
    ]


def without(document: str, sid: str) -> str:
    policy = json.loads(document)
    kept = [s for s in policy["Statement"] if s.get("Sid") != sid]
    return json.dumps({**policy, "Statement": kept})


def take_away(organization: Simulation, account: str, sid: str) -> None:
    """The role of an account has one statement less."""
    iam = organization.client("iam", "us-east-1", account)
    (name,) = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    inline = iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
    iam.put_role_policy(
        RoleName=ROLE, PolicyName=name, PolicyDocument=without(json.dumps(inline), sid)
    )
    arn = NETWORKS.format(account)
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    managed = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=without(json.dumps(managed), sid), SetAsDefault=True
    )


@pytest.fixture(scope="module")
def founded() -> bytes:
    """The roles are there, whole."""
    members = tuple(
        Member(account, f"lacks-{sid.lower()}", "/Workloads") for sid, account in MEMBERS.items()
    )
    organization = Simulation(Blueprint(MAIN, members, misconfigured=False))
    blob = organization.snapshot()
    organization.close()
    return blob


@pytest.fixture
def deploy(
    organization: Simulation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Any]:
    Path("baseline.yaml").write_text(FILE)
    with organization.serve() as url:
        for name, value in organization.environment(url).items():
            monkeypatch.setenv(name, value)

        def run(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
            code = cli.run(["rollout", *arguments, "--yes", "--no-progress", "-o", "json"])
            return code, json.loads(capsys.readouterr().out)

        yield run


def test_every_statement_is_named_here() -> None:
    sids = [statement["Sid"] for document in documents() for statement in document["Statement"]]
    assert sorted(sids) == sorted([*NEEDED, *LOOKED])


def test_without_a_statement_fails_what_needs_it(organization: Simulation, deploy: Any) -> None:
    assert deploy("deploy", "--only", "stack-set-roles")[0] == 0
    for sid, account in MEMBERS.items():
        take_away(organization, account, sid)
    code, rows = deploy("deploy")
    failed = [row for row in rows if row["result"] == "failed"]
    assert code == 1
    for sid, account in MEMBERS.items():
        name, action = NEEDED[sid]
        causes = [r["cause"] for r in failed if (r["account"], r["name"]) == (account, name)]
        assert [action in cause for cause in causes] == [True], sid
    assert {row["account"] for row in failed} == set(MEMBERS.values())
    for row in failed:
        assert f"assumed-role/{ROLE}/" in row["cause"]
        assert "because no identity-based policy allows" in row["cause"]
        assert f"Allow {ROLE} this action" in row["remedy"]
