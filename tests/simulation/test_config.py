"""AWS Config: one recorder and one channel, and a bucket that lets Config in."""

import json
from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation import Simulation

MAIN, PRODUCTION = "100000000001", "400000000004"
REGION = "eu-west-1"
BUCKET = "central-config"
ROLE = f"arn:aws:iam::{PRODUCTION}:role/recorder"


def config(simulation: Simulation, account_id: str = PRODUCTION) -> Any:
    return simulation.client("config", REGION, account_id)


def put_recorder(simulation: Simulation, **more: Any) -> None:
    recorder = {"name": "default", "roleARN": ROLE, **more}
    config(simulation).put_configuration_recorder(ConfigurationRecorder=recorder)


def put_channel(simulation: Simulation, name: str = "default") -> None:
    channel = {"name": name, "s3BucketName": BUCKET}
    config(simulation).put_delivery_channel(DeliveryChannel=channel)


def create_bucket(simulation: Simulation, principal: Any = None) -> None:
    """The central bucket of the main account, open to ``principal``."""
    s3 = simulation.client("s3", REGION, MAIN)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    if principal:
        statement = {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/*",
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def test_a_recorder_keeps_what_it_was_told(simulation: Simulation) -> None:
    """Global resource types and the recording mode come back as they were put."""
    group = {"allSupported": True, "includeGlobalResourceTypes": True}
    put_recorder(simulation, recordingGroup=group, recordingMode={"recordingFrequency": "DAILY"})
    (found,) = config(simulation).describe_configuration_recorders()["ConfigurationRecorders"]
    assert found["recordingGroup"]["includeGlobalResourceTypes"] is True
    assert found["recordingMode"] == {"recordingFrequency": "DAILY"}
    assert found["roleARN"] == ROLE


def test_a_recorder_records_continuously_unless_told_otherwise(simulation: Simulation) -> None:
    """As AWS does."""
    put_recorder(simulation)
    (found,) = config(simulation).describe_configuration_recorders()["ConfigurationRecorders"]
    assert found["recordingMode"] == {"recordingFrequency": "CONTINUOUS"}


def test_a_second_recorder_is_refused(simulation: Simulation) -> None:
    """One for each account and region; the same name again is a change."""
    put_recorder(simulation)
    put_recorder(simulation)
    with pytest.raises(AwsError) as info:
        put_recorder(simulation, name="other")
    assert info.value.code == "MaxNumberOfConfigurationRecordersExceededException"


def test_a_channel_needs_a_recorder_first(simulation: Simulation) -> None:
    """Whatever the bucket is like."""
    with pytest.raises(AwsError) as info:
        put_channel(simulation)
    assert info.value.code == "NoAvailableConfigurationRecorderException"


def test_a_channel_needs_a_bucket_that_exists(simulation: Simulation) -> None:
    """A bucket that nobody has is named."""
    put_recorder(simulation)
    with pytest.raises(AwsError, match=BUCKET) as info:
        put_channel(simulation)
    assert info.value.code == "NoSuchBucketException"


@pytest.mark.parametrize("principal", [None, {"Service": "cloudtrail.amazonaws.com"}])
def test_a_channel_needs_a_bucket_that_lets_config_in(
    simulation: Simulation, principal: Any
) -> None:
    """A bucket without a policy, or one for another service, is not enough."""
    put_recorder(simulation)
    create_bucket(simulation, principal)
    with pytest.raises(AwsError, match="unable to write to bucket") as info:
        put_channel(simulation)
    assert info.value.code == "InsufficientDeliveryPolicyException"


@pytest.mark.parametrize(
    "principal",
    [
        {"Service": "config.amazonaws.com"},
        {"Service": ["x", "config.amazonaws.com"]},
        "*",
        {"AWS": ROLE},
    ],
)
def test_a_bucket_may_let_in_the_service_or_the_recorders_role(
    simulation: Simulation, principal: Any
) -> None:
    """Either will do, also across accounts."""
    put_recorder(simulation)
    create_bucket(simulation, principal)
    put_channel(simulation)
    (found,) = config(simulation).describe_delivery_channels()["DeliveryChannels"]
    assert found["s3BucketName"] == BUCKET


def test_a_second_channel_is_refused(simulation: Simulation) -> None:
    """One for each account and region."""
    put_recorder(simulation)
    create_bucket(simulation, {"Service": "config.amazonaws.com"})
    put_channel(simulation)
    with pytest.raises(AwsError) as info:
        put_channel(simulation, "other")
    assert info.value.code == "MaxNumberOfDeliveryChannelsExceededException"


def test_recording_starts_once_there_is_a_channel(simulation: Simulation) -> None:
    """Status and last delivery say so; a channel in use cannot be deleted."""
    client = config(simulation)
    put_recorder(simulation)
    with pytest.raises(AwsError) as info:
        client.start_configuration_recorder(ConfigurationRecorderName="default")
    assert info.value.code == "NoAvailableDeliveryChannelException"

    create_bucket(simulation, {"Service": "config.amazonaws.com"})
    put_channel(simulation)
    client.start_configuration_recorder(ConfigurationRecorderName="default")
    (status,) = client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert (status["recording"], status["lastStatus"]) == (True, "SUCCESS")
    (channel,) = client.describe_delivery_channel_status()["DeliveryChannelsStatus"]
    assert channel["configHistoryDeliveryInfo"]["lastStatus"] == "SUCCESS"
    with pytest.raises(AwsError) as last:
        client.delete_delivery_channel(DeliveryChannelName="default")
    assert last.value.code == "LastDeliveryChannelDeleteFailedException"

    client.stop_configuration_recorder(ConfigurationRecorderName="default")
    (status,) = client.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
    assert status["recording"] is False
    client.delete_delivery_channel(DeliveryChannelName="default")


def test_rules_are_listed_as_not_evaluated(simulation: Simulation) -> None:
    """There is no evaluation here, and none is claimed."""
    client = config(simulation)
    client.put_config_rule(
        ConfigRule={
            "ConfigRuleName": "root-mfa",
            "Source": {"Owner": "AWS", "SourceIdentifier": "ROOT_ACCOUNT_MFA_ENABLED"},
            "MaximumExecutionFrequency": "TwentyFour_Hours",
        }
    )
    (rule,) = client.describe_compliance_by_config_rule()["ComplianceByConfigRules"]
    assert rule["Compliance"]["ComplianceType"] == "INSUFFICIENT_DATA"
    (state,) = client.describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"]
    assert state["ConfigRuleName"] == "root-mfa"
