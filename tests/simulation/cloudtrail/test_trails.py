"""Trails: where they may deliver to, and what they say about themselves."""

import json
from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation.bucket import allows

MAIN = "100000000001"
MEMBER = "600000000006"
BUCKET = "baseline-cloudtrail-100000000001-eu-west-1"


def refusal(call: Any, **parameters: Any) -> Any:
    with pytest.raises(AwsError) as raised:
        call(**parameters)
    return raised.value.code


def test_a_trail_needs_a_bucket_that_exists(somebody: Any) -> None:
    client = somebody("cloudtrail")

    code = refusal(client.create_trail, Name="baseline", S3BucketName="nowhere")

    assert code == "S3BucketDoesNotExistException"


@pytest.mark.parametrize("without", [0, 1])
def test_a_trail_needs_a_bucket_that_lets_it_in(
    somebody: Any, bucket: Any, policy: Any, without: Any
) -> None:
    del policy["Statement"][without]
    bucket.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    code = refusal(somebody("cloudtrail").create_trail, Name="baseline", S3BucketName=BUCKET)

    assert code == "InsufficientS3BucketPolicyException"


@pytest.mark.parametrize(
    ("condition", "good"),
    [
        ({"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:600000000006:trail/baseline"}, True),
        ({"aws:SourceArn": "arn:aws:cloudtrail:*:600000000006:trail/*"}, True),
        ({"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:100000000001:trail/baseline"}, False),
        ({"aws:SourceAccount": "600000000006"}, True),
        ({"aws:SourceAccount": "100000000001"}, False),
        ({"aws:SourceOrgID": "o-another"}, False),
    ],
)
def test_conditions_of_the_bucket_policy_must_hold(
    somebody: Any, bucket: Any, policy: Any, condition: Any, good: Any
) -> None:
    for statement in policy["Statement"][:2]:
        statement["Condition"] = {"StringLike": condition}
    bucket.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    create = somebody("cloudtrail", account_id=MEMBER).create_trail

    if good:
        assert create(Name="baseline", S3BucketName=BUCKET)["S3BucketName"] == BUCKET
    else:
        code = refusal(create, Name="baseline", S3BucketName=BUCKET)
        assert code == "InsufficientS3BucketPolicyException"


def test_an_unknown_condition_lets_nobody_in() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"MoonPhase": {"aws:SourceAccount": "1"}},
    }
    document = json.dumps({"Statement": statement})

    assert not allows(document, "cloudtrail.amazonaws.com", "s3:PutObject", "x", {})


def test_log_group_and_role_come_together(somebody: Any, simulation: Any, bucket: Any) -> None:
    create = somebody("cloudtrail").create_trail
    simulation.client("logs", "eu-west-1", MAIN).create_log_group(logGroupName="/trail")
    group = f"arn:aws:logs:eu-west-1:{MAIN}:log-group:/trail:*"
    role = f"arn:aws:iam::{MAIN}:role/nobody"
    common = {"Name": "baseline", "S3BucketName": BUCKET}

    codes = [
        refusal(create, **common, CloudWatchLogsLogGroupArn=group),
        refusal(create, **common, CloudWatchLogsRoleArn=role),
        refusal(create, **common, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role),
    ]

    assert codes == [
        "InvalidCloudWatchLogsRoleArnException",
        "InvalidCloudWatchLogsLogGroupArnException",
        "InvalidCloudWatchLogsRoleArnException",
    ]


@pytest.mark.parametrize(
    ("condition", "good"),
    [
        ({}, True),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": MAIN}}}, False),
        ({"Condition": {"ArnLike": {"AWS:SourceArn": "*"}}}, False),
    ],
)
def test_the_role_for_the_log_group_may_not_ask_for_a_source(
    somebody: Any, simulation: Any, bucket: Any, condition: Any, good: Any
) -> None:
    """CloudTrail does not support it there, however well it would fit."""
    simulation.client("logs", "eu-west-1", MAIN).create_log_group(logGroupName="/trail")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    made = simulation.client("iam", "us-east-1", MAIN).create_role(
        RoleName="logs", AssumeRolePolicyDocument=json.dumps({"Statement": [trust | condition]})
    )
    settings = {
        "Name": "baseline",
        "S3BucketName": BUCKET,
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:eu-west-1:{MAIN}:log-group:/trail:*",
        "CloudWatchLogsRoleArn": made["Role"]["Arn"],
    }
    create = somebody("cloudtrail").create_trail

    if good:
        assert create(**settings)["CloudWatchLogsRoleArn"] == made["Role"]["Arn"]
    else:
        assert refusal(create, **settings) == "InvalidCloudWatchLogsRoleArnException"


def test_a_second_trail_of_that_name_is_refused(given_a_trail: Any) -> None:
    client = given_a_trail()

    code = refusal(client.create_trail, Name="baseline", S3BucketName=BUCKET)

    assert code == "TrailAlreadyExistsException"


def test_five_trails_in_a_region_are_the_limit(simulation: Any, bucket: Any) -> None:
    create = simulation.client("cloudtrail", "eu-west-1", MAIN).create_trail
    for number in range(5):
        create(Name=f"trail-{number}", S3BucketName=BUCKET)

    code = refusal(create, Name="one-more", S3BucketName=BUCKET)

    assert code == "MaximumNumberOfTrailsExceededException"


def test_an_update_is_checked_as_well(given_a_trail: Any) -> None:
    client = given_a_trail()

    code = refusal(client.update_trail, Name="baseline", S3BucketName="nowhere")

    assert code == "S3BucketDoesNotExistException"
    assert client.get_trail(Name="baseline")["Trail"]["S3BucketName"] == BUCKET


def test_a_trail_can_be_read_from_another_region_but_not_changed(
    given_a_trail: Any, simulation: Any
) -> None:
    given_a_trail(IsMultiRegionTrail=True)
    elsewhere = simulation.client("cloudtrail", "us-east-1", MAIN)

    assert elsewhere.get_trail_status(Name="baseline")["IsLogging"] is True
    assert refusal(elsewhere.stop_logging, Name="baseline") == "InvalidHomeRegionException"


def test_the_status_tells_when_it_logged_and_delivered(given_a_trail: Any, simulation: Any) -> None:
    client = given_a_trail(EnableLogFileValidation=True)
    before = client.get_trail_status(Name="baseline")
    simulation.deliver()
    client.stop_logging(Name="baseline")
    after = client.get_trail_status(Name="baseline")

    assert before["IsLogging"] is True
    assert "LatestDeliveryTime" not in before
    assert after["IsLogging"] is False
    assert after["LatestDeliveryTime"] >= after["StartLoggingTime"]
    assert after["LatestDigestDeliveryTime"] <= after["StopLoggingTime"]


def test_a_trail_without_selectors_says_that_it_records_management_events(
    given_a_trail: Any,
) -> None:
    selectors = given_a_trail().get_event_selectors(TrailName="baseline")["EventSelectors"]

    assert selectors[0]["ReadWriteType"] == "All"
    assert selectors[0]["IncludeManagementEvents"] is True


def test_a_deleted_trail_is_gone(given_a_trail: Any) -> None:
    client = given_a_trail()
    arn = client.get_trail(Name="baseline")["Trail"]["TrailARN"]

    client.delete_trail(Name=arn)

    assert client.describe_trails()["trailList"] == []
    assert refusal(client.get_trail_status, Name="baseline") == "TrailNotFoundException"


def test_only_the_main_account_delegates(somebody: Any, simulation: Any) -> None:
    somebody("cloudtrail").register_organization_delegated_admin(MemberAccountId="300000000003")
    organizations = simulation.client("organizations", "us-east-1", MAIN)
    found = organizations.list_delegated_administrators(ServicePrincipal="cloudtrail.amazonaws.com")

    assert [a["Id"] for a in found["DelegatedAdministrators"]] == ["300000000003"]
    code = refusal(
        somebody("cloudtrail", account_id=MEMBER).register_organization_delegated_admin,
        MemberAccountId=MEMBER,
    )
    assert code == "NotOrganizationManagementAccountException"
