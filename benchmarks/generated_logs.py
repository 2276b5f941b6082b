"""Logs as AWS delivers them, written fast: CloudTrail and flow logs of many accounts and days.

Made up, and of the real shape: event names, sizes and repetition are near those of a busy account,
but real logs repeat themselves more and compress better. The same arguments give the same bytes.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

FIRST = date(2026, 5, 1)
ACCOUNTS = tuple(f"{n}0000000000{n}" for n in range(1, 6))
REGIONS = ("eu-west-1", "us-east-1", "eu-central-1", "us-west-2")
V2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start"
    " end action log-status"
)
V5 = (
    f"{V2} vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id"
    " pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"
)
_LEVEL = 6
_IDLE = 0.01  # of the flow records, those of an interface without traffic
# Service, name, whether it only reads, and what is asked and answered.
_CALLS: tuple[tuple[str, str, bool, object, object], ...] = (
    ("ec2", "DescribeInstances", True, {"instancesSet": {}, "filterSet": {}}, None),
    ("ec2", "DescribeNetworkInterfaces", True, {"filterSet": {"items": [{"name": "x"}]}}, None),
    ("sts", "AssumeRole", True, {"roleArn": "arn:aws:iam::1:role/build"}, {"assumedRoleUser": {}}),
    ("s3", "GetBucketAcl", True, {"bucketName": "central-logs-%d", "acl": ""}, None),
    ("kms", "Decrypt", True, {"encryptionContext": {"aws:s3:arn": "arn:aws:s3:::b/%d"}}, None),
    ("logs", "CreateLogStream", False, {"logGroupName": "/aws/lambda/f%d"}, None),
    ("iam", "GetRolePolicy", True, {"roleName": "service-role-%d"}, None),
    ("ec2", "RunInstances", False, {"instanceType": "m6i.large"}, {"instancesSet": {"n": "%d"}}),
    ("lambda", "UpdateFunctionCode20150331v2", False, {"functionName": "f%d"}, {"runtime": "p"}),
    ("signin", "ConsoleLogin", False, None, {"ConsoleLogin": "Success"}),
)


@dataclass(frozen=True)
class Size:
    """How much: one object an hour in ``objects`` hours of a day, each with so many ``records``."""

    accounts: int = 5
    regions: int = 4
    days: int = 60
    objects: int = 3
    records: int = 220


# More than two gigabytes of CloudTrail in 7,200 objects.
SIXTY_DAYS = Size(accounts=5, regions=4, days=60, objects=6, records=250)


def cloudtrail(root: Path, size: Size) -> int:
    """Write a bucket's worth below ``root``; how many bytes of JSON."""
    return _in_processes(_cloudtrail_day, root, size)


def one_object(root: Path, records: int) -> int:
    """Write a bucket with one object of so many records; how many bytes of JSON."""
    size = Size(accounts=1, regions=1, days=1, objects=1, records=records)
    return cloudtrail(root, size)


def flowlogs(root: Path, size: Size, *, compress: int = _LEVEL) -> int:
    """The same of flow logs, every other account in version 5; how many bytes of text."""
    return _in_processes(_flowlog_day, root, size, compress)


def _in_processes(work: Callable[..., int], root: Path, size: Size, *more: object) -> int:
    places = list(product(ACCOUNTS[: size.accounts], REGIONS[: size.regions], range(size.days)))
    with ProcessPoolExecutor() as pool:
        jobs = [pool.submit(work, root, size, place, *more) for place in places]
        return sum(job.result() for job in jobs)


Place = tuple[str, str, int]


def _cloudtrail_day(root: Path, size: Size, place: Place) -> int:
    account, region, number = place
    day = FIRST + timedelta(days=number)
    random = Random(f"{account}{region}{number}")
    written = 0
    for at in range(size.objects):
        hour = at * 24 // size.objects
        records = b",".join(_records(random, (account, region), day, hour, size.records))
        text = b'{"Records":[' + records + b"]}"
        name = f"{account}_CloudTrail_{region}_{day:%Y%m%d}T{hour:02}{at % 60:02}Z"
        folder = root / f"AWSLogs/{account}/CloudTrail/{region}/{day:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}_{random.getrandbits(64):016x}.json.gz"
        path.write_bytes(gzip.compress(text, _LEVEL, mtime=0))
        written += len(text)
    return written


def _records(
    random: Random, place: tuple[str, str], day: date, hour: int, count: int
) -> Iterator[bytes]:
    templates = _templates(*place)
    for _ in range(count):
        number = random.getrandbits(32)
        time = f"{day}T{hour:02}:{number % 60:02}:{number // 64 % 60:02}Z"
        yield random.choice(templates) % {
            b"time": time.encode(),
            b"id": b"%08x-%04x-4000-8000-%012x"
            % (random.getrandbits(32), number & 0xFFFF, random.getrandbits(48)),
            b"request": b"%08x-0000-4000-9000-%012x" % (number, random.getrandbits(48)),
            b"ip": b"10.%d.%d.%d" % (number & 7, number >> 8 & 15, number >> 16 & 255),
            b"n": b"%d" % (number % 500),
            b"key": b"ASIA%016X" % (number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF),
        }


def _templates(account: str, region: str) -> list[bytes]:
    """An event of each call for each of a few principals, as formats."""
    return [
        _template(account, region, call, principal)
        for call in _CALLS
        for principal in ("deployment", "scanner", "backup", "developers", "lambda-basic")
    ]


def _template(
    account: str, region: str, call: tuple[str, str, bool, object, object], principal: str
) -> bytes:
    service, name, reads, asked, answered = call
    role = f"arn:aws:iam::{account}:role/{principal}"
    session = f"arn:aws:sts::{account}:assumed-role/{principal}/session-MARKn"
    event = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROAEXAMPLE{principal.upper()}:session-MARKn",
            "arn": session,
            "accountId": account,
            "accessKeyId": "MARKkey",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": f"AROAEXAMPLE{principal.upper()}",
                    "arn": role,
                    "accountId": account,
                    "userName": principal,
                },
                "attributes": {"creationDate": "MARKtime", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": "MARKtime",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "MARKip",
        "userAgent": "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8 md/arch#x86_64",
        "requestParameters": asked,
        "responseElements": answered,
        "requestID": "MARKrequest",
        "eventID": "MARKid",
        "readOnly": reads,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{service}.{region}.amazonaws.com",
        },
    }
    text = json.dumps(event, separators=(",", ":")).replace("%d", "MARKn")
    for mark in ("time", "id", "ip", "key", "request", "n"):
        text = text.replace(f"MARK{mark}", f"%({mark})b")
    return text.encode()


def _flowlog_day(root: Path, size: Size, place: Place, compress: int) -> int:
    account, region, number = place
    day = FIRST + timedelta(days=number)
    random = Random(f"flow{account}{region}{number}")
    header = V5 if int(account[0]) % 2 == 0 else V2
    lines = _flow_lines(random, account, region, header)
    folder = root / f"AWSLogs/{account}/vpcflowlogs/{region}/{day:%Y/%m/%d}"
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for at in range(size.objects):
        start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + at * 300
        chosen = random.choices(lines, k=size.records)
        body = b"".join(
            line % {b"bytes": random.getrandbits(16), b"start": start + n % 60, b"end": start + 60}
            for n, line in enumerate(chosen)
        )
        text = header.encode() + b"\n" + body
        name = f"{account}_vpcflowlogs_{region}_fl-{number:04}_{day:%Y%m%d}T{at:04}Z"
        path = folder / f"{name}_{random.getrandbits(32):08x}.log.gz"
        path.write_bytes(_gzip(text, compress))
        written += len(text)
    return written


def _flow_lines(random: Random, account: str, region: str, header: str) -> Sequence[bytes]:
    """Lines as formats: bytes, start and end are still to come."""
    return [_flow_line(random, account, region, header) for _ in range(2_000)]


def _flow_line(random: Random, account: str, region: str, header: str) -> bytes:
    eni = f"eni-{random.randrange(200):017x}"
    if random.random() < _IDLE:
        status = random.choice(("NODATA", "SKIPDATA"))
        known = {"version": "2", "account-id": account, "interface-id": eni, "log-status": status}
    else:
        source, target = f"10.0.{random.randrange(8)}.{random.randrange(250)}", "203.0.113.%s"
        known = {
            "version": "5" if header == V5 else "2",
            "account-id": account,
            "interface-id": eni,
            "srcaddr": source,
            "dstaddr": target.replace("%s", str(random.randrange(250))),
            "srcport": str(random.randrange(1024, 65535)),
            "dstport": str(random.choice((443, 80, 22, 5432, 53))),
            "protocol": random.choice(("6", "6", "17")),
            "packets": str(random.randrange(1, 400)),
            "bytes": "%(bytes)d",
            "action": random.choice(("ACCEPT", "ACCEPT", "REJECT")),
            "log-status": "OK",
            "vpc-id": "vpc-0a1b2c3d4e5f60718",
            "subnet-id": "subnet-0a1b2c3d4e5f60718",
            "type": "IPv4",
            "tcp-flags": str(random.choice((0, 2, 3, 18, 19))),
            "pkt-srcaddr": source,
            "region": region,
            "flow-direction": random.choice(("ingress", "egress")),
        }
    known |= {"start": "%(start)d", "end": "%(end)d"}
    line = " ".join(known.get(field, "-") for field in header.split())
    return line.encode() + b"\n"


def _gzip(text: bytes, level: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()
