"""Flow logs in Parquet become the rows that they would be as text."""

import io
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pyarrow import parquet

from baseline.logs import convert
from baseline.logs.lake import Lake
from given_lakes import gather
from given_logs import given_a_flow_log, given_an_object

ACCOUNT = "000000000042"
HIVE = (
    f"AWSLogs/aws-account-id={ACCOUNT}/aws-service=vpcflowlogs/aws-region=eu-west-1/"
    "year=2026/month=07/day=01/hour=00/"
)
USUAL = (
    "SELECT 2::INTEGER AS version, '000000000042' AS account_id, '10.0.0.1' AS srcaddr,"
    ' 443::INTEGER AS dstport, 840::BIGINT AS bytes, 1782864000::BIGINT AS "start",'
    " 'OK' AS log_status"
)


def given_parquet(bucket: Path, name: str, select: str) -> str:
    key = f"{HIVE}{ACCOUNT}_vpcflowlogs_eu-west-1_fl-1_20260701T0000Z_{name}.log.parquet"
    made = bucket.parent / "made.parquet"
    duckdb.execute(f"COPY ({select}) TO '{made}' (FORMAT parquet)")
    given_an_object(bucket, key, made.read_bytes())
    return key


def rows(lake: Lake, columns: str) -> Any:
    sql = f"SELECT {columns} FROM read_parquet($1) ORDER BY ALL"
    return duckdb.execute(sql, [lake.files("flowlogs")]).fetchall()


SAME = 'account, region, version, account_id, srcaddr, dstport, bytes, "start", log_status'
WANTED = (ACCOUNT, "eu-west-1", 2, ACCOUNT, "10.0.0.1", 443, 840, 1782864000, "OK")


@pytest.mark.parametrize(
    "select",
    [
        USUAL,
        USUAL.replace("account_id", '"account-id"').replace("log_status", '"log-status"'),
        USUAL.replace("443::INTEGER", "'443'").replace("840::BIGINT", "840::DOUBLE"),
        USUAL.replace("'000000000042' AS account_id", "42::BIGINT AS account_id"),
        USUAL.replace("1782864000::BIGINT", "TIMESTAMP '2026-07-01 00:00:00'"),
        f"SELECT *, 'us-east-1' AS region, [1] AS unheard_of FROM ({USUAL})",
    ],
    ids=["usual", "dashes", "text-and-floats", "account-as-number", "timestamps", "other-columns"],
)
def test_names_and_types_do_not_matter(bucket: Path, lake: Lake, select: str) -> None:
    """Account and region are those of the path, the account's zeros are kept."""
    given_parquet(bucket, "a", select)
    assert gather(bucket, lake).rows == {"flowlogs": 1}
    assert rows(lake, SAME) == [WANTED]


def test_files_of_several_shapes_and_text_share_a_day(bucket: Path, lake: Lake) -> None:
    """A column that a file has not got is NULL, and so is a dash."""
    given_parquet(bucket, "a", USUAL)
    given_parquet(bucket, "b", USUAL)
    given_parquet(bucket, "c", "SELECT '-' AS srcaddr, 'NODATA' AS log_status, '-' AS dstport")
    given_a_flow_log(bucket, "2 1 eni-1 10.0.0.9 10.0.0.2 443 51000 6 10 840 1 2 ACCEPT OK")
    assert gather(bucket, lake).rows == {"flowlogs": 4}
    assert rows(lake, "srcaddr, dstport, log_status") == [
        ("10.0.0.1", 443, "OK"),
        ("10.0.0.1", 443, "OK"),
        ("10.0.0.9", 51000, "OK"),
        (None, None, "NODATA"),
    ]
    assert gather(bucket, lake).known == 4


def test_a_column_without_a_type_has_no_value(bucket: Path, lake: Lake) -> None:
    """Some writers give none to a column in which no row has a value."""
    table = pa.table({"srcaddr": ["10.0.0.1"], "bytes": pa.nulls(1), "action": pa.nulls(1)})
    file = io.BytesIO()
    parquet.write_table(table, file)
    given_an_object(bucket, given_parquet(bucket, "a", USUAL), file.getvalue())
    assert gather(bucket, lake).set_aside == []
    assert rows(lake, "srcaddr, bytes, action") == [("10.0.0.1", None, None)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PAR1 and so on", "is not valid Parquet"),
        ("SELECT 1 AS something", "has no column of a flow log"),
        ("SELECT 'many' AS bytes", "another shape"),
        ("SELECT 1 AS bytes UNION ALL SELECT 2 UNION ALL SELECT 1e30", "another shape"),
        ('SELECT 1 AS "account-id", 2 AS account_id', "has the column account-id twice"),
        ("SELECT ['10.0.0.1'] AS srcaddr", "srcaddr is a VARCHAR[]"),
        ("SELECT repeat('a', 20_000) AS srcaddr", "a record of more than 16,384 bytes"),
        ("SELECT repeat('a', 20_000)::BLOB AS srcaddr", "a record of more than 16,384 bytes"),
    ],
    ids=[
        "broken",
        "foreign",
        "text-in-a-number",
        "too-large-a-number",
        "twice",
        "list",
        "long",
        "long-bytes",
    ],
)
def test_what_is_no_flow_log_is_set_aside(
    bucket: Path, lake: Lake, content: str | bytes, reason: str
) -> None:
    """With its reason; the good one beside it counts."""
    given_parquet(bucket, "a", USUAL)
    key = given_parquet(bucket, "b", content if isinstance(content, str) else USUAL)
    if isinstance(content, bytes):
        given_an_object(bucket, key, content)
    done = gather(bucket, lake)
    assert done.rows == {"flowlogs": 1}
    assert [(name, reason in said) for name, said in done.set_aside] == [(key, True)]
    assert list(lake.staging.iterdir()) == []


def test_no_damage_to_a_file_does_more_than_to_set_it_aside(bucket: Path, lake: Lake) -> None:
    """Whatever byte was changed: it comes in or is set aside, and so the run after it."""
    key = given_parquet(bucket, "a", f"SELECT * FROM ({USUAL}), range(200) AS t(vpc_id)")
    good = (bucket / key).read_bytes()
    random = Random(1)
    (bucket / key).unlink()
    for number in range(150):
        damaged = bytearray(good)
        damaged[random.randrange(4, len(good))] = random.randrange(256)
        given_an_object(bucket, key.replace("_a.log", f"_{number:03}.log"), bytes(damaged))
    given_parquet(bucket, "z", USUAL)
    done = gather(bucket, lake)
    assert done.objects + len(done.set_aside) == 151
    assert done.set_aside
    assert done.rows["flowlogs"] == 1 + 200 * (done.objects - 1)


def test_a_small_file_that_unpacks_to_very_much_is_set_aside(bucket: Path, lake: Lake) -> None:
    """Its footer says so; what lies beside it comes in, in every later run, too."""
    given_parquet(bucket, "a", USUAL)
    key = given_parquet(bucket, "b", "SELECT repeat('a', 300_000_000) AS srcaddr")
    done = gather(bucket, lake)
    assert done.rows == {"flowlogs": 1}
    assert done.set_aside == [(key, "unpacks to more than 268,435,456 bytes")]
    given_parquet(bucket, "c", USUAL)
    assert gather(bucket, lake).rows == {"flowlogs": 1}


def test_what_takes_too_much_memory_is_found_and_set_aside(
    bucket: Path, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when its footer says nothing of it; no neighbour suffers."""
    monkeypatch.setattr(convert, "MEMORY", "64MB")
    given_parquet(bucket, "a", USUAL)
    key = given_parquet(bucket, "b", "SELECT repeat('a', 120_000_000) AS srcaddr")
    given_a_flow_log(bucket, "2 1 eni-1 10.0.0.9 10.0.0.2 443 51000 6 10 840 1 2 ACCEPT OK")
    done = gather(bucket, lake)
    assert done.rows == {"flowlogs": 2}
    assert done.set_aside == [(key, "takes more than 64MB of memory to convert")]
    assert list(lake.staging.iterdir()) == []
