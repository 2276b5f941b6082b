"""The policy over the members: what it denies, whom it lets, and that it stops no roll-out."""

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest
from cfnlint.data import AdditionalSpecs

from baseline import templates
from baseline.configuration import (
    CloudTrail,
    Configuration,
    GuardDuty,
    Protection,
    StackSets,
    Vpc,
)
from baseline.errors import ConfigurationError
from baseline.organization import Account, Organization, Target
from baseline.permissions import Request
from baseline.rollout import intended, protection, quotas
from baseline.rollout.catalogue import EXECUTION_ROLE, Baseline, Stack, StackSet
from baseline.rollout.guardrails import Denial, Policy, denial
from baseline.rollout.intended import Where
from baseline.rollout.service_control import Attached, Guard
from baseline.rollout.wanted import wanted

MAIN, MEMBER, LEFT_OUT = ("1" * 12, "2" * 12, "3" * 12)
ROOT, UNIT, BOOTSTRAP = "r-acme", "ou-acme-12345678", "OrganizationAccountAccessRole"
REGIONS = ("eu-west-1", "us-east-1")
ORGANIZATION = Organization(
    "o-exampleorgid",
    MAIN,
    (
        Account(MAIN, "main", "main@bank.example", "ACTIVE", parents=(ROOT,)),
        Account(MEMBER, "member", "member@bank.example", "ACTIVE", parents=(ROOT, UNIT)),
        Account(LEFT_OUT, "left", "left@bank.example", "ACTIVE", parents=(ROOT,)),
    ),
    {"/": ROOT, "/Workloads": UNIT},
)
NETWORKS = Vpc(accounts=(MEMBER,), regions=REGIONS, nat="zone", interface_endpoints=("ssm",))
PROTECTED = Protection(ous=("/",))
EVERYTHING = Policy("FullAWSAccess", ({"Effect": "Allow", "Action": "*", "Resource": "*"},))
ADMINISTRATOR = f"arn:aws:iam::{MEMBER}:role/Administrator"
# What would undo each thing that the baseline makes in a member, by its type.
ACTS: Mapping[str, tuple[str, ...]] = {
    "AWS::CloudTrail::Trail": (
        "cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail",
        "cloudtrail:PutEventSelectors",
    ),
    "AWS::Config::ConfigRule": (
        "config:DeleteConfigRule", "config:PutConfigRule", "config:DeleteEvaluationResults",
    ),
    "AWS::Config::ConfigurationRecorder": (
        "config:StopConfigurationRecorder", "config:DeleteConfigurationRecorder",
        "config:PutConfigurationRecorder",
    ),
    "AWS::Config::DeliveryChannel": (
        "config:DeleteDeliveryChannel", "config:PutDeliveryChannel",
        "config:PutRetentionConfiguration",
    ),
    "AWS::EC2::FlowLog": ("ec2:DeleteFlowLogs", "ec2:DeleteTags", "ec2:CreateTags"),
    "AWS::GuardDuty::Detector": (
        "guardduty:DeleteDetector", "guardduty:UpdateDetector",
        # In a member that administers GuardDuty.
        "guardduty:DeleteMembers", "guardduty:DisassociateMembers",
        "guardduty:StopMonitoringMembers", "guardduty:UpdateMemberDetectors",
        "guardduty:UpdateOrganizationConfiguration",
    ),
    "AWS::GuardDuty::Master": (
        "guardduty:DisassociateFromAdministratorAccount", "guardduty:DisassociateFromMasterAccount",
    ),
    "AWS::IAM::ManagedPolicy": (
        "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion",
        "iam:DeletePolicy",
    ),
    "AWS::IAM::Role": (
        "iam:DeleteRole", "iam:DetachRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePolicy",
        "iam:DeleteRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
        "iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary",
        "iam:UpdateRoleDescription",
    ),
    "AWS::Logs::LogGroup": (
        "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy",
        "logs:DeleteLogStream", "logs:AssociateKmsKey", "logs:DisassociateKmsKey",
        "logs:PutDataProtectionPolicy",
    ),
}  # fmt: skip
# Members may do with these what they like: nothing is recorded by them.
FREE = {
    "AWS::EC2::EIP", "AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route",
    "AWS::EC2::RouteTable", "AWS::EC2::SecurityGroup", "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPC", "AWS::EC2::VPCEndpoint",
    "AWS::EC2::VPCGatewayAttachment", "AWS::Lambda::Function", "Custom::ClosedSecurityGroup",
}  # fmt: skip
STACK_ACTS = (
    "cloudformation:DeleteStack", "cloudformation:UpdateStack", "cloudformation:CreateChangeSet",
    "cloudformation:ExecuteChangeSet", "cloudformation:RollbackStack",
    "cloudformation:SetStackPolicy", "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback", "cloudformation:UpdateTerminationProtection",
    "cloudformation:CreateStackRefactor", "cloudformation:ExecuteStackRefactor",
)  # fmt: skip
ROLE_ACTS = ("iam:CreateRole", *ACTS["AWS::IAM::Role"])
ACCOUNT_ACTS = ("account:CloseAccount", "account:DisableRegion", "account:EnableRegion")
LEAVE = "organizations:LeaveOrganization"


def configured(**settings: Any) -> Configuration:
    given = {"home_region": "eu-west-1", "protection": PROTECTED, "vpc": NETWORKS, **settings}
    return Configuration(**given)


def given(configuration: Configuration) -> Baseline:
    regions = dict.fromkeys((MAIN, MEMBER, LEFT_OUT), REGIONS)
    return wanted(configuration, ORGANIZATION, regions)


def policy(baseline: Baseline, partition: str = "aws") -> Policy:
    return Policy("protection", tuple(document(baseline, partition)["Statement"]))


def document(baseline: Baseline, partition: str = "aws") -> Any:
    (stack,) = [s for s in baseline.stacks if s.name == protection.NAME]
    where = Where(MAIN, "eu-west-1", partition)
    return intended.resources(stack.body, stack.parameters, where)["Policy"]["Content"]


def denied_actions(content: Any) -> Iterator[str]:
    for statement in content["Statement"]:
        said = statement["Action"]
        yield from [said] if isinstance(said, str) else said


def denied(made: Policy, action: str, resource: str, who: str = ADMINISTRATOR) -> Denial | None:
    context = {
        "aws:principalarn": who,
        "aws:principalaccount": who.split(":")[4],
        "aws:resourcetag/baseline:organization": ORGANIZATION.id,
    }
    return denial([(ROOT, [EVERYTHING, made])], Request(action, resource, context))


def made_in_members(baseline: Baseline) -> Iterator[tuple[str, str, str]]:
    """Each resource of a member: stack or StackSet, type, and an ARN that it has, or may have."""
    parts: list[Stack | StackSet] = [*baseline.stacks, *baseline.stack_sets]
    for part in parts:
        targets = part.targets if isinstance(part, StackSet) else {part.part.target}
        for target in (t for t in targets if t.account_id == MEMBER):
            where = Where(target.account_id, target.region, "aws")
            kinds = templates.types(part.body)
            resources = intended.resources(part.body, part.given(target.account_id), where)
            for name, properties in resources.items():
                yield part.name, kinds[name], arn(kinds[name], target, properties)


def arn(kind: str, target: Target, properties: Mapping[str, Any]) -> str:
    """As AWS's Service Authorization Reference writes it; what AWS makes up is made up."""
    here = f"{target.region}:{target.account_id}"
    iam, given = f"iam::{target.account_id}", properties.get
    return {
        "AWS::CloudTrail::Trail": f"cloudtrail:{here}:trail/{given('TrailName')}",
        "AWS::Config::ConfigRule": f"config:{here}:config-rule/config-rule-abc123",
        "AWS::Config::ConfigurationRecorder": (
            f"config:{here}:configuration-recorder/{given('Name')}/x1"
        ),
        "AWS::EC2::FlowLog": f"ec2:{here}:vpc-flow-log/fl-1",
        "AWS::GuardDuty::Detector": f"guardduty:{here}:detector/abc",
        "AWS::IAM::ManagedPolicy": f"{iam}:policy/{given('ManagedPolicyName')}",
        # A network's roles are named by CloudFormation.
        "AWS::IAM::Role": f"{iam}:role/{given('RoleName', 'StackSet-vpc-0a1b-FlowLogsRole-X')}",
        "AWS::Logs::LogGroup": f"logs:{here}:log-group:{given('LogGroupName')}",
    }.get(kind, "")


def test_an_administrator_of_a_member_can_undo_nothing_that_the_baseline_makes_there() -> None:
    baseline = given(configured())
    found = list(made_in_members(baseline))
    assert {kind for _, kind, _ in found} == {*ACTS, *FREE}
    made = policy(baseline)
    for _, kind, resource in found:
        for action in ACTS.get(kind, ()):
            refused = denied(made, action, f"arn:aws:{resource}" if resource else "*")
            assert refused, (action, resource)
            assert refused.certain, (action, resource)


def test_neither_stacks_nor_the_roles_that_deploy_can_be_taken_over() -> None:
    baseline = given(configured())
    made, stacks = policy(baseline), f"arn:aws:cloudformation:eu-west-1:{MEMBER}:stack"
    names = {part for part, _, _ in made_in_members(baseline)}
    assert names == {
        "stack-set-roles", "audit-roles", "guardduty-member", "auditing", "config-rules", "vpc"
    }  # fmt: skip
    for name in names:
        called = name if name == "stack-set-roles" else f"StackSet-{name}-0a1b"
        for action in STACK_ACTS:
            assert denied(made, action, f"{stacks}/{called}/0a1b"), action
    for role in (EXECUTION_ROLE, BOOTSTRAP, "stacksets-exec-0a1b"):
        for action in ROLE_ACTS:
            assert denied(made, action, f"arn:aws:iam::{MEMBER}:role/{role}")


def test_an_account_neither_leaves_nor_closes_nor_changes_its_regions() -> None:
    made = policy(given(configured()))
    assert denied(made, LEAVE, "*")
    for action in ACCOUNT_ACTS:
        assert denied(made, action, f"arn:aws:account::{MEMBER}:account"), action


def test_every_action_that_is_denied_is_held_by_a_test_and_every_tested_one_is_denied() -> None:
    held = {
        LEAVE,
        *ACCOUNT_ACTS,
        *STACK_ACTS,
        *ROLE_ACTS,
        *(a for acts in ACTS.values() for a in acts),
    }
    assert set(denied_actions(document(given(configured())))) == held


def test_only_accounts_below_what_is_bound_are_named_as_free() -> None:
    settings = {"exclude_accounts": (LEFT_OUT,), "protection": Protection(ous=("/Workloads",))}
    assert LEFT_OUT not in json.dumps(document(given(configured(**settings))))


@pytest.mark.parametrize("role", [EXECUTION_ROLE, BOOTSTRAP, "stacksets-exec-0a1b", "BreakGlass"])
def test_whoever_deploys_or_is_named_may_all_but_leave(role: str) -> None:
    baseline = given(configured(protection=Protection(ous=("/",), exempt_roles=("Break*",))))
    made, who = policy(baseline), f"arn:aws:iam::{MEMBER}:role/{role}"
    for _, kind, resource in made_in_members(baseline):
        for action in ACTS.get(kind, ()):
            assert denied(made, action, f"arn:aws:{resource}" if resource else "*", who) is None
    assert denied(made, LEAVE, "*", who)


def test_members_go_on_with_what_is_their_own() -> None:
    made, here = policy(given(configured())), f"eu-west-1:{MEMBER}"
    for action, resource in (
        ("cloudtrail:StopLogging", f"cloudtrail:{here}:trail/own"),
        ("config:StopConfigurationRecorder", f"config:{here}:configuration-recorder/own/x1"),
        ("logs:DeleteLogGroup", f"logs:{here}:log-group:/baseline/cloudtrail-own"),
        ("logs:PutLogEvents", f"logs:{here}:log-group:/baseline/cloudtrail:log-stream:x"),
        ("iam:DeleteRole", f"iam::{MEMBER}:role/own"),
        ("cloudformation:DeleteStack", f"cloudformation:{here}:stack/own/0a1b"),
    ):
        assert denied(made, action, f"arn:aws:{resource}") is None
    assert denied(made, "config:PutConfigRule", f"arn:aws:config:{here}:config-rule/x")
    own = policy(given(configured(protection=Protection(ous=("/",), own_rules=True))))
    assert denied(own, "config:PutConfigRule", f"arn:aws:config:{here}:config-rule/x") is None


@pytest.mark.parametrize(
    "settings", [{"exclude_accounts": (LEFT_OUT,)}, {"stack_sets": StackSets(ous=("/Workloads",))}]
)
def test_accounts_that_get_no_baseline_are_not_bound(settings: dict[str, Any]) -> None:
    made = policy(given(configured(**settings)))
    detector = f"arn:aws:guardduty:eu-west-1:{LEFT_OUT}:detector/abc"
    left = f"arn:aws:iam::{LEFT_OUT}:role/Administrator"
    assert denied(made, "guardduty:DeleteDetector", detector, left) is None
    assert denied(made, "guardduty:DeleteDetector", detector.replace(LEFT_OUT, MEMBER))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cloudtrail": CloudTrail(mode="organization")},
        {"guardduty": GuardDuty(mode="delegated-admin", administrator=MEMBER)},
        {"stack_sets": StackSets(mode="service-managed")},
        {"exclude_accounts": (LEFT_OUT,), "prefix": "acme"},
    ],
)
def test_the_policy_stops_nothing_of_a_roll_out(settings: dict[str, Any]) -> None:
    baseline = given(configured(**settings))
    for attached in (ROOT, UNIT, MEMBER):
        open_to_all = dict.fromkeys((ROOT, UNIT, MEMBER), (EVERYTHING,))
        policies = {**open_to_all, attached: (EVERYTHING, policy(baseline))}
        guard = Guard(Attached(policies), baseline, BOOTSTRAP, "aws")
        parts = {(name, region) for name, _, _ in made_in_members(baseline) for region in REGIONS}
        assert parts
        found = [d for name, region in parts for d in guard.denied(name, Target(MEMBER, region))]
        assert found == []


def test_without_its_exemption_the_policy_would_stop_it() -> None:
    """So that the proof above is one."""
    baseline = given(configured())
    bare = Policy("bare", tuple({**s, "Condition": {}} for s in policy(baseline).statements))
    guard = Guard(Attached({ROOT: (EVERYTHING, bare)}), baseline, BOOTSTRAP, "aws")
    names = {name for name, _, _ in made_in_members(baseline)}
    stopped = {n for n in names if any(guard.denied(n, Target(MEMBER, "eu-west-1")))}
    assert stopped == {"stack-set-roles", "audit-roles", "auditing", "config-rules", "vpc"}


def reference() -> Any:
    """AWS's Service Authorization Reference, as cfn-lint brings it."""
    text = resources.files(AdditionalSpecs).joinpath("Policies.json").read_text(encoding="utf-8")
    return json.loads(text)


def test_every_statement_is_as_narrow_as_aws_lets_it_be_and_denies_no_look() -> None:
    known = reference()
    for statement in document(given(configured()))["Statement"]:
        said = statement["Action"]
        for action in [said] if isinstance(said, str) else said:
            service, _, operation = action.partition(":")
            about = known[service]["Actions"][operation.lower()].get("Resources")
            assert not operation.startswith(("Get", "List", "Describe"))
            # A detector's id says nothing, and there is one.
            if statement["Resource"] == "*":
                assert not about or about == ["detector"], action
            else:
                assert about, action


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_it_fits_and_is_of_its_partition(partition: str) -> None:
    """Into what AWS's own page of quotas says, too, with names as long as there are."""
    baseline = given(configured(prefix="abcdefghijklmnopqrst"))
    text = json.dumps(document(baseline, partition), separators=(",", ":"))
    assert len(text) <= (quotas.POLICY_CHARACTERS.doubted or 0)
    assert f"arn:{partition}:cloudtrail:" in text
    assert f"arn:{partition}:iam::" in text


def test_units_are_attached_by_their_ids_and_unknown_ones_refused() -> None:
    baseline = given(configured(protection=Protection(ous=("/Workloads",))))
    (stack,) = [s for s in baseline.stacks if s.name == protection.NAME]
    assert stack.parameters["TargetIds"] == UNIT
    with pytest.raises(ConfigurationError) as refused:
        given(configured(protection=Protection(ous=("/Workload",))))
    assert str(refused.value) == ("protection.ous: there is no OU /Workload. Known: /, /Workloads.")


SESSION = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin_0a1b/anna"


@pytest.mark.parametrize(
    ("names", "arn", "may"),
    [
        (("role/Admin",), "arn:aws:sts::111111111111:assumed-role/Admin/anna", True),
        (("role/AWSReservedSSO_Admin_*",), SESSION, True),
        (("user/anna",), "arn:aws:iam::111111111111:user/staff/anna", True),
        (("user/anna",), "arn:aws-cn:iam::111111111111:user/anna", True),
        (("role/Admin",), "arn:aws:iam::111111111111:root", True),
        (("user/anna",), SESSION, False),
        (("role/Admin",), "arn:aws:iam::111111111111:user/Admin", False),
        (("role/Admin",), "arn:aws:sts::222222222222:assumed-role/Admin/anna", False),
        ((), SESSION, True),
    ],
)
def test_only_administrators_change_what_only_they_may_change_afterwards(
    names: tuple[str, ...], arn: str, may: bool
) -> None:
    listed = protection.administrators(
        configured(protection=Protection(administrators=names)), MAIN
    )
    if may:
        protection.check_deployer(arn, listed)
        return
    with pytest.raises(ConfigurationError, match="is not among those who may change"):
        protection.check_deployer(arn, "", listed)
