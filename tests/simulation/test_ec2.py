"""EC2: the regions of the organization, and flow logs that keep their destination."""

import json
from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Simulation

MAIN, PRODUCTION = "100000000001", "400000000004"
REGION = "eu-west-1"


@pytest.fixture
def ec2(simulation: Simulation) -> Any:
    return simulation.client("ec2", REGION, PRODUCTION)


def names(answer: dict[str, Any]) -> set[str]:
    return {region["RegionName"] for region in answer["Regions"]}


def test_the_regions_are_those_of_the_blueprint(simulation: Simulation, ec2: Any) -> None:
    """Seventeen, and no other partition's."""
    assert names(ec2.describe_regions()) == set(simulation.blueprint.regions)


def test_regions_not_opted_in_are_the_others(simulation: Simulation, ec2: Any) -> None:
    """What ScoutSuite takes off its list must not be what is enabled."""
    filters = [{"Name": "opt-in-status", "Values": ["not-opted-in"]}]
    off = names(ec2.describe_regions(AllRegions=True, Filters=filters))
    assert off
    assert not off & set(simulation.blueprint.regions)
    assert ec2.describe_regions(Filters=filters)["Regions"] == []


def test_regions_are_found_by_name(ec2: Any) -> None:
    """An unknown one is refused."""
    assert names(ec2.describe_regions(RegionNames=[REGION])) == {REGION}
    with pytest.raises(AwsError, match="Invalid region names"):
        ec2.describe_regions(RegionNames=["eu-nowhere-1"])


def test_a_flow_log_keeps_its_prefix_and_its_options(simulation: Simulation, ec2: Any) -> None:
    """A destination below a bucket is taken once, described as given, and deleted."""
    s3 = simulation.client("s3", REGION, MAIN)
    s3.create_bucket(Bucket="flows", CreateBucketConfiguration={"LocationConstraint": REGION})
    let_flow_logs_in(s3, "flows")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    asked = {
        "ResourceType": "VPC",
        "ResourceIds": [vpc],
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::flows/acme/",
        "DestinationOptions": {"FileFormat": "plain-text", "PerHourPartition": False},
    }
    (made,) = ec2.create_flow_logs(**asked)["FlowLogIds"]
    (found,) = ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"]
    assert found["LogDestination"] == "arn:aws:s3:::flows/acme/"
    assert found["DestinationOptions"]["FileFormat"] == "plain-text"
    with pytest.raises(AwsError) as info:
        ec2.create_flow_logs(**asked)
    assert info.value.code == "FlowLogAlreadyExists"
    assert ec2.delete_flow_logs(FlowLogIds=[made])["Unsuccessful"] == []
    assert ec2.describe_flow_logs()["FlowLogs"] == []
    assert ec2.create_flow_logs(**asked)["FlowLogIds"]


def let_flow_logs_in(s3: Any, name: str) -> str:
    """The policy that the bucket has now."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Statement": [statement]}))
    return str(s3.get_bucket_policy(Bucket=name)["Policy"])


def a_flow_log_to(name: str, ec2: Any) -> Any:
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    return ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[vpc],
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=f"arn:aws:s3:::{name}",
    )


@pytest.fixture
def bucket(simulation: Simulation) -> Any:
    """A client of the account that owns the bucket ``flows``."""
    s3 = simulation.client("s3", REGION, MAIN)
    s3.create_bucket(Bucket="flows", CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def test_a_flow_log_to_a_bucket_that_lets_it_not_in_is_unsuccessful(bucket: Any, ec2: Any) -> None:
    (refused,) = a_flow_log_to("flows", ec2)["Unsuccessful"]
    assert refused["Error"]["Message"].startswith("Access Denied for LogDestination: flows")
    assert ec2.describe_flow_logs()["FlowLogs"] == []


def test_whoever_may_put_policies_loses_the_buckets_own_by_a_flow_log(
    simulation: Simulation, bucket: Any, ec2: Any
) -> None:
    """In the bucket's own account AWS overwrites it; from other accounts it stays."""
    before = let_flow_logs_in(bucket, "flows")
    assert a_flow_log_to("flows", ec2)["FlowLogIds"]
    assert bucket.get_bucket_policy(Bucket="flows")["Policy"] == before
    assert a_flow_log_to("flows", simulation.client("ec2", REGION, MAIN))["FlowLogIds"]
    after = bucket.get_bucket_policy(Bucket="flows")["Policy"]
    assert after != before
    assert MAIN in after


def test_a_flow_log_to_a_bucket_that_nobody_has_is_unsuccessful(ec2: Any) -> None:
    """As AWS answers: a success that says what was not done."""
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    answer = ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[vpc],
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::no-such-bucket/prefix/",
    )
    assert not answer.get("FlowLogIds")
    assert "does not exist" in answer["Unsuccessful"][0]["Error"]["Message"]
