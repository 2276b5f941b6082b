"""The templates: valid, small enough, and as narrow as a reviewer wants them."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from baseline import templates
from baseline.errors import TemplateError
from baseline.organization import RECORD_GLOBAL_RESOURCES
from baseline.permissions import fits
from baseline.templates import Member

# Actions that know no resource, or whose resource is named by AWS only when it exists.
WITHOUT_RESOURCE = {
    "CloudFormationWithoutAStack",
    "GuardDuty",
    "Config",
    "LookAtTrailsAndLogGroups",
}

PREFIXES = [
    ("baseline", True),
    ("abc", True),
    ("a1-b2-c3", True),
    ("sthreelike", True),
    ("a" * 20, True),
    ("a" * 21, False),
    ("ab", False),
    ("acme-", False),
    ("-acme", False),
    ("a--b", False),
    ("1abc", False),
    ("Acme", False),
    ("xn--x", False),
    ("sthree", False),
    ("sthree-x", False),
    ("amzn-s3-demo", False),
]


def members(count: int) -> list[Member]:
    return [Member(f"{i:012}", f"aws-{i:03}@bank.example") for i in range(1, count + 1)]


def statements(value: Any) -> list[dict[str, Any]]:
    """Every policy statement anywhere in a parsed template."""
    found = []
    if isinstance(value, dict):
        if "Effect" in value:
            found.append(value)
        for part in value.values():
            found += statements(part)
    elif isinstance(value, list):
        for part in value:
            found += statements(part)
    return found


def all_statements() -> list[dict[str, Any]]:
    return [
        s for name in templates.NAMES for s in statements(templates.parse(templates.read(name)))
    ]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_cfn_lint_finds_nothing_in_any_template(tmp_path: Path) -> None:
    rendered = tmp_path / "guardduty-main.yaml"
    rendered.write_text(templates.guardduty_main(members(3)))
    more = tmp_path / "guardduty-main-2.yaml"
    more.write_text(templates.more_members(members(3)))
    networks = tmp_path / "vpc.yaml"
    networks.write_text(templates.vpc({"Networks1": {"eu-west-1": {"1" * 12: "10.0.0.0/20"}}}))
    files = [str(Path(templates.__file__).parent / f"{name}.yaml") for name in templates.NAMES]
    lint = Path(sys.executable).with_name("cfn-lint")
    ran = subprocess.run(
        [lint, "-r", "eu-west-1", "us-east-1", "-t", *files, rendered, more, networks],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize("name", templates.NAMES)
def test_parameters_and_templates_are_described(name: str) -> None:
    template = templates.parse(templates.read(name))
    assert template["Description"]
    assert all(p.get("Description") for p in template.get("Parameters", {}).values())


@pytest.mark.parametrize("name", templates.NAMES)
def test_no_yaml_alias_is_used_because_cloudformation_refuses_them(name: str) -> None:
    assert "<<:" not in templates.read(name)
    assert not any(": &" in line or ": *" in line for line in templates.read(name).splitlines())


@pytest.mark.parametrize("name", templates.NAMES)
def test_templates_are_ascii_because_cloudformation_gives_back_question_marks(name: str) -> None:
    """A character that is not given back as it was sent would be a difference for ever."""
    assert templates.read(name).isascii()


def test_every_service_principal_has_a_condition_against_a_confused_deputy() -> None:
    """Each service may act for this organization or its accounts only.

    CloudTrail alone may assume the roles for its log groups without: it supports no such condition.
    """
    keys = {"aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID"}
    granted = [s for s in all_statements() if "Service" in dict_of(s.get("Principal"))]
    assert len(granted) >= 9
    unsupported = [s for s in granted if assumes(s, "cloudtrail.amazonaws.com")]
    assert [s.get("Condition") for s in unsupported] == [None, None]
    for statement in [s for s in granted if s not in unsupported]:
        used = {key for keys in statement["Condition"].values() for key in keys}
        assert used & keys, statement


def assumes(statement: dict[str, Any], service: str) -> bool:
    return (statement["Principal"]["Service"], statement["Action"]) == (service, "sts:AssumeRole")


def dict_of(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def test_every_grant_to_all_principals_is_bound_to_the_organization() -> None:
    for statement in all_statements():
        if statement["Effect"] == "Allow" and dict_of(statement.get("Principal")).get("AWS") == "*":
            assert "aws:PrincipalOrgID" in statement["Condition"]["StringEquals"]
            assert "aws:PrincipalArn" in statement["Condition"]["ArnLike"]


def test_no_role_may_do_everything() -> None:
    """The one kms:* is the key's own account, without which nobody could manage the key."""
    for statement in all_statements():
        if statement["Effect"] == "Allow" and statement.get("Sid") != "ThisAccount":
            for action in as_list(statement["Action"]):
                assert not action.endswith(":*")
                assert action != "*"


def test_the_execution_role_names_its_resources_wherever_aws_lets_it() -> None:
    role = templates.parse(templates.read("stack-set-roles"))["Resources"]["ExecutionRole"]
    policy = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert {s["Sid"] for s in policy if s["Resource"] == "*"} == WITHOUT_RESOURCE


def test_the_execution_role_reaches_neither_stacks_nor_recorders_of_others() -> None:
    role = templates.parse(templates.read("stack-set-roles"))["Resources"]["ExecutionRole"]
    policy = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    of = {
        s["Sid"]: [r["Fn::Sub"].split("}:")[-1] for r in as_list(s["Resource"])]
        for s in policy
        if s["Sid"] in ("StacksOfStackSets", "Recorder")
    }
    assert of["Recorder"] == ["configuration-recorder/baseline/*"]
    ours = (
        "audit-roles",
        "auditing",
        "config-rules",
        "guardduty-main-2",
        "guardduty-member",
        "vpc",
    )
    names = (*ours, *(f"{name}-service-managed" for name in ours))
    reached = {
        name
        for name in (*names, "theirs", "audit", "config")
        if any(fits(f"stack/StackSet-{name}-0123abcd/4567", r) for r in of["StacksOfStackSets"])
    }
    assert reached == set(names)


def test_roles_are_passed_only_to_the_services_they_are_for() -> None:
    passing = [s for s in all_statements() if "iam:PassRole" in as_list(s["Action"])]
    services = [s["Condition"]["StringEquals"]["iam:PassedToService"] for s in passing]
    assert services == [
        ["cloudtrail.amazonaws.com", "config.amazonaws.com"],
        ["lambda.amazonaws.com", "vpc-flow-logs.amazonaws.com"],
    ]
    resources = [r["Fn::Sub"] for s in passing for r in as_list(s["Resource"])]
    assert all(":role/${Prefix}-" in r or ":role/StackSet-vpc-" in r for r in resources)


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"])
def test_what_holds_logs_outlives_the_stack(kind: str) -> None:
    resources = templates.parse(templates.read("auditing-storage"))["Resources"].values()
    found = [r for r in resources if r["Type"] == kind]
    assert found
    policies = {(r["DeletionPolicy"], r["UpdateReplacePolicy"]) for r in found}
    assert policies == {("RetainExceptOnCreate", "Retain")}


def test_every_bucket_is_versioned_encrypted_private_and_refuses_plain_transport() -> None:
    resources = templates.parse(templates.read("auditing-storage"))["Resources"]
    buckets = {n: r["Properties"] for n, r in resources.items() if r["Type"] == "AWS::S3::Bucket"}
    assert len(buckets) == 4
    for name, bucket in buckets.items():
        assert bucket["VersioningConfiguration"]["Status"] == "Enabled"
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
        policy = resources[f"{name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
        assert policy[0]["Effect"] == "Deny"
        assert policy[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_one_recorder_so_that_a_new_global_region_does_not_collide() -> None:
    resources = templates.parse(templates.read("auditing"))["Resources"]
    recorders = [r for r in resources.values() if r["Type"] == "AWS::Config::ConfigurationRecorder"]
    assert len(recorders) == 1
    assert recorders[0]["Condition"] == "MakesRecorder"  # none, where there is another that stays
    assert not any("DependsOn" in r for r in resources.values())


@pytest.mark.parametrize("name", ["auditing", "config-rules"])
def test_the_global_region_can_only_be_one_that_records_iam(name: str) -> None:
    declared = templates.parse(templates.read(name))["Parameters"]["GlobalConfigRegion"]
    assert declared["AllowedValues"] == [*RECORD_GLOBAL_RESOURCES]


@pytest.mark.parametrize("name", templates.NAMES)
def test_every_exception_from_the_scan_says_why(name: str) -> None:
    """Beside each is a reason that is long enough to be one; ``make scan`` finds what has none."""
    for line in templates.read(name).splitlines():
        if "checkov:skip" in line:
            said = re.fullmatch(r" +# checkov:skip=CKV2?_AWS_\d+: (.+)\.", line)
            assert said, line
            assert len(said[1].split()) > 2, line


def test_recorder_and_channel_keep_their_names_whatever_the_prefix() -> None:
    """There is room for one of each, so one with another name would collide with the old one."""
    resources = templates.parse(templates.read("auditing"))["Resources"]
    for name in ("ConfigurationRecorder", "DeliveryChannel"):
        assert isinstance(resources[name]["Properties"]["Name"], str)


def test_the_execution_role_attaches_only_the_policies_that_the_baseline_uses() -> None:
    allowing = [s for s in all_statements() if s["Effect"] == "Allow"]
    attaching = [s for s in allowing if "iam:AttachRolePolicy" in as_list(s["Action"])]
    assert len(attaching) == 1
    allowed = [a["Fn::Sub"] for a in attaching[0]["Condition"]["ArnEquals"]["iam:PolicyARN"]]
    roles = templates.parse(templates.read("audit-roles"))["Resources"].values()
    used = {a["Fn::Sub"] for r in roles for a in r["Properties"].get("ManagedPolicyArns", ())}
    assert set(allowed) == used
    assert attaching[0]["Action"] == ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]


@pytest.mark.parametrize("name", [n for n in templates.NAMES if not n.startswith("guardduty")])
@pytest.mark.parametrize(("prefix", "good"), PREFIXES)
def test_a_prefix_is_refused_where_s3_would_refuse_its_buckets(
    name: str, prefix: str, good: bool
) -> None:
    parameter = templates.parse(templates.read(name))["Parameters"]["Prefix"]
    fits = parameter["MinLength"] <= len(prefix) <= parameter["MaxLength"]
    assert (fits and re.search(parameter["AllowedPattern"], prefix) is not None) == good


def test_the_main_account_invites_every_member_at_the_same_time() -> None:
    resources = templates.parse(templates.guardduty_main(members(5)))["Resources"]
    invited = [r["Properties"] for r in resources.values() if r["Type"].endswith("::Member")]
    assert [m["MemberId"] for m in invited] == [f"{i:012}" for i in range(1, 6)]
    assert not any("DependsOn" in r for r in resources.values())


def test_an_address_with_quotes_stays_one_value() -> None:
    odd = 'o"dd\\name: #x@bank.example'
    resources = templates.parse(templates.guardduty_main([Member("1" * 12, odd)]))["Resources"]
    assert resources[f"Member{'1' * 12}"]["Properties"]["Email"] == odd


def test_more_members_than_a_template_has_room_for_are_refused_with_numbers() -> None:
    with pytest.raises(TemplateError, match=r"51,200 bytes.*exclude_accounts"):
        templates.guardduty_main(members(400))


def test_short_forms_and_long_forms_are_the_same_template() -> None:
    short = "A: !GetAtt Trail.Arn\nB: !Ref X\nC: !Sub ['${Y}', {Y: !Ref X}]\nD: !If [E, 1, 2]\n"
    long = {
        "A": {"Fn::GetAtt": ["Trail", "Arn"]},
        "B": {"Ref": "X"},
        "C": {"Fn::Sub": ["${Y}", {"Y": {"Ref": "X"}}]},
        "D": {"Fn::If": ["E", 1, 2]},
    }
    assert templates.parse(short) == templates.parse(json.dumps(long)) == long


def test_differences_are_named_by_their_path() -> None:
    before = {"Resources": {"Trail": {"IsLogging": True, "Name": "a"}}}
    after = {"Resources": {"Trail": {"IsLogging": False, "Name": "a"}, "New": {}}}
    assert templates.differences(before, after) == ["Resources.New", "Resources.Trail.IsLogging"]
    assert templates.differences(before, before) == []


def test_what_is_no_yaml_and_what_is_no_template_is_said() -> None:
    with pytest.raises(TemplateError, match="not valid YAML"):
        templates.parse("A: [")
    with pytest.raises(TemplateError, match="there is no template vpn"):
        templates.read("vpn")
