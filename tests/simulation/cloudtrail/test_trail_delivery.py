"""What trails write, into which bucket, and when."""

import json
import re
from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Blueprint, Simulation

MAIN = "100000000001"
MEMBER = "600000000006"
BUCKET = "baseline-cloudtrail-100000000001-eu-west-1"
QUIET = "ap-south-1"  # a region without a past


def names(objects: Any, part: str = "/CloudTrail/") -> list[str]:
    return [e["eventName"] for log in objects(part).values() for e in log["Records"]]


def test_a_call_arrives_in_the_bucket(
    given_a_trail: Any, somebody: Any, simulation: Any, objects: Any
) -> None:
    given_a_trail(MEMBER, QUIET)
    somebody("logs", QUIET, MEMBER).describe_log_groups()

    assert simulation.deliver() == 1

    (key,) = objects("/CloudTrail/")
    now = simulation.clock.now()
    folder = f"AWSLogs/{MEMBER}/CloudTrail/{QUIET}/{now:%Y/%m/%d}/"
    name = rf"{MEMBER}_CloudTrail_{QUIET}_{now:%Y%m%d}T\d{{4}}Z_[A-Za-z0-9]{{16}}\.json\.gz"
    assert re.fullmatch(re.escape(folder) + name, key)
    assert names(objects) == ["DescribeLogGroups"]


def test_the_objects_are_compressed_json_as_aws_labels_them(
    given_a_trail: Any, somebody: Any, simulation: Any, bucket: Any, objects: Any
) -> None:
    given_a_trail(region=QUIET)
    somebody("logs", QUIET).describe_log_groups()
    simulation.deliver()

    head = bucket.head_object(Bucket=BUCKET, Key=next(iter(objects("/CloudTrail/"))))

    assert (head["ContentType"], head["ContentEncoding"]) == ("application/json", "gzip")


def test_nothing_is_written_twice(
    given_a_trail: Any, somebody: Any, simulation: Any, objects: Any
) -> None:
    given_a_trail()
    somebody("logs").describe_log_groups()
    first = simulation.deliver()

    assert simulation.deliver() == 0
    assert len(objects("AWSLogs/")) == first


def test_a_stopped_trail_delivers_what_came_before_and_nothing_after(
    given_a_trail: Any, somebody: Any, simulation: Any, objects: Any
) -> None:
    given_a_trail(region=QUIET)
    trails = somebody("cloudtrail", QUIET)
    trails.stop_logging(Name="baseline")
    somebody("logs", QUIET).describe_log_groups()
    simulation.deliver()
    assert names(objects) == ["StopLogging"]

    trails.start_logging(Name="baseline")
    simulation.deliver()

    assert sorted(names(objects)) == ["StartLogging", "StopLogging"]


def test_another_account_and_region_is_not_covered(
    given_a_trail: Any, somebody: Any, simulation: Any, objects: Any
) -> None:
    given_a_trail(region=QUIET)
    somebody("logs", "eu-north-1").describe_log_groups()
    somebody("logs", QUIET, MEMBER).describe_log_groups()

    assert simulation.deliver() == 0


def test_a_multi_region_trail_gets_every_region_and_the_global_services(
    given_a_trail: Any, somebody: Any, simulation: Any, objects: Any
) -> None:
    given_a_trail(region=QUIET, IsMultiRegionTrail=True)
    somebody("logs", "eu-north-1").describe_log_groups()
    somebody("iam", "us-east-1").list_account_aliases()
    simulation.deliver()

    found = names(objects)
    assert {"DescribeLogGroups", "ListAccountAliases"} <= set(found)


def test_global_events_go_to_us_east_1_and_only_when_they_are_wanted(
    given_a_trail: Any, somebody: Any, simulation: Any, objects: Any
) -> None:
    given_a_trail(region=QUIET)
    given_a_trail(region="us-east-1", IncludeGlobalServiceEvents=False)
    somebody("iam", "us-east-1").list_account_aliases()
    somebody("logs", "us-east-1").describe_log_groups()
    simulation.deliver()

    today = f"{simulation.clock.now():%Y/%m/%d}"
    assert names(objects, today) == ["DescribeLogGroups"]


def test_a_trail_of_the_organization_gets_every_account(
    given_a_trail: Any, somebody: Any, simulation: Any, objects: Any
) -> None:
    with pytest.raises(AwsError):
        given_a_trail(MEMBER, QUIET, IsOrganizationTrail=True)
    with pytest.raises(AwsError, match="has not enabled CloudTrail service access"):
        given_a_trail(region=QUIET, IsOrganizationTrail=True)
    organizations = simulation.client("organizations", "us-east-1", MAIN)
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    given_a_trail(region=QUIET, IsOrganizationTrail=True)
    seen = somebody("cloudtrail", QUIET, MEMBER).describe_trails()["trailList"]
    assert [trail["IsOrganizationTrail"] for trail in seen] == [True]
    somebody("sns", QUIET, MEMBER).list_topics()
    simulation.deliver()

    (key,) = objects("/CloudTrail/")
    assert key.startswith(f"AWSLogs/o-acme0000000/{MEMBER}/CloudTrail/{QUIET}/")


def test_data_events_are_delivered_to_a_trail_that_selects_them(
    given_a_trail: Any, somebody: Any, simulation: Any, bucket: Any, objects: Any
) -> None:
    trails = given_a_trail(region="eu-west-1")
    selected = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::shop/"]}
    trails.put_event_selectors(
        TrailName="baseline",
        EventSelectors=[{"IncludeManagementEvents": False, "DataResources": [selected]}],
    )
    for name in ("shop", "other"):
        bucket.create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        somebody("s3").put_object(Bucket=name, Key="till.csv", Body=b"1")
    simulation.deliver()

    logs = objects(f"{simulation.clock.now():%Y/%m/%d}").values()
    found = [event["requestParameters"] for log in logs for event in log["Records"]]
    assert [(f["bucketName"], f["key"]) for f in found] == [("shop", "till.csv")]


def test_the_log_group_gets_the_events_too(
    given_a_trail: Any, somebody: Any, simulation: Any, bucket: Any
) -> None:
    logs = simulation.client("logs", QUIET, MAIN)
    logs.create_log_group(logGroupName="/trail")
    role = simulation.client("iam", "us-east-1", MAIN).create_role(
        RoleName="logs",
        AssumeRolePolicyDocument='{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        '"Principal":{"Service":"cloudtrail.amazonaws.com"}}]}',
    )["Role"]["Arn"]
    given_a_trail(
        region=QUIET,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{QUIET}:{MAIN}:log-group:/trail:*",
        CloudWatchLogsRoleArn=role,
    )
    somebody("sns", QUIET).list_topics()
    simulation.deliver()

    (event,) = logs.filter_log_events(logGroupName="/trail")["events"]
    assert event["logStreamName"] == f"{MAIN}_CloudTrail_{QUIET}"
    assert '"ListTopics"' in event["message"]


def test_a_bucket_that_shuts_its_door_gets_the_events_later(
    given_a_trail: Any, somebody: Any, simulation: Any, bucket: Any, objects: Any
) -> None:
    trails = given_a_trail(region=QUIET)
    policy = bucket.get_bucket_policy(Bucket=BUCKET)["Policy"]
    bucket.delete_bucket_policy(Bucket=BUCKET)
    somebody("sns", QUIET).list_topics()

    assert simulation.deliver() == 0
    assert trails.get_trail_status(Name="baseline")["LatestDeliveryError"] == "AccessDenied"

    bucket.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    simulation.deliver()
    assert names(objects) == ["ListTopics"]


def test_a_deny_of_plain_transport_does_not_shut_out_readers(
    given_a_trail: Any, somebody: Any, simulation: Any, bucket: Any, objects: Any
) -> None:
    given_a_trail(region=QUIET)
    somebody("sns", QUIET).list_topics()
    simulation.deliver()
    key = next(iter(objects("/CloudTrail/")))

    assert somebody("s3").get_object(Bucket=BUCKET, Key=key)["ContentLength"] > 0
    everything = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    bucket.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [everything]}))
    with pytest.raises(AwsError):
        somebody("s3").get_object(Bucket=BUCKET, Key=key)


def test_pending_events_and_settings_survive_a_snapshot(
    given_a_trail: Any, somebody: Any, simulation: Any
) -> None:
    given_a_trail(region=QUIET)
    somebody("sns", QUIET).list_topics()
    restored = Simulation.restore(simulation.snapshot())
    restored.client("cloudtrail", QUIET, MAIN).update_trail(
        Name="baseline", EnableLogFileValidation=True
    )

    assert restored.deliver() == 2  # the log file, and a digest as the update says
    restored.close()


def test_two_simulations_of_one_seed_have_one_past() -> None:
    def past() -> Any:
        made = Simulation(Blueprint(misconfigured=False))
        history = made.service("cloudtrail").history
        made.close()
        return [day for place in history.places()[:3] for day in history.days(*place)]

    assert past() == past()
