"""Services whose defaults moto has not: what AWS answers before anybody changes anything."""

from dataclasses import replace
from typing import Any, ClassVar

from baseline.simulation import bucket
from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

_PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_ENCRYPTED = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": False,
        }
    ]
}


class S3(Service):
    """New buckets are encrypted and private [Amazon S3, since January and April 2023]."""

    name: ClassVar[str] = "s3"

    def create_bucket(self, call: Call) -> Answer:
        """A bucket that blocks public access."""
        answer = self.moto(call)
        private = {
            "Bucket": call.parameters["Bucket"],
            "PublicAccessBlockConfiguration": _PRIVATE,
        }
        self.moto(replace(call, operation="PutPublicAccessBlock", parameters=private))
        return answer

    def get_bucket_encryption(self, call: Call) -> Answer:
        """How it encrypts; S3's own keys unless something else was set."""
        try:
            return self.moto(call)
        except Refusal as refusal:
            if refusal.code != "ServerSideEncryptionConfigurationNotFoundError":
                raise
            return {"ServerSideEncryptionConfiguration": _ENCRYPTED}

    def get_bucket_notification_configuration(self, call: Call) -> Answer:
        """Who is told of new objects; moto leaves EventBridge out."""
        answer = self.moto(call)
        kept = bucket.find(call.parameters["Bucket"]).notification_configuration
        if kept is not None and kept.event_bridge is not None:
            answer["EventBridgeConfiguration"] = {}
        return answer


class Emr(Service):
    """New clusters may not be open to the world, but for SSH."""

    name: ClassVar[str] = "emr"

    def get_block_public_access_configuration(self, call: Call) -> Answer:
        """What was set, or EMR's default."""
        answer = self.moto(call)
        if answer.get("BlockPublicAccessConfiguration"):
            return answer
        return {
            "BlockPublicAccessConfiguration": {
                "BlockPublicSecurityGroupRules": True,
                "PermittedPublicSecurityGroupRuleRanges": [{"MinRange": 22, "MaxRange": 22}],
            },
            "BlockPublicAccessConfigurationMetadata": {
                "CreationDateTime": call.time,
                "CreatedByArn": f"arn:aws:iam::{call.account_id}:root",
            },
        }


class Inspector2(Service):
    """Inspector is off until it is switched on."""

    name: ClassVar[str] = "inspector2"

    def batch_get_account_status(self, call: Call) -> Answer:
        """The state of each account that was asked for; the caller's when none was."""
        known = {one["accountId"]: one for one in self.moto(call).get("accounts", ())}
        asked = call.parameters.get("accountIds") or [call.account_id]
        return {
            "accounts": [known.get(account_id, _switched_off(account_id)) for account_id in asked],
            "failedAccounts": [],
        }


def _switched_off(account_id: str) -> Answer:
    off = {"status": "DISABLED", "errorCode": "", "errorMessage": ""}
    kinds = ("ec2", "ecr", "lambda", "lambdaCode")
    return {
        "accountId": account_id,
        "state": off,
        "resourceState": dict.fromkeys(kinds, off),
    }
