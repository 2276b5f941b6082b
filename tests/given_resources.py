"""One case for each type of resource: properties before and after, and what the API then says."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from baseline.simulation.blueprint import MAIN

PRODUCTION = "400000000004"
REGION = "us-west-2"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "config.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
}
ROLE_ARN = f"arn:aws:iam::{PRODUCTION}:role/recorder"
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "central"}}
BUCKET_POLICY = {
    "Type": "AWS::S3::BucketPolicy",
    "Properties": {
        "Bucket": {"Ref": "Bucket"},
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": f"{service}.amazonaws.com"},
                    "Action": action,
                    "Resource": f"arn:aws:s3:::central{suffix}",
                }
                for service in ("cloudtrail", "config")
                for action, suffix in (
                    ("s3:GetBucketAcl", ""),
                    ("s3:PutObject", f"/AWSLogs/{PRODUCTION}/*"),
                )
            ],
        },
    },
}
CENTRAL = {"Bucket": BUCKET, "BucketPolicy": BUCKET_POLICY}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"RoleName": "recorder", "AssumeRolePolicyDocument": TRUST},
}


@dataclass(frozen=True)
class Case:
    """Properties before and after, what else the template needs, and what the API then says."""

    type: str
    before: dict[str, Any]
    after: dict[str, Any]
    read: Callable[[Callable[[str], Any]], Any]
    first: Any
    second: Any
    others: dict[str, Any] = field(default_factory=dict)


def tags(value: str) -> list[dict[str, str]]:
    return [{"Key": "owner", "Value": value}]


def read_role(client: Callable[[str], Any]) -> Any:
    iam = client("iam")
    role = iam.get_role(RoleName="auditor")["Role"]
    attached = iam.list_attached_role_policies(RoleName="auditor")["AttachedPolicies"]
    inline = iam.list_role_policies(RoleName="auditor")["PolicyNames"]
    return (
        role["Description"],
        role["MaxSessionDuration"],
        [p["PolicyName"] for p in attached],
        {n: iam.get_role_policy(RoleName="auditor", PolicyName=n)["PolicyDocument"]
         for n in inline},
        [t["Value"] for t in role.get("Tags", [])],
    )  # fmt: skip


def read_managed_policy(client: Callable[[str], Any]) -> Any:
    iam, arn = client("iam"), f"arn:aws:iam::{PRODUCTION}:policy/reading"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    text = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    roles = iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]
    return text["Statement"][0]["Action"], [role["RoleName"] for role in roles]


def read_policy(client: Callable[[str], Any]) -> Any:
    answer = client("iam").get_role_policy(RoleName="recorder", PolicyName="inline")
    return answer["PolicyDocument"]["Statement"][0]["Action"]


def read_key(client: Callable[[str], Any]) -> Any:
    kms = client("kms")
    found = [kms.describe_key(KeyId=k["KeyId"])["KeyMetadata"] for k in kms.list_keys()["Keys"]]
    (key,) = [k for k in found if k["KeyState"] == "Enabled"]
    rotation = kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    return key["Description"], rotation


def read_bucket(client: Callable[[str], Any]) -> Any:
    s3 = client("s3")
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket="logs")["Rules"]
    encryption = s3.get_bucket_encryption(Bucket="logs")["ServerSideEncryptionConfiguration"]
    return (
        s3.get_bucket_location(Bucket="logs")["LocationConstraint"],
        s3.get_bucket_versioning(Bucket="logs").get("Status"),
        s3.get_public_access_block(Bucket="logs")["PublicAccessBlockConfiguration"][
            "BlockPublicPolicy"
        ],
        encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        s3.get_bucket_ownership_controls(Bucket="logs")["OwnershipControls"]["Rules"][0][
            "ObjectOwnership"
        ],
        [(r["Expiration"]["Days"], r["NoncurrentVersionExpiration"]["NoncurrentDays"])
         for r in lifecycle],
        s3.get_bucket_tagging(Bucket="logs")["TagSet"][0]["Value"],
    )  # fmt: skip


def bucket(days: int, status: str, owner: str) -> dict[str, Any]:
    return {
        "BucketName": "logs",
        "VersioningConfiguration": {"Status": status},
        "PublicAccessBlockConfiguration": {"BlockPublicPolicy": status == "Enabled"},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            ]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "expire",
                    "Status": "Enabled",
                    "ExpirationInDays": days,
                    "NoncurrentVersionExpiration": {"NoncurrentDays": days},
                }
            ]
        },
        "Tags": tags(owner),
    }


def bucket_policy(effect: str) -> dict[str, Any]:
    statement = {
        "Effect": effect,
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::central/x/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document}


def read_bucket_policy(client: Callable[[str], Any]) -> Any:
    policy = json.loads(client("s3").get_bucket_policy(Bucket="central")["Policy"])
    return policy["Statement"][0]["Effect"]


def read_detector(client: Callable[[str], Any]) -> Any:
    guardduty = client("guardduty")
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    found = guardduty.get_detector(DetectorId=detector)
    return found["FindingPublishingFrequency"], found["Tags"]


def read_recorder(client: Callable[[str], Any]) -> Any:
    config = client("config")
    (recorder,) = config.describe_configuration_recorders()["ConfigurationRecorders"]
    (status,) = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    group = recorder["recordingGroup"]
    return recorder["name"], group["includeGlobalResourceTypes"], status["recording"]


def read_channel(client: Callable[[str], Any]) -> Any:
    (channel,) = client("config").describe_delivery_channels()["DeliveryChannels"]
    frequency = channel["configSnapshotDeliveryProperties"]["deliveryFrequency"]
    return channel["name"], channel["s3BucketName"], frequency


def recorder(everything: bool) -> dict[str, Any]:
    group = {"AllSupported": True, "IncludeGlobalResourceTypes": everything}
    return {"Name": "baseline", "RoleARN": ROLE_ARN, "RecordingGroup": group}


def channel(frequency: str) -> dict[str, Any]:
    return {
        "Name": "baseline",
        "S3BucketName": {"Ref": "Bucket"},
        "ConfigSnapshotDeliveryProperties": {"DeliveryFrequency": frequency},
    }


RECORDER = {"Type": "AWS::Config::ConfigurationRecorder", "Properties": recorder(everything=True)}
CHANNEL = {"Type": "AWS::Config::DeliveryChannel", "Properties": channel("One_Hour")}


def rule(description: str) -> dict[str, Any]:
    source = {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_VERSIONING_ENABLED"}
    return {"ConfigRuleName": "versioned", "Description": description, "Source": source}


def read_aggregator(client: Callable[[str], Any]) -> Any:
    (found,) = client("config").describe_configuration_aggregators()["ConfigurationAggregators"]
    return found["AccountAggregationSources"][0]["AccountIds"]


def aggregator(*accounts: str) -> dict[str, Any]:
    sources = [{"AccountIds": list(accounts), "AllAwsRegions": True}]
    return {"ConfigurationAggregatorName": "all", "AccountAggregationSources": sources}


def read_trail(client: Callable[[str], Any]) -> Any:
    cloudtrail = client("cloudtrail")
    trail = cloudtrail.get_trail(Name="baseline")["Trail"]
    logging = cloudtrail.get_trail_status(Name="baseline")["IsLogging"]
    return trail["LogFileValidationEnabled"], trail["S3BucketName"], logging


def trail(validated: bool, logging: bool) -> dict[str, Any]:
    return {
        "TrailName": "baseline",
        "IsLogging": logging,
        "EnableLogFileValidation": validated,
        "S3BucketName": {"Ref": "Bucket"},
    }


def read_group(client: Callable[[str], Any]) -> Any:
    (group,) = client("logs").describe_log_groups()["logGroups"]
    return group.get("retentionInDays"), client("logs").list_tags_for_resource(
        resourceArn=group["arn"].removesuffix(":*")
    )["tags"]


def read_logs_policy(client: Callable[[str], Any]) -> Any:
    (policy,) = client("logs").describe_resource_policies()["resourcePolicies"]
    return json.loads(policy["policyDocument"])["Statement"][0]["Effect"]


def logs_policy(effect: str) -> dict[str, Any]:
    return {
        "PolicyName": "write",
        "PolicyDocument": json.dumps({"Statement": [{"Effect": effect}]}),
    }


def read_topic(client: Callable[[str], Any]) -> Any:
    (topic,) = client("sns").list_topics()["Topics"]
    arn = topic["TopicArn"]
    subscriptions = client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    attributes = client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return attributes["DisplayName"], [s["Endpoint"] for s in subscriptions]


def topic(display: str, *emails: str) -> dict[str, Any]:
    subscriptions = [{"Protocol": "email", "Endpoint": email} for email in emails]
    return {"TopicName": "alarms", "DisplayName": display, "Subscription": subscriptions}


def read_topic_policy(client: Callable[[str], Any]) -> Any:
    (found,) = client("sns").list_topics()["Topics"]
    attributes = client("sns").get_topic_attributes(TopicArn=found["TopicArn"])["Attributes"]
    return json.loads(attributes["Policy"])["Statement"][0]["Sid"]


def topic_policy(sid: str) -> dict[str, Any]:
    statement = {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "sns:Publish"}
    document = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}
    return {"Topics": [{"Ref": "Topic"}], "PolicyDocument": document}


def read_vpc(client: Callable[[str], Any]) -> Any:
    ec2 = client("ec2")
    wanted = [{"Name": "cidr", "Values": ["10.1.0.0/16"]}]
    (vpc,) = ec2.describe_vpcs(Filters=wanted)["Vpcs"]
    names = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
    return names["EnableDnsHostnames"]["Value"], vpc.get("Tags", [])


def read_subnet(client: Callable[[str], Any]) -> Any:
    wanted = [{"Name": "cidr-block", "Values": ["10.1.1.0/24"]}]
    (subnet,) = client("ec2").describe_subnets(Filters=wanted)["Subnets"]
    return subnet["AvailabilityZone"], subnet["MapPublicIpOnLaunch"]


VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}
KEY = {"Type": "AWS::KMS::Key", "Properties": {"Description": "one"}}


def flow_log(bucket: str) -> dict[str, Any]:
    return {
        "ResourceType": "VPC",
        "ResourceId": {"Ref": "Vpc"},
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": {"Fn::GetAtt": [bucket, "Arn"]},
    }


DATABASE: dict[str, Any] = {"Type": "AWS::Glue::Database", "Properties": {
    "CatalogId": PRODUCTION, "DatabaseInput": {"Name": "logs", "Description": "old"}}}  # fmt: skip
QUEUE_ARN = {"Fn::GetAtt": ["Queue", "Arn"]}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work"}}
FUNCTION: dict[str, Any] = {"Type": "AWS::Lambda::Function", "Properties": {
    "FunctionName": "worker", "Role": ROLE_ARN, "Runtime": "python3.14", "Handler": "index.handler",
    "Code": {"ZipFile": "def handler(event, context):\n    return {}\n"}}}  # fmt: skip
WORK_GROUP = {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "analysts"}}


def table(description: str, *columns: str) -> dict[str, Any]:
    listed = [{"Name": name, "Type": "string"} for name in columns]
    given = {
        "Name": "events",
        "Description": description,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "date", "Type": "string"}],
        "StorageDescriptor": {"Columns": listed, "Location": "s3://central/"},
    }
    return {"CatalogId": PRODUCTION, "DatabaseName": {"Ref": "Database"}, "TableInput": given}


def read_table(client: Callable[[str], Any]) -> Any:
    found = client("glue").get_table(DatabaseName="logs", Name="events")["Table"]
    columns = [column["Name"] for column in found["StorageDescriptor"]["Columns"]]
    return found["Description"], columns


def queue(seconds: int, most: int) -> dict[str, Any]:
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": most}
    return {"QueueName": "tried", "VisibilityTimeout": seconds, "RedrivePolicy": redrive}


def read_queue(client: Callable[[str], Any]) -> Any:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="tried")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found["VisibilityTimeout"], json.loads(found["RedrivePolicy"])["maxReceiveCount"]


def queue_policy(effect: str) -> dict[str, Any]:
    statement = {
        "Effect": effect,
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE_ARN,
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Queues": [{"Ref": "Queue"}], "PolicyDocument": document}


def read_queue_policy(client: Callable[[str], Any]) -> Any:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    return json.loads(found["Policy"])["Statement"][0]["Effect"]


def event_rule(state: str, *targets: str) -> dict[str, Any]:
    return {
        "Name": "tried",
        "State": state,
        "EventPattern": {"source": ["aws.s3"]},
        "Targets": [{"Id": target, "Arn": QUEUE_ARN} for target in targets],
    }


def read_event_rule(client: Callable[[str], Any]) -> Any:
    events = client("events")
    targets = events.list_targets_by_rule(Rule="tried")["Targets"]
    return events.describe_rule(Name="tried")["State"], [target["Id"] for target in targets]


def function(seconds: int, source: str) -> dict[str, Any]:
    return {
        "FunctionName": "tried",
        "Role": ROLE_ARN,
        "Runtime": "python3.14",
        "Handler": "index.handler",
        "Timeout": seconds,
        "Code": {"ZipFile": source},
    }


def read_function(client: Callable[[str], Any]) -> Any:
    found = client("lambda").get_function_configuration(FunctionName="tried")
    return found["Timeout"], found["CodeSize"]


def permission(principal: str) -> dict[str, Any]:
    return {
        "FunctionName": {"Ref": "Function"},
        "Action": "lambda:InvokeFunction",
        "Principal": principal,
    }


def read_permission(client: Callable[[str], Any]) -> Any:
    policy = json.loads(client("lambda").get_policy(FunctionName="worker")["Policy"])
    (statement,) = policy["Statement"]
    return statement["Principal"]["Service"]


def mapping(size: int) -> dict[str, Any]:
    return {
        "FunctionName": {"Ref": "Function"},
        "EventSourceArn": QUEUE_ARN,
        "BatchSize": size,
        "MaximumBatchingWindowInSeconds": 10,
    }


def read_mapping(client: Callable[[str], Any]) -> Any:
    (found,) = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return found["BatchSize"], found["State"]


def work_group(most: int) -> dict[str, Any]:
    return {
        "Name": "tried",
        "RecursiveDeleteOption": True,
        "WorkGroupConfiguration": {
            "BytesScannedCutoffPerQuery": most,
            "ResultConfiguration": {"OutputLocation": f"s3://central/{most}/"},
        },
    }


def read_work_group(client: Callable[[str], Any]) -> Any:
    found = client("athena").get_work_group(WorkGroup="tried")["WorkGroup"]["Configuration"]
    return found["BytesScannedCutoffPerQuery"], found["ResultConfiguration"]["OutputLocation"]


def named_query(sql: str) -> dict[str, Any]:
    return {
        "Name": "Tried",
        "Database": "logs",
        "WorkGroup": {"Ref": "WorkGroup"},
        "QueryString": sql,
    }


def read_named_query(client: Callable[[str], Any]) -> Any:
    athena = client("athena")
    (query_id,) = athena.list_named_queries(WorkGroup="analysts")["NamedQueryIds"]
    return athena.get_named_query(NamedQueryId=query_id)["NamedQuery"]["QueryString"]


CASES = (
    Case(
        "AWS::IAM::Role",
        {"RoleName": "auditor", "Description": "reads", "AssumeRolePolicyDocument": TRUST,
         "ManagedPolicyArns": ["arn:aws:iam::aws:policy/SecurityAudit"], "Tags": tags("a"),
         "Policies": [{"PolicyName": "more", "PolicyDocument": ALLOW}]},
        {"RoleName": "auditor", "Description": "looks", "AssumeRolePolicyDocument": TRUST,
         "MaxSessionDuration": 43200, "Tags": tags("b"),
         "ManagedPolicyArns": ["arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"]},
        read_role,
        ("reads", 3600, ["SecurityAudit"], {"more": ALLOW}, ["a"]),
        ("looks", 43200, ["ViewOnlyAccess"], {}, ["b"]),
    ),
    Case(
        "AWS::IAM::ManagedPolicy",
        {"ManagedPolicyName": "reading", "PolicyDocument": ALLOW, "Roles": [{"Ref": "Role"}]},
        {"ManagedPolicyName": "reading", "PolicyDocument": json.loads(
            json.dumps(ALLOW).replace("s3:Get*", "s3:List*"))},
        read_managed_policy, ("s3:Get*", ["recorder"]), ("s3:List*", []), {"Role": ROLE},
    ),
    Case(
        "AWS::IAM::Policy",
        {"PolicyName": "inline", "PolicyDocument": ALLOW, "Roles": [{"Ref": "Role"}]},
        {"PolicyName": "inline", "Roles": [{"Ref": "Role"}], "PolicyDocument": json.loads(
            json.dumps(ALLOW).replace("s3:Get*", "s3:List*"))},
        read_policy, "s3:Get*", "s3:List*", {"Role": ROLE},
    ),
    Case("AWS::KMS::Key", {"Description": "logs", "EnableKeyRotation": True},
         {"Description": "trails"}, read_key, ("logs", True), ("trails", False)),
    Case("AWS::KMS::Alias", {"AliasName": "alias/audit", "TargetKeyId": {"Ref": "Key"}},
         {"AliasName": "alias/audit", "TargetKeyId": {"Fn::GetAtt": ["Second", "Arn"]}},
         lambda client: client("kms").describe_key(KeyId="alias/audit")["KeyMetadata"][
             "Description"],
         "one", "two",
         {"Key": KEY, "Second": {"Type": "AWS::KMS::Key", "Properties": {"Description": "two"}}}),
    Case("AWS::S3::Bucket", bucket(30, "Enabled", "a"), bucket(90, "Suspended", "b"), read_bucket,
         (REGION, "Enabled", True, "AES256", "BucketOwnerEnforced", [(30, 30)], "a"),
         (REGION, "Suspended", False, "AES256", "BucketOwnerEnforced", [(90, 90)], "b")),
    Case("AWS::S3::BucketPolicy", bucket_policy("Allow"), bucket_policy("Deny"),
         read_bucket_policy, "Allow", "Deny", {"Bucket": BUCKET}),
    Case("AWS::GuardDuty::Detector",
         {"Enable": True, "FindingPublishingFrequency": "SIX_HOURS", "Tags": tags("a")},
         {"Enable": "true", "FindingPublishingFrequency": "ONE_HOUR", "Tags": tags("b")},
         read_detector, ("SIX_HOURS", {"owner": "a"}), ("ONE_HOUR", {"owner": "b"})),
    Case("AWS::Config::ConfigurationRecorder", recorder(everything=True),
         recorder(everything=False), read_recorder,
         ("baseline", True, True), ("baseline", False, True),
         {"Role": ROLE, **CENTRAL, "Channel": CHANNEL}),
    Case("AWS::Config::DeliveryChannel", channel("One_Hour"), channel("Six_Hours"), read_channel,
         ("baseline", "central", "One_Hour"), ("baseline", "central", "Six_Hours"),
         {"Role": ROLE, **CENTRAL, "Recorder": RECORDER}),
    Case("AWS::Config::ConfigRule", rule("old"), rule("new"),
         lambda client: client("config").describe_config_rules()["ConfigRules"][0]["Description"],
         "old", "new",
         {"Role": ROLE, **CENTRAL, "Recorder": RECORDER, "Channel": CHANNEL}),
    Case("AWS::Config::ConfigurationAggregator", aggregator(PRODUCTION),
         aggregator(PRODUCTION, MAIN.id), read_aggregator, [PRODUCTION], [PRODUCTION, MAIN.id]),
    Case("AWS::CloudTrail::Trail", trail(validated=True, logging=True),
         trail(validated=False, logging=False), read_trail,
         (True, "central", True), (False, "central", False),
         CENTRAL),
    Case("AWS::Logs::LogGroup", {"LogGroupName": "g", "RetentionInDays": 7, "Tags": tags("a")},
         {"LogGroupName": "g", "Tags": tags("b")}, read_group,
         (7, {"owner": "a"}), (None, {"owner": "b"})),
    Case("AWS::Logs::ResourcePolicy", logs_policy("Allow"), logs_policy("Deny"), read_logs_policy,
         "Allow", "Deny"),
    Case("AWS::SNS::Topic", topic("old", "a@acme.example"), topic("new", "b@acme.example"),
         read_topic, ("old", ["a@acme.example"]), ("new", ["b@acme.example"])),
    Case("AWS::SNS::TopicPolicy", topic_policy("first"), topic_policy("second"), read_topic_policy,
         "first", "second", {"Topic": {"Type": "AWS::SNS::Topic"}}),
    Case("AWS::SSM::Parameter", {"Name": "/audit/role", "Type": "String", "Value": "a"},
         {"Name": "/audit/role", "Type": "String", "Value": "b"},
         lambda client: client("ssm").get_parameter(Name="/audit/role")["Parameter"]["Value"],
         "a", "b"),
    Case("AWS::EC2::VPC", {"CidrBlock": "10.1.0.0/16", "EnableDnsHostnames": True},
         {"CidrBlock": "10.1.0.0/16", "EnableDnsHostnames": False, "Tags": tags("b")}, read_vpc,
         (True, []), (False, tags("b"))),
    Case("AWS::EC2::Subnet",
         {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.1.1.0/24", "MapPublicIpOnLaunch": False,
          "AvailabilityZone": {"Fn::Select": [1, {"Fn::GetAZs": ""}]}},
         {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.1.1.0/24", "MapPublicIpOnLaunch": True,
          "AvailabilityZone": {"Fn::Select": [1, {"Fn::GetAZs": ""}]}},
         read_subnet, (f"{REGION}b", False), (f"{REGION}b", True), {"Vpc": VPC}),
    Case("AWS::EC2::FlowLog", flow_log("Bucket"), flow_log("Other"),
         lambda client: client("ec2").describe_flow_logs()["FlowLogs"][0]["LogDestination"],
         "arn:aws:s3:::central", "arn:aws:s3:::other",
         {"Vpc": VPC, "Bucket": BUCKET,
          "Other": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "other"}}}),
    Case("AWS::Glue::Database", DATABASE["Properties"],
         {"CatalogId": PRODUCTION, "DatabaseInput": {"Name": "logs", "Description": "new"}},
         lambda client: client("glue").get_database(Name="logs")["Database"]["Description"],
         "old", "new"),
    Case("AWS::Glue::Table", table("old", "a"), table("new", "a", "b"), read_table,
         ("old", ["a"]), ("new", ["a", "b"]), {"Database": DATABASE}),
    Case("AWS::SQS::Queue", queue(30, 3), queue(60, 5), read_queue, ("30", 3), ("60", 5),
         {"Dead": QUEUE}),
    Case("AWS::SQS::QueuePolicy", queue_policy("Allow"), queue_policy("Deny"), read_queue_policy,
         "Allow", "Deny", {"Queue": QUEUE}),
    Case("AWS::Events::Rule", event_rule("ENABLED", "a"), event_rule("DISABLED", "b"),
         read_event_rule, ("ENABLED", ["a"]), ("DISABLED", ["b"]), {"Queue": QUEUE}),
    Case("AWS::Lambda::Function", function(10, "pass"), function(20, "pass # longer"),
         read_function, (10, 118), (20, 127), {"Role": ROLE}),
    Case("AWS::Lambda::Permission", permission("s3.amazonaws.com"),
         permission("events.amazonaws.com"), read_permission, "s3.amazonaws.com",
         "events.amazonaws.com", {"Role": ROLE, "Function": FUNCTION}),
    Case("AWS::Lambda::EventSourceMapping", mapping(10), mapping(100), read_mapping,
         (10, "Enabled"), (100, "Enabled"), {"Role": ROLE, "Function": FUNCTION, "Queue": QUEUE}),
    Case("AWS::Athena::WorkGroup", work_group(10_000_000), work_group(20_000_000), read_work_group,
         (10_000_000, "s3://central/10000000/"), (20_000_000, "s3://central/20000000/")),
    Case("AWS::Athena::NamedQuery", named_query("SELECT 1"), named_query("SELECT 2"),
         read_named_query, "SELECT 1", "SELECT 2", {"WorkGroup": WORK_GROUP}),
)  # fmt: skip
