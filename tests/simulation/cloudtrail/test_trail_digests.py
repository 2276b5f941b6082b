"""Digests: anyone can check with the public key that no log file was changed."""

import gzip
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

MAIN = "100000000001"
BUCKET = "baseline-cloudtrail-100000000001-eu-west-1"
QUIET = "ap-south-1"


@pytest.fixture
def chain(given_a_trail: Any, somebody: Any, simulation: Any, bucket: Any) -> Any:
    """Three deliveries of a validated trail; gives a reader of objects, and the digests' keys."""
    given_a_trail(region=QUIET, EnableLogFileValidation=True)
    for _ in range(3):
        somebody("logs", QUIET).describe_log_groups()
        simulation.deliver()
    found = bucket.list_objects_v2(Bucket=BUCKET)["Contents"]
    return sorted(entry["Key"] for entry in found if "/CloudTrail-Digest/" in entry["Key"])


def read(bucket: Any, key: Any) -> Any:
    found = bucket.get_object(Bucket=BUCKET, Key=key)
    return gzip.decompress(found["Body"].read()), found["Metadata"]


def check(public_key: Any, content: Any, metadata: Any) -> Any:
    digest = json.loads(content)
    text = "\n".join(
        [
            digest["digestEndTime"],
            f"{digest['digestS3Bucket']}/{digest['digestS3Object']}",
            hashlib.sha256(content).hexdigest(),
            digest["previousDigestSignature"] or "null",
        ]
    )
    signature = bytes.fromhex(metadata["signature"])
    public_key.verify(signature, text.encode(), padding.PKCS1v15(), hashes.SHA256())


@pytest.fixture
def public_key(simulation: Any) -> Any:
    client = simulation.client("cloudtrail", QUIET, MAIN)
    (found,) = client.list_public_keys()["PublicKeyList"]
    key = load_der_public_key(_as_public_key_info(found["Value"]))
    assert isinstance(key, RSAPublicKey)
    return key


def _as_public_key_info(pkcs1: Any) -> Any:
    """AWS gives the bare PKCS #1 key: the wrapping for a 2048-bit RSA key is always the same."""
    head = bytes.fromhex("30820122300d06092a864886f70d01010105000382010f00")
    return head + pkcs1


def test_each_signature_holds(chain: Any, bucket: Any, public_key: Any) -> None:
    for key in chain:
        content, metadata = read(bucket, key)
        assert metadata["signature-algorithm"] == "SHA256withRSA"
        check(public_key, content, metadata)


def test_a_changed_digest_fails(chain: Any, bucket: Any, public_key: Any) -> None:
    content, metadata = read(bucket, chain[0])

    with pytest.raises(InvalidSignature):
        check(public_key, content.replace(b"SHA-256", b"SHA-512"), metadata)


def test_each_digest_names_the_one_before(chain: Any, bucket: Any) -> None:
    previous = None
    for key in chain:
        content, metadata = read(bucket, key)
        digest = json.loads(content)
        assert digest["digestS3Object"] == key
        if previous:
            assert digest["previousDigestS3Object"] == previous["key"]
            assert digest["previousDigestHashValue"] == previous["hash"]
            assert digest["previousDigestSignature"] == previous["signature"]
            assert digest["digestStartTime"] == previous["end"]
        else:
            assert digest["previousDigestSignature"] is None
        previous = {
            "key": key,
            "hash": hashlib.sha256(content).hexdigest(),
            "signature": metadata["signature"],
            "end": digest["digestEndTime"],
        }
    assert len(chain) == 3


def test_the_hashes_are_those_of_the_log_files(chain: Any, bucket: Any) -> None:
    for key in chain:
        for file in json.loads(read(bucket, key)[0])["logFiles"]:
            content, _ = read(bucket, file["s3Object"])
            assert hashlib.sha256(content).hexdigest() == file["hashValue"]


def test_the_members_are_those_of_the_guide(chain: Any, bucket: Any, third_party: Any) -> None:
    lines = (third_party / "digest/aws-guide-examples.jsonl").read_text().splitlines()
    guide = next(
        example["json"]
        for example in map(json.loads, lines)
        if example["section"] == "Sample digest file contents"
    )

    digest = json.loads(read(bucket, chain[-1])[0])

    assert list(digest) == list(guide)
    assert list(digest["logFiles"][0]) == list(guide["logFiles"][0])


def test_starting_again_begins_another_chain(
    chain: Any, bucket: Any, simulation: Any, somebody: Any
) -> None:
    trails = somebody("cloudtrail", QUIET)
    trails.stop_logging(Name="baseline")
    simulation.deliver()
    simulation.clock.advance(3600)
    trails.start_logging(Name="baseline")
    simulation.deliver()

    found = bucket.list_objects_v2(Bucket=BUCKET)["Contents"]
    last = max(e["Key"] for e in found if "/CloudTrail-Digest/" in e["Key"])
    assert json.loads(read(bucket, last)[0])["previousDigestS3Object"] is None


def test_without_validation_there_are_no_digests(
    given_a_trail: Any, somebody: Any, simulation: Any, objects: Any
) -> None:
    given_a_trail(region=QUIET)
    somebody("logs", QUIET).describe_log_groups()
    simulation.deliver()

    assert objects("/CloudTrail-Digest/") == {}
