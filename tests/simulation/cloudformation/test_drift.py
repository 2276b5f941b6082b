"""Drift detection of stacks and StackSets: what was changed by hand, property by property."""

import json
import time
from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Fault

PRODUCTION, PAYMENTS = "400000000004", "500000000005"
ACCOUNTS, REGIONS = [PRODUCTION, PAYMENTS], ["eu-west-1"]
BODY = json.dumps(
    {
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}},
            "Group": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"LogGroupName": "g", "RetentionInDays": 7},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "r",
                    "MaxSessionDuration": 7200,
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
                },
            },
        }
    }
)


def looked(client: Any, name: str) -> dict[str, Any]:
    """The end of a look at a stack."""
    detection = client.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    while True:
        found = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            return dict(found)
        time.sleep(0.01)


def drifts(client: Any, name: str, *statuses: str) -> dict[str, Any]:
    found = client.describe_stack_resource_drifts(
        StackName=name, **({"StackResourceDriftStatusFilters": statuses} if statuses else {})
    )["StackResourceDrifts"]
    return {one["LogicalResourceId"]: one for one in found}


def test_an_untouched_stack_is_in_sync_and_what_cannot_be_read_is_left_out(world: Any) -> None:
    world.create("s", BODY)
    assert world.stack("s")["DriftInformation"]["StackDriftStatus"] == "NOT_CHECKED"
    found = looked(world.stack_sets, "s")
    assert (found["DetectionStatus"], found["StackDriftStatus"]) == (
        "DETECTION_COMPLETE",
        "IN_SYNC",
    )
    assert world.stack("s")["DriftInformation"]["StackDriftStatus"] == "IN_SYNC"
    there = drifts(world.stack_sets, "s")
    assert {name: one["StackResourceDriftStatus"] for name, one in there.items()} == {
        "Group": "IN_SYNC",
        "Role": "IN_SYNC",
    }


def test_a_property_changed_by_hand_is_shown_with_both_values(world: Any) -> None:
    world.create("s", BODY)
    world.client("logs").put_retention_policy(logGroupName="g", retentionInDays=30)
    assert looked(world.stack_sets, "s")["DriftedStackResourceCount"] == 1
    (group,) = drifts(world.stack_sets, "s", "MODIFIED").values()
    assert group["PropertyDifferences"] == [
        {
            "PropertyPath": "/RetentionInDays",
            "ExpectedValue": "7",
            "ActualValue": "30",
            "DifferenceType": "NOT_EQUAL",
        }
    ]


def test_what_was_deleted_by_hand_is_deleted(world: Any) -> None:
    world.create("s", BODY)
    world.client("logs").delete_log_group(logGroupName="g")
    world.client("iam").delete_role(RoleName="r")
    assert looked(world.stack_sets, "s")["StackDriftStatus"] == "DRIFTED"
    assert set(drifts(world.stack_sets, "s", "DELETED")) == {"Group", "Role"}


def test_what_may_not_be_read_fails_the_detection_and_says_why(world: Any) -> None:
    world.create("s", BODY)
    world.simulation.faults.add(Fault("deny", "logs", "DescribeLogGroups"))
    found = looked(world.stack_sets, "s")
    assert found["DetectionStatus"] == "DETECTION_FAILED"
    assert "AccessDenied" in found["DetectionStatusReason"]


def test_what_could_not_be_read_is_unknown_and_hides_nothing_else(world: Any) -> None:
    world.create("s", BODY)
    world.simulation.faults.add(Fault("error", "logs", "DescribeLogGroups"))
    found = looked(world.stack_sets, "s")
    assert (found["DetectionStatus"], found["StackDriftStatus"]) == (
        "DETECTION_COMPLETE",
        "UNKNOWN",
    )
    assert found["DriftedStackResourceCount"] == 0
    there = drifts(world.stack_sets, "s")
    assert there["Role"]["StackResourceDriftStatus"] == "IN_SYNC"
    assert there["Group"]["StackResourceDriftStatus"] == "UNKNOWN"
    assert there["Group"]["DriftStatusReason"] in found["DetectionStatusReason"]


@pytest.fixture
def audit(world: Any) -> Any:
    world.stack_sets.create_stack_set(
        StackSetName="audit", TemplateBody=BODY, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    world.roll_out("audit", ACCOUNTS, REGIONS)
    return world


def detected(audit: Any) -> dict[str, Any]:
    answer = audit.stack_sets.detect_stack_set_drift(
        StackSetName="audit", OperationPreferences={"FailureToleranceCount": 5}
    )
    return dict(audit.operation("audit", answer["OperationId"]))


def test_a_stack_set_is_looked_at_instance_by_instance(audit: Any) -> None:
    audit.client("logs", PAYMENTS).put_retention_policy(logGroupName="g", retentionInDays=30)
    before = audit.instances("audit")
    operation = detected(audit)
    assert (operation["Action"], operation["Status"]) == ("DETECT_DRIFT", "SUCCEEDED")
    details = operation["StackSetDriftDetectionDetails"]
    assert (details["DriftStatus"], details["DriftDetectionStatus"]) == ("DRIFTED", "COMPLETED")
    assert (details["TotalStackInstancesCount"], details["DriftedStackInstancesCount"]) == (2, 1)
    only = [{"Name": "DRIFT_STATUS", "Values": "DRIFTED"}]
    assert set(audit.instances("audit", Filters=only)) == {(PAYMENTS, "eu-west-1")}
    assert {key: one["Status"] for key, one in audit.instances("audit").items()} == {
        key: one["Status"] for key, one in before.items()
    }
    (found,) = audit.stack_sets.list_stack_instance_resource_drifts(
        StackSetName="audit",
        StackInstanceAccount=PAYMENTS,
        StackInstanceRegion="eu-west-1",
        OperationId=operation["OperationId"],
        StackInstanceResourceDriftStatuses=["MODIFIED", "DELETED"],
    )["Summaries"]
    assert found["LogicalResourceId"] == "Group"
    assert found["PropertyDifferences"][0]["ActualValue"] == "30"


def test_an_instance_that_cannot_be_looked_at_fails_alone(audit: Any) -> None:
    role = "AWSCloudFormationStackSetExecutionRole"
    iam = audit.client("iam", PAYMENTS)
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=role)
    operation = detected(audit)
    details = operation["StackSetDriftDetectionDetails"]
    assert details["DriftDetectionStatus"] == "PARTIAL_SUCCESS"
    assert (details["InSyncStackInstancesCount"], details["FailedStackInstancesCount"]) == (1, 1)
    results = audit.results("audit", operation["OperationId"])
    assert results[PAYMENTS, "eu-west-1"][0] == "FAILED"


def test_looking_is_no_other_operations_business(audit: Any) -> None:
    operation = audit.stack_sets.list_stack_set_operations(StackSetName="audit")["Summaries"][0]
    with pytest.raises(AwsError) as caught:
        audit.stack_sets.list_stack_instance_resource_drifts(
            StackSetName="audit",
            StackInstanceAccount=PAYMENTS,
            StackInstanceRegion="eu-west-1",
            OperationId=operation["OperationId"],
        )
    assert caught.value.code == "StackInstanceNotFoundException"
