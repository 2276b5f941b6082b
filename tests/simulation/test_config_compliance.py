"""Rules are evaluated when asked, and the aggregator sees every account and region that records."""

from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Fault, Simulation

MAIN, PRODUCTION, SANDBOX = "100000000001", "400000000004", "500000000005"
REGION = "eu-west-1"
SSH = "restricted-ssh"


def client(simulation: Simulation, service: str, account_id: str = PRODUCTION) -> Any:
    return simulation.client(service, REGION, account_id)


def given_a_rule(
    simulation: Simulation, name: str, identifier: str, account_id: str = PRODUCTION, **more: Any
) -> None:
    source = {"Owner": "AWS", "SourceIdentifier": identifier}
    rule = {"ConfigRuleName": name, "Source": source, **more}
    client(simulation, "config", account_id).put_config_rule(ConfigRule=rule)


def given_it_records(simulation: Simulation, account_id: str = PRODUCTION) -> None:
    s3, config = client(simulation, "s3", MAIN), client(simulation, "config", account_id)
    if "records" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="records", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(
            Bucket="records",
            Policy='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",'
            ' "Action": "s3:PutObject", "Resource": "arn:aws:s3:::records/*"}]}',
        )
    role = f"arn:aws:iam::{account_id}:role/recorder"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "records"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")


def given_an_aggregator(simulation: Simulation) -> None:
    client(simulation, "config", MAIN).put_configuration_aggregator(
        ConfigurationAggregatorName="all",
        OrganizationAggregationSource={
            "RoleArn": f"arn:aws:iam::{MAIN}:role/aggregator",
            "AllAwsRegions": True,
        },
    )


def open_ssh(simulation: Simulation) -> str:
    """A security group that anybody may reach by SSH."""
    ec2 = client(simulation, "ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    made = ec2.create_security_group(GroupName="bastion", Description="-", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=made, IpProtocol="tcp", FromPort=20, ToPort=25, CidrIp="0.0.0.0/0"
    )
    return str(made)


def compliance(simulation: Simulation, name: str) -> str:
    config = client(simulation, "config")
    (found,) = config.describe_compliance_by_config_rule(ConfigRuleNames=[name])[
        "ComplianceByConfigRules"
    ]
    return str(found["Compliance"]["ComplianceType"])


def test_a_resource_made_non_compliant_shows_in_the_aggregator_with_its_place(
    simulation: Simulation,
) -> None:
    """Who is it, where, which rule: from the main account alone."""
    for account_id in (PRODUCTION, SANDBOX):
        given_it_records(simulation, account_id)
        given_a_rule(simulation, SSH, "INCOMING_SSH_DISABLED", account_id)
    given_an_aggregator(simulation)
    group = open_ssh(simulation)
    aggregator = client(simulation, "config", MAIN)
    found = aggregator.describe_aggregate_compliance_by_config_rules(
        ConfigurationAggregatorName="all", Filters={"ComplianceType": "NON_COMPLIANT"}
    )["AggregateComplianceByConfigRules"]
    assert [(f["AccountId"], f["AwsRegion"], f["ConfigRuleName"]) for f in found] == [
        (PRODUCTION, REGION, SSH)
    ]
    details = aggregator.get_aggregate_compliance_details_by_config_rule(
        ConfigurationAggregatorName="all",
        ConfigRuleName=SSH,
        AccountId=PRODUCTION,
        AwsRegion=REGION,
        ComplianceType="NON_COMPLIANT",
    )["AggregateEvaluationResults"]
    qualifiers = [d["EvaluationResultIdentifier"]["EvaluationResultQualifier"] for d in details]
    assert [q["ResourceId"] for q in qualifiers] == [group]


def test_the_time_of_an_evaluation_is_that_of_the_change(simulation: Simulation) -> None:
    """Asked again, an unchanged resource has not been evaluated anew."""
    given_it_records(simulation)
    given_a_rule(simulation, SSH, "INCOMING_SSH_DISABLED")
    group = open_ssh(simulation)

    def times() -> list[Any]:
        found = client(simulation, "config").get_compliance_details_by_config_rule(
            ConfigRuleName=SSH, ComplianceTypes=["NON_COMPLIANT"]
        )["EvaluationResults"]
        return [f["ResultRecordedTime"] for f in found]

    first = times()
    assert times() == first
    client(simulation, "ec2").revoke_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=20, ToPort=25, CidrIp="0.0.0.0/0"
    )
    assert times() == []
    assert compliance(simulation, SSH) == "COMPLIANT"


@pytest.mark.parametrize("identifier", ["INCOMING_SSH_DISABLED", "RDS_STORAGE_ENCRYPTED"])
def test_without_a_recorder_or_an_evaluator_there_is_no_data(
    simulation: Simulation, identifier: str
) -> None:
    """Nothing evaluated is not compliant."""
    if identifier != "INCOMING_SSH_DISABLED":
        given_it_records(simulation)
    given_a_rule(simulation, "rule", identifier)
    assert compliance(simulation, "rule") == "INSUFFICIENT_DATA"


EVALUATED = [
    ("ENCRYPTED_VOLUMES", "ec2", "create_volume",
     {"AvailabilityZone": f"{REGION}a", "Size": 1, "Encrypted": False}),
    ("S3_BUCKET_VERSIONING_ENABLED", "s3", "create_bucket",
     {"Bucket": "plain", "CreateBucketConfiguration": {"LocationConstraint": REGION}}),
    ("RDS_INSTANCE_PUBLIC_ACCESS_CHECK", "rds", "create_db_instance",
     {"DBInstanceIdentifier": "open", "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
      "PubliclyAccessible": True, "AllocatedStorage": 20, "MasterUsername": "root",
      "MasterUserPassword": "not-a-secret"}),
    ("IAM_PASSWORD_POLICY", "iam", "update_account_password_policy",
     {"MinimumPasswordLength": 8}),
    ("CLOUD_TRAIL_ENABLED", "ec2", "describe_vpcs", {}),
    ("EC2_EBS_ENCRYPTION_BY_DEFAULT", "ec2", "disable_ebs_encryption_by_default", {}),
    ("VPC_DEFAULT_SECURITY_GROUP_CLOSED", "ec2", "describe_vpcs", {}),
    ("VPC_FLOW_LOGS_ENABLED", "ec2", "describe_vpcs", {}),
]  # fmt: skip


@pytest.mark.parametrize(("identifier", "service", "operation", "parameters"), EVALUATED)
def test_each_rule_finds_what_it_is_about(
    simulation: Simulation, identifier: str, service: str, operation: str, parameters: Any
) -> None:
    """One resource, or the account, that does not comply."""
    given_it_records(simulation)
    given_a_rule(simulation, "rule", identifier)
    getattr(client(simulation, service), operation)(**parameters)
    assert compliance(simulation, "rule") == "NON_COMPLIANT"


def test_a_bucket_complies_until_its_block_is_taken_away(simulation: Simulation) -> None:
    """New buckets block public access by themselves."""
    given_it_records(simulation)
    given_a_rule(simulation, "rule", "S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED")
    s3 = client(simulation, "s3")
    s3.create_bucket(Bucket="plain", CreateBucketConfiguration={"LocationConstraint": REGION})
    assert compliance(simulation, "rule") == "COMPLIANT"
    s3.delete_public_access_block(Bucket="plain")
    assert compliance(simulation, "rule") == "NON_COMPLIANT"


def test_a_user_with_a_password_needs_a_device_and_young_keys(simulation: Simulation) -> None:
    """A key is old after as many days as the rule says."""
    iam = client(simulation, "iam")
    given_it_records(simulation)
    iam.create_user(UserName="anna")
    iam.create_login_profile(UserName="anna", Password="not-a-secret-1A!")
    given_a_rule(simulation, "mfa", "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS")
    assert compliance(simulation, "mfa") == "NON_COMPLIANT"
    iam.create_access_key(UserName="anna")
    given_a_rule(
        simulation, "keys", "ACCESS_KEYS_ROTATED", InputParameters='{"maxAccessKeyAge": "90"}'
    )
    assert compliance(simulation, "keys") == "COMPLIANT"


def test_an_aggregator_that_is_not_there_is_named(simulation: Simulation) -> None:
    """As AWS does."""
    with pytest.raises(AwsError, match="NoSuchConfigurationAggregatorException"):
        client(simulation, "config", MAIN).describe_configuration_aggregator_sources_status(
            ConfigurationAggregatorName="none"
        )


def test_a_place_that_is_closed_to_everybody_fails_in_the_aggregator(
    simulation: Simulation,
) -> None:
    """Its evaluations are missing there, and its state says so."""
    for account_id in (PRODUCTION, SANDBOX):
        given_it_records(simulation, account_id)
        given_a_rule(simulation, SSH, "INCOMING_SSH_DISABLED", account_id)
    given_an_aggregator(simulation)
    simulation.faults.add(Fault("deny", "config", None, SANDBOX, REGION))
    aggregator = client(simulation, "config", MAIN)
    states = aggregator.describe_configuration_aggregator_sources_status(
        ConfigurationAggregatorName="all"
    )["AggregatedSourceStatusList"]
    assert {s["SourceId"]: s["LastUpdateStatus"] for s in states} == {
        PRODUCTION: "SUCCEEDED",
        SANDBOX: "FAILED",
    }
    rules = aggregator.describe_aggregate_compliance_by_config_rules(
        ConfigurationAggregatorName="all", Limit=1000
    )["AggregateComplianceByConfigRules"]
    assert {rule["AccountId"] for rule in rules} == {PRODUCTION}
    with pytest.raises(AwsError, match="InvalidLimitException"):
        aggregator.get_aggregate_compliance_details_by_config_rule(
            ConfigurationAggregatorName="all",
            ConfigRuleName=SSH,
            AccountId=PRODUCTION,
            AwsRegion=REGION,
            Limit=101,
        )
