"""Log objects for tests, written as AWS delivers them."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

ACCOUNT = "100000000001"
REGION = "eu-west-1"
DAY = "2026-07-01"
V2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start"
    " end action log-status"
)


def an_event(number: int = 1, **fields: Any) -> dict[str, Any]:
    """One event of the real shape; ``number`` makes its id."""
    event: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLE",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/anna",
            "accountId": ACCOUNT,
            "userName": "anna",
            "accessKeyId": "AKIAEXAMPLE",
        },
        "eventTime": "2026-07-01T10:00:00Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "DescribeInstances",
        "awsRegion": REGION,
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2",
        "requestParameters": {"instancesSet": {}},
        "responseElements": None,
        "requestID": f"request-{number}",
        "eventID": f"event-{number}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    return {**event, **fields}


def a_key(
    account: str = ACCOUNT,
    region: str = REGION,
    day: str = DAY,
    minute: str = "1000Z",
    mark: str = "",
) -> str:
    """The key of a CloudTrail object."""
    compact = day.replace("-", "")
    mark = mark or hashlib.sha256(f"{account}{region}{day}{minute}".encode()).hexdigest()[:16]
    name = f"{account}_CloudTrail_{region}_{compact}T{minute}_{mark}.json.gz"
    return f"AWSLogs/{account}/CloudTrail/{region}/{day.replace('-', '/')}/{name}"


def a_delivery(*events: dict[str, Any]) -> bytes:
    """The bytes of an object with these events."""
    return gzip.compress(json.dumps({"Records": events}, separators=(",", ":")).encode(), mtime=0)


def given_an_object(root: Path, key: str, content: bytes) -> Path:
    """Put an object where a copy of the bucket would have it."""
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def given_a_log(root: Path, *events: dict[str, Any], key: str = "", **place: str) -> str:
    """Put a CloudTrail object below ``root`` and return its key."""
    key = key or a_key(**place)
    given_an_object(root, key, a_delivery(*(events or (an_event(),))))
    return key


def given_a_flow_log(
    root: Path, *lines: str, header: str = V2, day: str = DAY, mark: str = "a"
) -> str:
    """Put a flow log object below ``root`` and return its key."""
    key = (
        f"AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/{day.replace('-', '/')}/"
        f"{ACCOUNT}_vpcflowlogs_{REGION}_fl-1_{day.replace('-', '')}T0000Z_{mark}.log.gz"
    )
    text = "".join(f"{line}\n" for line in (header, *lines))
    given_an_object(root, key, gzip.compress(text.encode()))
    return key
