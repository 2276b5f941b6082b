"""A day without logs is quiet, removed, a gap or unknown: the digests tell which."""

import gzip
from datetime import UTC, date, datetime, timedelta

import pytest

from baseline.errors import UsageError
from baseline.logs.gaps import Gap, State, find
from baseline.logs.layout import Selection
from baseline.sessions import Fetched
from baseline.simulation.cloudtrail import digests
from baseline.simulation.cloudtrail.digests import LogFile, signing_key
from given_digests import Memory
from given_logs import ACCOUNT, REGION, a_delivery, a_key, an_event

KEY = signing_key(1)
FIRST, LAST = date(2026, 7, 1), date(2026, 7, 5)
QUIET = "2026-07-03"


def a_digest(end: datetime, *logs: str, hours: int = 1) -> tuple[str, Fetched]:
    key = (
        f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/{end:%Y/%m/%d}/"
        f"{ACCOUNT}_CloudTrail-Digest_{REGION}_trail_{REGION}_{end:%Y%m%dT%H%M%SZ}.json.gz"
    )
    made = digests.make(
        KEY,
        account_id=ACCOUNT,
        bucket="b",
        object_key=key,
        start=end - timedelta(hours=hours),
        end=end,
        files=[LogFile(log, "0" * 64, end, end) for log in logs],
        previous=None,
    )
    return key, Fetched(gzip.compress(made.content))


@pytest.fixture
def bucket() -> Memory:
    """Five days of logs, and a digest every hour, one quarter past the hour."""
    objects = {}
    for number in range((LAST - FIRST).days + 1):
        log = a_key(day=(FIRST + timedelta(days=number)).isoformat())
        objects[log] = Fetched(a_delivery(an_event()))
        midnight = datetime(2026, 7, 1 + number, tzinfo=UTC)
        for hour in range(24):
            end = midnight + timedelta(hours=hour, minutes=15)
            objects.update([a_digest(end, *([log] if hour == 12 else []))])
    objects.update([a_digest(datetime(2026, 7, 6, 0, 15, tzinfo=UTC))])
    return Memory(objects)


def without(bucket: Memory, part: str) -> None:
    for key in bucket.keys(part):
        del bucket.objects_[key]


def gaps(bucket: Memory, *expected: tuple[str, str], since: str = "2026-07-01") -> list[Gap]:
    return find(bucket, Selection(since=since), expected, LAST)


def a_gap(state: State, since: str = QUIET, until: str = QUIET) -> Gap:
    return Gap(ACCOUNT, REGION, since, until, state)


def test_logs_of_every_day_leave_no_gap(bucket: Memory) -> None:
    assert gaps(bucket) == []


def test_a_day_whose_digests_list_nothing_is_quiet(bucket: Memory) -> None:
    without(bucket, "/CloudTrail/eu-west-1/2026/07/03/")
    objects = dict([a_digest(datetime(2026, 7, 3, 12, 15, tzinfo=UTC))])
    bucket.objects_.update(objects)
    assert gaps(bucket) == [a_gap(State.QUIET)]


def test_a_day_whose_digests_list_logs_was_emptied(bucket: Memory) -> None:
    without(bucket, "/CloudTrail/eu-west-1/2026/07/03/")
    assert gaps(bucket) == [a_gap(State.REMOVED)]


@pytest.mark.parametrize(
    "missing", ["20260703T0", "20260703T221500Z", "20260704T001500Z", "_20260703"]
)
def test_a_day_that_the_digests_do_not_cover_whole_is_a_gap(bucket: Memory, missing: str) -> None:
    """One hour is enough: something may have happened in it."""
    without(bucket, "/CloudTrail/eu-west-1/2026/07/03/")
    without(bucket, "_20260703T121500Z")
    without(bucket, missing)
    assert gaps(bucket) == [a_gap(State.GAP)]


def test_without_any_digest_nobody_knows(bucket: Memory) -> None:
    without(bucket, "CloudTrail-Digest")
    without(bucket, "/CloudTrail/eu-west-1/2026/07/03/")
    without(bucket, "/CloudTrail/eu-west-1/2026/07/04/")
    assert gaps(bucket) == [a_gap(State.UNKNOWN, until="2026-07-04")]


def test_the_days_before_the_first_count_only_when_they_are_asked_for(bucket: Memory) -> None:
    assert gaps(bucket, since="") == []
    assert gaps(bucket, since="2026-06-29") == [a_gap(State.GAP, "2026-06-29", "2026-06-30")]


def test_a_folder_of_a_day_that_does_not_exist_is_none(bucket: Memory) -> None:
    """Whoever may write to the bucket can make one."""
    log = bucket.objects_[bucket.keys("/CloudTrail/eu-west-1/2026/07/03/")[0]]
    for day in ("2026/02/31", "0000/01/01", "0001/01/01", "9999/12/31"):
        bucket.objects_[f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{day}/x.json.gz"] = log
    assert gaps(bucket, since="") == []


def test_an_account_of_which_there_is_nothing_is_named(bucket: Memory) -> None:
    """It is expected, and no folder of it is there."""
    found = gaps(bucket, (ACCOUNT, REGION), ("400000000004", REGION))
    assert found == [Gap("400000000004", REGION, "2026-07-01", "2026-07-05", State.NEVER)]


def test_a_broken_digest_covers_nothing(bucket: Memory) -> None:
    without(bucket, "/CloudTrail/eu-west-1/2026/07/03/")
    for key in bucket.keys("_20260703T121500Z"):
        bucket.objects_[key] = Fetched(b"garbage")
    assert gaps(bucket) == [a_gap(State.GAP)]


def test_a_copy_has_no_gap_after_its_last_day(bucket: Memory) -> None:
    """What came later was not lost: it was never copied."""
    bucket.bucket = ""
    assert find(bucket, Selection(), (), LAST + timedelta(days=1000)) == []
    until = (LAST + timedelta(days=10)).isoformat()
    (after,) = find(bucket, Selection(until=until), (), LAST + timedelta(days=1000))
    assert (after.since, after.until) == ("2026-07-06", until)


def test_who_fell_silent_before_the_first_day_is_silent_on_it(bucket: Memory) -> None:
    """With or without digests: it is not as if there had never been anything."""
    wanted = Selection(since="2026-07-20", until="2026-07-21")
    two_days = ("2026-07-20", "2026-07-21")
    later = LAST + timedelta(days=1000)
    assert find(bucket, wanted, [(ACCOUNT, REGION)], later) == [a_gap(State.GAP, *two_days)]
    without(bucket, "CloudTrail-Digest")
    for expected in ([], [(ACCOUNT, REGION)]):
        assert find(bucket, wanted, expected, later) == [a_gap(State.UNKNOWN, *two_days)]
    bucket.bucket = ""
    assert find(bucket, wanted, (), later) == [a_gap(State.UNKNOWN, *two_days)]


def test_who_began_after_the_last_day_has_no_gap(bucket: Memory) -> None:
    assert find(bucket, Selection(until="2026-06-01"), (), LAST) == []


def test_days_that_have_not_come_are_no_gaps(bucket: Memory) -> None:
    assert find(bucket, Selection(until="2026-12-31"), (), LAST) == []
    with pytest.raises(UsageError, match="no day since 2026-07-06 is over"):
        find(bucket, Selection(since="2026-07-06"), (), LAST)
