"""Flow logs of a day become one file, whatever the objects are, and whatever file was there."""

import os
import resource
from pathlib import Path
from typing import Any

import duckdb
import pytest

from baseline.errors import LogFileError
from baseline.logs import collect as collecting
from baseline.logs import flows, parts
from baseline.logs.lake import Lake
from given_lakes import gather, limited
from given_logs import given_a_flow_log

HEADER = "srcaddr bytes"


def asked(lake: Lake, sql: str) -> Any:
    return duckdb.execute(sql, [lake.files("flowlogs")]).fetchall()


def addresses(lake: Lake) -> list[str]:
    sql = "SELECT srcaddr FROM read_parquet($1, hive_partitioning = false) ORDER BY 1"
    return [row[0] for row in asked(lake, sql)]


def test_many_small_objects_share_a_row_group(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query skips by groups, and pays for each."""
    monkeypatch.setattr(parts, "_ROW_GROUP", 10)
    for number in range(25):
        given_a_flow_log(bucket, f"10.0.0.{number} 1", header=HEADER, mark=f"{number:02}")
    gather(bucket, lake)
    groups = "SELECT DISTINCT row_group_num_rows FROM parquet_metadata($1) ORDER BY 1"
    assert asked(lake, groups) == [(5,), (10,)]


def test_an_object_of_many_short_lines_is_written_in_several_row_groups(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take more memory with all columns than their text."""
    monkeypatch.setattr(parts, "_ROW_GROUP", 10)
    given_a_flow_log(bucket, *["10.0.0.1 1"] * 25, header=HEADER)
    gather(bucket, lake)
    groups = "SELECT DISTINCT row_group_num_rows FROM parquet_metadata($1) ORDER BY 1"
    assert asked(lake, groups) == [(5,), (10,)]


def test_a_file_that_duckdb_wrote_is_absorbed(bucket: Path, lake: Lake) -> None:
    """Its columns count by name, whatever their order and types, and one that it lacks is NULL."""
    given_a_flow_log(bucket, "10.0.0.1 1", "10.0.0.2 2", header=HEADER, mark="a")
    given_a_flow_log(bucket, "10.0.0.3 3", header=HEADER, mark="b")
    gather(bucket, lake)
    (file,) = lake.files("flowlogs")
    duckdb.execute(
        "COPY (SELECT _object::BIGINT AS _object, bytes::INTEGER AS bytes,"
        " * EXCLUDE (_object, bytes, vpc_id)"
        f" FROM read_parquet('{file}', hive_partitioning = false)) TO '{file}' (FORMAT parquet)"
    )
    given_a_flow_log(bucket, "10.0.0.4 4", header=HEADER, mark="a")
    gather(bucket, lake)
    found = "SELECT srcaddr, bytes, vpc_id FROM read_parquet($1) ORDER BY 1"
    assert asked(lake, found) == [("10.0.0.3", 3, None), ("10.0.0.4", 4, None)]


def test_the_rows_of_a_replaced_object_stay_while_its_new_content_is_bad(
    bucket: Path, lake: Lake
) -> None:
    given_a_flow_log(bucket, "10.0.0.1 1", header=HEADER, mark="a")
    given_a_flow_log(bucket, "10.0.0.2 2", header=HEADER, mark="b")
    gather(bucket, lake)
    given_a_flow_log(bucket, "10.0.0.3 many", header=HEADER, mark="a")
    given_a_flow_log(bucket, "10.0.0.4 4", header=HEADER, mark="b")
    ((_, reason),) = gather(bucket, lake).set_aside
    assert "bytes is no number: 'many' (the rows of its former content are kept)" in reason
    assert addresses(lake) == ["10.0.0.1", "10.0.0.4"]


def test_an_object_too_large_to_be_held_comes_in_whole_or_not_at_all(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows, "_HELD", 1_000_000)
    lines = ["10.0.0.1 1"] * 400_000
    given_a_flow_log(bucket, *lines, header=HEADER, mark="a")
    given_a_flow_log(bucket, *lines, "10.0.0.2", header=HEADER, mark="b")
    done = gather(bucket, lake)
    assert done.rows == {"flowlogs": 400_000}
    ((_, reason),) = done.set_aside
    assert reason == "line 400002 has not the 2 fields of the header"
    assert len(addresses(lake)) == 400_000


def test_many_small_files_of_a_day_become_one(bucket: Path, lake: Lake) -> None:
    """Collecting every few minutes does not slow queries down."""
    for number in range(collecting.MANY_PARTS + 1):
        given_a_flow_log(bucket, f"10.0.0.{number} 1", header=HEADER, mark=str(number))
        gather(bucket, lake)
    assert len(lake.files("flowlogs")) == 1
    assert len(addresses(lake)) == collecting.MANY_PARTS + 1


def test_too_little_disk_sets_nothing_aside(bucket: Path, lake: Lake) -> None:
    """No object is to blame; the next run brings all."""
    given_a_flow_log(bucket, *(f"{os.urandom(64).hex()} 1" for _ in range(9_999)), header=HEADER)
    full = pytest.raises(LogFileError, match=r"cannot be written: File too large.*make room")
    with limited(resource.RLIMIT_FSIZE, 300_000), full:
        gather(bucket, lake)
    assert lake.manifest.set_aside() == []
    assert gather(bucket, lake).objects == 1


def test_a_day_without_a_good_object_has_no_file(bucket: Path, lake: Lake) -> None:
    given_a_flow_log(bucket, "10.0.0.1", header=HEADER)
    assert len(gather(bucket, lake).set_aside) == 1
    assert lake.files("flowlogs") == []
    assert list(lake.staging.iterdir()) == []
