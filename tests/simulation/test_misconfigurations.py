"""What is planted for the audit tools can be read back where the table says it is."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from baseline.simulation import Blueprint, Simulation
from baseline.simulation.misconfigurations import ELSEWHERE, HOME, MISCONFIGURATIONS, plant

ACCOUNTS = {account.name: account.id for account in Blueprint().accounts}
Client = Callable[..., Any]


@pytest.fixture(scope="module")
def planted() -> bytes:
    simulation = Simulation(Blueprint())
    try:
        return simulation.snapshot()
    finally:
        simulation.close()


@pytest.fixture
def inside(planted: bytes) -> Iterator[Client]:
    """Makes clients inside an account, by its name."""
    simulation = Simulation.restore(planted)
    yield lambda account, service, region=HOME: simulation.client(
        service, region, ACCOUNTS[account]
    )
    simulation.close()


def open_ports(client: Any, group: str) -> list[Any]:
    """The ports that ``group`` opens to the world; None stands for all."""
    filters = [{"Name": "group-name", "Values": [group]}]
    (found,) = client.describe_security_groups(Filters=filters)["SecurityGroups"]
    interfaces = client.describe_network_interfaces()["NetworkInterfaces"]
    used = {used["GroupId"] for interface in interfaces for used in interface["Groups"]}
    assert found["GroupId"] in used, "Prowler passes over groups that nothing uses"
    return [
        permission.get("FromPort")
        for permission in found["IpPermissions"]
        if permission["IpRanges"][0]["CidrIp"] == "0.0.0.0/0"
    ]


def credentials(client: Any) -> dict[str, dict[str, str]]:
    """The credential report, by user."""
    client.generate_credential_report()
    report = client.get_credential_report()["Content"].decode()
    return {row["user"]: row for row in csv.DictReader(io.StringIO(report))}


def test_buckets_are_open_as_planted(inside: Client) -> None:
    """One by its policy, one by its list of grants, and neither blocks it."""
    policy = inside("production", "s3").get_bucket_policy(Bucket="acme-production-assets")
    (statement,) = json.loads(policy["Policy"])["Statement"]
    assert (statement["Principal"], statement["Action"]) == ("*", "s3:GetObject")
    grants = inside("development", "s3").get_bucket_acl(Bucket="acme-development-uploads")
    assert any(grant["Grantee"].get("URI", "").endswith("AllUsers") for grant in grants["Grants"])
    buckets = inside("log-archive", "s3").list_buckets()["Buckets"]
    assert "acme-old-logs" in {bucket["Name"] for bucket in buckets}


def test_ports_are_open_as_planted(inside: Client) -> None:
    """Each account opens other ones."""
    assert open_ports(inside("production", "ec2"), "bastion") == [22, 3389]
    assert open_ports(inside("payments", "ec2"), "ledger-from-anywhere") == [3306]
    assert open_ports(inside("development", "ec2", ELSEWHERE), "playground") == [None]


def test_volumes_and_snapshots_are_in_clear(inside: Client) -> None:
    """And every account may copy the snapshot."""
    volumes = inside("production", "ec2", ELSEWHERE).describe_volumes()["Volumes"]
    assert [volume["Encrypted"] for volume in volumes] == [False]
    client = inside("development", "ec2")
    (snapshot,) = client.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    attribute = client.describe_snapshot_attribute(
        SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission"
    )
    assert attribute["CreateVolumePermissions"] == [{"Group": "all"}]


def test_users_and_policies_are_as_careless_as_planted(inside: Client) -> None:
    """A key more than a year old, a password without MFA, a policy of everything."""
    production = inside("production", "iam")
    key = credentials(production)["continuous-integration"]["access_key_1_last_rotated"]
    assert (datetime.now(UTC) - datetime.fromisoformat(key)).days >= 400
    arn = f"arn:aws:iam::{ACCOUNTS['production']}:policy/deployment"
    version = production.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    (statement,) = version["Document"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("*", "*")
    development = inside("development", "iam")
    users = credentials(development)
    assert (users["intern"]["password_enabled"], users["intern"]["mfa_active"]) == ("true", "false")
    assert users["<root_account>"]["mfa_active"] == "false"
    policy = development.get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 6


def test_only_the_planted_root_user_has_no_mfa(inside: Client) -> None:
    """The state of root users survives a snapshot."""
    summaries = {
        name: inside(name, "iam").get_account_summary()["SummaryMap"]["AccountMFAEnabled"]
        for name in ACCOUNTS
    }
    assert {name for name, enabled in summaries.items() if not enabled} == {"development"}


def test_the_database_is_open_to_the_world(inside: Client) -> None:
    """Public, in clear, without backups, in a subnet that the internet reaches."""
    (found,) = inside("payments", "rds").describe_db_instances()["DBInstances"]
    assert found["PubliclyAccessible"]
    assert not found["StorageEncrypted"]
    assert found["BackupRetentionPeriod"] == 0
    tables = inside("payments", "ec2").describe_route_tables()["RouteTables"]
    gateways = [route.get("GatewayId", "") for table in tables for route in table["Routes"]]
    assert any(gateway.startswith("igw-") for gateway in gateways)


def test_queue_role_and_key_are_as_planted(inside: Client) -> None:
    """For anybody, for any account, never rotated."""
    sqs = inside("payments", "sqs")
    url = sqs.get_queue_url(QueueName="transfers")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    assert json.loads(attributes["Policy"])["Statement"][0]["Principal"] == "*"
    role = inside("security-tooling", "iam").get_role(RoleName="break-glass")["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": "*"}
    kms = inside("security-tooling", "kms")
    (key,) = kms.list_keys()["Keys"]
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False


def test_no_two_accounts_are_wrong_in_the_same_way() -> None:
    """Otherwise two reports that were mixed up would look alike."""
    checks: dict[str, set[str]] = {}
    for fault in MISCONFIGURATIONS:
        checks.setdefault(fault.account, set()).update(fault.prowler, fault.scoutsuite)
    assert len(checks) == 5
    for one, other in combinations(checks, 2):
        assert checks[one] - checks[other], f"all faults of {one} are also in {other}"


def test_every_fault_is_seen_by_a_tool() -> None:
    """And its account is one of the blueprint that is open."""
    active = {account.name for account in Blueprint().members if not account.suspended}
    for fault in MISCONFIGURATIONS:
        assert fault.prowler or fault.scoutsuite
        assert fault.account in active
        assert all(":" in rule for rule in fault.scoutsuite)


def test_planting_is_cheap(simulation: Simulation) -> None:
    """Every simulation does it when it starts."""
    started = time.process_time()
    plant(simulation)
    assert time.process_time() - started < 2


def test_an_organization_without_those_accounts_has_no_faults() -> None:
    """A blueprint of the main account alone plants nothing and breaks nothing."""
    simulation = Simulation(Blueprint(members=()))
    try:
        buckets = simulation.client("s3", HOME, simulation.blueprint.main.id).list_buckets()
        assert buckets["Buckets"] == []
    finally:
        simulation.close()
