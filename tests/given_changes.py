"""Changes by hand to what was rolled out, and the checks that have to see each of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baseline.rollout.catalogue import ADMINISTRATION_ROLE, EXECUTION_ROLE

MAIN, DEVELOPMENT = "100000000001", "600000000006"
HOME = (MAIN, "eu-west-1")
ROLES = (DEVELOPMENT, "eu-west-1")
THERE = (DEVELOPMENT, "us-east-1")
BUCKET = f"baseline-cloudtrail-{MAIN}-eu-west-1"
ALIAS = "alias/baseline-auditing"
AUDIT, RECORDER = "AssumableSecurityAuditRole", "baseline-config-recorder"
ANYBODY = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": f"arn:aws:s3:::{BUCKET}/*",
}

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Change:
    """What somebody does by hand, where, and the checks that have to say FAIL."""

    what: str
    place: tuple[str, str]
    make: Callable[[Client], object]
    failing: set[str]

    def __str__(self) -> str:
        return self.what


def selectors(**selector: Any) -> Callable[[Client], object]:
    usual = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
    return lambda client: client("cloudtrail").put_event_selectors(
        TrailName="baseline", EventSelectors=[usual | selector]
    )


def trail(**settings: Any) -> Callable[[Client], object]:
    return lambda client: client("cloudtrail").update_trail(Name="baseline", **settings)


def recorder(**settings: Any) -> Callable[[Client], object]:
    def change(client: Client) -> None:
        config = client("config")
        found = config.describe_configuration_recorders()["ConfigurationRecorders"][0]
        known = {k: found[k] for k in ("name", "roleARN", "recordingGroup", "recordingMode")}
        config.put_configuration_recorder(ConfigurationRecorder=known | settings)

    return change


RULE = "baseline-restricted-ssh"
PARTITIONER, WORK_GROUP = "baseline-partitioner", "baseline-auditing"


def table(client: Client) -> None:
    """A column of the table is gone, as after a crawler that knew better."""
    glue = client("glue")
    found = glue.get_table(DatabaseName="auditing", Name="cloudtrail")["Table"]
    storage = found["StorageDescriptor"]
    given = {k: found[k] for k in ("Name", "TableType", "PartitionKeys")}
    glue.update_table(
        DatabaseName="auditing",
        TableInput=given | {"StorageDescriptor": storage | {"Columns": storage["Columns"][:-1]}},
    )


def saved_query(client: Client) -> None:
    athena = client("athena")
    found = athena.list_named_queries(WorkGroup=WORK_GROUP)["NamedQueryIds"]
    athena.delete_named_query(NamedQueryId=found[0])


def without_source(client: Client) -> None:
    (found,) = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    client("lambda").update_event_source_mapping(UUID=found["UUID"], Enabled=False)


def queue(name: str, act: str, **settings: Any) -> Callable[[Client], object]:
    def change(client: Client) -> None:
        url = client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        getattr(client("sqs"), act)(QueueUrl=url, **settings)

    return change


def channel(**settings: Any) -> Callable[[Client], object]:
    def change(client: Client) -> None:
        config = client("config")
        found = config.describe_delivery_channels()["DeliveryChannels"][0]
        config.put_delivery_channel(DeliveryChannel=found | settings)

    return change


def without_recorder(client: Client) -> None:
    config = client("config")
    config.stop_configuration_recorder(ConfigurationRecorderName="baseline")
    config.delete_delivery_channel(DeliveryChannelName="baseline")
    config.delete_configuration_recorder(ConfigurationRecorderName="baseline")


def rule(identifier: str) -> Callable[[Client], object]:
    source = {"Owner": "AWS", "SourceIdentifier": identifier}
    return lambda client: client("config").put_config_rule(
        ConfigRule={"ConfigRuleName": RULE, "Source": source}
    )


def detector(**settings: Any) -> Callable[[Client], object]:
    def change(client: Client) -> None:
        guardduty = client("guardduty")
        (found,) = guardduty.list_detectors()["DetectorIds"]
        guardduty.update_detector(DetectorId=found, **settings)

    return change


def disassociated(client: Client) -> None:
    guardduty = client("guardduty")
    (found,) = guardduty.list_detectors()["DetectorIds"]
    guardduty.disassociate_from_administrator_account(DetectorId=found)


def statements(edit: Callable[[list[Any]], list[Any]]) -> Callable[[Client], object]:
    def change(client: Client) -> None:
        s3 = client("s3")
        policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
        policy["Statement"] = edit(policy["Statement"])
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    return change


def allowed(statement: Any) -> Any:
    return statement | {"Effect": "Allow"}


def encryption(key_id: str | None = None, algorithm: str = "aws:kms") -> Callable[[Client], object]:
    def change(client: Client) -> None:
        rule = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key_id} if key_id else {})
        client("s3").put_bucket_encryption(
            Bucket=BUCKET,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": False}]
            },
        )

    return change


def expiring(client: Client) -> None:
    rule = {
        "ID": "expire",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": 1},
    }
    client("s3").put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]}
    )


def key(operation: str, **settings: Any) -> Callable[[Client], object]:
    def change(client: Client) -> None:
        kms = client("kms")
        key_id = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"]
        getattr(kms, operation)(KeyId=key_id, **settings)

    return change


def open_key(client: Client) -> None:
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [anybody]})
    key("put_key_policy", PolicyName="default", Policy=policy)(client)


def trusting(role: str, principal: Any) -> Callable[[Client], object]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return lambda client: client("iam").update_assume_role_policy(
        RoleName=role, PolicyDocument=policy
    )


def calling(service: str, operation: str, **parameters: Any) -> Callable[[Client], object]:
    return lambda client: getattr(client(service), operation)(**parameters)


CHANGES = [
    Change(
        "no management events",
        THERE,
        selectors(IncludeManagementEvents=False),
        {"management events"},
    ),
    Change("write-only events", THERE, selectors(ReadWriteType="WriteOnly"), {"management events"}),
    Change(
        "no KMS events",
        THERE,
        selectors(ExcludeManagementEventSources=["kms.amazonaws.com"]),
        {"management events"},
    ),
    Change("no global events", THERE, trail(IncludeGlobalServiceEvents=False), {"trail"}),
    Change("no validation", THERE, trail(EnableLogFileValidation=False), {"trail"}),
    Change("trail below a prefix", THERE, trail(S3KeyPrefix="AWSLogs"), {"trail"}),
    Change(
        "trail deleted",
        THERE,
        calling("cloudtrail", "delete_trail", Name="baseline"),
        {"trail", "management events", "logging"},
    ),
    Change(
        "trail stopped", THERE, calling("cloudtrail", "stop_logging", Name="baseline"), {"logging"}
    ),
    Change(
        "log group for a day",
        THERE,
        calling(
            "logs", "put_retention_policy", logGroupName="/baseline/cloudtrail", retentionInDays=1
        ),
        {"log group"},
    ),
    Change(
        "log group deleted",
        THERE,
        calling("logs", "delete_log_group", logGroupName="/baseline/cloudtrail"),
        {"log group"},
    ),
    Change("channel below a prefix", THERE, channel(s3KeyPrefix="elsewhere"), {"channel"}),
    Change(
        "frequent snapshots",
        THERE,
        channel(configSnapshotDeliveryProperties={"deliveryFrequency": "One_Hour"}),
        {"channel"},
    ),
    Change(
        "some resources only",
        THERE,
        recorder(
            recordingGroup={
                "allSupported": False,
                "includeGlobalResourceTypes": False,
                "resourceTypes": ["AWS::EC2::Instance"],
            }
        ),
        {"recorded"},
    ),
    Change(
        "short sessions of the audit",
        ROLES,
        calling("iam", "update_role", RoleName=AUDIT, MaxSessionDuration=3600),
        {"audit role"},
    ),
    Change(
        "recorder stopped",
        THERE,
        calling("config", "stop_configuration_recorder", ConfigurationRecorderName="baseline"),
        {"recorder"},
    ),
    Change("recorder deleted", THERE, without_recorder, {"recorder", "recorded", "channel"}),
    Change(
        "another recorder role",
        THERE,
        recorder(roleARN=f"arn:aws:iam::{DEVELOPMENT}:role/other"),
        {"recorded"},
    ),
    Change(
        "daily recording",
        THERE,
        recorder(recordingMode={"recordingFrequency": "DAILY"}),
        {"recorded"},
    ),
    Change(
        "global resources twice",
        THERE,
        recorder(recordingGroup={"allSupported": True, "includeGlobalResourceTypes": True}),
        {"recorded"},
    ),
    Change(
        "rule deleted",
        THERE,
        calling("config", "delete_config_rule", ConfigRuleName=RULE),
        {"rules"},
    ),
    Change("rule replaced", THERE, rule("S3_BUCKET_VERSIONING_ENABLED"), {"rules"}),
    Change(
        "aggregator deleted",
        HOME,
        calling(
            "config", "delete_configuration_aggregator", ConfigurationAggregatorName="baseline"
        ),
        {"aggregator", "aggregated sources"},
    ),
    Change(
        "aggregator of one region",
        HOME,
        calling(
            "config",
            "put_configuration_aggregator",
            ConfigurationAggregatorName="baseline",
            OrganizationAggregationSource={
                "RoleArn": f"arn:aws:iam::{MAIN}:role/baseline-config-aggregator",
                "AwsRegions": ["eu-west-1"],
            },
        ),
        {"aggregator"},
    ),
    Change(
        "aggregator's role trusts anybody",
        HOME,
        trusting("baseline-config-aggregator", {"AWS": "*"}),
        {"aggregator's role"},
    ),
    Change("detector off", THERE, detector(Enable=False), {"detector"}),
    Change(
        "seldom published", THERE, detector(FindingPublishingFrequency="SIX_HOURS"), {"detector"}
    ),
    Change("disassociated", THERE, disassociated, {"administrator", "member"}),
    Change("open bucket", HOME, statements(lambda found: [*found, ANYBODY]), {"cloudtrail policy"}),
    Change(
        "transport allowed",
        HOME,
        statements(lambda found: [allowed(found[0]), *found[1:]]),
        {"cloudtrail policy"},
    ),
    Change("no delivery", HOME, statements(lambda found: found[:1]), {"cloudtrail policy"}),
    Change(
        "no policy",
        HOME,
        calling("s3", "delete_bucket_policy", Bucket=BUCKET),
        {"cloudtrail policy"},
    ),
    Change(
        "another key",
        HOME,
        encryption(f"arn:aws:kms:eu-west-1:{MAIN}:key/other"),
        {"cloudtrail encryption"},
    ),
    Change("no key", HOME, encryption(algorithm="AES256"), {"cloudtrail encryption"}),
    Change("logs for a day", HOME, expiring, {"cloudtrail lifecycle"}),
    Change(
        "public",
        HOME,
        calling("s3", "delete_public_access_block", Bucket=BUCKET),
        {"cloudtrail public access"},
    ),
    Change(
        "not versioned",
        HOME,
        calling(
            "s3",
            "put_bucket_versioning",
            Bucket=BUCKET,
            VersioningConfiguration={"Status": "Suspended"},
        ),
        {"cloudtrail versioning"},
    ),
    Change(
        "objects of others",
        HOME,
        calling(
            "s3",
            "put_bucket_ownership_controls",
            Bucket=BUCKET,
            OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        ),
        {"cloudtrail ownership"},
    ),
    Change("key disabled", HOME, key("disable_key"), {"key"}),
    Change("key to be deleted", HOME, key("schedule_key_deletion"), {"key"}),
    Change("key not rotated", HOME, key("disable_key_rotation"), {"key"}),
    Change("open key", HOME, open_key, {"key policy"}),
    Change(
        "recorder may not deliver",
        ROLES,
        calling("iam", "delete_role_policy", RoleName=RECORDER, PolicyName="deliver"),
        {"recorder's role"},
    ),
    Change(
        "recorder may not read",
        ROLES,
        calling(
            "iam",
            "detach_role_policy",
            RoleName=RECORDER,
            PolicyArn="arn:aws:iam::aws:policy/service-role/AWS_ConfigRole",
        ),
        {"recorder's role"},
    ),
    Change(
        "log role trusts another",
        ROLES,
        trusting("baseline-cloudtrail-logs", {"Service": "ec2.amazonaws.com"}),
        {"trail's role"},
    ),
    Change("audit role trusts anybody", ROLES, trusting(AUDIT, {"AWS": "*"}), {"audit role"}),
    Change(
        "audit role administers",
        ROLES,
        calling(
            "iam",
            "attach_role_policy",
            RoleName=AUDIT,
            PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess",
        ),
        {"audit role"},
    ),
    Change(
        "execution role trusts anybody",
        ROLES,
        trusting(EXECUTION_ROLE, {"AWS": "*"}),
        {"execution role"},
    ),
    Change(
        "administration role trusts anybody",
        HOME,
        trusting(ADMINISTRATION_ROLE, {"AWS": "*"}),
        {"administration role"},
    ),
    Change(
        "nobody hears of files",
        HOME,
        calling(
            "s3",
            "put_bucket_notification_configuration",
            Bucket=BUCKET,
            NotificationConfiguration={},
        ),
        {"events"},
    ),
    Change(
        "no database",
        HOME,
        calling("glue", "delete_database", Name="auditing"),
        {"database", "tables"},
    ),
    Change("a column less", HOME, table, {"tables"}),
    Change(
        "queries without a limit",
        HOME,
        calling(
            "athena",
            "update_work_group",
            WorkGroup=WORK_GROUP,
            ConfigurationUpdates={"RemoveBytesScannedCutoffPerQuery": True},
        ),
        {"workgroup"},
    ),
    Change("a saved query less", HOME, saved_query, {"saved queries"}),
    Change(
        "partitioner in a hurry",
        HOME,
        calling("lambda", "update_function_configuration", FunctionName=PARTITIONER, Timeout=3),
        {"partitioner"},
    ),
    Change("queue not worked off", HOME, without_source, {"partitioner's queue"}),
    Change(
        "queue without a policy",
        HOME,
        queue(PARTITIONER, "set_queue_attributes", Attributes={"Policy": ""}),
        {"queue"},
    ),
    Change(
        "a message given up",
        HOME,
        queue(f"{PARTITIONER}-dead-letters", "send_message", MessageBody="{}"),
        {"dead letters"},
    ),
    Change(
        "files unheard",
        HOME,
        calling("events", "disable_rule", Name="baseline-log-files"),
        {"log files"},
    ),
    Change(
        "tomorrow forgotten",
        HOME,
        calling(
            "events",
            "put_rule",
            Name="baseline-tomorrows-partitions",
            ScheduleExpression="rate(7 days)",
        ),
        {"every day"},
    ),
    Change(
        "partitioner trusts anybody",
        HOME,
        trusting(PARTITIONER, {"AWS": "*"}),
        {"partitioner's role"},
    ),
]
