"""How well the detections do on events that others labelled, and on what AWS services do alone.

The labels are a vendor's, for rules of its own: ``TOPICS`` says which of our detections look at
the same. The measure is whether one of those tells of the event. What a rule of theirs is about and
no detection of ours looks at is in ``OTHER_TOPICS``, with the reason.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import catalogue, detections
from baseline.query.duckdb import DuckDB
from given_logs import given_a_log

pytestmark = pytest.mark.data

TOPICS = {
    "AWS.Bedrock.DeleteModelInvocationLoggingConfiguration": {"BedrockGuardsRemoved"},
    "AWS.Bedrock.GuardrailUpdateDelete": {"BedrockGuardsRemoved"},
    "AWS.CloudTrail.CodebuildProjectMadePublic": {"BuildMadePublic"},
    "AWS.CloudTrail.DNSLogsDeleted": {"FlowLogsDeleted"},
    "AWS.CloudTrail.EnableRegion": {"RegionEnabled"},
    "AWS.CloudTrail.EventSelectorsDisabled": {"TrailNarrowed"},
    "AWS.CloudTrail.IAMAnythingChanged": {"IamChanged"},
    "AWS.CloudTrail.IAMCompromisedKeyQuarantine": {"KeyQuarantined"},
    "AWS.CloudTrail.NetworkACLPermissiveEntry": {"NetworkAclOpened"},
    "AWS.CloudTrail.ResourceMadePublic": {"BucketMadePublic", "ResourceMadePublic"},
    "AWS.CloudTrail.RootPasswordChanged": {"RootCredentialChanged"},
    "AWS.CloudTrail.SES.CheckIdentityVerifications": {"MailProbed"},
    "AWS.CloudTrail.SES.CheckSESSendingEnabled": {"MailProbed"},
    "AWS.CloudTrail.SES.ListIdentities": {"MailProbed"},
    "AWS.CloudTrail.SecurityConfigurationChange": {
        "TrailStopped", "TrailNarrowed", "ConfigStopped", "GuardDutyDisabled", "FlowLogsDeleted",
    },
    "AWS.CloudTrail.ShortLifecycle": {"LogBucketChanged"},
    "AWS.CloudTrail.VPCE.AccessDenied": {"EndpointDenied"},
    "AWS.Console.LoginWithoutMFA": {"ConsoleLoginWithoutMfa"},
    "AWS.Console.RootLoginFailed": {"RootLoginFailed"},
    "AWS.EC2.GatewayModified": {"NetworkChanged"},
    "AWS.EC2.SecurityGroupModified": {"NetworkChanged"},
    "AWS.EC2.Traffic.Mirroring": {"TrafficMirrored"},
    "AWS.EC2.VPCModified": {"NetworkChanged"},
    "AWS.IAM.AttachAdminRolePolicy": {"AdminGranted"},
    "AWS.IAM.BackdoorRole": {"RoleOpenedToEverybody"},
    "AWS.IAM.Backdoor.User.Keys": {"AccessKeyForOtherUser"},
    "AWS.IAM.CreateUser": {"UserCreated"},
    "AWS.Potential.Backdoor.Lambda": {"LambdaPermissionAdded"},
    "AWS.RDS.ClusterFailover": {"DatabaseDisrupted"},
    "AWS.RDS.InstanceDeletion": {"DatabaseDeleted"},
    "AWS.RDS.InstanceRebooted": {"DatabaseDisrupted"},
    "AWS.RDS.ManualSnapshotCreated": {"DatabaseSnapshotMade"},
    "AWS.RDS.SnapshotCopiedCrossRegion": {"DatabaseExported"},
    "AWS.RDS.SnapshotEnumeration": {"SharedSnapshotsSearched"},
    "AWS.RDS.SnapshotExport": {"DatabaseExported"},
    "AWS.Root.Activity": {"RootActivity"},
    "AWS.S3.BucketDeleted": {"BucketDeleted"},
    "AWS.S3.CopyObject.CrossAccount.Encryption.KMS": {"S3EncryptedWithForeignKey"},
    "AWS.S3.CopyObjectToExternalAccountBucket": {"S3CopiedToOtherAccount"},
    "AWS.S3.CopyObjectWithClientSideEncryption": {"S3EncryptedWithForeignKey"},
    "AWS.S3.DeleteBucketReplication": {"BucketProtectionRemoved"},
    "AWS.S3.DeleteObjects": {"ObjectsDeletedInBatch"},
    "AWS.S3.DisableBucketLogging": {"BucketLoggingDisabled"},
    "AWS.S3.DisableMfaDelete": {"BucketProtectionRemoved"},
    "AWS.SSM.DistributedCommand": {"CommandSentToMany"},
    "AWS.STS.GetSessionToken.Misuse": {"SessionTokenForUser"},
    "AWS.SecretsManager.BatchRetrieveSecrets": {"SecretsReadInBatch"},
    "AWS.SecretsManager.RetrieveSecretsMultiRegion": {"SecretsReadInBatch"},
    "AWS.Suspicious.SAML.Activity": {"IdentityProviderChanged"},
    "AWS.WAF.Disassociation": {"WafRemoved"},
}  # fmt: skip

NO_EVENT_BY_ITSELF = "says it of several events together, or of what was seen before"
NOT_WITHOUT_A_LIST = (
    "is about the vendor's own list of accounts, regions, images or ways of working"
)
EVERYDAY = "is about what happens every day; saved queries show it, no detection tells of it"
NOT_IN_THE_LOG = "is about something that our saved queries do not look at"
OTHER_TOPICS = {
    "AWS.CloudTrail.Account.Discovery": EVERYDAY,
    "AWS.CloudTrail.Created": EVERYDAY,
    "AWS.CloudTrail.IAMAssumeRoleBlacklistIgnored": NOT_WITHOUT_A_LIST,
    "AWS.CloudTrail.Password.Policy.Discovery": NO_EVENT_BY_ITSELF,
    "AWS.CloudTrail.PasswordSpraying": NO_EVENT_BY_ITSELF,
    "AWS.CloudTrail.UserAccessKeyAuth": EVERYDAY,
    "AWS.CloudTrail.VPCE.S3ExternalIP": NOT_IN_THE_LOG,
    "AWS.Console.GetSigninToken.Abuse": NOT_IN_THE_LOG,
    "AWS.Console.Sign-In": EVERYDAY,
    "AWS.EC2.LaunchUnusualEC2Instances": NOT_WITHOUT_A_LIST,
    "AWS.EC2.ManualSecurityGroupChange": NOT_WITHOUT_A_LIST,
    "AWS.EC2.Monitoring": EVERYDAY,
    "AWS.EC2.MultiInstanceConnect": NO_EVENT_BY_ITSELF,
    "AWS.EC2.StopInstances": EVERYDAY,
    "AWS.EC2.Vulnerable.XZ.Image.Launched": NOT_WITHOUT_A_LIST,
    "AWS.ECR.CRUD": NOT_WITHOUT_A_LIST,
    "AWS.ECR.EVENTS": NOT_WITHOUT_A_LIST,
    "AWS.IAMUser.ReconAccessDenied": NO_EVENT_BY_ITSELF,
    "AWS.LAMBDA.CRUD": NOT_WITHOUT_A_LIST,
    "AWS.Modify.Cloud.Compute.Infrastructure": NOT_WITHOUT_A_LIST,
    "Retrieve.SSO.access.token": NOT_IN_THE_LOG,
    "Role.Assumed.by.AWS.Service": EVERYDAY,
    "Role.Assumed.by.User": EVERYDAY,
}
SETS = ("invictus", "opensearch", "grycap", "trailscraper")


def labelled(third_party: Path) -> list[dict[str, Any]]:
    """The tests of the vendor's rules over CloudTrail."""
    text = (third_party / "labelled/panther_cloudtrail_tests.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def told(root: Path, events: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """(detection, event id) of everything that all detections together tell of ``events``."""
    given_a_log(root, *events)
    lake = Lake.create(root / "lake")
    source = Directory(root)
    assert not collect(source, lake, days(source, Selection())).set_aside
    every = detections.at_least(catalogue.saved(), "informational")
    engine = DuckDB(lake)
    try:
        rows = engine.run(detections.together(every, detections.Scope(since="2000-01-01"))).rows
        return {(row["detection"], row["eventid"]) for row in rows}
    finally:
        engine.close()


def test_every_rule_is_of_a_topic_or_left_out_for_a_reason(third_party: Path) -> None:
    """Nothing is left out silently, and what is named is there."""
    assert {test["rule"] for test in labelled(third_party)} == set(TOPICS) | set(OTHER_TOPICS)
    known = {query.name for query in catalogue.saved() if query.severity}
    assert set().union(*TOPICS.values()) <= known


def test_labelled_events_are_told_and_their_likes_are_not(
    third_party: Path, tmp_path: Path, record_property: Any
) -> None:
    """Recall at least 0.9, false positives at most 0.1, over the rules of our topics."""
    tests = [test for test in labelled(third_party) if test["rule"] in TOPICS]
    found = told(tmp_path, [test["event"] | {"eventID": test["id"]} for test in tests])

    def is_told(test: dict[str, Any]) -> bool:
        return any((name, test["id"]) in found for name in TOPICS[test["rule"]])

    bad = [test for test in tests if test["expected"]]
    good = [test for test in tests if not test["expected"]]
    missed = [test["id"] for test in bad if not is_told(test)]
    wrong = [test["id"] for test in good if is_told(test)]
    record_property("counts", f"{len(missed)}/{len(bad)} missed, {len(wrong)}/{len(good)} wrong")
    assert len(bad) >= 70
    assert len(good) >= 90
    assert len(missed) <= 0.1 * len(bad), missed
    assert len(wrong) <= 0.1 * len(good), wrong


def real(root: Path) -> list[dict[str, Any]]:
    """All events of real deliveries."""
    files = sorted(root.rglob("*.json.gz"))
    return [
        event for f in files for event in json.loads(gzip.decompress(f.read_bytes()))["Records"]
    ]


def is_of_a_service(event: dict[str, Any]) -> bool:
    """Whether AWS itself did it, also as one of its service-linked roles."""
    identity = event["userIdentity"]
    return (
        identity.get("type") == "AWSService"
        or str(identity.get("invokedBy", "")).endswith(".amazonaws.com")
        or ":assumed-role/AWSServiceRoleFor" in identity.get("arn", "")
        or event.get("eventType") == "AwsServiceEvent"
    )


def test_real_noise_of_aws_services_is_not_told(third_party: Path, tmp_path: Path) -> None:
    """Not one alert over what AWS did by itself."""
    noise = [
        e for name in SETS for e in real(third_party / "cloudtrail" / name) if is_of_a_service(e)
    ]
    assert len(noise) > 1000
    assert told(tmp_path, noise) == set()


def test_real_attacks_are_told(third_party: Path, tmp_path: Path) -> None:
    """An hour in which attack techniques were tried on an account, among thousands of events."""
    found = {name for name, _ in told(tmp_path, real(third_party / "cloudtrail/invictus"))}
    assert found >= {
        "TrailStopped", "TrailNarrowed", "FlowLogsDeleted", "TamperingRefused", "AdminGranted",
        "ConsoleLoginWithoutMfa", "AccessKeyForOtherUser", "LoginProfileForOtherUser",
        "SnapshotShared", "ImageShared", "DatabaseSnapshotShared", "SecretsReadEnMasse",
        "SecurityGroupOpened", "LambdaOpened", "MiningInstances", "DatabaseDeleted",
    }  # fmt: skip
