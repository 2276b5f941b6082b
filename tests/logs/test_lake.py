"""A lake survives a crash, and says which of its files did not."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from baseline.errors import LogFileError, UsageError
from baseline.logs.lake import DamagedError, Lake
from given_lakes import gather
from given_logs import DAY, an_event, given_a_flow_log, given_a_log


def test_a_lake_is_where_duckdb_can_look(tmp_path: Path) -> None:
    """It takes paths in UTF-8 only; nothing is made elsewhere."""
    with pytest.raises(UsageError, match="must be UTF-8"):
        Lake.create(tmp_path / "l\udcff")
    with pytest.raises(UsageError, match="must be UTF-8"):
        Lake(tmp_path / "l\udcff")
    assert list(tmp_path.iterdir()) == []


def test_a_file_and_its_folders_are_on_the_disk_before_it_is_there(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a crash leaves a manifest that names what was never written."""
    flushed: list[Path] = []
    there: list[bool] = []
    part = lake.path / f"cloudtrail/date={DAY}/part-1.parquet"

    def fsync(descriptor: int) -> None:
        flushed.append(Path(f"/dev/fd/{descriptor}").readlink())
        there.append(part.exists())

    monkeypatch.setattr(os, "fsync", fsync)
    finished = lake.staging / "1.parquet"
    finished.write_bytes(b"PAR1")
    lake.publish(finished, str(part.relative_to(lake.path)))
    assert list(zip(flushed, there, strict=True)) == [
        (lake.path, False),
        (part.parent.parent, False),
        (finished, False),
        (part.parent, True),
    ]
    assert stat.S_IMODE(part.stat().st_mode) == 0o600


def test_whatever_lies_in_staging_is_swept_away(lake: Lake, tmp_path: Path) -> None:
    """Also a directory, and a link, but not what the link leads to."""
    (lake.staging / "directory/in/it").mkdir(parents=True)
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (lake.staging / "link").symlink_to(kept)
    with lake.locked():
        assert list(lake.staging.iterdir()) == []
    assert (kept / "file").exists()


@pytest.mark.parametrize("name", [".staging", ".spill"])
def test_a_link_is_not_taken_for_a_folder_that_may_be_emptied(
    name: str, lake: Lake, tmp_path: Path
) -> None:
    """A lake may come from somebody else."""
    kept = tmp_path / "kept"
    kept.mkdir()
    shutil.rmtree(lake.path / name, ignore_errors=True)
    (lake.path / name).symlink_to(kept)
    with pytest.raises(UsageError, match="is a link"):
        Lake.create(lake.path)


def test_what_cannot_be_swept_away_is_named(lake: Lake) -> None:
    odd = lake.path / "cloudtrail" / f"date={DAY}" / "part-0123456789abcdef.parquet"
    odd.mkdir(parents=True)
    with pytest.raises(LogFileError, match="cannot be removed") as refused, lake.locked():
        pass
    assert refused.value.where == str(odd)
    odd.rmdir()
    with lake.locked():
        assert not odd.exists(), "the lock was free"


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def overwritten(file: Path) -> None:
    """In its pages; what its end says of them is as it was."""
    content = file.read_bytes()
    file.write_bytes(content[:4] + b"\xff" * 1_996 + content[2_000:])


WAYS = {"missing": Path.unlink, "cut": truncated, "overwritten": overwritten}
Damage = Callable[[Path], None]


@pytest.mark.parametrize("damage", [WAYS["missing"], WAYS["cut"]], ids=["missing", "cut"])
def test_a_damaged_file_is_named_when_the_events_of_its_day_are_counted(
    bucket: Path, lake: Lake, damage: Damage
) -> None:
    given_a_log(bucket)
    gather(bucket, lake)
    (file,) = lake.files("cloudtrail")
    damage(Path(file))
    given_a_log(bucket, an_event(2), minute="1005Z")
    with pytest.raises(DamagedError, match=r"damaged or missing.*Remove the lake") as error:
        gather(bucket, lake)
    assert error.value.where == file


@pytest.mark.parametrize("table", ["cloudtrail", "flowlogs"])
@pytest.mark.parametrize("damage", WAYS.values(), ids=WAYS)
def test_a_damaged_file_is_named_when_it_was_to_be_replaced(
    bucket: Path, lake: Lake, damage: Damage, table: str
) -> None:
    """No new object is to blame, nor is the room on the disk."""
    given(bucket, table, 2_000)
    gather(bucket, lake)
    (file,) = lake.files(table)
    damage(Path(file))
    given(bucket, table, 1_999)
    with pytest.raises(DamagedError) as error:
        gather(bucket, lake)
    assert error.value.where == file
    assert lake.manifest.set_aside() == []


def given(bucket: Path, table: str, count: int) -> None:
    """One object with so many rows, and one that stays."""
    if table == "cloudtrail":
        given_a_log(bucket, minute="1005Z")
        given_a_log(bucket, *map(an_event, range(count)))
    else:
        records = (f"10.{n % 199}.{n % 251}.{n} OK" for n in range(count))
        given_a_flow_log(bucket, "10.0.0.1 OK", header="srcaddr log-status", mark="b")
        given_a_flow_log(bucket, *records, header="srcaddr log-status")
