"""Flow logs arrive in their bucket, in their own format."""

import gzip
import json
import re
from typing import Any

import pytest

MAIN = "100000000001"
MEMBER = "600000000006"
BUCKET = "baseline-flowlogs-100000000001-eu-west-1"
DEFAULT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
)


@pytest.fixture
def flow_bucket(simulation: Any) -> Any:
    s3 = simulation.client("s3", "eu-west-1", MAIN)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:logs:eu-west-1:{MEMBER}:*"}},
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [statement]}))
    return s3


@pytest.fixture
def given_a_flow_log(simulation: Any, flow_bucket: Any) -> Any:
    def given(**settings: Any) -> Any:
        ec2 = simulation.client("ec2", "eu-west-1", MEMBER)
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        settings = {"TrafficType": "ALL", "LogDestination": f"arn:aws:s3:::{BUCKET}"} | settings
        return ec2.create_flow_logs(
            ResourceIds=[vpc], ResourceType="VPC", LogDestinationType="s3", **settings
        )["FlowLogIds"][0]

    return given


def delivered(flow_bucket: Any) -> Any:
    found = flow_bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {
        entry["Key"]: gzip.decompress(
            flow_bucket.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
        )
        .decode()
        .splitlines()
        for entry in found
    }


def test_records_arrive_with_a_header(
    given_a_flow_log: Any, simulation: Any, flow_bucket: Any
) -> None:
    flow_log = given_a_flow_log()

    assert simulation.deliver() == 1

    ((key, lines),) = delivered(flow_bucket).items()
    name = rf"{MEMBER}_vpcflowlogs_eu-west-1_{flow_log}_\d{{8}}T\d{{4}}Z_[0-9a-f]{{8}}\.log\.gz"
    folder = rf"AWSLogs/{MEMBER}/vpcflowlogs/eu-west-1/\d{{4}}/\d\d/\d\d/"
    assert re.fullmatch(folder + name, key)
    assert lines[0] == DEFAULT
    rows = [dict(zip(DEFAULT.split(), line.split(), strict=True)) for line in lines[1:]]
    assert {row["log-status"] for row in rows} == {"OK", "NODATA", "SKIPDATA"}
    assert {row["action"] for row in rows} == {"ACCEPT", "REJECT", "-"}
    assert {row["account-id"] for row in rows} == {MEMBER}
    assert all(row["srcaddr"] == "-" for row in rows if row["log-status"] != "OK")


def test_a_format_of_its_own_and_a_prefix_are_kept(
    given_a_flow_log: Any, simulation: Any, flow_bucket: Any
) -> None:
    given_a_flow_log(
        LogFormat="${vpc-id} ${srcaddr} ${flow-direction} ${version} ${log-status}",
        LogDestination=f"arn:aws:s3:::{BUCKET}/team",
        TrafficType="REJECT",
    )
    simulation.deliver()

    ((key, lines),) = delivered(flow_bucket).items()
    rows = [line.split() for line in lines[1:]]
    assert key.startswith("team/AWSLogs/")
    assert lines[0] == "vpc-id srcaddr flow-direction version log-status"
    assert {row[0][:4] for row in rows} == {"vpc-"}
    assert {row[3] for row in rows} == {"5"}


HIVE = rf"AWSLogs/aws-account-id={MEMBER}/aws-service=vpcflowlogs/aws-region=eu-west-1"


@pytest.mark.parametrize(
    ("options", "folder"),
    [
        ({"PerHourPartition": True}, rf"AWSLogs/{MEMBER}/vpcflowlogs/[\w-]+/\d{{4}}(/\d\d){{3}}/"),
        ({"HiveCompatiblePartitions": True}, HIVE + r"/year=\d{4}/month=\d\d/day=\d\d/\d+_vpc"),
    ],
)
def test_the_layout_is_as_chosen(
    given_a_flow_log: Any, simulation: Any, flow_bucket: Any, options: Any, folder: str
) -> None:
    given_a_flow_log(DestinationOptions=options)
    simulation.deliver()

    (key,) = delivered(flow_bucket)
    assert re.match(folder, key)


def test_an_interval_is_written_once(
    given_a_flow_log: Any, simulation: Any, flow_bucket: Any
) -> None:
    given_a_flow_log()
    simulation.deliver()
    assert simulation.deliver() == 0

    simulation.clock.advance(600)

    assert simulation.deliver() == 1
    assert len(delivered(flow_bucket)) == 2


def test_a_bucket_that_lets_nobody_in_gets_nothing(
    given_a_flow_log: Any, simulation: Any, flow_bucket: Any
) -> None:
    given_a_flow_log()
    flow_bucket.delete_bucket_policy(Bucket=BUCKET)

    assert simulation.deliver() == 0
