"""What Prowler and ScoutSuite rely on, asked as they ask it."""

import csv
import io
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.session import get_session

from baseline.errors import AwsError
from baseline.sessions import Session
from baseline.simulation import Simulation
from baseline.simulation.absent import EMPTY
from baseline.simulation.service import Call

PRODUCTION = "400000000004"
REGION = "eu-west-1"


def test_scoutsuite_finds_every_enabled_region(member: Session, simulation: Simulation) -> None:
    """It takes what is not opted in off botocore's list; nothing may be left of nothing."""
    not_opted_in = member.client("ec2", "us-east-1").describe_regions(
        AllRegions=True, Filters=[{"Name": "opt-in-status", "Values": ["not-opted-in"]}]
    )
    off = {region["RegionName"] for region in not_opted_in["Regions"]}
    left = set(get_session().get_available_regions("ec2")) - off
    assert left == set(simulation.blueprint.regions)


def test_prowler_finds_every_enabled_region(member: Session, simulation: Simulation) -> None:
    """It asks for those that are enabled."""
    answer = member.client("ec2", "us-east-1").describe_regions(AllRegions=False)
    found = {region["RegionName"] for region in answer["Regions"]}
    assert found == set(simulation.blueprint.regions)


def test_what_is_not_simulated_is_asked_once(member: Session, simulation: Simulation) -> None:
    """Status 501 says so at once; a 500 would be tried again and again."""
    calls: list[Call] = []
    simulation.observers.append(lambda call, *_: calls.append(call))
    with pytest.raises(AwsError) as info:
        member.client("ssm").describe_available_patches()
    assert info.value.code == "NotImplemented"
    assert [call.operation for call in calls] == ["DescribeAvailablePatches"]


def test_s3_control_is_reached_without_a_name_for_the_account(member: Session) -> None:
    """The account id in front of the host must not need a name server."""
    with pytest.raises(AwsError) as info:
        member.client("s3control").get_public_access_block(AccountId=PRODUCTION)
    assert info.value.code == "NoSuchPublicAccessBlockConfiguration"


def test_what_is_absent_are_lists_that_aws_has() -> None:
    """An operation whose answer has no list would be answered with nothing at all."""
    loader = Loader()
    for service, operations in EMPTY.items():
        model = ServiceModel(loader.load_service_model(service, "service-2"), service)
        for name in operations:
            members = model.operation_model(name).output_shape.members
            kinds = {shape.type_name for shape in members.values()}
            assert "list" in kinds, f"{service}:{name}"


@pytest.mark.parametrize(
    ("service", "operation", "name"),
    [
        ("accessanalyzer", "list_analyzers", "analyzers"),
        ("codecommit", "list_repositories", "repositories"),
        ("elasticache", "describe_cache_security_groups", "CacheSecurityGroups"),
        ("iam", "list_service_specific_credentials", "ServiceSpecificCredentials"),
    ],
)
def test_lists_of_what_is_absent_are_empty(
    simulation: Simulation, service: str, operation: str, name: str
) -> None:
    """The list is there, and empty, in every protocol."""
    assert ask(simulation, service, operation)[name] == []


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("support", "describe_services", "SubscriptionRequiredException"),
        ("iam", "list_organizations_features", "ServiceAccessNotEnabledException"),
        ("macie2", "get_macie_session", "AccessDeniedException"),
        ("glue", "get_resource_policy", "EntityNotFoundException"),
    ],
)
def test_what_nobody_switched_on_is_refused_as_aws_refuses(
    simulation: Simulation, service: str, operation: str, code: str
) -> None:
    """Prowler takes these codes for an answer; any other is an error to it."""
    client = simulation.client(service, "us-east-1", PRODUCTION)
    with pytest.raises(AwsError) as info:
        getattr(client, operation)()
    assert info.value.code == code


def ask(simulation: Simulation, service: str, operation: str, **parameters: Any) -> Any:
    return getattr(simulation.client(service, REGION, PRODUCTION), operation)(**parameters)


def test_an_account_that_administers_no_organization_is_told_so(simulation: Simulation) -> None:
    """GuardDuty's organization configuration is not for members."""
    own = ask(simulation, "guardduty", "create_detector", Enable=True)["DetectorId"]
    with pytest.raises(AwsError) as info:
        ask(simulation, "guardduty", "describe_organization_configuration", DetectorId=own)
    assert info.value.code == "BadRequestException"


def test_defaults_are_those_of_aws(simulation: Simulation) -> None:
    """Off, private, encrypted or unblocked before anybody changes it."""
    state = ask(simulation, "shield", "get_subscription_state")["SubscriptionState"]
    assert state == "INACTIVE"
    (inspector,) = ask(simulation, "inspector2", "batch_get_account_status")["accounts"]
    assert inspector["state"]["status"] == "DISABLED"
    emr = ask(simulation, "emr", "get_block_public_access_configuration")
    assert emr["BlockPublicAccessConfiguration"]["BlockPublicSecurityGroupRules"] is True
    assert ask(simulation, "ec2", "get_snapshot_block_public_access_state")["State"] == "unblocked"
    assert ask(simulation, "ec2", "get_ebs_default_kms_key_id")["KmsKeyId"].endswith("aws/ebs")
    assert ask(simulation, "account", "get_contact_information")["ContactInformation"]["City"]


def test_a_new_bucket_is_private_and_encrypted(simulation: Simulation) -> None:
    """As S3 has made them since 2023."""
    s3 = simulation.client("s3", REGION, PRODUCTION)
    s3.create_bucket(Bucket="new", CreateBucketConfiguration={"LocationConstraint": REGION})
    block = s3.get_public_access_block(Bucket="new")["PublicAccessBlockConfiguration"]
    assert all(block.values())
    rules = s3.get_bucket_encryption(Bucket="new")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_the_credential_report_starts_with_the_root_user(simulation: Simulation) -> None:
    """And has N/A where a user has nothing, which both tools read."""
    iam = simulation.client("iam", REGION, PRODUCTION)
    iam.create_user(UserName="somebody")
    iam.generate_credential_report()
    report = iam.get_credential_report()["Content"].decode()
    root, user = csv.DictReader(io.StringIO(report))
    assert root["user"] == "<root_account>"
    assert (root["password_enabled"], root["mfa_active"]) == ("true", "true")
    assert root["access_key_1_active"] == "false"
    assert (user["user"], user["password_last_used"]) == ("somebody", "N/A")


def test_what_a_role_last_used_is_ready_at_once(simulation: Simulation) -> None:
    """Prowler would wait for a minute."""
    arn = f"arn:aws:iam::{PRODUCTION}:role/OrganizationAccountAccessRole"
    job = ask(simulation, "iam", "generate_service_last_accessed_details", Arn=arn)["JobId"]
    details = ask(simulation, "iam", "get_service_last_accessed_details", JobId=job)
    assert (details["JobStatus"], details["ServicesLastAccessed"]) == ("COMPLETED", [])
