"""Stacks: created, changed, replaced, rolled back, protected and deleted, with real resources."""

from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Fault, Simulation
from baseline.simulation.blueprint import MAIN

PRODUCTION = "400000000004"

TWO_TOPICS = """
Parameters: {Name: {Type: String, Default: first}}
Resources:
  One: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Sub '${Name}-one'}}
  Two: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Sub '${One.TopicName}-two'}}
Outputs: {Arn: {Value: !Ref One, Export: {Name: shared-topic}}}
"""
GROUP = """
Resources:
  Group: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: %s, RetentionInDays: %s}}
"""
IMPORTER = """
Resources:
  Reader: {Type: 'AWS::SSM::Parameter', Properties: {Name: /arn, Type: String,
           Value: !ImportValue shared-topic}}
"""


def named(name: str) -> list[dict[str, str]]:
    return [{"ParameterKey": "Name", "ParameterValue": name}]


def test_a_created_stack_shows_its_outputs_resources_and_events(world: Any) -> None:
    stack = world.create("mine", TWO_TOPICS, PRODUCTION, "us-west-2", Parameters=named("given"))
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    (output,) = stack["Outputs"]
    arn = f"arn:aws:sns:us-west-2:{PRODUCTION}:given-one"
    assert (output["OutputValue"], output["ExportName"]) == (arn, "shared-topic")
    assert world.topics(PRODUCTION, "us-west-2") == ["given-one", "given-one-two"]
    client = world.client("cloudformation", PRODUCTION, "us-west-2")
    resources = client.list_stack_resources(StackName="mine")["StackResourceSummaries"]
    assert [r["PhysicalResourceId"] for r in resources] == [arn, f"{arn}-two"]
    events = client.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
    assert events[-1]["ResourceStatus"] == "CREATE_IN_PROGRESS"
    assert events[0]["ResourceStatus"] == "CREATE_COMPLETE"
    assert client.get_template(StackName="mine")["TemplateBody"] == TWO_TOPICS


def test_a_stack_is_not_seen_in_another_region_or_account(world: Any) -> None:
    world.create("mine", TWO_TOPICS, PRODUCTION, "us-west-2")
    for account, region in ((PRODUCTION, "eu-west-1"), (MAIN.id, "us-west-2")):
        with pytest.raises(AwsError, match="Stack with id mine does not exist"):
            world.stack("mine", account, region)


def test_a_failure_undoes_what_was_made_and_says_why(world: Any) -> None:
    world.simulation.faults.add(Fault("deny", "logs", "PutRetentionPolicy"))
    group = """
  Group:
    Type: AWS::Logs::LogGroup
    DependsOn: Two
    Properties: {LogGroupName: made, RetentionInDays: 7}
Outputs:"""
    stack = world.create("mine", TWO_TOPICS.replace("\nOutputs:", group))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = world.events("mine", "ROLLBACK_IN_PROGRESS")
    assert reasons == [
        "The following resource(s) failed to create: [Group]. Rollback requested by user."
    ]
    assert "is not authorized to perform: logs:PutRetentionPolicy" in world.reasons("mine")["Group"]
    assert world.topics(MAIN.id) == []
    assert world.client("logs").describe_log_groups()["logGroups"] == []


def test_what_is_to_be_retained_survives_even_a_rollback(world: Any) -> None:
    world.simulation.faults.add(Fault("error", "sns", "CreateTopic", times=None))
    body = """
Resources:
  Group: {Type: 'AWS::Logs::LogGroup', DeletionPolicy: Retain, Properties: {LogGroupName: kept}}
  Topic: {Type: 'AWS::SNS::Topic', DependsOn: Group}
"""
    assert world.create("mine", body)["StackStatus"] == "ROLLBACK_COMPLETE"
    (group,) = world.client("logs").describe_log_groups()["logGroups"]
    assert group["logGroupName"] == "kept"


def test_an_update_changes_the_resource_in_place(world: Any) -> None:
    world.create("mine", GROUP % ("trail", 7))
    before = world.client("logs").describe_log_groups()["logGroups"][0]
    assert world.update("mine", GROUP % ("trail", 30))["StackStatus"] == "UPDATE_COMPLETE"
    (after,) = world.client("logs").describe_log_groups()["logGroups"]
    assert (before["retentionInDays"], after["retentionInDays"]) == (7, 30)
    assert before["creationTime"] == after["creationTime"]


def test_a_fixed_property_makes_a_new_resource_and_deletes_the_old_one(world: Any) -> None:
    world.create("mine", GROUP % ("old", 7))
    world.update("mine", GROUP % ("new", 7))
    (group,) = world.client("logs").describe_log_groups()["logGroups"]
    assert group["logGroupName"] == "new"


def test_update_replace_policy_keeps_the_old_resource(world: Any) -> None:
    keeping = "UpdateReplacePolicy: Retain, Properties"
    world.create("mine", (GROUP % ("old", 7)).replace("Properties", keeping))
    world.update("mine", (GROUP % ("new", 7)).replace("Properties", keeping))
    groups = world.client("logs").describe_log_groups()["logGroups"]
    assert sorted(group["logGroupName"] for group in groups) == ["new", "old"]


def test_what_the_template_no_longer_has_is_deleted(world: Any) -> None:
    world.create("mine", TWO_TOPICS)
    without = "\n".join(line for line in TWO_TOPICS.splitlines() if "Two:" not in line)
    assert world.update("mine", without)["StackStatus"] == "UPDATE_COMPLETE"
    assert world.topics(MAIN.id) == ["first-one"]


def test_a_policy_that_comes_with_metadata_is_an_update(world: Any) -> None:
    """On its own it is none, and what leaves the template later is deleted all the same."""
    world.create("mine", TWO_TOPICS)
    without = "\n".join(line for line in TWO_TOPICS.splitlines() if "Two:" not in line)
    keeping = TWO_TOPICS.replace("Two: {", "Two: {DeletionPolicy: Retain, ")
    with pytest.raises(AwsError, match="No updates"):
        world.update("mine", keeping)
    world.update("mine", keeping.replace("Two: {", "Two: {Metadata: {Kept: yes}, "))
    world.update("mine", without)
    assert len(world.topics(MAIN.id)) == 2


def test_a_failed_update_brings_everything_back(world: Any) -> None:
    world.create("mine", TWO_TOPICS)
    more = TWO_TOPICS.replace(
        "Outputs:",
        "  Group: {Type: 'AWS::Logs::LogGroup', DependsOn: Two, Properties: {LogGroupName: g}}\n"
        "Outputs:",
    )
    world.simulation.faults.add(Fault("throttle", "logs", "CreateLogGroup"))
    stack = world.update("mine", more, Parameters=named("second"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Rate exceeded" in world.reasons("mine")["Group"]
    assert world.topics(MAIN.id) == ["first-one", "first-one-two"]
    assert stack["Parameters"][0]["ParameterValue"] == "first"
    world.simulation.faults.clear()
    stack = world.update("mine", more, Parameters=named("second"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert world.topics(MAIN.id) == ["second-one", "second-one-two"]


def test_a_rollback_that_failed_can_be_continued(world: Any) -> None:
    world.create("mine", GROUP % ("trail", 7))
    world.simulation.faults.add(Fault("deny", "logs", "PutRetentionPolicy"))
    stack = world.update("mine", GROUP % ("trail", 30))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    with pytest.raises(AwsError, match="UPDATE_ROLLBACK_FAILED state and can not be updated"):
        world.update("mine", GROUP % ("trail", 60))
    world.simulation.faults.clear()
    world.stack_sets.continue_update_rollback(StackName="mine")
    assert world.stack("mine")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert world.update("mine", GROUP % ("trail", 30))["StackStatus"] == "UPDATE_COMPLETE"
    (group,) = world.client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 30


def test_an_update_without_changes_is_refused(world: Any) -> None:
    world.create("mine", TWO_TOPICS)
    with pytest.raises(AwsError, match="No updates are to be performed"):
        world.update("mine", TWO_TOPICS + "\nDescription: other words only\n")
    with pytest.raises(AwsError, match="No updates are to be performed"):
        world.update("mine", TWO_TOPICS.replace("Properties", "DeletionPolicy: Retain, Properties"))


def test_wrong_properties_fail_the_resource(world: Any) -> None:
    body = "Resources: {D: {Type: 'AWS::GuardDuty::Detector', Properties: {Enabled: true}}}"
    assert world.create("mine", body)["StackStatus"] == "ROLLBACK_COMPLETE"
    said = world.reasons("mine")["D"]
    assert "required key [Enable] not found" in said
    assert "extraneous key [Enabled] is not permitted" in said


def test_deleting_goes_backwards_and_keeps_what_is_retained(world: Any) -> None:
    body = TWO_TOPICS.replace(
        "One: {Type: 'AWS::SNS::Topic',", "One: {Type: 'AWS::SNS::Topic', DeletionPolicy: Retain,"
    )
    stack = world.create("mine", body)
    world.stack_sets.delete_stack(StackName="mine")
    deleted = world.stack(stack["StackId"])
    assert deleted["StackStatus"] == "DELETE_COMPLETE"
    assert world.topics(MAIN.id) == ["first-one"]
    events = world.stack_sets.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
    ends = [(e["LogicalResourceId"], e["ResourceStatus"]) for e in reversed(events)]
    assert ends[-4:-1] == [
        ("Two", "DELETE_IN_PROGRESS"),
        ("Two", "DELETE_COMPLETE"),
        ("One", "DELETE_SKIPPED"),
    ]
    with pytest.raises(AwsError, match="does not exist"):
        world.stack("mine")


def test_what_cannot_be_deleted_fails_the_stack_and_what_it_needs_stays(world: Any) -> None:
    world.create("mine", TWO_TOPICS)
    fault = Fault("deny", "sns", "DeleteTopic", times=1)
    world.simulation.faults.add(fault)
    world.stack_sets.delete_stack(StackName="mine")
    stack = world.stack("mine")
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert stack["StackStatusReason"] == "The following resource(s) failed to delete: [Two]."
    assert world.topics(MAIN.id) == ["first-one", "first-one-two"]
    world.stack_sets.delete_stack(StackName="mine")
    world.settle()
    assert world.topics(MAIN.id) == []


def test_a_bucket_with_objects_is_not_deleted(world: Any) -> None:
    world.create(
        "mine", "Resources: {B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: full}}}"
    )
    world.client("s3").put_object(Bucket="full", Key="log", Body=b"line")
    world.stack_sets.delete_stack(StackName="mine")
    assert world.stack("mine")["StackStatus"] == "DELETE_FAILED"
    assert "BucketNotEmpty" in world.reasons("mine")["B"]


def test_a_protected_stack_is_not_deleted(world: Any) -> None:
    world.create("mine", TWO_TOPICS, EnableTerminationProtection=True)
    with pytest.raises(AwsError, match="TerminationProtection is enabled"):
        world.stack_sets.delete_stack(StackName="mine")
    world.stack_sets.update_termination_protection(
        StackName="mine", EnableTerminationProtection=False
    )
    world.stack_sets.delete_stack(StackName="mine")
    world.settle()
    assert world.topics(MAIN.id) == []


def test_an_export_in_use_keeps_its_stack(world: Any) -> None:
    world.create("exporting", TWO_TOPICS)
    world.create("importing", IMPORTER)
    value = world.client("ssm").get_parameter(Name="/arn")["Parameter"]["Value"]
    assert value == f"arn:aws:sns:eu-west-1:{MAIN.id}:first-one"
    world.stack_sets.delete_stack(StackName="exporting")
    stack = world.stack("exporting")
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert "in use by importing" in stack["StackStatusReason"]
    world.stack_sets.delete_stack(StackName="importing")
    world.settle()
    world.stack_sets.delete_stack(StackName="exporting")
    world.settle()
    assert world.topics(MAIN.id) == []


def test_names_and_states_are_checked(world: Any) -> None:
    world.create("mine", TWO_TOPICS)
    with pytest.raises(AwsError, match="already exists") as caught:
        world.create("mine", TWO_TOPICS)
    assert caught.value.code == "AlreadyExistsException"
    with pytest.raises(AwsError, match="does not exist"):
        world.update("other", TWO_TOPICS)
    with pytest.raises(AwsError, match="regular expression"):
        world.create("1-wrong", TWO_TOPICS)
    with pytest.raises(AwsError, match=r"Parameters: \[Nam\] do not exist"):
        world.update("mine", TWO_TOPICS, Parameters=[{"ParameterKey": "Nam", "ParameterValue": ""}])
    world.stack_sets.delete_stack(StackName="never-was")


def test_a_template_has_a_maximum_size_and_can_come_from_a_bucket(world: Any) -> None:
    large = TWO_TOPICS + "#" * 51_200
    with pytest.raises(AwsError, match="length less than or equal to 51200"):
        world.create("mine", large)
    world.client("s3", region="us-east-1").create_bucket(Bucket="templates")
    world.client("s3").put_object(Bucket="templates", Key="a/large.yaml", Body=large.encode())
    world.stack_sets.create_stack(
        StackName="mine", TemplateURL="https://templates.s3.us-east-1.amazonaws.com/a/large.yaml"
    )
    assert world.stack("mine")["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(AwsError, match="S3 error"):
        world.stack_sets.create_stack(
            StackName="other", TemplateURL="https://s3.amazonaws.com/templates/none.yaml"
        )


def test_validate_template_names_parameters_and_capabilities(world: Any) -> None:
    body = """
Parameters: {Secret: {Type: String, NoEcho: true, Description: never shown}}
Resources: {R: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}}}}
"""
    answer = world.stack_sets.validate_template(TemplateBody=body)
    assert answer["Parameters"] == [
        {"ParameterKey": "Secret", "NoEcho": True, "Description": "never shown"}
    ]
    assert answer["Capabilities"] == ["CAPABILITY_IAM"]
    assert "AWS::IAM::Role" in answer["CapabilitiesReason"]


def test_hidden_parameters_are_not_shown(world: Any) -> None:
    body = TWO_TOPICS.replace("Type: String", "Type: String, NoEcho: true")
    stack = world.create("mine", body, Parameters=named("secret"))
    assert stack["Parameters"] == [{"ParameterKey": "Name", "ParameterValue": "****"}]
    assert "secret-one" in world.topics(MAIN.id)


def test_the_tags_of_a_stack_reach_its_resources(world: Any) -> None:
    tags = [{"Key": "team", "Value": "security"}]
    world.create("mine", TWO_TOPICS, Tags=tags)
    arn = f"arn:aws:sns:eu-west-1:{MAIN.id}:first-one"
    assert world.client("sns").list_tags_for_resource(ResourceArn=arn)["Tags"] == tags


def test_a_change_set_says_what_would_change_and_does_it(world: Any) -> None:
    client = world.stack_sets
    client.create_change_set(
        StackName="mine", ChangeSetName="begin", ChangeSetType="CREATE", TemplateBody=TWO_TOPICS
    )
    assert world.topics(MAIN.id) == []
    client.execute_change_set(StackName="mine", ChangeSetName="begin")
    assert world.stack("mine")["StackStatus"] == "CREATE_COMPLETE"
    client.create_change_set(
        StackName="mine", ChangeSetName="rename", TemplateBody=TWO_TOPICS, Parameters=named("x")
    )
    found = client.describe_change_set(StackName="mine", ChangeSetName="rename")
    changes = {
        c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in found["Changes"]
    }
    assert (changes["One"]["Action"], changes["One"]["Replacement"]) == ("Modify", "True")
    client.create_change_set(StackName="mine", ChangeSetName="none", TemplateBody=TWO_TOPICS)
    none = client.describe_change_set(StackName="mine", ChangeSetName="none")
    assert (none["Status"], none["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")


def test_what_is_not_simulated_says_so_and_never_reaches_moto(world: Any) -> None:
    with pytest.raises(AwsError, match="does not answer cloudformation:EstimateTemplateCost"):
        world.stack_sets.estimate_template_cost(TemplateBody=TWO_TOPICS)


def test_resources_are_made_by_calls_of_whoever_made_the_stack(world: Any) -> None:
    seen = []
    world.simulation.observers.append(
        lambda call, _answer, _refusal: seen.append(
            (call.operation, call.identity.get("invokedBy"))
        )
    )
    world.create("mine", TWO_TOPICS)
    assert ("CreateTopic", "cloudformation.amazonaws.com") in seen


def test_stacks_survive_a_snapshot(world: Any) -> None:
    world.stack_sets.create_stack(StackName="mine", TemplateBody=TWO_TOPICS)
    blob = world.simulation.snapshot()
    world.simulation.close()
    restored = Simulation.restore(blob)
    try:
        client = restored.client("cloudformation", "eu-west-1", MAIN.id)
        (stack,) = client.describe_stacks(StackName="mine")["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        client.delete_stack(StackName="mine")
        restored.service("cloudformation").settle()
        assert restored.client("sns", "eu-west-1", MAIN.id).list_topics()["Topics"] == []
    finally:
        restored.close()
