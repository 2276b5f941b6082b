"""What CloudTrail records of a call."""

import gzip
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.session import get_session

from baseline.errors import AwsError
from baseline.simulation import Fault
from baseline.simulation.cloudtrail.events import of_call
from baseline.simulation.cloudtrail.parameters import lower_camel
from baseline.simulation.cloudtrail.parameters import recorded as written
from baseline.simulation.cloudtrail.selectors import selects
from baseline.simulation.service import Call

MEMBER = "600000000006"


def test_a_call_becomes_an_event_with_who_where_and_what(somebody: Any, recorded: Any) -> None:
    somebody("logs").create_log_group(logGroupName="/shop", tags={"Team": "Shop"})

    (event,) = recorded()

    assert event["eventSource"] == "logs.amazonaws.com"
    assert event["eventName"] == "CreateLogGroup"
    assert event["requestParameters"] == {"logGroupName": "/shop", "tags": {"Team": "Shop"}}
    assert event["responseElements"] is None
    assert event["readOnly"] is False
    assert event["awsRegion"] == "eu-west-1"
    assert event["recipientAccountId"] == "100000000001"
    assert event["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "deployment"
    assert datetime.fromisoformat(event["eventTime"]).tzinfo == UTC


def test_the_keys_are_those_of_real_events(somebody: Any, recorded: Any, third_party: Any) -> None:
    real = set()
    for path in (third_party / "cloudtrail/invictus").rglob("*.json.gz"):
        for event in json.loads(gzip.decompress(path.read_bytes()))["Records"]:
            real.update(event)
    somebody("iam", "us-east-1").create_user(UserName="bob")
    somebody("s3").create_bucket(
        Bucket="shop", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )

    events = recorded() + recorded(region="us-east-1")

    assert len(events) == 2
    assert {key for event in events for key in event} <= real


def test_parameters_have_the_names_of_real_events(somebody: Any, recorded: Any) -> None:
    somebody("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": ["vpc-1"]}])
    vpc = somebody("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]

    look, make = recorded()

    values = {"items": [{"value": "vpc-1"}]}
    assert look["requestParameters"] == {
        "filterSet": {"items": [{"name": "vpc-id", "valueSet": values}]}
    }
    assert look["responseElements"] is None
    assert make["responseElements"]["vpc"]["vpcId"] == vpc
    assert make["responseElements"]["vpc"]["cidrBlockAssociationSet"]["items"]


def test_every_recorded_member_is_one_that_the_service_model_knows() -> None:
    model = get_session().get_service_model("rds")
    shape = model.operation_model("CreateDBInstance").input_shape
    values = {"DBInstanceIdentifier": "shop", "NotThere": 1, "Tags": [{"Key": "a", "Value": "b"}]}

    found = written(shape, values, service="rds")

    assert found == {"dBInstanceIdentifier": "shop", "tags": [{"key": "a", "value": "b"}]}
    assert set(found) <= {lower_camel(name) for name in shape.members}


def test_no_secret_is_ever_recorded(somebody: Any, simulation: Any) -> None:
    secret = "Hunter2-hunter2"
    iam = somebody("iam", "us-east-1")
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password=secret)
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    somebody("ssm").put_parameter(Name="/shop", Value=secret, Type="SecureString")
    somebody("secretsmanager").create_secret(Name="shop", SecretString=secret)
    somebody("rds").create_db_instance(
        DBInstanceIdentifier="shop",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        MasterUsername="admin",
        MasterUserPassword=secret,
        AllocatedStorage=10,
    )

    kept = simulation.service("cloudtrail").records.values()
    texts = [record.text.decode() for records in kept for record in records]

    assert len(texts) == 6
    assert not [text for text in texts if secret in text or key["SecretAccessKey"] in text]
    assert any(key["AccessKeyId"] in text for text in texts)
    assert sum("HIDDEN_DUE_TO_SECURITY_REASONS" in text for text in texts) == 3


SECRET_NAMES = re.compile(
    r'"(\w*[pP]assword|\w*[sS]ecretAccessKey|\w*[sS]essionToken|tokenCode|privateKey|secretString'
    r'|clientSecret|secret|token|plaintext|userData)": ?"(?!HIDDEN_DUE_TO_SECURITY_REASONS)'
)
SERVICES = (
    "accessanalyzer", "cloudformation", "cloudtrail", "config", "ec2", "guardduty", "iam", "kms",
    "lambda", "logs", "organizations", "rds", "s3", "s3control", "secretsmanager", "sns", "ssm",
    "sts",
)  # fmt: skip


def example(shape: Any, depth: int = 0) -> Any:
    """Some value of a shape, every member of it given."""
    if shape.type_name == "structure":
        members = {} if depth > 6 else shape.members
        return {name: example(member, depth + 1) for name, member in members.items()}
    if shape.type_name == "list":
        return [] if depth > 6 else [example(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {} if depth > 6 else {"Key": example(shape.value, depth + 1)}
    scalars = {"boolean": True, "blob": b"x", "timestamp": datetime.now(UTC), "string": "text"}
    return scalars.get(shape.type_name, 1)


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_becomes_an_event_without_secrets(service: str) -> None:
    model = get_session().get_service_model(service)
    for name in model.operation_names:
        operation = model.operation_model(name)
        call = Call(
            account_id="100000000001",
            arn="",
            access_key_id="",
            identity={"type": "Root"},
            region="eu-west-1",
            service=service,
            operation=name,
            parameters=example(operation.input_shape) if operation.input_shape else {},
            source_ip="192.0.2.1",
            user_agent="test",
            time=datetime.now(UTC),
            event_id="1",
        )
        answer = example(operation.output_shape) if operation.output_shape else {}

        text = json.dumps(of_call(call, answer, None))

        assert SECRET_NAMES.search(text) is None, name


def test_a_token_of_paging_is_no_secret() -> None:
    shape = (
        get_session().get_service_model("cloudtrail").operation_model("LookupEvents").input_shape
    )

    assert written(shape, {"NextToken": "7"}, service="cloudtrail") == {"nextToken": "7"}


def test_session_tokens_are_left_out(administrator_session: Any, recorded: Any) -> None:
    administrator_session.get_session_token()

    event = next(e for e in recorded() if e["eventName"] == "GetSessionToken")

    assert "okenCode" not in json.dumps(event)
    assert "sessionToken" not in json.dumps(event)
    assert event["userIdentity"]["type"] == "IAMUser"
    assert event["userIdentity"]["userName"] == "security-engineer"


def test_a_global_service_is_recorded_in_us_east_1(somebody: Any, recorded: Any) -> None:
    somebody("iam", "us-east-1").list_users()

    assert [e["eventName"] for e in recorded(region="us-east-1")] == ["ListUsers"]


def test_a_refused_call_is_recorded_with_its_error(somebody: Any, recorded: Any) -> None:
    with pytest.raises(AwsError):
        somebody("ec2").delete_vpc(VpcId="vpc-00000000000000000")

    (event,) = recorded()

    assert event["errorCode"] == "Client.InvalidVpcID.NotFound"
    assert event["errorMessage"]
    assert event["responseElements"] is None


def test_a_planted_denial_is_recorded_too(somebody: Any, simulation: Any, recorded: Any) -> None:
    simulation.faults.add(Fault(kind="deny", service="logs", operation="CreateLogGroup"))
    with pytest.raises(AwsError):
        somebody("logs").create_log_group(logGroupName="/shop")

    assert recorded()[0]["errorCode"].startswith("AccessDenied")


def test_what_the_simulation_does_by_itself_is_not_recorded(simulation: Any, recorded: Any) -> None:
    simulation.client("logs", "eu-west-1", "100000000001").create_log_group(logGroupName="/own")

    assert recorded() == []


def test_object_calls_are_no_management_events(somebody: Any, recorded: Any, bucket: Any) -> None:
    somebody("s3").put_object(
        Bucket="baseline-cloudtrail-100000000001-eu-west-1", Key="k", Body=b""
    )

    assert recorded() == []


def test_assuming_a_role_of_another_account_is_recorded_in_both(
    administrator_session: Any, recorded: Any, simulation: Any
) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::100000000001:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    simulation.client("iam", "us-east-1", MEMBER).create_role(
        RoleName="auditor", AssumeRolePolicyDocument=json.dumps(trust)
    )
    administrator_session.assume_role(
        RoleArn=f"arn:aws:iam::{MEMBER}:role/auditor", RoleSessionName="audit"
    )

    own = next(e for e in recorded() if e["eventName"] == "AssumeRole")
    other = next(e for e in recorded(MEMBER) if e["eventName"] == "AssumeRole")

    assert own["userIdentity"]["type"] == "IAMUser"
    assert other["userIdentity"]["type"] == "AWSAccount"
    assert other["userIdentity"]["accountId"] == "100000000001"
    assert other["recipientAccountId"] == MEMBER
    assert own["sharedEventID"] == other["sharedEventID"]
    assert own["eventID"] != other["eventID"]


def test_names_follow_the_rule_of_aws() -> None:
    assert lower_camel("DBInstanceIdentifier") == "dBInstanceIdentifier"
    assert lower_camel("ARN") == "arn"


def test_times_inside_parameters_are_written_out() -> None:
    shape = (
        get_session().get_service_model("cloudtrail").operation_model("LookupEvents").input_shape
    )
    values = {"StartTime": datetime(2023, 7, 10, 0, 31, 14, tzinfo=UTC)}

    assert written(shape, values, service="cloudtrail") == {
        "startTime": "Jul 10, 2023, 12:31:14 AM"
    }


@pytest.mark.parametrize(
    ("basic", "advanced", "chosen"),
    [
        ([], [], True),
        ([{"ReadWriteType": "WriteOnly"}], [], False),
        ([{"IncludeManagementEvents": False}], [], False),
        ([{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}], [], False),
        ([], [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}], True),
        ([], [{"FieldSelectors": [{"Field": "eventSource", "NotStartsWith": ["kms"]}]}], False),
        ([], [{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}], True),
    ],
)
def test_selectors_choose_events(basic: Any, advanced: Any, chosen: Any) -> None:
    event = {
        "eventSource": "kms.amazonaws.com",
        "eventCategory": "Management",
        "managementEvent": True,
        "readOnly": True,
    }

    assert selects(basic, advanced, event) is chosen


def test_ids_are_uuids(somebody: Any, recorded: Any) -> None:
    somebody("logs").describe_log_groups()

    event = recorded()[0]

    uuid = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    assert uuid.fullmatch(event["eventID"])
    assert uuid.fullmatch(event["requestID"])
