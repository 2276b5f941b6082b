"""``baseline logs validate`` against ``aws cloudtrail validate-logs``: the time, and the verdicts.

The same bucket, signed by the simulated CloudTrail, with 20 ms a request. awscli looks at one
account and region a run and at one file after the other, so it is run for each.
"""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from bucket_server import Served, serve
from start_up import aws

from baseline.simulation.cloudtrail import digests
from baseline.simulation.cloudtrail.digests import Digest, Link, LogFile, SigningKey

LATENCY = 0.02
BUCKET, TRAIL, HOME = "central-logs", "main_trail", "eu-west-1"
ACCOUNTS = ("100000000001", "200000000002")
REGIONS = ("eu-west-1", "us-east-1")
FIRST = datetime(2026, 7, 1, tzinfo=UTC)
HOURS, LOGS = 54, 10  # digests of a place, and log files of a digest

Objects = dict[str, tuple[bytes, Mapping[str, str]]]
Verdicts = dict[str, str]
_KEY = SigningKey(1)
_REASONS = {
    "public key not found": "wrong key",
    "not found": "missing",
    "has been moved from its original location": "moved",
}


def measure() -> Iterator[str]:
    """Time over a whole bucket, then verdicts over one that somebody has tampered with."""
    objects: Objects = {}
    for account, region in product(ACCOUNTS, REGIONS):
        objects |= _chain(account, region, HOURS, LOGS)
    ours, theirs, seconds, their_seconds = _both(objects)
    assert ours == theirs, _difference(ours, theirs)
    yield (
        f"awscli / ours, {len(ours)} digests and log files: ratio {their_seconds / seconds:.1f}; "
        f"{their_seconds:.1f} s against {seconds:.1f} s; the same verdicts"
    )
    tampered = _chain(ACCOUNTS[0], HOME, 24, 2)
    for number, tamper in enumerate(_TAMPERING):
        tamper(tampered, number)
    ours, theirs, _, _ = _both(tampered)
    wrong = sorted(verdict for verdict in ours.values() if verdict != "valid")
    same = "the same verdicts" if ours == theirs else _difference(ours, theirs)
    yield f"{len(_TAMPERING)} kinds of tampering ({', '.join(wrong)}): {same}"


def _chain(account: str, region: str, hours: int, logs: int) -> Objects:
    objects: Objects = {}
    previous: Link | None = None
    for hour in range(1, hours + 1):
        end = FIRST + timedelta(hours=hour)
        files = []
        for number in range(logs):
            text = json.dumps({"Records": [{"eventID": f"{hour}-{number}"}] * 50}).encode()
            key = _key(account, region, "CloudTrail", end - timedelta(minutes=5), f"{number:016}")
            objects[key] = gzip.compress(text), {}
            files.append(LogFile(key, hashlib.sha256(text).hexdigest(), end, end))
        made = _digest(account, region, end, files, previous)
        objects[made.link.key] = gzip.compress(made.content), _metadata(made)
        previous = made.link
    return objects


def _digest(
    account: str, region: str, end: datetime, files: list[LogFile], previous: Link | None
) -> Digest:
    name = f"{account}_CloudTrail-Digest_{region}_{TRAIL}_{HOME}_{end:%Y%m%dT%H%M%SZ}.json.gz"
    return digests.make(
        _KEY,
        account_id=account,
        bucket=BUCKET,
        object_key=f"AWSLogs/{account}/CloudTrail-Digest/{region}/{end:%Y/%m/%d}/{name}",
        start=end - timedelta(hours=1),
        end=end,
        files=files,
        previous=previous,
    )


def _metadata(made: Digest) -> dict[str, str]:
    return {k.removeprefix("x-amz-meta-"): v for k, v in made.metadata.items()}


def _key(account: str, region: str, kind: str, time: datetime, mark: str) -> str:
    name = f"{account}_{kind}_{region}_{time:%Y%m%dT%H%MZ}_{mark}.json.gz"
    return f"AWSLogs/{account}/{kind}/{region}/{time:%Y/%m/%d}/{name}"


def _both(objects: Objects) -> tuple[Verdicts, Verdicts, float, float]:
    """Verdicts of both by object, and the seconds of both."""
    keys = {_KEY.fingerprint: _KEY.public}
    places = sorted({(key.split("/")[1], key.split("/")[3]) for key in objects})
    with (
        serve(Served(BUCKET, objects, keys, ACCOUNTS[0], LATENCY)) as served,
        tempfile.TemporaryDirectory() as directory,
    ):
        environment = os.environ | served | {"XDG_CACHE_HOME": directory}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        start = time.perf_counter()
        ours = _ours(environment, directory, places)
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        theirs: Verdicts = {}
        for account, region in places:
            theirs |= _theirs(environment, account, region)
        return ours, theirs, seconds, time.perf_counter() - start


def _ours(
    environment: Mapping[str, str], directory: str, places: list[tuple[str, str]]
) -> Verdicts:
    accounts, regions = zip(*places, strict=True)
    named = [f"--account={account}" for account in sorted(set(accounts))]
    named += [f"--region={region}" for region in sorted(set(regions))]
    command = [sys.executable, "-m", "baseline", "logs", "validate", "--source", f"s3://{BUCKET}"]
    done = subprocess.run(
        [*command, "--since", f"{FIRST:%Y-%m-%d}", "-o", "json", "--all", "--no-progress", *named],
        env=environment,
        cwd=directory,
        capture_output=True,
        check=False,
    )
    return {f["object"]: f["verdict"] for row in json.loads(done.stdout) for f in row["files"]}


def _theirs(environment: Mapping[str, str], account: str, region: str) -> Verdicts:
    arn = f"arn:aws:cloudtrail:{HOME}:{ACCOUNTS[0]}:trail/{TRAIL}"
    command: list[str | Path] = [aws(), "cloudtrail", "validate-logs", "--trail-arn", arn]
    command += ["--s3-bucket", BUCKET, "--account-id", account, "--region", region, "--verbose"]
    command += ["--start-time", f"{FIRST:%Y-%m-%dT%H:%M:%SZ}"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True)
    lines = [line.split("\t") for line in (done.stdout + done.stderr).splitlines() if "\t" in line]
    return {place: _verdict(said) for _, place, said in lines}


def _verdict(said: str) -> str:
    """Ours for what awscli says; all that is neither of the others has been changed."""
    if said == "valid":
        return said
    return next((ours for theirs, ours in _REASONS.items() if theirs in said), "changed")


def _difference(ours: Verdicts, theirs: Verdicts) -> str:
    different = sorted(k for k in ours.keys() | theirs.keys() if ours.get(k) != theirs.get(k))
    return f"NOT the same: {[(k, ours.get(k), theirs.get(k)) for k in different[:3]]}"


def _log(objects: Objects, number: int) -> str:
    return sorted(key for key in objects if "/CloudTrail/" in key)[2 * number]


def _digest_key(objects: Objects, number: int) -> str:
    return sorted(key for key in objects if "/CloudTrail-Digest/" in key)[-2 - 2 * number]


def _change_log(objects: Objects, number: int) -> None:
    objects[_log(objects, number)] = gzip.compress(b'{"Records":[]}'), {}


def _remove_log(objects: Objects, number: int) -> None:
    del objects[_log(objects, number)]


def _break_log(objects: Objects, number: int) -> None:
    objects[_log(objects, number)] = b"no gzip", {}


def _lengthen_log(objects: Objects, number: int) -> None:
    key = _log(objects, number)
    objects[key] = objects[key][0] + b"more", {}


def _change_digest(objects: Objects, number: int) -> None:
    key = _digest_key(objects, number)
    content, metadata = objects[key]
    text = gzip.decompress(content).replace(b'"hashValue":"', b'"hashValue":"0')
    objects[key] = gzip.compress(text), metadata


def _remove_digest(objects: Objects, number: int) -> None:
    del objects[_digest_key(objects, number)]


def _move_digest(objects: Objects, number: int) -> None:
    objects[_digest_key(objects, number)] = objects[_digest_key(objects, number + 4)]


def _forge_digest(objects: Objects, number: int) -> None:
    key = _digest_key(objects, number)
    content, metadata = objects[key]
    forger = SigningKey(666).fingerprint.encode()
    text = gzip.decompress(content).replace(_KEY.fingerprint.encode(), forger)
    objects[key] = gzip.compress(text), metadata


def _unsign_digest(objects: Objects, number: int) -> None:
    key = _digest_key(objects, number)
    objects[key] = objects[key][0], {}


_TAMPERING: tuple[Callable[[Objects, int], None], ...] = (
    _change_log,
    _remove_log,
    _break_log,
    _lengthen_log,
    _change_digest,
    _remove_digest,
    _move_digest,
    _forge_digest,
    _unsign_digest,
)
