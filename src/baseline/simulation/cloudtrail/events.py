"""One API call as the CloudTrail event that AWS would write of it.

The shape is that of the user guide's "CloudTrail record contents", version 1.11, and the order
of the keys is that of real log files.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.core.utils import get_service_model

from baseline.simulation.cloudtrail.parameters import ec2_answer, ec2_request, recorded, s3_request
from baseline.simulation.service import Call, Refusal

VERSION = "1.11"
GLOBAL_REGION = "us-east-1"
# "CloudTrail concepts", global service events: they are recorded in us-east-1. STS is not among
# them, because every SDK now calls its regional endpoint, which records in its own region.
GLOBAL_SERVICES = frozenset({"iam", "organizations", "cloudfront", "route53", "account", "support"})

# The same as they stand in events.
GLOBAL_SOURCES = frozenset(f"{service}.amazonaws.com" for service in GLOBAL_SERVICES)

_SOURCES = {"ses": "ses", "s3control": "s3"}
_READS = re.compile(
    r"^(Get|List|Describe|Head|Lookup|Search|BatchGet|Check|Validate|Estimate|Select|Simulate"
    r"|Scan|Query|Filter|Preview|Test|Detect|AssumeRole|GenerateCredentialReport"
    r"|GenerateServiceLastAccessed|GenerateDataKey|Decrypt|Encrypt$|Verify|Sign$|DecodeAuth)"
)
_S3_NAMES = {
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "ListObjectsV2": "ListObjects",
}
# "Logging data events": not recorded unless a trail selects them.
_DATA_OPERATIONS = {
    "cloudwatch": {"PutMetricData", "GetMetricData", "GetMetricStatistics"},
    "dynamodb": {
        "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan",
        "UpdateItem",
    },
    "events": {"PutEvents"},
    "firehose": {"PutRecord", "PutRecordBatch"},
    "kinesis": {"GetRecords", "PutRecord", "PutRecords"},
    "lambda": {"Invoke"},
    "logs": {"FilterLogEvents", "GetLogEvents", "PutLogEvents"},
    "s3": {
        "DeleteObjects", "ListMultipartUploads", "ListObjects", "ListObjectsV2",
        "ListObjectVersions",
    },
    "sns": {"Publish", "PublishBatch"},
    "sqs": {"DeleteMessage", "ReceiveMessage", "SendMessage", "SendMessageBatch"},
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Event:
    """What is known of one event. ``source`` is the whole name, like ``iam.amazonaws.com``.

    ``error`` is (code, message); ``host`` is the name that the client connected to, if it did.
    """

    identity: Mapping[str, Any]
    time: datetime
    source: str
    name: str
    region: str
    source_ip: str
    user_agent: str
    account_id: str
    event_id: str
    read_only: bool
    request_id: str | None = None
    request: Mapping[str, Any] | None = None
    response: Mapping[str, Any] | None = None
    error: tuple[str, str] | None = None
    additional: Mapping[str, Any] | None = None
    resources: list[dict[str, str]] | None = None
    shared_event_id: str | None = None
    kind: str = "AwsApiCall"
    management: bool = True
    host: str | None = None

    def record(self) -> dict[str, Any]:
        """The record with its keys in AWS's order; what is not known is absent."""
        code, message = self.error or (None, None)
        head = {
            "eventVersion": VERSION,
            "userIdentity": self.identity,
            "eventTime": f"{self.time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.source_ip,
            "userAgent": self.user_agent,
            "errorCode": code,
            "errorMessage": message,
        }
        tail = {
            "additionalEventData": self.additional,
            "requestID": self.request_id,
            "eventID": self.event_id,
            "readOnly": self.read_only,
            "resources": self.resources,
            "eventType": self.kind,
            "managementEvent": self.management,
            "recipientAccountId": self.account_id,
            "sharedEventID": self.shared_event_id,
            "eventCategory": "Management" if self.management else "Data",
            "tlsDetails": _tls(self.host),
        }
        # These two stand there also where they are null.
        middle = {"requestParameters": self.request, "responseElements": self.response}
        return _given(head) | middle | _given(tail)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def of_call(
    call: Call, answer: Mapping[str, Any] | None, refusal: Refusal | None
) -> dict[str, Any]:
    """The event in the caller's own account."""
    model = get_service_model(call.service)
    region = GLOBAL_REGION if call.service in GLOBAL_SERVICES else call.region
    request_id = str(uuid.uuid5(uuid.NAMESPACE_OID, call.event_id))
    across = not refusal and _role_account(call) != call.account_id
    return Event(
        identity=call.identity,
        time=call.time,
        source=event_source(call.service),
        name=event_name(call.service, call.operation),
        region=region,
        source_ip=call.source_ip,
        user_agent=call.user_agent,
        account_id=call.account_id,
        event_id=call.event_id,
        read_only=_is_read(call),
        request_id=request_id,
        request=_request(model, call, region),
        response=None if refusal else _response(model, call, answer, request_id),
        error=_error(call.service, refusal) if refusal else None,
        resources=_resources(call),
        shared_event_id=_shared_id(call) if across else None,
        management=not is_data_event(call.service, call.operation),
        host=None if "invokedBy" in call.identity else _host(model, region),
    ).record()


def in_role_account(call: Call, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same AssumeRole as the role's account sees it; None for all other calls.

    "Cross-account access": both accounts get an event, with one ``sharedEventID``; the role's
    account knows of the caller only the account. A refused call is recorded with its caller alone.
    """
    account_id = _role_account(call)
    if account_id == call.account_id or "errorCode" in event:
        return None
    caller = {
        "type": "AWSAccount",
        "principalId": call.identity.get("principalId", call.account_id),
        "accountId": call.account_id,
    }
    event_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{call.event_id} {account_id}"))
    changes = {"userIdentity": caller, "recipientAccountId": account_id, "eventID": event_id}
    return dict(event) | changes


def event_source(service: str) -> str:
    """``cloudwatch`` as ``monitoring.amazonaws.com``: the name that the service signs with."""
    return f"{_SOURCES.get(service) or get_service_model(service).signing_name}.amazonaws.com"


def event_name(service: str, operation: str) -> str:
    """The operation; Lambda appends its API version, S3 has some older names."""
    if service == "lambda":
        uri: str = get_service_model(service).operation_model(operation).http["requestUri"]
        return operation + uri.split("/")[1].replace("-", "")
    if service == "s3control":
        return operation.replace("PublicAccessBlock", "AccountPublicAccessBlock")
    return _S3_NAMES.get(operation, operation) if service == "s3" else operation


def is_data_event(service: str, operation: str) -> bool:
    """Whether the call works on data in a resource rather than on the resource."""
    if service == "s3":
        shape = get_service_model("s3").operation_model(operation).input_shape
        return operation in _DATA_OPERATIONS["s3"] or bool(shape and "Key" in shape.members)
    return operation in _DATA_OPERATIONS.get(service, ())


def _request(model: Any, call: Call, region: str) -> dict[str, Any] | None:
    operation = model.operation_model(call.operation)
    if call.service == "s3":
        return s3_request(operation, call.parameters, region)
    written = recorded(operation.input_shape, call.parameters, service=call.service)
    return ec2_request(written) if written and call.service == "ec2" else written


def _response(
    model: Any, call: Call, answer: Mapping[str, Any] | None, request_id: str
) -> dict[str, Any] | None:
    if call.service == "s3" or (_is_read(call) and not call.operation.startswith("AssumeRole")):
        return None
    shape = model.operation_model(call.operation).output_shape
    if call.service == "ec2":
        written = ec2_answer(shape, answer) if shape and answer else {}
        return {"requestId": request_id, **(written or {"_return": True})}
    return recorded(shape, dict(answer or {}), service=call.service)


def _error(service: str, refusal: Refusal) -> tuple[str, str]:
    prefix = "Client." if service == "ec2" else ""
    return f"{prefix}{refusal.code}", str(refusal.message)


def _is_read(call: Call) -> bool:
    return _READS.match(call.operation) is not None


def _resources(call: Call) -> list[dict[str, str]] | None:
    if role := call.parameters.get("RoleArn") if call.service == "sts" else None:
        return [{"accountId": _role_account(call), "type": "AWS::IAM::Role", "ARN": role}]
    if bucket := call.parameters.get("Bucket") if call.service == "s3" else None:
        arn = f"arn:aws:s3:::{bucket}"
        key = call.parameters.get("Key")
        whole = {"accountId": call.account_id, "type": "AWS::S3::Bucket", "ARN": arn}
        return ([{"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"}] if key else []) + [whole]
    return None


def _role_account(call: Call) -> str:
    arn = call.parameters.get("RoleArn", "") if call.service == "sts" else ""
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 and parts[4] else call.account_id  # noqa: PLR2004 - ARN parts


def _shared_id(call: Call) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"shared {call.event_id}"))


def _host(model: Any, region: str) -> str:
    endpoint = model.metadata.get("globalEndpoint")
    regional = model.service_name in {"sts", "s3"} or not endpoint
    return f"{model.endpoint_prefix}.{region}.amazonaws.com" if regional else str(endpoint)


def _tls(host: str | None) -> dict[str, str] | None:
    if not host:
        return None
    cipher = "TLS_AES_128_GCM_SHA256"
    return {"tlsVersion": "TLSv1.3", "cipherSuite": cipher, "clientProvidedHostHeader": host}
