"""What some of AWS Config's managed rules find in an account and region, by their identifiers.

[AWS Config Developer Guide, "List of AWS Config Managed Rules"]. A rule that is not here evaluates
nothing, and says INSUFFICIENT_DATA.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseline.errors import AwsError

WORLD = ("0.0.0.0/0", "::/0")
_SSH = 22


@dataclass(frozen=True)
class Place:
    """One account and region, at one time; ``client`` gives a client there."""

    account_id: str
    client: Callable[[str], Any]
    now: dt.datetime
    parameters: Mapping[str, str]

    def number(self, name: str, otherwise: int) -> int:
        """A parameter of the rule that is a number."""
        return int(self.parameters.get(name) or otherwise)


@dataclass(frozen=True)
class Judged:
    """One resource, and whether it complies; ``why`` it does not."""

    resource_type: str
    resource_id: str
    complies: bool
    why: str = ""


Evaluator = Callable[[Place], Iterator[Judged]]


def _volumes(place: Place) -> Iterator[Judged]:
    for volume in place.client("ec2").describe_volumes()["Volumes"]:
        yield Judged("AWS::EC2::Volume", volume["VolumeId"], volume["Encrypted"])


def _ssh(place: Place) -> Iterator[Judged]:
    for group in _groups(place):
        opened = any(map(_lets_ssh_in, group["IpPermissions"]))
        yield Judged("AWS::EC2::SecurityGroup", group["GroupId"], not opened)


def _lets_ssh_in(permission: Mapping[str, Any]) -> bool:
    ranges = [r["CidrIp"] for r in permission.get("IpRanges", ())]
    ranges += [r["CidrIpv6"] for r in permission.get("Ipv6Ranges", ())]
    first, last = permission.get("FromPort", _SSH), permission.get("ToPort", _SSH)
    every = permission["IpProtocol"] == "-1"
    return bool(set(WORLD) & set(ranges)) and (every or first <= _SSH <= last)


def _default_groups(place: Place) -> Iterator[Judged]:
    for group in _groups(place):
        if group["GroupName"] == "default":
            closed = not group["IpPermissions"] and not group["IpPermissionsEgress"]
            yield Judged("AWS::EC2::SecurityGroup", group["GroupId"], closed)


def _groups(place: Place) -> list[Any]:
    groups: list[Any] = place.client("ec2").describe_security_groups()["SecurityGroups"]
    return groups


def _flow_logs(place: Place) -> Iterator[Judged]:
    ec2 = place.client("ec2")
    logged = {log["ResourceId"] for log in ec2.describe_flow_logs()["FlowLogs"]}
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        yield Judged("AWS::EC2::VPC", vpc["VpcId"], vpc["VpcId"] in logged)


def _buckets(place: Place) -> Iterator[tuple[Any, str]]:
    """The buckets of this region, which is the client's."""
    s3 = place.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        found = s3.get_bucket_location(Bucket=bucket["Name"])["LocationConstraint"]
        if (found or "us-east-1") == s3.meta.region_name:
            yield s3, bucket["Name"]


def _public_access(place: Place) -> Iterator[Judged]:
    for s3, name in _buckets(place):
        try:
            block = s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
        except AwsError:
            block = {}  # none is set
        yield Judged("AWS::S3::Bucket", name, bool(block) and all(block.values()))


def _versioning(place: Place) -> Iterator[Judged]:
    for s3, name in _buckets(place):
        status = s3.get_bucket_versioning(Bucket=name).get("Status")
        yield Judged("AWS::S3::Bucket", name, status == "Enabled")


def _databases(place: Place) -> Iterator[Judged]:
    for found in place.client("rds").describe_db_instances()["DBInstances"]:
        public = bool(found.get("PubliclyAccessible"))
        yield Judged("AWS::RDS::DBInstance", found["DbiResourceId"], not public)


def _password_policy(place: Place) -> Iterator[Judged]:
    try:
        policy = place.client("iam").get_account_password_policy()["PasswordPolicy"]
    except AwsError:
        policy = {}  # none is set
    kinds = ("Uppercase", "Lowercase")
    strong = (
        policy.get("MinimumPasswordLength", 0) >= place.number("MinimumPasswordLength", 14)
        and policy.get("PasswordReusePrevention", 0) >= place.number("PasswordReusePrevention", 24)
        and all(policy.get(f"Require{kind}Characters") for kind in kinds)
        and policy.get("RequireSymbols")
        and policy.get("RequireNumbers")
    )
    yield _account(place, complies=bool(strong))


def _root_keys(place: Place) -> Iterator[Judged]:
    summary = place.client("iam").get_account_summary()["SummaryMap"]
    yield _account(place, complies=not summary.get("AccountAccessKeysPresent"))


def _root_mfa(place: Place) -> Iterator[Judged]:
    summary = place.client("iam").get_account_summary()["SummaryMap"]
    yield _account(place, complies=bool(summary.get("AccountMFAEnabled")))


def _account(place: Place, *, complies: bool) -> Judged:
    return Judged("AWS::::Account", place.account_id, complies)


def _console_mfa(place: Place) -> Iterator[Judged]:
    iam = place.client("iam")
    for user in iam.list_users()["Users"]:
        try:
            iam.get_login_profile(UserName=user["UserName"])
        except AwsError:
            continue  # no password, nothing to protect
        devices = iam.list_mfa_devices(UserName=user["UserName"])["MFADevices"]
        yield Judged("AWS::IAM::User", user["UserId"], bool(devices))


def _key_age(place: Place) -> Iterator[Judged]:
    iam, oldest = place.client("iam"), dt.timedelta(days=place.number("maxAccessKeyAge", 90))
    for user in iam.list_users()["Users"]:
        keys = iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]
        active = [key for key in keys if key["Status"] == "Active"]
        young = all(place.now - key["CreateDate"] <= oldest for key in active)
        yield Judged("AWS::IAM::User", user["UserId"], young)


def _trails(place: Place) -> Iterator[Judged]:
    cloudtrail = place.client("cloudtrail")
    logging = [
        cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
        for trail in cloudtrail.describe_trails()["trailList"]
    ]
    yield _account(place, complies=any(logging))


def _encryption_by_default(place: Place) -> Iterator[Judged]:
    found = place.client("ec2").get_ebs_encryption_by_default()
    yield _account(place, complies=found["EbsEncryptionByDefault"])


EVALUATORS: Mapping[str, Evaluator] = {
    "ACCESS_KEYS_ROTATED": _key_age,
    "CLOUD_TRAIL_ENABLED": _trails,
    "EC2_EBS_ENCRYPTION_BY_DEFAULT": _encryption_by_default,
    "ENCRYPTED_VOLUMES": _volumes,
    "IAM_PASSWORD_POLICY": _password_policy,
    "IAM_ROOT_ACCESS_KEY_CHECK": _root_keys,
    "INCOMING_SSH_DISABLED": _ssh,
    "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS": _console_mfa,
    "RDS_INSTANCE_PUBLIC_ACCESS_CHECK": _databases,
    "ROOT_ACCOUNT_MFA_ENABLED": _root_mfa,
    "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED": _public_access,
    "S3_BUCKET_VERSIONING_ENABLED": _versioning,
    "VPC_DEFAULT_SECURITY_GROUP_CLOSED": _default_groups,
    "VPC_FLOW_LOGS_ENABLED": _flow_logs,
}
