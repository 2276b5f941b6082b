"""Objects come into the lake once, whatever happens in between."""

import gzip
import json
import os
import resource
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import duckdb
import pytest

from baseline.errors import LogFileError, UsageError
from baseline.logs import collect as collecting
from baseline.logs import objects
from baseline.logs.batch import Batch
from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.objects import Lines, Tag
from baseline.logs.source import Directory, Source
from baseline.logs.step import Step, run
from given_lakes import gather, limited
from given_logs import (
    ACCOUNT,
    DAY,
    a_delivery,
    a_key,
    an_event,
    given_a_flow_log,
    given_a_log,
    given_an_object,
)


def ids(lake: Lake) -> list[str]:
    """The ids of the events in the lake, as its manifest shows it."""
    files = lake.files("cloudtrail")
    if not files:
        return []
    rows = duckdb.execute("SELECT eventid FROM read_parquet($1) ORDER BY 1", [files]).fetchall()
    return [row[0] for row in rows]


def test_what_was_read_is_not_read_again(bucket: Path, lake: Lake) -> None:
    """The second run finds nothing new, also when the files were touched."""
    given_a_log(bucket, an_event(1), an_event(2))
    assert gather(bucket, lake).rows == {"cloudtrail": 2}
    for file in bucket.rglob("*.gz"):
        file.touch()
    again = gather(bucket, lake)
    assert (again.objects, again.known, again.rows) == (0, 1, {})
    assert ids(lake) == ["event-1", "event-2"]


def test_late_objects_are_found_though_their_names_sort_before(bucket: Path, lake: Lake) -> None:
    """CloudTrail delivers 10:00 after 10:05 now and then."""
    given_a_log(bucket, an_event(2), minute="1005Z")
    gather(bucket, lake)
    given_a_log(bucket, an_event(1), minute="1000Z")
    assert gather(bucket, lake).objects == 1
    assert ids(lake) == ["event-1", "event-2"]


def test_an_object_with_new_content_replaces_its_own_rows(bucket: Path, lake: Lake) -> None:
    """And leaves those of its neighbours in the same file."""
    key = given_a_log(bucket, an_event(1), an_event(2))
    given_a_log(bucket, an_event(3), minute="1005Z")
    gather(bucket, lake)
    given_a_log(bucket, an_event(4), key=key)
    gather(bucket, lake)
    assert ids(lake) == ["event-3", "event-4"]
    assert len(lake.files("cloudtrail")) == 1


def test_overwriting_a_log_with_garbage_does_not_remove_its_rows(bucket: Path, lake: Lake) -> None:
    """Who destroys a log in the bucket does not destroy what was collected."""
    key = given_a_log(bucket, an_event(1))
    gather(bucket, lake)
    given_an_object(bucket, key, b"garbage")
    done = gather(bucket, lake)
    assert ids(lake) == ["event-1"]
    assert "former content are kept" in done.set_aside[0][1]


def test_bad_objects_are_set_aside_and_the_good_ones_count(bucket: Path, lake: Lake) -> None:
    """Truncated, foreign, of another shape or name: each with a reason, none in the way."""
    given_a_log(bucket, an_event(1))
    given_an_object(bucket, a_key(minute="1001Z"), a_delivery(an_event(2))[:-9])
    given_an_object(bucket, a_key(minute="1002Z"), gzip.compress(b'{"digestStartTime":1}'))
    given_a_log(bucket, an_event(3, userIdentity="root"), minute="1003Z")
    given_an_object(bucket, a_key().replace(".json.gz", ".txt"), b"hello")
    done = gather(bucket, lake)
    assert ids(lake) == ["event-1"]
    reasons = " | ".join(reason for _, reason in sorted(done.set_aside))
    for part in ("truncated", "digest", "another shape", "not named like a log"):
        assert part in reasons
    assert len(gather(bucket, lake).set_aside) == 4
    assert len(lake.manifest.set_aside()) == 4


@pytest.mark.parametrize(
    "record", ["1", "null", "true", '"text"', '"\\"a\\":1}"', "[1]", "[]", '[{"a":1}]']
)
def test_a_record_that_is_no_object_is_no_event(bucket: Path, lake: Lake, record: str) -> None:
    """It sets its delivery aside, and nothing of it becomes a row."""
    given_a_log(bucket, an_event(1))
    text = f'{{"Records":[{json.dumps(an_event(2))},{record}]}}'
    given_an_object(bucket, a_key(minute="1001Z"), gzip.compress(text.encode()))
    ((_, reason),) = gather(bucket, lake).set_aside
    assert "not an object" in reason
    assert ids(lake) == ["event-1"]


def test_too_little_disk_sets_nothing_aside(bucket: Path, lake: Lake) -> None:
    """No object is to blame; the next run brings all."""
    given_a_log(
        bucket, *(an_event(n, requestParameters=os.urandom(2_000).hex()) for n in range(99))
    )
    full = pytest.raises(LogFileError, match=r"cannot be written: .*make room")
    with limited(resource.RLIMIT_FSIZE, 300_000), full:
        gather(bucket, lake)
    assert lake.manifest.set_aside() == []
    assert gather(bucket, lake).objects == 1


def test_more_headers_in_a_day_than_files_can_be_open(bucket: Path, lake: Lake) -> None:
    """Anybody who may deliver can invent headers; all of their records come in."""
    for number in range(150):
        given_a_flow_log(
            bucket, f"10.0.0.{number} x", header=f"srcaddr x{number}", mark=f"{number:03}"
        )
    given_a_flow_log(bucket, "10.0.0.0 y", header="srcaddr x0", mark="zzz")
    used = len(list(Path("/dev/fd").iterdir()))
    with limited(resource.RLIMIT_NOFILE, used + 70):
        assert gather(bucket, lake).rows == {"flowlogs": 151}
    rows = duckdb.execute(
        "SELECT count(DISTINCT srcaddr), count(DISTINCT _object) FROM read_parquet($1)",
        [lake.files("flowlogs")],
    ).fetchone()
    assert rows == (150, 151)
    assert list(lake.staging.iterdir()) == []


def test_a_hostile_object_does_not_stop_the_others(bucket: Path, lake: Lake) -> None:
    """Nested beyond all measure, or named in no alphabet: set aside, each time."""
    given_a_log(bucket, an_event(1))
    given_an_object(bucket, a_key(minute="1001Z"), b'{"Records":[{"a":' + b"[" * 100_000)
    given_an_object(bucket, a_key(mark="\udcff"), a_delivery(an_event(2)))
    for _ in range(2):
        reasons = " | ".join(reason for _, reason in gather(bucket, lake).set_aside)
        assert "nested too deeply" in reasons
        assert "not UTF-8" in reasons
    assert ids(lake) == ["event-1"]


def test_large_objects_are_unpacked_one_at_a_time(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many cores there are; ordinary ones do not wait."""
    text = b'{"Records":[' + b",".join([json.dumps(an_event(1)).encode()] * 3_000) + b"]}"
    monkeypatch.setattr(objects, "ORDINARY", len(text) - 1)
    monkeypatch.setattr(collecting, "_cores", lambda: 4)
    opened: list[int] = []
    most: list[int] = []
    real = objects.cloudtrail

    def watched(content: bytes, tag: Tag, limit: int, *, closely: bool) -> Lines:
        lines = real(content, tag, limit, closely=closely)

        def chunks() -> Iterator[bytes]:
            opened.append(tag.number)
            most.append(len(opened))
            time.sleep(0.05)
            yield from lines.chunks
            opened.remove(tag.number)

        return replace(lines, chunks=chunks())

    monkeypatch.setattr(objects, "cloudtrail", watched)
    for day in range(1, 5):
        given_an_object(bucket, a_key(day=f"2026-07-0{day}"), gzip.compress(text, 1))
    assert gather(bucket, lake).rows == {"cloudtrail": 12_000}
    assert most == [1, 1, 1, 1]


def test_a_link_out_of_the_directory_is_not_followed(bucket: Path, lake: Lake) -> None:
    """A copied bucket may hold links of anybody's making; those within it are fine."""
    given_a_log(bucket, an_event(1))
    outside = given_an_object(bucket.parent, "outside.json.gz", a_delivery(an_event(2)))
    (bucket / a_key(minute="1001Z")).symlink_to(outside)
    (bucket / a_key(minute="1002Z")).symlink_to(bucket / a_key())
    done = gather(bucket, lake)
    assert ["link out of the directory" in reason for _, reason in done.unread] == [True]
    assert ids(lake) == ["event-1", "event-1"]


def test_a_mended_object_comes_in(bucket: Path, lake: Lake) -> None:
    """What was set aside is tried again once it changes."""
    given_an_object(bucket, a_key(), b"garbage")
    gather(bucket, lake)
    given_a_log(bucket, an_event(1))
    assert gather(bucket, lake).set_aside == []
    assert ids(lake) == ["event-1"]


def test_free_form_fields_of_any_shape_are_kept(bucket: Path, lake: Lake) -> None:
    """Request parameters may be an object, a list, a text, a number or nothing."""
    shapes = [{"a": [1]}, ["x"], "text", 12345678901234567890123, True, None, {}]
    given_a_log(bucket, *(an_event(i, requestParameters=s) for i, s in enumerate(shapes)))
    gather(bucket, lake)
    rows = duckdb.execute(
        "SELECT requestparameters FROM read_parquet($1) ORDER BY eventid",
        [lake.files("cloudtrail")],
    ).fetchall()
    found = [row[0] for row in rows]
    assert found == ['{"a":[1]}', '["x"]', "text", "12345678901234567890123", "true", None, "{}"]


def test_account_and_region_come_from_the_path(bucket: Path, lake: Lake) -> None:
    """An event in another account's log counts where it was delivered."""
    given_a_log(bucket, an_event(1, recipientAccountId="9", awsRegion="us-east-1"))
    gather(bucket, lake)
    row = duckdb.execute(
        'SELECT account, region, "date" FROM read_parquet($1, hive_types = {date: VARCHAR})',
        [lake.files("cloudtrail")],
    ).fetchone()
    assert row == (ACCOUNT, "eu-west-1", DAY)


def test_only_what_is_wanted_is_collected(bucket: Path, lake: Lake) -> None:
    """Accounts, regions and days narrow the run; a later wider run brings the rest."""
    given_a_log(bucket, an_event(1))
    given_a_log(bucket, an_event(2), account="200000000002")
    given_a_log(bucket, an_event(3), region="us-east-1")
    given_a_log(bucket, an_event(4), day="2026-07-02")
    wanted = {"accounts": frozenset({ACCOUNT}), "regions": frozenset({"eu-west-1"})}
    gather(bucket, lake, **wanted, since=DAY, until=DAY)
    assert ids(lake) == ["event-1"]
    gather(bucket, lake)
    assert ids(lake) == ["event-1", "event-2", "event-3", "event-4"]


def test_a_killed_run_leaves_nothing_visible_and_loses_nothing(bucket: Path, lake: Lake) -> None:
    """A finished file that the manifest does not name does not exist, and is swept away."""
    given_a_log(bucket, an_event(1))
    gather(bucket, lake)
    day = lake.path / "cloudtrail" / f"date={DAY}"
    orphan = day / "part-0123456789abcdef.parquet"
    orphan.write_bytes(next(day.glob("*.parquet")).read_bytes())
    other = day / "of-another-program.parquet"
    other.write_text("theirs")
    (lake.staging / "half.lines").write_text("x")
    assert ids(lake) == ["event-1"]
    given_a_log(bucket, an_event(2), minute="1005Z")
    gather(bucket, lake)
    assert not orphan.exists()
    assert other.exists(), "what is not ours is not removed"
    assert list(lake.staging.iterdir()) == []
    assert ids(lake) == ["event-1", "event-2"]


class Dying(Directory):
    """A source that dies at the second day."""

    def read(self, key: str) -> bytes:
        if "/07/02/" in key:
            raise KeyboardInterrupt
        return super().read(key)


def test_what_was_finished_before_an_interrupt_is_kept(bucket: Path, lake: Lake) -> None:
    """And the next run does the rest only."""
    given_a_log(bucket, an_event(1))
    given_a_log(bucket, an_event(2), day="2026-07-02")
    source = Dying(bucket)
    with pytest.raises(KeyboardInterrupt):
        collect(source, lake, days(source, Selection()))
    rest = gather(bucket, lake)
    assert rest.objects + rest.known == 2
    assert ids(lake) == ["event-1", "event-2"]


class Denying(Directory):
    """A source that denies one object."""

    def read(self, key: str) -> bytes:
        if "1005Z" in key:
            raise LogFileError("AccessDenied", where=key)
        return super().read(key)


def test_an_object_that_cannot_be_read_now_is_tried_again(bucket: Path, lake: Lake) -> None:
    """A denied object is named, and not remembered as bad."""
    given_a_log(bucket, an_event(1))
    given_a_log(bucket, an_event(2), minute="1005Z")
    source = Denying(bucket)
    done = collect(source, lake, days(source, Selection()))
    assert [reason for _, reason in done.unread if "AccessDenied" in reason]
    assert ids(lake) == ["event-1"]
    assert gather(bucket, lake).objects == 1
    assert ids(lake) == ["event-1", "event-2"]


def test_many_small_files_of_a_day_become_one(bucket: Path, lake: Lake) -> None:
    """Collecting every few minutes does not slow queries down."""
    for number in range(collecting.MANY_PARTS + 1):
        given_a_log(bucket, an_event(number), minute=f"10{number:02}Z")
        gather(bucket, lake)
    assert len(lake.files("cloudtrail")) == 1
    assert len(ids(lake)) == collecting.MANY_PARTS + 1


def test_a_day_too_large_for_one_step_becomes_several_files(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory stays bounded by the size of a step."""
    monkeypatch.setattr(collecting, "BATCH_BYTES", 1)
    for number in range(3):
        given_a_log(bucket, an_event(number), minute=f"10{number:02}Z")
    gather(bucket, lake)
    assert len(lake.files("cloudtrail")) == 3
    assert len(ids(lake)) == 3


def test_of_many_steps_of_a_day_only_the_first_replaces_its_files(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each of them would bring the rows of those files once more."""
    monkeypatch.setattr(collecting, "BATCH_BYTES", 1)
    monkeypatch.setattr(collecting, "MANY_PARTS", 2)
    for number in range(2):
        given_a_log(bucket, an_event(number), minute=f"10{number:02}Z")
        gather(bucket, lake)
    for number in range(2, 5):
        given_a_log(bucket, an_event(number), minute=f"10{number:02}Z")
    gather(bucket, lake)
    assert ids(lake) == [f"event-{number}" for number in range(5)]
    assert len(lake.files("cloudtrail")) == 3


def test_a_file_is_replaced_as_often_as_what_changed_in_it_fits_into_memory(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large that is: a step stays as small, and the rows of no former content stay."""
    for number in range(3):
        given_a_log(bucket, an_event(number), minute=f"10{number:02}Z")
    gather(bucket, lake)
    assert len(lake.files("cloudtrail")) == 1
    monkeypatch.setattr(collecting, "BATCH_BYTES", 1)
    for number in range(2):
        given_a_log(bucket, an_event(number + 10), minute=f"10{number:02}Z")
    given_a_log(bucket, an_event(3), minute="1003Z")
    steps: list[Batch] = []

    def noted(source: Source, lake: Lake, batch: Batch) -> Step:
        steps.append(batch)
        return run(source, lake, batch)

    monkeypatch.setattr(collecting, "run", noted)
    assert gather(bucket, lake).objects == 3
    assert ids(lake) == ["event-10", "event-11", "event-2", "event-3"]
    assert sorted(len(batch.new) for batch in steps) == [1, 1, 1]
    assert len(lake.files("cloudtrail")) == 2


def test_of_many_files_that_changed_each_is_replaced_once(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the same time; what is new goes with the first of them."""
    for number in range(3):
        given_a_log(bucket, an_event(number), minute=f"10{number:02}Z")
        gather(bucket, lake)
    for number in range(4):
        given_a_log(bucket, an_event(number + 10), minute=f"10{number:02}Z")
    assert gather(bucket, lake).objects == 4
    assert ids(lake) == [f"event-{number + 10}" for number in range(4)]
    assert len(lake.files("cloudtrail")) == 3
    # Many files become one, also when more has changed than fits.
    monkeypatch.setattr(collecting, "MANY_PARTS", 3)
    monkeypatch.setattr(collecting, "BATCH_BYTES", 1)
    for number in range(5):
        given_a_log(bucket, an_event(number + 20), minute=f"10{number:02}Z")
    assert gather(bucket, lake).objects == 5
    assert ids(lake) == [f"event-{number + 20}" for number in range(5)]


def test_steps_of_which_nothing_could_be_read_are_told_apart() -> None:
    """They write at the same time, to files of that name."""
    names = {Batch(*day, ()).name for day in product(("cloudtrail", "flowlogs"), ("1", "2"))}
    assert len(names) == 4


def test_the_same_id_in_another_account_or_region_is_another_event(
    bucket: Path, lake: Lake
) -> None:
    given_a_log(bucket, an_event(1))
    given_a_log(bucket, an_event(1), account="200000000002")
    given_a_log(bucket, an_event(1), region="us-east-1")
    assert gather(bucket, lake).duplicates == 0
    given_a_log(bucket, an_event(1), minute="1005Z")
    assert gather(bucket, lake).duplicates == 1, "of the same place alone"


def test_an_event_delivered_twice_is_counted_and_kept(bucket: Path, lake: Lake) -> None:
    """Two trails deliver the same event; the table shows what was delivered."""
    given_a_log(bucket, an_event(1), an_event(2))
    given_a_log(bucket, an_event(1), minute="1005Z")
    assert gather(bucket, lake).duplicates == 1
    assert ids(lake) == ["event-1", "event-1", "event-2"]


def test_a_link_that_leads_nowhere_is_told_and_hides_nothing(bucket: Path, lake: Lake) -> None:
    """To itself, to nothing, or in the place of a folder."""
    given_a_log(bucket, an_event(1))
    loop, lost = bucket / a_key(minute="1001Z"), bucket / a_key(minute="1002Z")
    loop.symlink_to(loop.name)
    lost.symlink_to("nothing")
    (bucket / "AWSLogs/round").symlink_to("round")
    done = gather(bucket, lake)
    assert ids(lake) == ["event-1"]
    assert [str(bucket / key) for key, _ in sorted(done.unread)] == [str(loop), str(lost)]


def test_a_file_that_was_read_and_cannot_be_any_more_is_told(bucket: Path, lake: Lake) -> None:
    """Its rows stay, and the others come."""
    key = given_a_log(bucket, an_event(1))
    gather(bucket, lake)
    (bucket / key).unlink()
    (bucket / key).symlink_to("nothing")
    given_a_log(bucket, an_event(2), minute="1005Z")
    assert [name for name, _ in gather(bucket, lake).unread] == [key]
    assert ids(lake) == ["event-1", "event-2"]


def test_a_run_that_ends_early_is_not_at_work_when_the_lock_goes(bucket: Path, lake: Lake) -> None:
    """What it finished later would take the place of what the next run writes."""
    for day in range(1, 20):
        given_a_log(bucket, an_event(day), day=f"2026-07-{day:02}")

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    source = Directory(bucket)
    with pytest.raises(KeyboardInterrupt) as kept:
        collect(source, lake, days(source, Selection()), interrupt)
    assert kept.value.args == ()
    assert [thread for thread in threading.enumerate() if thread.name.startswith("each")] == []
    assert list(lake.staging.iterdir()) == []
    gather(bucket, lake)
    assert len(ids(lake)) == 19


def test_only_the_owner_can_read_the_lake(bucket: Path, lake: Lake) -> None:
    """Logs hold what an attacker wants to know."""
    given_a_log(bucket)
    gather(bucket, lake)
    for path in lake.path.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_two_runs_do_not_write_at_once(bucket: Path, lake: Lake) -> None:
    """The second is told, at once."""
    with Lake(lake.path).locked(), pytest.raises(LogFileError, match="another run"):
        gather(bucket, lake)


def test_hidden_and_empty_things_are_passed_over(bucket: Path, lake: Lake) -> None:
    """As Athena does with names that begin with a dot or an underscore."""
    given_an_object(bucket, a_key().rpartition("/")[0] + "/.DS_Store", b"x")
    given_an_object(bucket, a_key(), a_delivery())
    done = gather(bucket, lake)
    assert (done.objects, done.set_aside, ids(lake)) == (1, [], [])
    assert gather(bucket, lake).known == 1


@pytest.mark.parametrize(
    "line",
    [
        "10.0.0.1  ACCEPT",
        "10.0.0.1 ACCEPT\r",
        "\n10.0.0.1 ACCEPT",
        "10.0.0.1\tACCEPT",
        " 10.0.0.1 ACCEPT",
    ],
)
def test_flow_records_that_were_edited_by_hand_are_still_read(
    bucket: Path, lake: Lake, line: str
) -> None:
    """Doubled blanks, tabs, empty lines and the line ends of Windows do not shift the fields."""
    given_a_flow_log(bucket, line, "10.0.0.2 REJECT", header="srcaddr action")
    given_a_flow_log(bucket, "10.0.0.3 ACCEPT", header="srcaddr action", mark="b")
    assert gather(bucket, lake).rows == {"flowlogs": 3}
    rows = duckdb.execute(
        "SELECT srcaddr, action FROM read_parquet($1) ORDER BY 1", [lake.files("flowlogs")]
    ).fetchall()
    assert rows == [("10.0.0.1", "ACCEPT"), ("10.0.0.2", "REJECT"), ("10.0.0.3", "ACCEPT")]


@pytest.mark.parametrize("line", ["10.0.0.1", "10.0.0.1 ACCEPT more", "10.0.0.1 ACCEPT  more x"])
def test_a_flow_log_with_a_line_of_other_fields_is_set_aside_alone(
    bucket: Path, lake: Lake, line: str
) -> None:
    """The line is named, and the neighbours of its object count."""
    given_a_flow_log(bucket, "10.0.0.2 REJECT", line, header="srcaddr action")
    given_a_flow_log(bucket, "10.0.0.3 ACCEPT", header="srcaddr action", mark="b")
    done = gather(bucket, lake)
    assert done.rows == {"flowlogs": 1}
    assert [reason for _, reason in done.set_aside] == ["line 3 has not the 2 fields of the header"]


def test_flow_logs_of_several_formats_share_a_day(bucket: Path, lake: Lake) -> None:
    """Each header has its own order of fields; a dash is nothing."""
    line = "2 1 eni-1 10.0.0.1 10.0.0.2 443 51000 6 10 840 1 2 ACCEPT OK"
    given_a_flow_log(bucket, line, "2 1 eni-1 - - - - - - - 1 2 - NODATA")
    given_a_flow_log(
        bucket, "egress 10.0.0.9 eu-west-1 ip", header="flow-direction srcaddr region new", mark="b"
    )
    assert gather(bucket, lake).rows == {"flowlogs": 3}
    rows = duckdb.execute(
        "SELECT srcaddr, dstport, log_status, flow_direction, account FROM read_parquet($1)"
        " ORDER BY srcaddr",
        [lake.files("flowlogs")],
    ).fetchall()
    assert rows == [
        ("10.0.0.1", 51000, "OK", None, ACCOUNT),
        ("10.0.0.9", None, None, "egress", ACCOUNT),
        (None, None, "NODATA", None, ACCOUNT),
    ]


def test_a_directory_must_hold_awslogs(tmp_path: Path) -> None:
    """An empty directory, or another one, is a mistake in the command."""
    with pytest.raises(UsageError, match="holds no AWSLogs"):
        Directory(tmp_path)
    with pytest.raises(UsageError, match="no such directory"):
        Directory(tmp_path / "nowhere")


def test_a_lake_of_another_version_is_refused(lake: Lake) -> None:
    """Rather than read wrongly."""
    lake.manifest._database.rows("PRAGMA user_version = 99")
    with pytest.raises(LogFileError, match="another version"):
        Lake(lake.path)


def test_one_large_object_stays_within_memory(bucket: Path, lake: Lake) -> None:
    """Fifty megabytes in one object are many records, not many copies."""
    event = json.dumps(an_event(1, requestParameters={"x": "y" * 2_000})).encode()
    count = 50_000_000 // len(event)
    text = b'{"Records":[' + b",".join([event] * count) + b"]}"
    given_an_object(bucket, a_key(), gzip.compress(text, 1))
    done = gather(bucket, lake)
    assert done.rows == {"cloudtrail": count}
    assert done.duplicates == count - 1
