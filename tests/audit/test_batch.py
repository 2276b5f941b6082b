"""Following a job costs what its results cost; what is wrong in a bucket stays in one scan."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from baseline.audit import archive, batch, worklist
from baseline.audit.batch import Means
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Entry, Run, Status
from baseline.audit.worklist import Item, WorkList
from baseline.errors import ToolError, UsageError
from baseline.sessions import Session

LOOKS = 5
PAGE = {"list_objects_v2": 1000, "list_jobs": 100}


class Cloud:
    """S3 and Batch of a job whose children end evenly over a few looks; counts calls and pages."""

    account_id = "100000000001"

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.objects: dict[str, bytes] = {}
        self.looks = 0
        self.size = 0
        self.timeout = 0

    def client(self, service: str, region: str = "") -> "Cloud":
        return self

    def put_object(self, **asked: Any) -> None:
        self.calls["put"] += 1
        self.objects[asked["Key"]] = asked["Body"]

    def get_object(self, **asked: Any) -> Any:
        self.calls["get"] += 1
        return {"Body": io.BytesIO(self.objects[asked["Key"]])}

    def submit_job(self, **asked: Any) -> Any:
        self.calls["submit"] += 1
        self.timeout = asked["timeout"]["attemptDurationSeconds"]
        self.size = asked.get("arrayProperties", {}).get("size", 1)
        return {"jobId": "job"}

    def describe_jobs(self, jobs: list[str]) -> Any:
        self.calls["describe"] += 1
        self.looks += 1
        self.bring(self.size * self.looks // LOOKS)
        return {"jobs": [{"status": "SUCCEEDED" if self.looks == LOOKS else "PENDING"}]}

    def bring(self, children: int) -> None:
        for index in range(children):
            entry = Entry(f"{index:012}", "", "prowler", "1", Status.COMPLETE, counts={"PASS": 1})
            key = f"runs/stamp/1/results/{index:012}/prowler.json"
            self.objects[key] = msgspec.json.encode(entry)

    def get_paginator(self, operation: str) -> Any:
        return Pages(self, operation)


class Pages:
    """The pages of one list."""

    def __init__(self, cloud: Cloud, operation: str) -> None:
        self.cloud, self.operation = cloud, operation

    def paginate(self, **asked: Any) -> Iterator[Any]:
        found = [key for key in self.cloud.objects if key.startswith(asked.get("Prefix", "-"))]
        size = PAGE[self.operation]
        for start in range(0, max(1, len(found)), size):
            self.cloud.calls[self.operation] += 1
            listed = [{"Key": key, "ETag": "1"} for key in found[start : start + size]]
            yield {"Contents": listed, "jobSummaryList": []}


def given(accounts: int, reports: Path) -> tuple[Cloud, Means, Ledger, WorkList]:
    entries = tuple(Entry(f"{n:012}", "", "prowler", "1") for n in range(accounts))
    ledger = Ledger.begin(Run("stamp", "", "Auditor", entries=entries), reports)
    cloud = Cloud()
    means = Means(cast("Session", cloud), "baseline", "eu-west-1")
    return cloud, means, ledger, WorkList("stamp", "A", "r", 60, worklist.items(entries))


def cost(accounts: int, reports: Path) -> Counter[str]:
    """The calls of one audit of so many accounts."""
    cloud, means, ledger, listed = given(accounts, reports)
    job = batch.submit(means, ledger, listed)
    told = list(batch.follow(means, ledger, job, lambda _: None))
    assert len(told) == accounts
    assert {entry.status for entry in ledger.close().entries} == {Status.COMPLETE}
    return cloud.calls


def test_ten_times_the_accounts_cost_no_more_than_ten_times_the_calls(tmp_path: Path) -> None:
    few, many = cost(100, tmp_path / "few"), cost(1000, tmp_path / "many")
    assert many["get"] == 1000
    assert all(many[name] <= 10 * few[name] for name in many)
    assert many["describe"] == many["list_objects_v2"] == LOOKS
    assert many["submit"] == 1


def test_more_accounts_than_an_array_takes_are_refused_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    cloud, means, ledger, listed = given(10_001, tmp_path)
    with pytest.raises(UsageError, match="10,001 accounts are more than one job takes"):
        batch.submit(means, ledger, listed)
    assert not cloud.calls


def test_an_entry_of_another_account_is_not_taken(tmp_path: Path) -> None:
    cloud, means, ledger, listed = given(2, tmp_path)
    job = batch.submit(means, ledger, listed)
    cloud.looks = LOOKS - 1
    cloud.bring(2)
    wrong = Entry("9" * 12, "", "prowler", "1", Status.COMPLETE)
    cloud.bring = lambda _: None  # type: ignore[assignment, method-assign]
    cloud.objects["runs/stamp/1/results/000000000001/prowler.json"] = msgspec.json.encode(wrong)
    list(batch.follow(means, ledger, job, lambda _: None))
    first, second = ledger.close().entries
    assert (first.status, second.status) == (Status.COMPLETE, Status.FAILED)
    assert "its entry is of 999999999999 prowler" in second.reason


ENTRY = Entry("111111111111", "", "prowler", "1", directory="prowler/111111111111/stamp")


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", "a/../../../../escaped"])
def test_an_archive_cannot_reach_out_of_its_directory(tmp_path: Path, name: str) -> None:
    (tmp_path / "reports").mkdir()
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        bad.writestr(name, "x")
    with pytest.raises(ToolError, match="reach out of their directory"):
        archive.unpack(tmp_path / "bad.zip", ENTRY, tmp_path / "reports")
    assert not list(tmp_path.rglob("escaped*"))


@pytest.mark.parametrize("claimed", ["../elsewhere", "prowler/222222222222/stamp"])
def test_an_entry_cannot_claim_a_directory_of_another(tmp_path: Path, claimed: str) -> None:
    (tmp_path / "reports").mkdir()
    with pytest.raises(ToolError, match="claim the directory"):
        archive.unpack(tmp_path / "no.zip", replace(ENTRY, directory=claimed), tmp_path / "reports")


def test_what_is_packed_comes_back_beside_what_is_there(tmp_path: Path) -> None:
    source, reports = tmp_path / "source", tmp_path / "reports"
    (source / "deep").mkdir(parents=True)
    (source / "deep/file").write_text("content")
    archive.pack(source, tmp_path / "packed.zip")
    entry = replace(ENTRY, log=f"{ENTRY.directory}/log.txt")
    for name in ("stamp", "stamp-2"):
        found = archive.unpack(tmp_path / "packed.zip", entry, reports)
        assert found.directory == f"prowler/111111111111/{name}"
        assert found.log == f"{found.directory}/log.txt"
        file = reports / found.directory / "deep/file"
        assert file.read_text() == "content"
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "strange",
    [
        "javascript:alert(1)",
        "/../../etc/passwd",
        f"{ENTRY.directory}/../../x",
        f"{ENTRY.directory}x",
    ],
)
def test_an_entry_links_to_nothing_outside_its_directory(tmp_path: Path, strange: str) -> None:
    """Whether it has results or not."""
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("prowler.html", "x")
    mine = f"{ENTRY.directory}/prowler.html"
    entry = replace(ENTRY, page=mine, log=strange, log_page=strange)
    found = archive.unpack(tmp_path / "packed.zip", entry, tmp_path / "reports")
    assert (found.page, found.log, found.log_page) == (mine, "", "")

    cloud, means, ledger, listed = given(1, tmp_path / "others")
    job = batch.submit(means, ledger, listed)
    told = Entry("0" * 12, "", "prowler", "1", Status.FAILED, page=strange, log=strange)
    cloud.bring = lambda _: None  # type: ignore[assignment, method-assign]
    cloud.objects["runs/stamp/1/results/000000000000/prowler.json"] = msgspec.json.encode(told)
    (progress,) = batch.follow(means, ledger, job, lambda _: None)
    assert (progress.entry.page, progress.entry.log) == ("", "")


@pytest.mark.parametrize("most", ["_MOST_FILES", "_MOST_BYTES"])
def test_an_archive_of_more_than_a_tool_writes_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: str
) -> None:
    monkeypatch.setattr(archive, most, 1)
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
        packed.writestr("first", "xx")
        packed.writestr("second", "xx")
    with pytest.raises(ToolError, match="are 2 files of 4 bytes, and"):
        archive.unpack(tmp_path / "packed.zip", ENTRY, tmp_path / "reports")
    assert not [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("tries", "pause", "seconds"),
    [(1, 60.0, 240), (2, 60.0, 420), (10, 3600.0, 33_720)],
)
def test_a_child_has_time_for_all_that_is_tried_again(
    tmp_path: Path, tries: int, pause: float, seconds: int
) -> None:
    """Two tools of a minute each: in each try, and once more alone for want of memory."""
    cloud, means, ledger, listed = given(1, tmp_path)
    item = replace(listed.items[0], tools=("prowler", "scoutsuite"))
    listed = replace(listed, items=(item,), tries=tries, pause=pause)
    batch.submit(means, ledger, listed)
    assert cloud.timeout == seconds + 900
    cloud.timeout = 0
    batch.submit(means, ledger, replace(listed, limit=1e6))
    assert cloud.timeout == 14 * 24 * 3600  # what Fargate gives at most


def test_a_place_outside_the_list_is_refused() -> None:
    listed = WorkList("stamp", "A", "r", 60, (Item("1" * 12, "", ("prowler",)),))
    with pytest.raises(UsageError, match="has 1 accounts and no place 1"):
        listed.run(1, {"prowler": "1"})
    with pytest.raises(ToolError, match="another version of this program"):
        worklist.decode(replace(listed, schema=99).encode(), "s3://b")
