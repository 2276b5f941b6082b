"""StackSets: instances in accounts and regions, with AWS's statuses, reasons and refusals."""

from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Fault
from baseline.simulation.blueprint import MAIN
from baseline.simulation.service import Call
from given_stack_sets import TOPIC, given

PRODUCTION, PAYMENTS, DEVELOPMENT, RETIRED = (
    "400000000004", "500000000005", "600000000006", "700000000007",
)  # fmt: skip
ACCOUNTS = [PRODUCTION, PAYMENTS, DEVELOPMENT]
REGIONS = ["eu-west-1", "us-east-1"]
ALL = [(account, region) for region in REGIONS for account in ACCOUNTS]


def days(world: Any, account: str, region: str) -> int:
    (group,) = world.client("logs", account, region).describe_log_groups()["logGroups"]
    return int(group["retentionInDays"])


def test_instances_are_made_in_every_account_and_region(audit: Any) -> None:
    operation = audit.roll_out("audit", ACCOUNTS, REGIONS)
    assert (operation["Status"], operation["Action"]) == ("SUCCEEDED", "CREATE")
    assert operation["StatusDetails"] == {"FailedStackInstancesCount": 0}
    assert operation["EndTimestamp"] >= operation["CreationTimestamp"]
    for account, region in ALL:
        assert audit.topics(account, region) == ["from-set"]
    instances = audit.instances("audit")
    assert set(instances) == set(ALL)
    assert {i["Status"] for i in instances.values()} == {"CURRENT"}
    assert {i["StackInstanceStatus"]["DetailedStatus"] for i in instances.values()} == {"SUCCEEDED"}


def test_the_stack_of_an_instance_is_seen_in_its_account(audit: Any) -> None:
    audit.roll_out("audit", [PRODUCTION], ["us-east-1"])
    stack_id = audit.instances("audit")[PRODUCTION, "us-east-1"]["StackId"]
    stack = audit.stack(stack_id, PRODUCTION, "us-east-1")
    assert stack["StackName"].startswith("StackSet-audit-")
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_the_execution_role_makes_the_resources(audit: Any) -> None:
    seen: list[Call] = []
    audit.simulation.observers.append(lambda call, _answer, _refusal: seen.append(call))
    audit.roll_out("audit", [PRODUCTION], ["eu-west-1"])
    (made,) = [call for call in seen if call.operation == "CreateTopic"]
    role = "AWSCloudFormationStackSetExecutionRole"
    assert made.arn == f"arn:aws:sts::{PRODUCTION}:assumed-role/{role}/AWSCloudFormation"
    assert made.identity["invokedBy"] == "cloudformation.amazonaws.com"
    assert [call.account_id for call in seen if call.operation == "AssumeRole"] == [MAIN.id]


def test_a_failing_instance_says_why_and_the_others_go_on_within_the_tolerance(audit: Any) -> None:
    audit.simulation.faults.add(
        Fault("deny", "logs", "CreateLogGroup", account_id=PAYMENTS, region="us-east-1")
    )
    operation = audit.roll_out("audit", ACCOUNTS, REGIONS, FailureToleranceCount=1)
    assert operation["Status"] == "SUCCEEDED"
    assert operation["StatusDetails"]["FailedStackInstancesCount"] == 1
    results = audit.results("audit", operation["OperationId"])
    status, reason = results.pop((PAYMENTS, "us-east-1"))
    assert status == "FAILED"
    assert reason.startswith("ResourceLogicalId:Group, ResourceType:AWS::Logs::LogGroup, Resource")
    assert "is not authorized to perform: logs:CreateLogGroup" in reason
    assert {status for status, _ in results.values()} == {"SUCCEEDED"}
    failed = audit.instances("audit")[PAYMENTS, "us-east-1"]
    assert (failed["Status"], failed["StatusReason"]) == ("OUTDATED", reason)
    assert failed["StackInstanceStatus"]["DetailedStatus"] == "FAILED"
    assert audit.topics(PAYMENTS, "us-east-1") == []
    stack = audit.stack(failed["StackId"], PAYMENTS, "us-east-1")
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"


def test_creating_again_finishes_what_failed(audit: Any) -> None:
    audit.simulation.faults.add(Fault("throttle", "sns", "CreateTopic", account_id=PAYMENTS))
    audit.roll_out("audit", ACCOUNTS, ["eu-west-1"], FailureToleranceCount=1)
    audit.simulation.faults.clear()
    assert audit.roll_out("audit", [PAYMENTS], ["eu-west-1"])["Status"] == "SUCCEEDED"
    assert audit.topics(PAYMENTS) == ["from-set"]
    assert audit.instances("audit")[PAYMENTS, "eu-west-1"]["Status"] == "CURRENT"
    stacks = audit.client("cloudformation", PAYMENTS).describe_stacks()["Stacks"]
    assert [stack["StackStatus"] for stack in stacks] == ["CREATE_COMPLETE"]


def test_over_the_tolerance_the_operation_fails_and_cancels_what_comes_later(audit: Any) -> None:
    audit.simulation.faults.add(Fault("error", "sns", account_id=PRODUCTION, region="eu-west-1"))
    operation = audit.roll_out("audit", ACCOUNTS, REGIONS, RegionOrder=REGIONS)
    assert operation["Status"] == "FAILED"
    results = audit.results("audit", operation["OperationId"])
    assert results.pop((PRODUCTION, "eu-west-1"))[0] == "FAILED"
    assert {status for status, _ in results.values()} == {"CANCELLED"}
    later = audit.instances("audit")[DEVELOPMENT, "us-east-1"]
    assert later["Status"] == "OUTDATED"
    assert later["StackInstanceStatus"]["DetailedStatus"] == "CANCELLED"
    assert "StackId" not in later


def test_an_update_reaches_every_instance(audit: Any) -> None:
    audit.roll_out("audit", ACCOUNTS, REGIONS)
    answer = audit.stack_sets.update_stack_set(
        StackSetName="audit", UsePreviousTemplate=True, Parameters=given(Name="second", Days="30")
    )
    assert audit.operation("audit", answer["OperationId"])["Action"] == "UPDATE"
    for account, region in ALL:
        assert audit.topics(account, region) == ["second"]
        assert days(audit, account, region) == 30


def test_a_failed_update_is_stored_and_leaves_the_instance_outdated(audit: Any) -> None:
    audit.roll_out("audit", [PRODUCTION, PAYMENTS], ["eu-west-1"])
    audit.simulation.faults.add(
        Fault("deny", "logs", "PutRetentionPolicy", account_id=PAYMENTS, times=1)
    )
    answer = audit.stack_sets.update_stack_set(
        StackSetName="audit", UsePreviousTemplate=True, Parameters=given(Name="x", Days="30")
    )
    assert audit.operation("audit", answer["OperationId"])["Status"] == "FAILED"
    stored = audit.stack_sets.describe_stack_set(StackSetName="audit")["StackSet"]["Parameters"]
    assert {"ParameterKey": "Days", "ParameterValue": "30"} in stored
    instances = audit.instances("audit")
    assert instances[PRODUCTION, "eu-west-1"]["Status"] == "CURRENT"
    assert instances[PAYMENTS, "eu-west-1"]["Status"] == "OUTDATED"
    stack_id = instances[PAYMENTS, "eu-west-1"]["StackId"]
    assert audit.stack(stack_id, PAYMENTS)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert days(audit, PAYMENTS, "eu-west-1") == 7
    assert audit.topics(PAYMENTS) == ["from-set"]


def test_updating_some_instances_outdates_the_others(audit: Any) -> None:
    audit.roll_out("audit", ACCOUNTS, ["eu-west-1"])
    answer = audit.stack_sets.update_stack_set(
        StackSetName="audit",
        UsePreviousTemplate=True,
        Parameters=given(Days="30"),
        Accounts=[PRODUCTION],
        Regions=["eu-west-1"],
    )
    audit.operation("audit", answer["OperationId"])
    status = {key[0]: one["Status"] for key, one in audit.instances("audit").items()}
    assert status == {PRODUCTION: "CURRENT", PAYMENTS: "OUTDATED", DEVELOPMENT: "OUTDATED"}
    with pytest.raises(AwsError) as caught:
        audit.stack_sets.update_stack_set(
            StackSetName="audit", UsePreviousTemplate=True, Accounts=[PRODUCTION], Regions=REGIONS
        )
    assert caught.value.code == "StackInstanceNotFoundException"


def test_overrides_go_before_the_parameters_of_the_stack_set(audit: Any) -> None:
    answer = audit.stack_sets.create_stack_instances(
        StackSetName="audit",
        Accounts=[PRODUCTION],
        Regions=["eu-west-1"],
        ParameterOverrides=given(Days="14"),
    )
    audit.operation("audit", answer["OperationId"])
    assert audit.topics(PRODUCTION) == ["from-set"]
    assert days(audit, PRODUCTION, "eu-west-1") == 14
    answer = audit.stack_sets.update_stack_set(
        StackSetName="audit", UsePreviousTemplate=True, Parameters=given(Name="new", Days="30")
    )
    audit.operation("audit", answer["OperationId"])
    assert (audit.topics(PRODUCTION), days(audit, PRODUCTION, "eu-west-1")) == (["new"], 14)
    described = audit.stack_sets.describe_stack_instance(
        StackSetName="audit", StackInstanceAccount=PRODUCTION, StackInstanceRegion="eu-west-1"
    )["StackInstance"]
    assert described["ParameterOverrides"] == given(Days="14")
    answer = audit.stack_sets.update_stack_instances(
        StackSetName="audit", Accounts=[PRODUCTION], Regions=["eu-west-1"], ParameterOverrides=[]
    )
    audit.operation("audit", answer["OperationId"])
    assert days(audit, PRODUCTION, "eu-west-1") == 30


def test_deleting_instances_deletes_their_resources(audit: Any) -> None:
    audit.roll_out("audit", ACCOUNTS, REGIONS)
    answer = audit.stack_sets.delete_stack_instances(
        StackSetName="audit", Accounts=ACCOUNTS, Regions=["eu-west-1"], RetainStacks=False
    )
    assert audit.operation("audit", answer["OperationId"])["Status"] == "SUCCEEDED"
    assert {region for _, region in audit.instances("audit")} == {"us-east-1"}
    assert audit.topics(PRODUCTION, "eu-west-1") == []
    assert audit.topics(PRODUCTION, "us-east-1") == ["from-set"]


def test_retained_stacks_stay(audit: Any) -> None:
    audit.roll_out("audit", [PRODUCTION], ["eu-west-1"])
    stack_id = audit.instances("audit")[PRODUCTION, "eu-west-1"]["StackId"]
    audit.stack_sets.delete_stack_instances(
        StackSetName="audit", Accounts=[PRODUCTION], Regions=["eu-west-1"], RetainStacks=True
    )
    assert audit.stack(stack_id, PRODUCTION)["StackStatus"] == "CREATE_COMPLETE"
    assert audit.instances("audit") == {}


def test_an_instance_that_cannot_be_deleted_is_inoperable_and_left_out_of_updates(
    audit: Any,
) -> None:
    audit.roll_out("audit", [PRODUCTION, PAYMENTS], ["eu-west-1"])
    audit.simulation.faults.add(Fault("deny", "sns", "DeleteTopic", account_id=PRODUCTION))
    answer = audit.stack_sets.delete_stack_instances(
        StackSetName="audit", Accounts=[PRODUCTION], Regions=["eu-west-1"], RetainStacks=False
    )
    assert audit.operation("audit", answer["OperationId"])["Status"] == "FAILED"
    assert audit.instances("audit")[PRODUCTION, "eu-west-1"]["Status"] == "INOPERABLE"
    answer = audit.stack_sets.update_stack_set(
        StackSetName="audit", UsePreviousTemplate=True, Parameters=given(Days="30")
    )
    audit.settle()
    assert set(audit.results("audit", answer["OperationId"])) == {(PAYMENTS, "eu-west-1")}


def test_a_missing_execution_role_fails_the_instance_with_the_sentence_of_aws(audit: Any) -> None:
    role = "AWSCloudFormationStackSetExecutionRole"
    audit.delete_role(role, PAYMENTS)
    operation = audit.roll_out("audit", ACCOUNTS, ["eu-west-1"], FailureToleranceCount=1)
    assert audit.results("audit", operation["OperationId"])[PAYMENTS, "eu-west-1"] == (
        "FAILED",
        (
            f"Account {PAYMENTS} should have '{role}' role with trust relationship to Role "
            "'AWSCloudFormationStackSetAdministrationRole'."
        ),
    )


def test_a_missing_administration_role_fails_every_instance(audit: Any) -> None:
    role = "AWSCloudFormationStackSetAdministrationRole"
    audit.delete_role(role, MAIN.id)
    operation = audit.roll_out("audit", [PRODUCTION], ["eu-west-1"])
    (result,) = audit.results("audit", operation["OperationId"]).values()
    said = f"Account {MAIN.id} should have '{role}' role with trust relationship to CloudFormation"
    assert (result[0], result[1]) == ("FAILED", f"{said} service.")


def test_a_suspended_account_is_skipped(audit: Any) -> None:
    operation = audit.roll_out("audit", [RETIRED, PRODUCTION], ["eu-west-1"])
    assert operation["Status"] == "SUCCEEDED"
    skipped = audit.instances("audit")[RETIRED, "eu-west-1"]
    assert skipped["StackInstanceStatus"]["DetailedStatus"] == "SKIPPED_SUSPENDED_ACCOUNT"
    assert skipped["Status"] == "OUTDATED"
    assert audit.topics(PRODUCTION) == ["from-set"]


def test_instances_come_in_pages_and_can_be_filtered(audit: Any) -> None:
    audit.roll_out("audit", ACCOUNTS, REGIONS)
    page = audit.stack_sets.list_stack_instances(StackSetName="audit", MaxResults=4)
    assert len(page["Summaries"]) == 4
    rest = audit.stack_sets.list_stack_instances(
        StackSetName="audit", MaxResults=4, NextToken=page["NextToken"]
    )
    assert len(rest["Summaries"]) == 2
    assert "NextToken" not in rest
    assert set(audit.instances("audit", StackInstanceAccount=PAYMENTS)) == {
        (PAYMENTS, region) for region in REGIONS
    }
    assert len(audit.instances("audit", StackInstanceRegion="us-east-1")) == 3
    failed = [{"Name": "DETAILED_STATUS", "Values": "FAILED"}]
    assert audit.instances("audit", Filters=failed) == {}


@pytest.mark.parametrize(
    ("operation", "given_too", "code"),
    [
        ("describe_stack_set", {"StackSetName": "none"}, "StackSetNotFoundException"),
        ("create_stack_set", {"TemplateBody": TOPIC}, "NameAlreadyExistsException"),
        ("delete_stack_set", {}, "StackSetNotEmptyException"),
        ("describe_stack_instance",
         {"StackInstanceAccount": PAYMENTS, "StackInstanceRegion": "eu-west-1"},
         "StackInstanceNotFoundException"),
        ("describe_stack_set_operation", {"OperationId": "none"}, "OperationNotFoundException"),
        ("update_stack_instances", {"Accounts": [PAYMENTS], "Regions": ["eu-west-1"]},
         "StackInstanceNotFoundException"),
        ("create_stack_instances", {"Accounts": [PAYMENTS], "Regions": ["xx-west-1"]},
         "ValidationError"),
        ("create_stack_instances", {"Accounts": [PAYMENTS], "Regions": ["eu-west-1"],
         "ParameterOverrides": given(Nothing="x")}, "ValidationError"),
        ("create_stack_instances",
         {"DeploymentTargets": {"OrganizationalUnitIds": ["ou-acme-00000000"]},
          "Regions": ["eu-west-1"]}, "ValidationError"),
        ("create_stack_set",
         {"StackSetName": "x", "TemplateBody": TOPIC, "PermissionModel": "SERVICE_MANAGED"},
         "ValidationError"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_code_of_aws(
    audit: Any, operation: str, given_too: dict[str, Any], code: str
) -> None:
    audit.roll_out("audit", [PRODUCTION], ["eu-west-1"])
    with pytest.raises(AwsError) as caught:
        getattr(audit.stack_sets, operation)(**({"StackSetName": "audit"} | given_too))
    assert caught.value.code == code
    assert set(audit.instances("audit")) == {(PRODUCTION, "eu-west-1")}


def test_an_empty_stack_set_can_be_deleted_and_made_again(audit: Any) -> None:
    audit.stack_sets.delete_stack_set(StackSetName="audit")
    assert audit.stack_sets.list_stack_sets(Status="ACTIVE")["Summaries"] == []
    audit.stack_sets.create_stack_set(StackSetName="audit", TemplateBody=TOPIC)
    (summary,) = audit.stack_sets.list_stack_sets()["Summaries"]
    assert (summary["StackSetName"], summary["Status"]) == ("audit", "ACTIVE")
