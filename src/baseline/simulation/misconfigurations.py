"""What is wrong in the simulated accounts, on purpose: the audit tools have to find it.

``MISCONFIGURATIONS`` is the frozen table of it. Each account has faults of its own, so that two
reports that were mixed up do not look alike. What stands here with no plant function is wrong by
leaving something out.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

HOME = "eu-west-1"
ELSEWHERE = "us-east-1"
ANYWHERE = "0.0.0.0/0"

OLD_KEY_DAYS = 400


@dataclass(frozen=True)
class Place:
    """One account and region in which something is planted."""

    simulation: "Simulation"
    account_id: str
    region: str

    def client(self, service: str) -> Any:
        """A client that acts in this account."""
        return self.simulation.client(service, self.region, self.account_id)


@dataclass(frozen=True)
class Misconfiguration:
    """One fault: where it is, what it is called there, and which checks see it.

    ``resource`` is part of the name or ARN by which both tools report it; ``prowler`` are check
    ids that FAIL, ``scoutsuite`` are rules that flag it, as ``service:rule``.
    """

    what: str
    account: str
    region: str
    resource: str
    prowler: tuple[str, ...]
    scoutsuite: tuple[str, ...]
    plant: Callable[[Place, str], None]


def plant(simulation: "Simulation", chosen: Iterable[Misconfiguration] | None = None) -> None:
    """Put the faults into the accounts; those whose account is not there are left out."""
    ids = {account.name: account.id for account in simulation.blueprint.accounts}
    for fault in MISCONFIGURATIONS if chosen is None else chosen:
        if fault.account in ids:
            fault.plant(Place(simulation, ids[fault.account], fault.region), fault.resource)


def public_bucket(place: Place, name: str) -> None:
    """A bucket whose policy lets anybody read."""
    _create_bucket(place, name)
    _put_policy(place, name, "s3:GetObject", f"arn:aws:s3:::{name}/*")


def listable_bucket(place: Place, name: str) -> None:
    """A bucket whose access control list lets anybody list it."""
    _create_bucket(place, name)
    place.client("s3").put_bucket_acl(Bucket=name, ACL="public-read")


def bucket_in_clear(place: Place, name: str) -> None:
    """A bucket without a policy that insists on TLS, without versions."""
    _create_bucket(place, name)


def open_to_administrators(place: Place, name: str) -> None:
    """SSH and remote desktop, from anywhere."""
    _open(place, name, [(22, 22), (3389, 3389)])


def open_to_databases(place: Place, name: str) -> None:
    """A database port, from anywhere."""
    _open(place, name, [(3306, 3306)])


def open_to_everything(place: Place, name: str) -> None:
    """All ports and protocols, from anywhere."""
    _open(place, name, [(None, None)])


def unencrypted_volume(place: Place, name: str) -> None:
    """A volume in clear."""
    place.client("ec2").create_volume(
        AvailabilityZone=f"{place.region}a",
        Size=8,
        Encrypted=False,
        TagSpecifications=[_named("volume", name)],
    )


def public_snapshot(place: Place, name: str) -> None:
    """A snapshot in clear that every AWS account may copy."""
    client = place.client("ec2")
    volume = client.create_volume(AvailabilityZone=f"{place.region}a", Size=1)["VolumeId"]
    snapshot = client.create_snapshot(
        VolumeId=volume, Description=name, TagSpecifications=[_named("snapshot", name)]
    )["SnapshotId"]
    client.modify_snapshot_attribute(
        SnapshotId=snapshot,
        Attribute="createVolumePermission",
        OperationType="add",
        GroupNames=["all"],
    )


def console_user_without_mfa(place: Place, name: str) -> None:
    """A user who signs in with a password alone."""
    client = place.client("iam")
    client.create_user(UserName=name)
    client.create_login_profile(UserName=name, Password="Correct-Horse-7-Battery")  # noqa: S106  # opens nothing


def user_with_old_key(place: Place, name: str) -> None:
    """A user with an access key that nobody changed for more than a year, and a newer one."""
    client = place.client("iam")
    client.create_user(UserName=name)
    client.create_access_key(UserName=name)
    client.create_access_key(UserName=name)
    user = iam_backends[place.account_id]["aws"].users[name]
    created = place.simulation.clock.now() - timedelta(days=OLD_KEY_DAYS)
    # No call makes an old key; the tools go by this date.
    user.access_keys[0].create_date = created.replace(tzinfo=None)


def everything_policy(place: Place, name: str) -> None:
    """A policy of one's own that allows everything, on a role that a user may take."""
    client = place.client("iam")
    document = _document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    arn = client.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
    client.create_user(UserName=f"{name}-user")
    client.attach_user_policy(UserName=f"{name}-user", PolicyArn=arn)


def role_for_anybody(place: Place, name: str) -> None:
    """A role that any AWS account may take."""
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    place.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))


def short_passwords(place: Place, _name: str) -> None:
    """Six letters are enough for a password."""
    place.client("iam").update_account_password_policy(MinimumPasswordLength=6)


def public_database(place: Place, name: str) -> None:
    """A database in clear with a public address and no backups."""
    place.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword="not-a-secret-9",  # opens nothing
        PubliclyAccessible=True,
        StorageEncrypted=False,
        BackupRetentionPeriod=0,
    )


def public_queue(place: Place, name: str) -> None:
    """A queue that anybody may send to and read from."""
    client = place.client("sqs")
    arn = f"arn:aws:sqs:{place.region}:{place.account_id}:{name}"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    client.create_queue(QueueName=name, Attributes={"Policy": _document(statement)})


def key_without_rotation(place: Place, name: str) -> None:
    """A key that is never rotated."""
    place.client("kms").create_key(Description=name)


def _create_bucket(place: Place, name: str) -> None:
    region = {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
    at_home = place.region == "us-east-1"  # where S3 takes no location
    client = place.client("s3")
    client.create_bucket(Bucket=name, **({} if at_home else region))
    # New buckets block public access [Amazon S3, since April 2023]; these must not.
    client.delete_public_access_block(Bucket=name)


def _put_policy(place: Place, name: str, action: str, resource: str) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
    place.client("s3").put_bucket_policy(Bucket=name, Policy=_document(statement))


def _open(place: Place, name: str, ports: list[tuple[int | None, int | None]]) -> None:
    client = place.client("ec2")
    group = client.create_security_group(GroupName=name, Description=name)["GroupId"]
    permissions: list[dict[str, Any]] = [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}
        if first is None
        else {
            "IpProtocol": "tcp",
            "FromPort": first,
            "ToPort": last,
            "IpRanges": [{"CidrIp": ANYWHERE}],
        }
        for first, last in ports
    ]
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)


def _named(kind: str, name: str) -> dict[str, Any]:
    return {"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}]}


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


MISCONFIGURATIONS: tuple[Misconfiguration, ...] = (
    Misconfiguration(
        "bucket that anybody may read, by its policy",
        "production",
        HOME,
        "acme-production-assets",
        ("s3_bucket_public_access", "s3_bucket_level_public_access_block"),
        ("s3:s3-bucket-world-Get-policy",),
        public_bucket,
    ),
    Misconfiguration(
        "SSH and remote desktop open to the world",
        "production",
        HOME,
        "bastion",
        (
            "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22",
            "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_3389",
        ),
        (
            "ec2:ec2-security-group-opens-SSH-port-to-all",
            "ec2:ec2-security-group-opens-RDP-port-to-all",
        ),
        open_to_administrators,
    ),
    Misconfiguration(
        "policy that allows everything",
        "production",
        HOME,
        "deployment",
        ("iam_customer_attached_policy_no_administrative_privileges",),
        ("iam:iam-managed-policy-allows-full-privileges",),
        everything_policy,
    ),
    Misconfiguration(
        "access key older than a year",
        "production",
        HOME,
        "continuous-integration",
        ("iam_rotate_access_key_90_days", "iam_user_two_active_access_key"),
        ("iam:iam-user-no-Active-key-rotation", "iam:iam-user-with-multiple-access-keys"),
        user_with_old_key,
    ),
    Misconfiguration(
        "volume that is not encrypted",
        "production",
        ELSEWHERE,
        "reports",
        ("ec2_ebs_volume_encryption",),
        ("ec2:ec2-ebs-volume-not-encrypted",),
        unencrypted_volume,
    ),
    Misconfiguration(
        "database with a public address, not encrypted, without backups",
        "payments",
        HOME,
        "ledger",
        (
            "rds_instance_no_public_access",
            "rds_instance_storage_encrypted",
            "rds_instance_backup_enabled",
        ),
        (
            "rds:rds-instance-publicly-accessible",
            "rds:rds-instance-storage-not-encrypted",
            "rds:rds-instance-backup-disabled",
        ),
        public_database,
    ),
    Misconfiguration(
        "database port open to the world",
        "payments",
        HOME,
        "ledger-clients",
        ("ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_mysql_3306",),
        ("ec2:ec2-security-group-opens-MySQL-port-to-all",),
        open_to_databases,
    ),
    Misconfiguration(
        "queue for anybody",
        "payments",
        HOME,
        "transfers",
        ("sqs_queues_not_publicly_accessible",),
        (),
        public_queue,
    ),
    Misconfiguration(
        "bucket that anybody may list",
        "development",
        HOME,
        "acme-development-uploads",
        ("s3_bucket_public_access", "s3_bucket_public_list_acl"),
        ("s3:s3-bucket-AllUsers-read",),
        listable_bucket,
    ),
    Misconfiguration(
        "console user without MFA",
        "development",
        HOME,
        "intern",
        ("iam_user_mfa_enabled_console_access",),
        ("iam:iam-user-without-mfa",),
        console_user_without_mfa,
    ),
    Misconfiguration(
        "snapshot that every account may copy",
        "development",
        HOME,
        "copy-of-production",
        ("ec2_ebs_public_snapshot", "ec2_ebs_snapshots_encrypted"),
        ("ec2:ec2-ebs-snapshot-public", "ec2:ec2-ebs-snapshot-not-encrypted"),
        public_snapshot,
    ),
    Misconfiguration(
        "all ports open to the world",
        "development",
        ELSEWHERE,
        "playground",
        ("ec2_securitygroup_allow_ingress_from_internet_to_all_ports",),
        ("ec2:ec2-security-group-opens-all-ports-to-all",),
        open_to_everything,
    ),
    Misconfiguration(
        "passwords of six letters",
        "development",
        HOME,
        "password-policy",
        ("iam_password_policy_minimum_length_14",),
        ("iam:iam-password-policy-minimum-length",),
        short_passwords,
    ),
    Misconfiguration(
        "bucket without TLS and without versions",
        "log-archive",
        HOME,
        "acme-old-logs",
        ("s3_bucket_secure_transport_policy", "s3_bucket_object_versioning"),
        ("s3:s3-bucket-allowing-cleartext", "s3:s3-bucket-no-versioning"),
        bucket_in_clear,
    ),
    Misconfiguration(
        "role that any account may take",
        "security-tooling",
        HOME,
        "break-glass",
        (),
        ("iam:iam-assume-role-policy-allows-all",),
        role_for_anybody,
    ),
    Misconfiguration(
        "key that is never rotated",
        "security-tooling",
        HOME,
        "tokens",
        ("kms_cmk_rotation_enabled",),
        ("kms:kms-cmk-rotation-disabled",),
        key_without_rotation,
    ),
)
