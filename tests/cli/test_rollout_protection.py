"""Members cannot switch the baseline off, and the roll-out goes on all the same."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.sessions import open_session
from baseline.simulation import Blueprint, Fault, Simulation
from given_obstacles import AWAY, DEVELOPMENT, HOME, MAIN
from given_terminal import Baseline, at_a_terminal

FILE = f"""
organization: o-acme0000000
home_region: {HOME}
regions: [{HOME}]
exclude_accounts: ["200000000002", "300000000003", "500000000005"]
"""
MEMBERS = "protection: {ous: [/]}\n"
LOGS = "protection: {administrators: [user/security-engineer]}\n"
BOTH = "protection: {ous: [/], administrators: [user/security-engineer]}\n"
ROOT, KIND = "r-acme", "SERVICE_CONTROL_POLICY"
READS = ("Describe", "Get", "List", "AssumeRole", "Head", "Lookup", "Batch")
ONLY = ("--only", "protection")
# As whom verify looks.
ROLES = ("--only", "audit-roles", "--account", MAIN)


@pytest.fixture(scope="module")
def founded() -> bytes:
    simulation = Simulation(Blueprint(misconfigured=False, regions=(HOME, AWAY)))
    blob = simulation.snapshot()
    simulation.close()
    return blob


@pytest.fixture
def run(
    organization: Simulation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Baseline]:
    choose(MEMBERS)
    with at_a_terminal(organization, monkeypatch, capsys) as baseline:
        yield baseline


def choose(settings: str) -> None:
    Path("baseline.yaml").write_text(FILE + settings)


def organizations(organization: Simulation) -> Any:
    return organization.client("organizations", AWAY, MAIN)


def attached(organization: Simulation, target: str = ROOT) -> list[str]:
    answer = organizations(organization).list_policies_for_target(TargetId=target, Filter=KIND)
    return [policy["Name"] for policy in answer["Policies"]]


def the_policy(organization: Simulation) -> str:
    listed = organizations(organization).list_policies(Filter=KIND)["Policies"]
    (found,) = [policy["Id"] for policy in listed if policy["Name"] == "baseline-protection"]
    return str(found)


def changes(simulation: Simulation) -> list[str]:
    """Fills up with the calls that change something."""
    seen: list[str] = []
    simulation.observers.append(
        lambda call, _answer, _refusal: (
            None if call.operation.startswith(READS) else seen.append(call.operation)
        )
    )
    return seen


def test_with_the_policy_everything_is_rolled_out_changed_and_removed(
    organization: Simulation, run: Baseline
) -> None:
    choose(BOTH)
    made = changes(organization)
    assert run("rollout", "deploy", "--yes").code == 0
    # Nothing else is made after it, so that it can hinder nothing.
    assert sorted(made[-3:]) == ["AttachPolicy", "CreatePolicy", "CreateStack"]
    assert attached(organization) == ["FullAWSAccess", "baseline-protection"]
    verified = run("rollout", "verify", "-o", "json")
    assert [row for row in verified.rows if row["status"] != "PASS"] == []
    assert {row["check"] for row in verified.rows} >= {"policy type", "protection attached"}
    assert organization.deliver() > 0

    made.clear()
    assert run("rollout", "deploy", "--yes").code == 0
    assert made == []
    choose(f"{BOTH}{NETWORK}cloudtrail: {{log_group_days: 30}}\nconfig: {{rules: []}}\n")
    assert run("rollout", "preflight").code == 0
    assert run("rollout", "deploy", "--yes").code == 0
    assert run("rollout", "verify").code == 0

    made.clear()
    assert run("rollout", "remove", "--yes").code == 0
    assert sorted(made[:3]) == ["DeletePolicy", "DeleteStack", "DetachPolicy"]
    assert attached(organization) == ["FullAWSAccess"]


def test_in_a_directory_without_settings_nothing_is_deleted_by_defaults(
    organization: Simulation, run: Baseline
) -> None:
    Path("baseline.yaml").write_text(f"home_region: {AWAY}\n{MEMBERS}")
    assert run("rollout", "deploy", "--yes", *ONLY).code == 0
    Path("baseline.yaml").unlink()
    seen = changes(organization)
    planned = run("rollout", "plan", *ONLY)
    assert planned.code == 0
    assert f"There is no baseline.yaml in {Path.cwd()}, and defaults are taken" in planned.err
    assert f"home region {AWAY}" in planned.err
    refused = run("rollout", "deploy", "--yes", *ONLY)
    assert (refused.code, refused.out) == (2, "")
    assert "there is no such file, and by the defaults 1 step would delete" in refused.err
    assert "--config" in refused.err
    assert "protection" in attached(organization)[-1]
    assert seen == []

    # Whoever writes nothing into it on purpose means the defaults.
    Path("baseline.yaml").write_text("")
    deployed = run("rollout", "deploy", "--yes", *ONLY)
    assert deployed.code == 0
    assert "There is no" not in deployed.err
    assert "Warning: protection goes" in deployed.err
    assert attached(organization) == ["FullAWSAccess"]


def test_stack_sets_go_over_to_aws_and_back_and_new_accounts_come_under_the_policy(
    organization: Simulation, run: Baseline
) -> None:
    organization.client("cloudformation", HOME, MAIN).activate_organizations_access()
    ours = f"{MEMBERS}guardduty: {{mode: delegated-admin}}\n"
    by_aws = f"{ours}stack_sets: {{mode: service-managed}}\n"
    for settings in (ours, by_aws):
        choose(settings)
        assert run("rollout", "deploy", "--yes").code == 0
    made = organizations(organization).create_account(Email="new@acme.example", AccountName="new")
    organization.service("cloudformation").settle()
    account = made["CreateAccountStatus"]["AccountId"]
    trails = organization.client("cloudtrail", HOME, account).describe_trails()["trailList"]
    assert [trail["Name"] for trail in trails] == ["baseline"]
    choose(ours)
    assert run("rollout", "deploy", "--yes").code == 0
    assert run("rollout", "verify").code == 0
    choose(by_aws)
    assert run("rollout", "remove", "--yes").code == 0


Act = tuple[str, str, dict[str, Any]]
ROLES_OF_OURS = (
    "AssumableSecurityAuditRole", "baseline-cloudtrail-logs", "baseline-config-recorder",
    "AWSCloudFormationStackSetExecutionRole", "OrganizationAccountAccessRole",
    "stacksets-exec-0a1b",
)  # fmt: skip
NETWORK = f"vpc: {{accounts: ['{DEVELOPMENT}'], regions: [{HOME}]}}\n"


def own_administrator(organization: Simulation) -> Callable[[str], Any]:
    """Clients of somebody who may do everything in a member, as far as IAM goes."""
    iam = organization.client("iam", AWAY, DEVELOPMENT)
    everybody = {"Effect": "Allow", "Principal": {"AWS": MAIN}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName="Administrator",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everybody]}),
    )
    iam.attach_role_policy(
        RoleName="Administrator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    arn = f"arn:aws:sts::{DEVELOPMENT}:assumed-role/Administrator/anna"
    return lambda service: organization.client(service, HOME, DEVELOPMENT, acting_as=arn)


def acts(client: Callable[[str], Any]) -> Iterator[Act]:
    """What would switch off each thing that is there, as calls: service, operation, parameters."""
    (detector,) = client("guardduty").list_detectors()["DetectorIds"]
    for operation in (
        "delete_detector", "update_detector", "disassociate_from_administrator_account",
        "disassociate_from_master_account",
    ):  # fmt: skip
        yield "guardduty", operation, {"DetectorId": detector}
    for operation in ("stop_configuration_recorder", "delete_configuration_recorder"):
        yield "config", operation, {"ConfigurationRecorderName": "baseline"}
    (recorder,) = client("config").describe_configuration_recorders()["ConfigurationRecorders"]
    recorder = {key: recorder[key] for key in ("name", "roleARN", "recordingGroup")}
    yield "config", "put_configuration_recorder", {"ConfigurationRecorder": recorder}
    channel = {"name": "baseline", "s3BucketName": "own"}
    yield "config", "delete_delivery_channel", {"DeliveryChannelName": "baseline"}
    yield "config", "put_delivery_channel", {"DeliveryChannel": channel}
    yield "config", "delete_config_rule", {"ConfigRuleName": "baseline-restricted-ssh"}
    for operation in ("stop_logging", "delete_trail", "update_trail"):
        yield "cloudtrail", operation, {"Name": "baseline"}
    yield "cloudtrail", "put_event_selectors", {"TrailName": "baseline", "EventSelectors": []}
    for group in ("/baseline/cloudtrail", "/baseline/flowlogs/baseline"):
        yield "logs", "delete_log_group", {"logGroupName": group}
        yield "logs", "delete_retention_policy", {"logGroupName": group}
        yield "logs", "put_retention_policy", {"logGroupName": group, "retentionInDays": 1}
    flow_logs = [f["FlowLogId"] for f in client("ec2").describe_flow_logs()["FlowLogs"]]
    assert len(flow_logs) == 2
    yield "ec2", "delete_flow_logs", {"FlowLogIds": flow_logs}
    tag = [{"Key": "baseline:organization"}]
    yield "ec2", "delete_tags", {"Resources": flow_logs, "Tags": tag}
    yield "ec2", "create_tags", {"Resources": flow_logs, "Tags": [{**tag[0], "Value": "x"}]}
    trust = {"PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": []})}
    for role in ROLES_OF_OURS:
        yield "iam", "update_assume_role_policy", {"RoleName": role, **trust}
        yield "iam", "delete_role", {"RoleName": role}
        policy = {"PolicyArn": "arn:aws:iam::aws:policy/SecurityAudit"}
        yield "iam", "detach_role_policy", {"RoleName": role, **policy}
        yield "iam", "attach_role_policy", {"RoleName": role, **policy}
        yield "iam", "put_role_policy", {"RoleName": role, "PolicyName": "x", **trust}
    made = {"AssumeRolePolicyDocument": trust["PolicyDocument"]}
    yield "iam", "create_role", {"RoleName": "stacksets-exec-mine", **made}
    stacks = client("cloudformation").describe_stacks()["Stacks"]
    names = {stack["StackName"] for stack in stacks}
    assert len(names) == 6
    for name in sorted(names):
        yield "cloudformation", "delete_stack", {"StackName": name}
        yield "cloudformation", "update_stack", {"StackName": name, "UsePreviousTemplate": True}
    yield "organizations", "leave_organization", {}


def answer(client: Callable[[str], Any], act: Act) -> str:
    service, operation, parameters = act
    try:
        getattr(client(service), operation)(**parameters)
    except AwsError as error:
        return error.what
    return "done"


def test_an_administrator_of_a_member_is_denied_each_act_that_would_switch_it_off(
    organization: Simulation, run: Baseline
) -> None:
    choose(NETWORK + MEMBERS)
    only = ("--account", "development", "--account", MAIN, "--region", HOME)
    assert run("rollout", "deploy", *only, "--yes").code == 0
    client = own_administrator(organization)
    tried = list(acts(client))
    answers = [(act, answer(client, act)) for act in tried]
    denied = "with an explicit deny in a service control policy"
    assert [(act, said) for act, said in answers if not said.endswith(denied)] == []
    assert len(tried) > 60
    # All is as it was; and where the policy is not, each act is one that AWS would let them do.
    verified = run("rollout", "verify", *only, "-o", "json")
    assert [row for row in verified.rows if row["status"] != "PASS"] == []
    assert run("rollout", "remove", *ONLY, "--yes").code == 0
    client("cloudtrail").stop_logging(Name="baseline")
    client("iam").create_role(RoleName="stacksets-exec-mine", AssumeRolePolicyDocument="{}")


def test_where_service_control_policies_are_not_enabled_it_says_so_before_and_after(
    organization: Simulation, run: Baseline
) -> None:
    organizations(organization).disable_policy_type(RootId=ROOT, PolicyType=KIND)
    foreseen = run("rollout", "preflight", *ONLY, "-o", "json")
    (fails,) = foreseen.rows
    assert (foreseen.code, fails["verdict"], fails["name"]) == (1, "would fail", "protection")
    assert fails["why"] == "service control policies are not enabled in the organization"
    enable = "aws organizations enable-policy-type --root-id r-acme --policy-type"
    assert fails["remedy"] == f"{enable} {KIND}"

    deployed = run("rollout", "deploy", *ONLY, "--yes", "-o", "json")
    (failed,) = deployed.rows
    assert (deployed.code, failed["result"]) == (1, "failed")
    assert "PolicyTypeNotEnabledException" in failed["cause"]
    assert "enable-policy-type" in failed["remedy"]

    organizations(organization).enable_policy_type(RootId=ROOT, PolicyType=KIND)
    assert run("rollout", "deploy", *ONLY, *ROLES, "--yes").code == 0
    assert run("rollout", "verify", *ONLY).code == 0


def test_a_root_that_has_ten_policies_already_is_foreseen(
    organization: Simulation, run: Baseline
) -> None:
    client = organizations(organization)
    nothing = json.dumps({"Version": "2012-10-17", "Statement": []})
    for number in range(9):
        made = client.create_policy(
            Content=nothing, Name=f"other-{number}", Description="", Type=KIND
        )
        policy = made["Policy"]["PolicySummary"]["Id"]
        client.attach_policy(PolicyId=policy, TargetId=ROOT)
    (fails,) = run("rollout", "preflight", *ONLY, "-o", "json").rows
    assert fails["why"].startswith("10 service control policies of a root or unit are there")
    (failed,) = run("rollout", "deploy", *ONLY, "--yes", "-o", "json").rows
    assert "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED" in failed["cause"]
    assert failed["remedy"].startswith("Detach a service control policy")
    client.detach_policy(PolicyId=policy, TargetId=ROOT)
    assert run("rollout", "deploy", *ONLY, "--yes").code == 0


def test_a_policy_of_that_name_and_one_that_is_too_long_are_foreseen(
    organization: Simulation, run: Baseline
) -> None:
    organizations(organization).create_policy(
        Content="{}", Name="baseline-protection", Description="", Type=KIND
    )
    long = ", ".join(f"Role{'x' * 60}{number}" for number in range(20))
    choose(f"protection: {{ous: [/], exempt_roles: [{long}]}}\n")
    said = {row["why"] for row in run("rollout", "preflight", *ONLY, "-o", "json").rows}
    assert "service control policy baseline-protection is there already" in said
    (size,) = [why for why in said if why.startswith("the policy has ")]
    assert size.endswith("characters, and Organizations takes 10,240")


def test_what_fits_only_by_what_others_tell_of_awss_quotas_is_unknown(
    organization: Simulation, run: Baseline
) -> None:
    client, nothing = organizations(organization), json.dumps({"Statement": []})
    for number in range(4):
        made = client.create_policy(Content=nothing, Name=f"o{number}", Description="", Type=KIND)
        client.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=ROOT)
    long = ", ".join(f"Role{'x' * 60}{number}" for number in range(4))
    choose(f"protection: {{ous: [/], exempt_roles: [{long}]}}\n")
    found = run("rollout", "preflight", *ONLY, "-o", "json")
    said = sorted((row["verdict"], row["why"]) for row in found.rows)
    assert (found.code, [verdict for verdict, _ in said]) == (1, ["UNKNOWN", "UNKNOWN"])
    assert said[0][1].startswith("5 service control policies of a root or unit are there")
    assert "AWS's page of quotas has said 5, and it is 10 as is told" in said[0][1]
    assert "AWS's page of quotas has said 5,120, and it is 10,240 as is told" in said[1][1]


def test_what_is_done_to_the_policy_by_hand_is_found_and_mended(
    organization: Simulation, run: Baseline
) -> None:
    assert run("rollout", "deploy", *ONLY, *ROLES, "--yes").code == 0
    client, policy = organizations(organization), the_policy(organization)
    client.update_policy(PolicyId=policy, Content=json.dumps({"Statement": []}))
    client.detach_policy(PolicyId=policy, TargetId=ROOT)
    found = run("rollout", "verify", *ONLY, "-o", "json")
    failing = {row["check"]: row for row in found.rows if row["status"] == "FAIL"}
    assert (found.code, set(failing)) == (1, {"protection", "protection attached"})
    assert "the policy has not: Deny OfTheRegion" in failing["protection"]["detail"]
    assert failing["protection attached"]["remedy"] == (
        f"aws organizations attach-policy --policy-id {policy} --target-id {ROOT}"
    )
    anew = failing["protection"]["remedy"]
    assert anew.startswith("Make it anew: baseline rollout remove --only protection ")
    assert run("rollout", "remove", *ONLY, "--yes").code == 0
    assert run("rollout", "deploy", *ONLY, "--yes").code == 0
    assert run("rollout", "verify", *ONLY).code == 0

    client.disable_policy_type(RootId=ROOT, PolicyType=KIND)
    found = run("rollout", "verify", *ONLY, "-o", "json")
    failing = {row["check"]: row for row in found.rows if row["status"] == "FAIL"}
    assert "enable-policy-type" in failing["policy type"]["remedy"]
    organization.faults.add(Fault("deny", "organizations", "ListPolicies"))
    blind = run("rollout", "verify", *ONLY, "-o", "json").rows
    assert "UNKNOWN" in {row["status"] for row in blind}


def test_it_is_attached_where_it_is_wanted_and_goes_where_it_is_not(
    organization: Simulation, run: Baseline
) -> None:
    choose("protection: {ous: [/Workloads]}\n")
    assert run("rollout", "deploy", *ONLY, *ROLES, "--yes").code == 0
    assert attached(organization) == ["FullAWSAccess"]
    choose("protection: {ous: [/Workloads/Development, /Suspended]}\n")
    planned = run("rollout", "plan", *ONLY, "-o", "json").rows
    assert [row["action"] for row in planned] == ["update"]
    assert "TargetIds: ou-acme-" in planned[0]["reason"]
    assert run("rollout", "deploy", *ONLY, "--yes").code == 0
    assert run("rollout", "verify", *ONLY).code == 0
    choose("")
    planned = run("rollout", "plan", *ONLY, "-o", "json").rows
    assert [row["action"] for row in planned] == ["delete"]
    assert run("rollout", "deploy", *ONLY, "--yes").code == 0
    listed = organizations(organization).list_policies(Filter=KIND)["Policies"]
    assert [policy["Name"] for policy in listed] == ["FullAWSAccess"]


def test_a_unit_that_is_not_there_is_refused(run: Baseline) -> None:
    choose("protection: {ous: [/Workload]}\n")
    refused = run("rollout", "plan")
    assert (refused.code, refused.out) == (2, "")
    assert "protection.ous: there is no OU /Workload. Known: /, /Security" in refused.err


def test_whoever_would_lock_himself_out_of_the_logs_is_refused(
    organization: Simulation, run: Baseline
) -> None:
    choose("protection: {ous: [/], administrators: [role/Security, user/anna]}\n")
    only = ("--only", "auditing-storage")
    (fails,) = run("rollout", "preflight", *only, "-o", "json").rows
    assert (fails["verdict"], fails["name"]) == ("would fail", "auditing-storage")
    assert "user/security-engineer is not among those who may change" in fails["why"]
    seen = changes(organization)
    refused = run("rollout", "deploy", *only, *ONLY, "--yes", "-o", "json")
    assert (refused.code, refused.out, seen) == (2, "", []), "nor is the policy made"
    assert "Add user/security-engineer" in refused.err
    choose(LOGS)
    assert run("rollout", "deploy", *only, "--yes").code == 0
    # It is as it was, also for who is no longer wanted.
    choose("protection: {administrators: [role/Security]}\n")
    assert run("rollout", "deploy", *only, "--yes").code == 2
    choose("")
    assert run("rollout", "deploy", *only, "--yes").code == 0


def logs_acts(organization: Simulation) -> Iterator[Act]:
    """What would lose logs, as calls of somebody in the main account."""
    s3, kms = (organization.client(name, HOME, MAIN) for name in ("s3", "kms"))
    for purpose in ("cloudtrail", "config", "flowlogs"):
        name = {"Bucket": f"baseline-{purpose}-{MAIN}-{HOME}"}
        version = s3.put_object(**name, Key="AWSLogs/x", Body=b"x")["VersionId"]
        there = {"Key": "AWSLogs/x", "VersionId": version}
        yield "s3", "delete_object", {**name, "Key": "AWSLogs/x"}
        yield "s3", "delete_object", {**name, **there}
        yield "s3", "delete_objects", {**name, "Delete": {"Objects": [there]}}
        for operation in (
            "delete_bucket", "delete_bucket_policy", "delete_bucket_lifecycle",
            "delete_bucket_encryption", "delete_public_access_block",
            "delete_bucket_ownership_controls",
        ):  # fmt: skip
            yield "s3", operation, name
        suspended = {"VersioningConfiguration": {"Status": "Suspended"}}
        yield "s3", "put_bucket_versioning", {**name, **suspended}
        yield "s3", "put_bucket_policy", {**name, "Policy": "{}"}
        expiring = {"ID": "x", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
        lifecycle = {"LifecycleConfiguration": {"Rules": [expiring]}}
        yield "s3", "put_bucket_lifecycle_configuration", {**name, **lifecycle}
        unheard: dict[str, Any] = {"NotificationConfiguration": {}}
        yield "s3", "put_bucket_notification_configuration", {**name, **unheard}
    key = {"KeyId": kms.describe_key(KeyId="alias/baseline-auditing")["KeyMetadata"]["KeyId"]}
    for operation in ("schedule_key_deletion", "disable_key", "disable_key_rotation"):
        yield "kms", operation, key
    yield "kms", "put_key_policy", {**key, "PolicyName": "default", "Policy": "{}"}
    yield "kms", "delete_alias", {"AliasName": "alias/baseline-auditing"}


def without_protection(s3: Any, bucket: str) -> None:
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    kept = [s for s in policy["Statement"] if s["Sid"] != "OnlyAdministratorsDelete"]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({**policy, "Statement": kept}))


def test_only_administrators_delete_logs_and_change_what_keeps_them(
    organization: Simulation, run: Baseline
) -> None:
    choose(LOGS)
    only = ("--only", "auditing-storage", *ROLES)
    assert run("rollout", "deploy", *only, "--yes").code == 0
    arn = f"arn:aws:sts::{MAIN}:assumed-role/Administrator/anna"

    def client(service: str) -> Any:
        return organization.client(service, HOME, MAIN, acting_as=arn)

    tried = list(logs_acts(organization))
    denied = "with an explicit deny in a resource-based policy"
    answers = [(act, answer(client, act)) for act in tried]
    assert [(act, said) for act, said in answers if not said.endswith(denied)] == []
    # Reading goes on; and the results of queries are anybody's.
    bucket = {"Bucket": f"baseline-cloudtrail-{MAIN}-{HOME}"}
    assert client("s3").get_object(**bucket, Key="AWSLogs/x")["Body"].read() == b"x"
    results = {"Bucket": f"baseline-query-results-{MAIN}-{HOME}", "Key": "x"}
    client("s3").put_object(**results, Body=b"x")
    client("s3").delete_object(**results)
    assert run("rollout", "verify", *only).code == 0
    without_protection(organization.client("s3", HOME, MAIN), f"baseline-config-{MAIN}-{HOME}")
    found = run("rollout", "verify", *only, "-o", "json").rows
    (row,) = [row for row in found if row["status"] != "PASS"]
    missing = "the policy has not: Deny OnlyAdministratorsDelete"
    assert (row["check"], row["detail"]) == ("config policy", missing)

    # Who is among the administrators changes the stack, and removes it; then deletes what stayed.
    choose(f"{LOGS}storage: {{retention_days: 400}}\n")
    assert run("rollout", "deploy", *only, "--yes").code == 0
    removed = run("rollout", "remove", *only, "--yes")
    assert removed.code == 0
    assert "let only those do it whom protection.administrators names" in removed.err
    assert answer(client, ("s3", "delete_bucket_policy", bucket)).endswith(denied)
    s3 = open_session(None, HOME).client("s3")
    s3.delete_object(**bucket, Key="AWSLogs/x")
    s3.delete_bucket_policy(**bucket)
