"""A central bucket with its partitioner, as the roll-out makes them, and log files that arrive."""

import gzip
import json
from typing import Any

from baseline import templates
from baseline.query.named import named_queries
from baseline.simulation import Simulation, bucket

MAIN, REGION = "100000000001", "eu-west-1"
ORGANIZATION = "o-acme0000000"
TRAIL = f"baseline-cloudtrail-{MAIN}-{REGION}"
FLOWS = f"baseline-flowlogs-{MAIN}-{REGION}"
FUNCTION = f"arn:aws:lambda:{REGION}:{MAIN}:function:baseline-partitioner"

Found = dict[tuple[str, ...], str]


def make(simulation: Simulation) -> None:
    """The stacks auditing-storage and auditing-analytics, the larger one through a bucket."""
    accounts = ",".join(simulation.active_account_ids())
    storage = {"OrganizationId": ORGANIZATION, "AccountIds": accounts}
    _stack(simulation, "auditing-storage", storage, TemplateBody=templates.read("auditing-storage"))
    body = templates.auditing_analytics(named_queries()).encode()
    results = f"baseline-query-results-{MAIN}-{REGION}"
    client(simulation, "s3").put_object(Bucket=results, Key="template.yaml", Body=body)
    url = f"https://{results}.s3.{REGION}.amazonaws.com/template.yaml"
    _stack(simulation, "auditing-analytics", {}, TemplateURL=url)


def _stack(simulation: Simulation, name: str, parameters: dict[str, str], **template: str) -> None:
    cloudformation = client(simulation, "cloudformation")
    given = [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()]
    cloudformation.create_stack(
        StackName=name, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"], **template
    )
    simulation.service("cloudformation").settle()
    (made,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"


def client(simulation: Simulation, service: str) -> Any:
    return simulation.client(service, REGION, MAIN)


def log_key(
    account: str, region: str, date: str, name: str, *, kind: str = "CloudTrail", own: str = ""
) -> str:
    """The key of an object; ``own`` is the organization's id, where its trail delivers."""
    before = f"{own}/" if own else ""
    return f"AWSLogs/{before}{account}/{kind}/{region}/{date.replace('-', '/')}/{name}"


def events(*names: str) -> bytes:
    """A log file with an event for each name."""
    records = [
        {"eventName": name, "eventID": f"id-{name}", "eventTime": "2026-07-23T10:00:00Z"}
        for name in names
    ]
    return gzip.compress(json.dumps({"Records": records}).encode())


def arrive(simulation: Simulation, name: str, key: str, body: bytes = b"") -> None:
    """Somebody puts an object, as CloudTrail would."""
    client(simulation, "s3").put_object(Bucket=name, Key=key, Body=body)


def delivered(simulation: Simulation, name: str, key: str) -> None:
    """An object is in the bucket, and nobody has come to look yet."""
    bucket.write(name, key, b"", time=simulation.clock.now(), content_type="application/json")


def partitions(simulation: Simulation, table: str = "cloudtrail") -> Found:
    """Where each partition that Glue has points to, below the bucket."""
    pages = client(simulation, "glue").get_paginator("get_partitions")
    return {
        tuple(p["Values"]): p["StorageDescriptor"]["Location"].split("/", 3)[3]
        for page in pages.paginate(DatabaseName="auditing", TableName=table)
        for p in page["Partitions"]
    }


def messages(simulation: Simulation, name: str = "baseline-partitioner") -> int:
    """How many are in a queue, whoever holds them."""
    sqs = client(simulation, "sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"]) + int(
        found["ApproximateNumberOfMessagesNotVisible"]
    )
