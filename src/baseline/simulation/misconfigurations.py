"""What is wrong in the simulated accounts, on purpose: the audit tools have to find it.

``MISCONFIGURATIONS`` is the frozen table of it. Each account has faults of its own, so that two
reports that were mixed up do not look alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from baseline.simulation import planting
from baseline.simulation.planting import Place

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

HOME = "eu-west-1"
ELSEWHERE = "us-east-1"


@dataclass(frozen=True)
class Misconfiguration:
    """One fault: where it is, what it is called there, and which checks see it.

    ``resource`` is its name, tag or description there; ``prowler`` are ids of checks that FAIL,
    ``scoutsuite`` are rules that flag it, as ``service:rule``.
    """

    what: str
    account: str
    region: str
    resource: str
    prowler: tuple[str, ...]
    scoutsuite: tuple[str, ...]
    plant: Callable[[Place, str], None]


def plant(simulation: "Simulation") -> None:
    """Put the faults into the accounts; those whose account is not there are left out."""
    ids = {account.name: account.id for account in simulation.blueprint.accounts}
    for fault in MISCONFIGURATIONS:
        if fault.account in ids:
            fault.plant(Place(simulation, ids[fault.account], fault.region), fault.resource)


MISCONFIGURATIONS: tuple[Misconfiguration, ...] = (
    Misconfiguration(
        "bucket that anybody may read, by its policy",
        "production",
        HOME,
        "acme-production-assets",
        ("s3_bucket_public_access", "s3_bucket_level_public_access_block"),
        ("s3:s3-bucket-world-Get-policy",),
        planting.public_bucket,
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
        planting.open_to_administrators,
    ),
    Misconfiguration(
        "policy that allows everything",
        "production",
        HOME,
        "deployment",
        ("iam_customer_attached_policy_no_administrative_privileges",),
        ("iam:iam-managed-policy-allows-full-privileges",),
        planting.everything_policy,
    ),
    Misconfiguration(
        "access key older than a year",
        "production",
        HOME,
        "continuous-integration",
        ("iam_rotate_access_key_90_days", "iam_user_two_active_access_key"),
        ("iam:iam-user-no-Active-key-rotation", "iam:iam-user-with-multiple-access-keys"),
        planting.user_with_old_key,
    ),
    Misconfiguration(
        "volume that is not encrypted",
        "production",
        ELSEWHERE,
        "reports",
        ("ec2_ebs_volume_encryption",),
        ("ec2:ec2-ebs-volume-not-encrypted",),
        planting.unencrypted_volume,
    ),
    Misconfiguration(
        "database that the internet reaches, not encrypted, without backups",
        "payments",
        HOME,
        "ledger",
        (
            "rds_instance_no_public_access",
            "rds_instance_storage_encrypted",
            "rds_instance_backup_enabled",
            "ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_mysql_3306",
        ),
        (
            "rds:rds-instance-publicly-accessible",
            "rds:rds-instance-storage-not-encrypted",
            "rds:rds-instance-backup-disabled",
            "ec2:ec2-security-group-opens-MySQL-port-to-all",
        ),
        planting.public_database,
    ),
    Misconfiguration(
        "queue for anybody",
        "payments",
        HOME,
        "transfers",
        ("sqs_queues_not_publicly_accessible",),
        (),
        planting.public_queue,
    ),
    Misconfiguration(
        "bucket that anybody may list",
        "development",
        HOME,
        "acme-development-uploads",
        ("s3_bucket_public_access", "s3_bucket_public_list_acl"),
        ("s3:s3-bucket-AllUsers-read",),
        planting.listable_bucket,
    ),
    Misconfiguration(
        "console user without MFA",
        "development",
        HOME,
        "intern",
        ("iam_user_mfa_enabled_console_access",),
        ("iam:iam-user-without-mfa",),
        planting.console_user_without_mfa,
    ),
    Misconfiguration(
        "snapshot that every account may copy",
        "development",
        HOME,
        "copy-of-production",
        ("ec2_ebs_public_snapshot", "ec2_ebs_snapshots_encrypted"),
        ("ec2:ec2-ebs-snapshot-public", "ec2:ec2-ebs-snapshot-not-encrypted"),
        planting.public_snapshot,
    ),
    Misconfiguration(
        "all ports open to the world",
        "development",
        ELSEWHERE,
        "playground",
        ("ec2_securitygroup_allow_ingress_from_internet_to_all_ports",),
        ("ec2:ec2-security-group-opens-all-ports-to-all",),
        planting.open_to_everything,
    ),
    Misconfiguration(
        "passwords of six letters",
        "development",
        HOME,
        "password-policy",
        ("iam_password_policy_minimum_length_14",),
        ("iam:iam-password-policy-minimum-length",),
        planting.short_passwords,
    ),
    Misconfiguration(
        "root user without MFA",
        "development",
        HOME,
        "<root_account>",
        ("iam_root_mfa_enabled",),
        ("iam:iam-root-account-no-mfa",),
        planting.root_without_mfa,
    ),
    Misconfiguration(
        "bucket without TLS and without versions",
        "log-archive",
        HOME,
        "acme-old-logs",
        ("s3_bucket_secure_transport_policy", "s3_bucket_object_versioning"),
        ("s3:s3-bucket-allowing-cleartext", "s3:s3-bucket-no-versioning"),
        planting.bucket_in_clear,
    ),
    Misconfiguration(
        "role that any account may take",
        "security-tooling",
        HOME,
        "break-glass",
        (),
        ("iam:iam-assume-role-policy-allows-all",),
        planting.role_for_anybody,
    ),
    Misconfiguration(
        "key that is never rotated",
        "security-tooling",
        HOME,
        "tokens",
        ("kms_cmk_rotation_enabled",),
        ("kms:kms-cmk-rotation-disabled",),
        planting.key_without_rotation,
    ),
)
