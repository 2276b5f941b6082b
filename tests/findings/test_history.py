"""What was found stays, whole or not at all, and comes back as it was."""

import json
import multiprocessing
import string
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseline.errors import BaselineError, ToolError, UsageError
from baseline.findings import history, ocsf
from baseline.findings.kept import Kept
from baseline.findings.look import AUDIT, READING, Look, Place
from baseline.findings.model import DETECTING, SEVERITIES, STATUSES, CheckDetails, Finding

HOSTILE = "\x00<script>\x1b[2J'\",\n\u202e=1+1\\u0000é"
FOUND = Finding(
    "prowler", "111111111111", HOSTILE, "eu-west-1", "s3", "s3_open", "Bucket is closed", "high",
    "FAIL", "arn:aws:s3:::b", HOSTILE, "uid-1",
)  # fmt: skip
DETAILS = CheckDetails(
    "prowler", "s3_open", "Bucket is closed", "d", "Anybody reads it.", "Close it.",
    "https://example.com", ("CIS-3.0: 2.1.4",),
)  # fmt: skip


def a_look(stamp: str = "20260101T000000Z", kind: str = AUDIT, **told: object) -> Look:
    place = Place("prowler", "111111111111")
    given = {"tried": (place,), "looked": (place,)} | told
    return Look(stamp, kind, "2026-01-01T00:00:00Z", **given)  # type: ignore[arg-type]


def test_what_was_found_comes_back_as_it_was_also_when_it_is_hostile(tmp_path: Path) -> None:
    history.put(a_look(), [FOUND, FOUND._replace(uid="uid-2", evidence='{"a": [1]}')], tmp_path)
    (look,) = history.looks(tmp_path)
    assert look == a_look()
    first, second = history.findings(look, tmp_path)
    assert first == FOUND
    assert second == FOUND._replace(uid="uid-2", evidence='{"a": [1]}')
    file = history.place(tmp_path, look)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert [f.name for f in file.parent.iterdir()] == [file.name]


def test_what_is_made_on_the_way_is_for_the_owner_alone(tmp_path: Path) -> None:
    history.put(a_look(), [FOUND], tmp_path / "work/of/mine")
    history.keep_details([DETAILS], tmp_path / "work/too")
    Kept(tmp_path / "other/place").close()
    made = list(tmp_path.rglob("*"))
    assert {p.stat().st_mode & 0o777 for p in made if p.is_dir()} == {0o700}
    assert {p.stat().st_mode & 0o777 for p in made if p.is_file()} == {0o600}


def test_a_look_that_found_nothing_is_kept(tmp_path: Path) -> None:
    history.put(a_look(), [], tmp_path)
    assert list(history.findings(history.find(tmp_path, AUDIT), tmp_path)) == []


def test_the_same_look_again_takes_the_place_of_what_it_found(tmp_path: Path) -> None:
    history.put(a_look(), [FOUND, FOUND], tmp_path)
    history.put(a_look(), [FOUND], tmp_path)
    (look,) = history.looks(tmp_path)
    assert len(list(history.findings(look, tmp_path))) == 1


def test_what_ends_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    history.put(a_look(), [FOUND], tmp_path)

    def broken() -> Iterator[Finding]:
        yield FOUND
        yield FOUND
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        history.put(a_look(), broken(), tmp_path)
    assert list(history.findings(a_look(), tmp_path)) == [FOUND]
    assert len(list((tmp_path / "history").iterdir())) == 1


def test_a_file_that_is_no_history_is_named_and_hides_no_other(tmp_path: Path) -> None:
    history.put(a_look(), [FOUND], tmp_path)
    spoilt = history.place(tmp_path, a_look("20260102T000000Z"))
    spoilt.write_bytes(b"PAR1 cut")
    told: list[BaselineError] = []
    assert history.looks(tmp_path, told.append) == [a_look()]
    assert [error.where for error in told] == [str(spoilt)]
    with pytest.raises(ToolError):
        history.looks(tmp_path)


def test_a_look_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    history.put(a_look(kind=READING), [], tmp_path)
    with pytest.raises(UsageError, match="no audit 20260202T000000Z is kept"):
        history.find(tmp_path, AUDIT, "20260202T000000Z")


def test_events_leave_the_house_with_what_is_known_of_their_check(tmp_path: Path) -> None:
    history.put(a_look(), [FOUND], tmp_path)
    history.keep_details([DETAILS], tmp_path)
    (event,) = history.events(a_look(), tmp_path)
    assert event.class_uid == 2003
    assert event.compliance
    assert event.compliance.requirements == ("CIS-3.0: 2.1.4",)
    assert event.remediation
    assert event.remediation.desc == "Close it."
    assert event.unmapped == {"risk": "Anybody reads it."}


def test_details_of_checks_are_replaced_one_by_one(tmp_path: Path) -> None:
    history.keep_details([DETAILS, CheckDetails("prowler", "b", "B")], tmp_path)
    history.keep_details([CheckDetails("prowler", "b", "newer")], tmp_path)
    assert {d.title for d in history.details(tmp_path).values()} == {"Bucket is closed", "newer"}


def test_a_failed_look_stands_for_none_and_a_narrower_one_beside_the_wider() -> None:
    place = Place("prowler", "111111111111")
    wide = a_look("20260101T000000Z")
    narrow = a_look("20260102T000000Z", regions=("eu-west-1",))
    failed = a_look("20260103T000000Z", looked=())
    newer = a_look("20260104T000000Z")
    assert history.standing([wide, narrow, failed]) == {place: (wide, narrow)}
    assert history.standing([failed, narrow]) == {place: (narrow,)}
    assert history.standing([wide, narrow, failed, newer]) == {place: (newer,)}
    assert history.standing([failed]) == {place: (failed,)}


def test_an_import_takes_no_place_and_stays_until_all_was_looked_at_again() -> None:
    place = Place("prowler", "111111111111")
    wide = a_look("20260101T000000Z")
    imported = a_look("20260102T000000Z", imported=True)
    narrow = a_look("20260103T000000Z", regions=("us-east-1",))
    failed = a_look("20260104T000000Z", looked=())
    newer = a_look("20260105T000000Z")
    assert history.standing([wide, imported, failed]) == {place: (wide, imported)}
    assert history.standing([failed, imported]) == {place: (imported,)}
    assert history.standing([wide, imported, imported]) == {place: (wide, imported, imported)}
    assert history.standing([wide, imported, narrow]) == {place: (wide, imported, narrow)}
    assert history.standing([wide, imported, newer]) == {place: (newer,)}
    assert not imported.replaces(FOUND)
    assert narrow.replaces(FOUND._replace(region="us-east-1"))


def test_looks_that_begin_in_the_same_second_are_all_kept(tmp_path: Path) -> None:
    """Each in a process of its own, as commands are."""
    begun = multiprocessing.get_context("spawn").Barrier(3)
    each = [
        multiprocessing.get_context("spawn").Process(target=_adds, args=(tmp_path, str(n), begun))
        for n in range(3)
    ]
    for one in each:
        one.start()
    for one in each:
        one.join(60)
    looks = history.looks(tmp_path)
    assert [look.stamp[16:] for look in looks] == ["", "-2", "-3"]
    found = {finding.uid for look in looks for finding in history.findings(look, tmp_path)}
    assert found == {"0", "1", "2"}


def _adds(reports: Path, uid: str, begun: Any) -> None:
    begun.wait(60)
    history.add(a_look(), [FOUND._replace(uid=uid)], reports)


def test_damaged_details_are_said_and_not_written_over(tmp_path: Path) -> None:
    history.keep_details([DETAILS], tmp_path)
    file = tmp_path / "history/checks.json"
    cut = file.read_bytes()[:-9]
    file.write_bytes(cut)
    told: list[ToolError] = []
    history.keep_details([CheckDetails("prowler", "b", "B")], tmp_path, told.append)
    assert history.details(tmp_path, told.append) == {}
    assert [error.where for error in told] == [str(file)] * 2
    assert file.read_bytes() == cut
    with pytest.raises(ToolError, match="cannot be read"):
        history.keep_details([DETAILS], tmp_path)


def test_details_that_are_kept_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    def keep(number: int) -> None:
        for n in range(10):
            details = CheckDetails("prowler", f"{number}-{n}", "t")
            history.keep_details([details], tmp_path)

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(history.details(tmp_path)) == 40


TEXT = st.text(alphabet=string.printable + "é\u202e\x00", max_size=12)
TIMES = st.sampled_from(["", "2026-01-01T00:00:00Z", "1999-12-31T23:59:59Z"])
FINDINGS = st.builds(
    Finding,
    tool=st.sampled_from(["prowler", "scoutsuite", "guardduty", "config"]),
    account_id=TEXT, account_name=TEXT, region=TEXT, service=TEXT, check=TEXT, title=TEXT,
    severity=st.sampled_from(["", *SEVERITIES]), status=st.sampled_from(STATUSES), resource=TEXT,
    detail=TEXT, uid=TEXT, resource_type=TEXT, first_seen=TIMES, last_seen=TIMES, muted=TEXT,
    evidence=st.sampled_from(["", '{"a":[1,"b"]}']),
)  # fmt: skip


@given(FINDINGS)
def test_a_finding_survives_as_ocsf(found: Finding) -> None:
    event = ocsf.event(found, 0)
    assert ocsf.finding(ocsf.read(ocsf.written(event))) == found


@given(FINDINGS)
def test_an_event_has_all_that_ocsf_requires(found: Finding) -> None:
    """[schema.ocsf.io/1.5.0/classes/compliance_finding, detection_finding]."""
    event = json.loads(ocsf.written(ocsf.event(found, 1)))
    for name in ("activity_id", "category_uid", "class_uid", "severity_id", "time", "type_uid"):
        assert isinstance(event[name], int), name
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert event["metadata"]["version"] == "1.5.0"
    assert event["metadata"]["product"]["name"]
    assert event["cloud"]["provider"] == "AWS"
    assert ("compliance" in event) == (found.tool not in DETECTING)
