"""AWS Config where moto is laxer than AWS: who may deliver where, and what is kept.

One recorder and one delivery channel for each account and region.
"""

import json
from typing import Any, ClassVar

from baseline.errors import AwsError
from baseline.simulation.config_compliance import Compliance, Here
from baseline.simulation.service import Call, Refusal

Answer = dict[str, Any]

_SERVICE = "config.amazonaws.com"
_CONTINUOUS = {"recordingFrequency": "CONTINUOUS"}


class Config(Compliance):
    """moto keeps recorders, channels and rules; the checks it leaves out are made here."""

    name: ClassVar[str] = "config"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.recording_modes: dict[Here, Answer] = {}

    def put_configuration_recorder(self, call: Call) -> Answer:
        """Create or change the recorder; keeps how often it records."""
        recorder = call.parameters["ConfigurationRecorder"]
        recorder.setdefault("name", "default")
        answer = self.moto(call)
        mode = recorder.get("recordingMode") or _CONTINUOUS
        self.recording_modes[call.account_id, call.region] = mode
        return answer

    def describe_configuration_recorders(self, call: Call) -> Answer:
        """The recorder, with its scope and mode."""
        answer = self.moto(call)
        for recorder in answer.get("ConfigurationRecorders", ()):
            recorder["recordingMode"] = self.recording_modes.get(
                (call.account_id, call.region), _CONTINUOUS
            )
            recorder["recordingScope"] = "PAID"
        return answer

    def describe_configuration_recorder_status(self, call: Call) -> Answer:
        """Whether it records; here a delivery that may be made has been made."""
        answer = self.moto(call)
        for status in answer.get("ConfigurationRecordersStatus", ()):
            if status.get("lastStatus"):
                status["lastStatus"] = "SUCCESS"
        return answer

    def put_delivery_channel(self, call: Call) -> Answer:
        """Create or change the channel, once there are a recorder and a bucket that lets it in."""
        channel = call.parameters["DeliveryChannel"]
        channel.setdefault("name", "default")
        role = self._recorder_role(call)
        if role and channel.get("s3BucketName"):
            self._check_bucket(call, channel, role)
        return self.moto(call)

    def describe_delivery_channel_status(self, call: Call) -> Answer:
        """How the deliveries went: well, as the bucket was checked."""
        client = self.simulation.client("config", call.region, call.account_id)
        names = call.parameters.get("DeliveryChannelNames") or []
        found = client.describe_delivery_channels(DeliveryChannelNames=names)
        delivered = {
            "lastStatus": "SUCCESS",
            "lastAttemptTime": call.time,
            "lastSuccessfulTime": call.time,
        }
        return {
            "DeliveryChannelsStatus": [
                {
                    "name": channel["name"],
                    "configSnapshotDeliveryInfo": {},
                    "configHistoryDeliveryInfo": delivered,
                    "configStreamDeliveryInfo": {
                        "lastStatus": "SUCCESS",
                        "lastStatusChangeTime": call.time,
                    },
                }
                for channel in found["DeliveryChannels"]
            ]
        }

    def describe_config_rule_evaluation_status(self, call: Call) -> Answer:
        """Every rule, never invoked yet."""
        return {
            "ConfigRulesEvaluationStatus": [
                {"ConfigRuleName": name, "FirstEvaluationStarted": False}
                for name in self._rules(call)
            ]
        }

    def _rules(self, call: Call) -> list[str]:
        client = self.simulation.client("config", call.region, call.account_id)
        names = call.parameters.get("ConfigRuleNames") or []
        pages = client.get_paginator("describe_config_rules").paginate(ConfigRuleNames=names)
        return [rule["ConfigRuleName"] for page in pages for rule in page["ConfigRules"]]

    def _recorder_role(self, call: Call) -> str:
        client = self.simulation.client("config", call.region, call.account_id)
        recorders = client.describe_configuration_recorders()["ConfigurationRecorders"]
        return str(recorders[0]["roleARN"]) if recorders else ""

    def _check_bucket(self, call: Call, channel: Answer, role: str) -> None:
        bucket = channel["s3BucketName"]
        s3 = self.simulation.client("s3", call.region, call.account_id)
        try:
            s3.head_bucket(Bucket=bucket)
        except AwsError as error:
            raise Refusal(
                "NoSuchBucketException",
                f"Cannot find a S3 bucket with an bucket name: {bucket}",
            ) from error
        if not _may_deliver(_policy(s3, bucket), role):
            raise Refusal(
                "InsufficientDeliveryPolicyException",
                f"Insufficient delivery policy to s3 bucket: {bucket}, unable to write to bucket,"
                f" provided s3 key prefix is '{channel.get('s3KeyPrefix', 'null')}',"
                f" provided kms key is '{channel.get('s3KmsKeyArn', 'null')}'.",
            )


def _policy(s3: Any, bucket: str) -> Answer:
    try:
        document: Answer = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except AwsError:
        return {}  # no policy
    return document


def _may_deliver(policy: Answer, role: str) -> bool:
    """Whether a statement lets the service, or the recorder's own role, put objects."""
    account = role.split(":")[4]
    principals = {_SERVICE, role, account, f"arn:aws:iam::{account}:root", "*"}
    return any(
        statement.get("Effect") == "Allow"
        and principals & _principals(statement.get("Principal"))
        and {"s3:PutObject", "s3:Put*", "s3:*", "*"} & set(_listed(statement.get("Action")))
        for statement in _listed(policy.get("Statement"))
    )


def _principals(principal: Any) -> set[str]:
    if isinstance(principal, dict):
        return {one for value in principal.values() for one in _listed(value)}
    return set(_listed(principal))


def _listed(value: Any) -> list[Any]:
    """IAM writes a list of one without the list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
