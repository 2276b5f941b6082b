"""Each way to tamper with logs or digests has its verdict, and nothing else loses its own."""

import gzip
import hashlib
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baseline.errors import AwsError, CredentialsError
from baseline.logs.integrity import digest as digest_of
from baseline.logs.integrity.keys import PublicKeys
from baseline.logs.integrity.validate import Result, Span, check_log, validate
from baseline.logs.integrity.verdict import Verdict
from baseline.logs.layout import Selection, identity
from baseline.logs.source import Directory, Original
from baseline.sessions import Fetched
from baseline.simulation import Blueprint, Simulation
from baseline.simulation.cloudtrail import digests
from baseline.simulation.cloudtrail.digests import LogFile, SigningKey
from given_digests import (
    HOME,
    MAIN,
    Memory,
    given_a_bucket,
    given_a_trail,
    given_deliveries,
    in_memory,
    public_keys,
)

TODAY = "/CloudTrail-Digest/eu-west-1/"
LOGS = "/CloudTrail/eu-west-1/"


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    simulation = Simulation(Blueprint())
    yield simulation
    simulation.close()


@pytest.fixture(scope="module")
def written(simulation: Simulation) -> Memory:
    given_a_trail(simulation)
    given_deliveries(simulation)
    return in_memory(simulation)


@pytest.fixture
def bucket(written: Memory) -> Memory:
    return written.copy()


@pytest.fixture
def keys(tmp_path: Path) -> PublicKeys:
    return PublicKeys(tmp_path / "keys/keys.json", lambda *_: public_keys())


def last_days(source: Original) -> Span:
    now = datetime.now(UTC)
    return Span(now - timedelta(days=2), now + timedelta(days=1))


def look(source: Any, keys: PublicKeys, **wanted: Any) -> dict[str, Result]:
    """Results by region, of the last days."""
    found = validate(source, Selection(**wanted), last_days(source), keys, lambda *_: None)
    return {result.chain.place.region: result for result in found}


def problems(result: Result) -> dict[str, Verdict]:
    return {p.place.rpartition("/")[2]: p.verdict for p in result.problems}


def base(key: str) -> str:
    return key.rpartition("/")[2]


def rewritten(fetched: Fetched, change: Callable[[dict[str, Any]], Any]) -> Fetched:
    content = json.loads(gzip.decompress(fetched.content))
    change(content)
    return replace(fetched, content=gzip.compress(json.dumps(content).encode()))


def test_untouched_logs_are_valid(bucket: Memory, keys: PublicKeys) -> None:
    """Every digest and every log file of every region."""
    found = look(bucket, keys)
    assert {result.state for result in found.values()} == {"valid"}
    assert found[HOME].digests.total() >= 4
    assert found[HOME].logs.total() >= 4
    assert found[HOME].problems == []


def test_a_changed_log(bucket: Memory, keys: PublicKeys) -> None:
    key = bucket.keys(LOGS)[-1]
    bucket.objects_[key] = rewritten(bucket.objects_[key], lambda c: c["Records"].clear())
    found = look(bucket, keys)
    assert problems(found[HOME]) == {base(key): Verdict.CHANGED}
    assert found["us-east-1"].state == "valid"


def test_a_log_packed_anew_is_unchanged(bucket: Memory, keys: PublicKeys) -> None:
    """The hash is of the text, not of the gzip stream."""
    key = bucket.keys(LOGS)[-1]
    packed = gzip.compress(gzip.decompress(bucket.objects_[key].content), 1)
    bucket.objects_[key] = Fetched(packed)
    assert look(bucket, keys)[HOME].state == "valid"


@pytest.mark.parametrize(
    "change",
    [lambda c: c[:-60], lambda _: b"no gzip", lambda c: c + b"more"],
    ids=["truncated", "of-another-kind", "with-something-behind"],
)
def test_a_broken_log(bucket: Memory, keys: PublicKeys, change: Callable[[bytes], bytes]) -> None:
    """Truncated, of another kind, or with something behind."""
    key = bucket.keys(LOGS)[-1]
    bucket.objects_[key] = Fetched(change(bucket.objects_[key].content))
    assert problems(look(bucket, keys)[HOME]) == {base(key): Verdict.CHANGED}


def test_a_missing_log(bucket: Memory, keys: PublicKeys) -> None:
    key = bucket.keys(LOGS)[-1]
    del bucket.objects_[key]
    assert problems(look(bucket, keys)[HOME]) == {base(key): Verdict.MISSING}


@pytest.mark.parametrize("size", [10, 2**20 + 1], ids=["small", "a-piece-and-a-byte"])
def test_a_log_is_judged_by_its_text_though_the_checksum_of_gzip_is_cut_off(size: int) -> None:
    """As awscli judges it; less of the text is another hash."""
    text = b"x" * size
    file = LogFile("a.json.gz", hashlib.sha256(text).hexdigest(), *[datetime.now(UTC)] * 2)
    listed = digest_of.LogFile("b", file.key, file.sha256)
    for packed, verdict in (
        (gzip.compress(text)[:-8], Verdict.VALID),
        (gzip.compress(text)[:-12], Verdict.CHANGED),
        (gzip.compress(text[:-1])[:-8], Verdict.CHANGED),
    ):
        source = Memory({"a.json.gz": Fetched(packed)}, "b")
        assert check_log(source, listed, proven=True).verdict is verdict


def test_a_changed_digest(bucket: Memory, keys: PublicKeys) -> None:
    """It proves nothing any more, and the chain goes on before it."""
    key = bucket.keys(TODAY)[-2]
    bucket.objects_[key] = rewritten(bucket.objects_[key], lambda c: c["logFiles"].clear())
    found = look(bucket, keys)[HOME]
    assert problems(found) == {base(key): Verdict.CHANGED}
    assert "nothing is proven" in found.problems[0].reason
    assert found.digests[Verdict.VALID] >= 3


def test_a_digest_without_its_signature(bucket: Memory, keys: PublicKeys) -> None:
    """Somebody wrote the object anew."""
    key = bucket.keys(TODAY)[-2]
    bucket.objects_[key] = Fetched(bucket.objects_[key].content)
    assert problems(look(bucket, keys)[HOME]) == {base(key): Verdict.CHANGED}


def test_a_missing_digest(bucket: Memory, keys: PublicKeys) -> None:
    """The next one names it; the log files that it listed are not proven."""
    key = bucket.keys(TODAY)[-2]
    del bucket.objects_[key]
    found = look(bucket, keys)[HOME]
    assert problems(found) == {base(key): Verdict.MISSING}


def test_two_missing_digests_leave_a_period_that_is_told(bucket: Memory, keys: PublicKeys) -> None:
    """Of the second one nobody knows the name, but everybody the period."""
    digests = bucket.keys(TODAY)
    for key in digests[-3:-1]:
        del bucket.objects_[key]
    (problem,) = look(bucket, keys)[HOME].problems
    end = datetime.fromisoformat(digests[-4].rpartition("_")[2][:16])
    assert f"from {end:%Y-%m-%dT%H:%M:%SZ}" in problem.reason


def test_a_digest_of_another_place(bucket: Memory, keys: PublicKeys) -> None:
    """A true digest under a false name."""
    older, newer = bucket.keys(TODAY)[-3:-1]
    bucket.objects_[newer] = bucket.objects_[older]
    assert problems(look(bucket, keys)[HOME]) == {base(newer): Verdict.MOVED}


def test_a_forged_digest_with_a_key_of_ones_own(bucket: Memory, keys: PublicKeys) -> None:
    """Well signed, but by a key that CloudTrail does not have."""
    forger = SigningKey(666)
    key = bucket.keys(TODAY)[-1]

    def forge(content: dict[str, Any]) -> None:
        content["digestPublicKeyFingerprint"] = forger.fingerprint

    bucket.objects_[key] = rewritten(bucket.objects_[key], forge)
    assert problems(look(bucket, keys)[HOME]) == {base(key): Verdict.WRONG_KEY}


def signed(bucket: Memory, key: str) -> None:
    """Sign a digest that was changed, as only CloudTrail can."""
    fetched = bucket.objects_[key]
    rsa = digests.signing_key(Blueprint().seed)
    signature = rsa.sign(digest_of.read(fetched).to_sign.decode())
    bucket.objects_[key] = replace(fetched, metadata={**fetched.metadata, "signature": signature})


def test_a_digest_that_is_signed_but_not_the_one_that_the_next_names(
    bucket: Memory, keys: PublicKeys
) -> None:
    """An older state of it, say: the next one has the hash of what it was at last."""
    key = bucket.keys(TODAY)[-2]
    signed(bucket, key)
    assert look(bucket, keys)[HOME].state == "valid"
    bucket.objects_[key] = rewritten(bucket.objects_[key], lambda c: c["logFiles"].clear())
    signed(bucket, key)
    found = look(bucket, keys)[HOME]
    assert problems(found) == {base(key): Verdict.CHANGED}
    assert "not the one that the next digest names" in found.problems[0].reason


def test_a_digest_that_says_an_impossible_time_stops_nothing(
    bucket: Memory, keys: PublicKeys
) -> None:
    """In its name, or as the time of its making: whoever may write to the bucket can."""
    key = bucket.keys(TODAY)[-1]
    start, end = key.rpartition("_")[0], ".json.gz"
    for time in ("99991231T235959Z", "00010101T000000Z", "20991231T235959Z"):
        bucket.objects_[f"{start}_{time}{end}"] = bucket.objects_[key]
    found = look(bucket, keys)
    assert found[HOME].digests[Verdict.VALID] >= 4
    assert found["us-east-1"].state == "valid"
    log = bucket.keys(LOGS)[-1]
    for year in ("9999-12-31", "0001-01-01"):
        made = {"backfill-generation-timestamp": f"{year}T00:00:00Z"}
        given_a_backfill(bucket, log, **made)
        assert Verdict.VALID in {
            verdict
            for result in validate(bucket, Selection(), last_days(bucket), keys, lambda *_: None)
            if result.chain.backfill
            for verdict in result.digests
        }


def test_keys_are_asked_for_of_times_that_there_were(tmp_path: Path) -> None:
    """Of others AWS might refuse to say any."""
    asked: list[datetime] = []

    def ask(_: str, *period: datetime) -> dict[str, bytes]:
        asked.extend(period)
        return {}

    ever = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    PublicKeys(tmp_path / "keys.json", ask).find(HOME, "f", ever)
    now = datetime.now(UTC)
    assert asked[0].year == 2012
    assert now < asked[1] < now + timedelta(days=2)


def test_a_file_that_is_no_digest(bucket: Memory, keys: PublicKeys) -> None:
    key = bucket.keys(TODAY)[-1]
    bucket.objects_[key] = replace(bucket.objects_[key], content=gzip.compress(b"{}"))
    assert problems(look(bucket, keys)[HOME]) == {base(key): Verdict.CHANGED}


def test_what_may_not_be_read_is_neither_valid_nor_wrong(bucket: Memory, keys: PublicKeys) -> None:
    key = bucket.keys(LOGS)[-1]
    bucket.refused[key] = AwsError("access denied", code="AccessDenied")
    found = look(bucket, keys)[HOME]
    assert (found.state, problems(found)) == ("unread", {base(key): Verdict.UNREAD})


def test_without_keys_nothing_is_proven(bucket: Memory, tmp_path: Path) -> None:
    """It is asked once for a region, and said for every digest."""
    asked = []

    def ask(region: str, *_: datetime) -> dict[str, bytes]:
        asked.append(region)
        raise CredentialsError("no AWS credentials were found")

    found = look(bucket, PublicKeys(tmp_path / "keys.json", ask))
    assert {result.state for result in found.values()} == {"unread"}
    assert sorted(asked) == sorted(found)


def test_keys_are_kept_and_only_the_owner_may_change_them(bucket: Memory, tmp_path: Path) -> None:
    """A second run asks nobody; a file that others can write is not believed."""
    cache = tmp_path / "kept/keys.json"
    look(bucket, PublicKeys(cache, lambda *_: public_keys()))
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.parent.stat().st_mode) == 0o700

    def refuse(*_: Any) -> dict[str, bytes]:
        raise CredentialsError("asked again")

    assert look(bucket, PublicKeys(cache, refuse))[HOME].state == "valid"
    cache.chmod(0o666)
    assert look(bucket, PublicKeys(cache, refuse))[HOME].state == "unread"


def test_a_place_without_digests_is_named(bucket: Memory, keys: PublicKeys) -> None:
    for key in bucket.keys(TODAY):
        del bucket.objects_[key]
    found = look(bucket, keys)
    assert found[HOME].state == "no digests"
    assert found["us-east-1"].state == "valid"
    assert set(look(bucket, keys, regions=frozenset({"us-east-1"}))) == {"us-east-1"}


def given_a_restart(keys: PublicKeys) -> Memory:
    """A trail that was stopped for a minute: its second chain names none of the first."""
    simulation = Simulation(Blueprint())
    try:
        trail = given_a_trail(simulation)
        given_deliveries(simulation, 3)
        trail.stop_logging(Name="main_trail")
        simulation.clock.advance(60)
        trail.start_logging(Name="main_trail")
        given_deliveries(simulation, 2)
        return in_memory(simulation)
    finally:
        simulation.close()


def of_day(key: str) -> datetime:
    named = digest_of.name(key)
    assert named
    return named.end


def removed(bucket: Memory, *keys: str) -> None:
    """Digests, with the log files that they list."""
    for key in keys:
        content = json.loads(gzip.decompress(bucket.objects_.pop(key).content))
        for file in content["logFiles"]:
            bucket.objects_.pop(file["s3Object"], None)


def begins(bucket: Memory, key: str) -> bool:
    return not json.loads(gzip.decompress(bucket.objects_[key].content))["previousDigestS3Object"]


def test_a_restarted_trail_hides_no_removal(keys: PublicKeys) -> None:
    """Nothing names the digests before a restart: without them nothing is proven of that time."""
    bucket = given_a_restart(keys)
    ordered = sorted(bucket.keys(TODAY), key=of_day)
    start = [at for at, key in enumerate(ordered) if begins(bucket, key)][-1]
    assert look(bucket, keys)[HOME].state == "unproven"
    removed(bucket, *ordered[start - 3 : start])
    found = look(bucket, keys)[HOME]
    assert found.state == "unproven"
    assert found.silences[0].since == of_day(ordered[start - 4])


def test_a_restart_hides_no_removal_of_all_that_the_span_had(keys: PublicKeys) -> None:
    """A digest from before the span shows that the trail is older."""
    bucket = given_a_restart(keys)
    since = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ordered = sorted(bucket.keys(TODAY), key=of_day)
    start = [at for at, key in enumerate(ordered) if begins(bucket, key)][-1]
    removed(bucket, *(key for key in ordered[:start] if of_day(key) >= since))
    span = Span(since, since + timedelta(days=2))
    found = validate(bucket, Selection(since=f"{since:%Y-%m-%d}"), span, keys, lambda *_: None)
    (here,) = (result for result in found if result.chain.place.region == HOME)
    assert (here.state, here.digests.total() > 0) == ("unproven", True)


def states(
    bucket: Memory, span: Span, keys: PublicKeys, *expected: tuple[str, str]
) -> dict[str, str]:
    chosen = Selection(since=f"{span.since:%Y-%m-%d}", until=f"{span.until:%Y-%m-%d}")
    found = validate(bucket, chosen, span, keys, lambda *_: None, expected=expected)
    return {result.chain.place.region: result.state for result in found}


def test_digests_removed_at_the_end_of_the_span_are_named_by_a_later_one(
    bucket: Memory, keys: PublicKeys
) -> None:
    ordered = sorted(bucket.keys(TODAY), key=of_day)
    span = Span(of_day(ordered[-6]), of_day(ordered[-3]))
    assert states(bucket, span, keys)[HOME] == "valid"
    removed(bucket, *ordered[-5:-1])
    assert states(bucket, span, keys)[HOME] == "invalid"
    removed(bucket, ordered[-1])
    assert states(bucket, span, keys)[HOME] == "unproven"


def test_what_only_began_after_the_span_is_of_another_time(
    bucket: Memory, keys: PublicKeys
) -> None:
    first = min(bucket.keys("/CloudTrail-Digest/us-east-1/"), key=of_day)
    assert begins(bucket, first)
    until = of_day(first) - timedelta(days=30)
    span = Span(until - timedelta(days=1), until)
    assert states(bucket, span, keys) == {}
    assert states(bucket, span, keys, (MAIN, HOME)) == {HOME: "no digests"}


def test_a_region_whose_files_are_all_gone_is_named_when_it_is_expected(
    bucket: Memory, keys: PublicKeys
) -> None:
    span = last_days(bucket)
    for key in bucket.keys("/us-east-1/"):
        del bucket.objects_[key]
    found = states(bucket, span, keys, (MAIN, HOME), (MAIN, "us-east-1"))
    assert (found[HOME], found["us-east-1"]) == ("valid", "no digests")


def given_a_backfill(bucket: Memory, log: str, **metadata: str) -> str:
    """A digest of a log file that was late."""
    end = datetime.now(UTC).replace(microsecond=0)
    name = f"{MAIN}_CloudTrail-Digest_{HOME}_main_trail_{HOME}_{end:%Y%m%dT%H%M%SZ}_backfill"
    key = f"AWSLogs/{MAIN}/CloudTrail-Digest/{HOME}/{end:%Y/%m/%d}/{name}.json.gz"
    text = gzip.decompress(bucket.objects_[log].content)
    made = digests.make(
        digests.signing_key(Blueprint().seed),
        account_id=MAIN,
        bucket=bucket.bucket,
        object_key=key,
        start=end - timedelta(hours=1),
        end=end,
        files=[LogFile(log, hashlib.sha256(text).hexdigest(), end, end)],
        previous=None,
    )
    signature = {"signature": made.link.signature}
    bucket.objects_[key] = Fetched(gzip.compress(made.content), signature | metadata)
    return key


def test_digests_of_late_logs_are_a_chain_of_their_own(bucket: Memory, keys: PublicKeys) -> None:
    """Valid, and changed when a log file is; one that does not say when it was written is none."""
    log = bucket.keys(LOGS)[-1]
    generated = datetime.now(UTC).isoformat()
    key = given_a_backfill(bucket, log, **{"backfill-generation-timestamp": generated})

    def backfill() -> Result:
        found = validate(bucket, Selection(), last_days(bucket), keys, lambda *_: None)
        (result,) = (result for result in found if result.chain.backfill)
        return result

    assert (backfill().state, backfill().logs.total()) == ("valid", 1)
    content = bucket.objects_.pop(log)
    assert problems(backfill()) == {base(log): Verdict.MISSING}
    bucket.objects_[log] = content
    given_a_backfill(bucket, log)
    assert Verdict.CHANGED in problems(backfill()).values()
    assert key.endswith("_backfill.json.gz")


def copied(bucket: Memory, root: Path) -> Directory:
    for key, fetched in bucket.objects_.items():
        path = root / identity(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fetched.content)
    return Directory(root)


def test_a_copy_is_proven_by_the_next_digest(
    bucket: Memory, keys: PublicKeys, tmp_path: Path
) -> None:
    """Signatures are lost in a copy, but each digest repeats the one before; all but the newest."""
    newest = bucket.keys(TODAY)[-1]
    found = look(copied(bucket, tmp_path / "copy"), keys)[HOME]
    assert found.state == "unproven"
    assert problems(found)[base(newest)] is Verdict.UNPROVEN
    assert found.digests[Verdict.VALID] == found.digests.total() - 1


def test_a_changed_file_in_a_copy_is_found(
    bucket: Memory, keys: PublicKeys, tmp_path: Path
) -> None:
    """A digest as well as a log file."""
    digest, log = bucket.keys(TODAY)[-2], bucket.keys(LOGS)[-4]
    bucket.objects_[digest] = rewritten(bucket.objects_[digest], lambda c: c["logFiles"].clear())
    del bucket.objects_[log]
    found = problems(look(copied(bucket, tmp_path / "copy"), keys)[HOME])
    assert found[base(digest)] is Verdict.CHANGED
    assert found[base(log)] is Verdict.MISSING


def test_an_organization_a_prefix_and_another_bucket(
    simulation: Simulation, keys: PublicKeys, tmp_path: Path
) -> None:
    """The chain of a trail that moved is followed into the bucket where it was."""
    trail = given_a_trail(simulation, bucket="first-bucket", prefix="logs", organization=True)
    accounts = (MAIN, "400000000004")
    given_deliveries(simulation, 2, accounts)
    first = in_memory(simulation, "first-bucket")
    given_a_bucket(simulation, "second-bucket")
    trail.update_trail(Name="organization_trail", S3BucketName="second-bucket", S3KeyPrefix="logs")
    given_deliveries(simulation, 2, accounts)
    second = in_memory(simulation, "second-bucket")
    second.prefix, second.others = "logs/", {"first-bucket": first}
    wanted = Selection(frozenset(accounts))
    results = list(validate(second, wanted, last_days(second), keys, lambda *_: None))
    assert {result.chain.place.account for result in results} == set(accounts)
    assert {result.chain.place.organization for result in results} == {Blueprint().organization_id}
    assert {result.state for result in results} == {"valid"}
    assert all(result.digests.total() >= 4 for result in results)
    key = first.keys(f"{MAIN}/CloudTrail/eu-west-1/")[-1]
    del first.objects_[key]
    found = validate(second, wanted, last_days(second), keys, lambda *_: None)
    assert [p.verdict for r in found for p in r.problems] == [Verdict.MISSING]
