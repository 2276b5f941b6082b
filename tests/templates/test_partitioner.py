"""The partitioner reads keys as ``baseline.logs.layout`` does, and is what the template ships."""

import base64
import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp

from baseline import templates
from baseline.logs import layout, schema
from baseline.logs.layout import Kind
from baseline.query.named import named_queries
from baseline.templates import analytics, partitioner
from baseline.templates.partitioner import Partition, preferred

BUCKET = "central"
ACCOUNT, ORGANIZATION = "100000000001", "o-acme0000000"
DAY = "2026/07/23"
HIVE = "year=2026/month=07/day=23"


@pytest.fixture(autouse=True, scope="module")
def environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BUCKETS", BUCKET)
        yield


def plain(kind: str, name: str = "a.json.gz", organization: str = "") -> str:
    before = f"{organization}/" if organization else ""
    return f"AWSLogs/{before}{ACCOUNT}/{kind}/us-east-1/{DAY}/{name}"


def hive(name: str, hour: str = "") -> str:
    return (
        f"AWSLogs/aws-account-id={ACCOUNT}/aws-service=vpcflowlogs/aws-region=us-east-1/"
        f"{HIVE}/{hour}{name}"
    )


PARTS = st.sampled_from(
    [
        "AWSLogs",
        ORGANIZATION,
        ACCOUNT,
        "12345",
        *Kind,
        "Config",
        "us-east-1",
        "us-gov-west-1",
        "us-east",
        "2026",
        "07",
        "13",
        "23",
        "32",
        "05",
        "0026",
        "eusc-de-east-1",
        "24",
        "hour=05",
        "",
        "copy",
        f"aws-account-id={ACCOUNT}",
        "aws-service=vpcflowlogs",
        "aws-region=us-east-1",
        "year=2026",
        "month=07",
        "day=23",
        "a.json.gz",
        "a.json",
        "a.log.gz",
        "a.parquet",
        "_hidden.json.gz",
        ".hidden.log.gz",
        "a.txt",
        "٣.json.gz",
    ]
)
WHOLE = st.sampled_from(
    [
        *(plain(kind, name) for kind in Kind for name in ("a.json.gz", "a.log.gz", "05/a.log.gz")),
        plain("CloudTrail", organization=ORGANIZATION),
        plain("CloudTrail-Digest", organization=ORGANIZATION),
        f"copy/of/{plain('CloudTrail')}",
        hive("a.parquet"),
        hive("a.log.gz", "hour=05/"),
    ]
)


@st.composite
def keys(draw: st.DrawFn) -> str:
    """Keys that are logs, keys of nothing at all, and most of all keys that are nearly logs."""
    parts = draw(st.one_of(WHOLE.map(lambda key: key.split("/")), st.lists(PARTS, max_size=11)))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(parts)))
        cut = draw(st.integers(0, 1))
        parts = [*parts[:at], draw(PARTS), *parts[at + cut :]]
    return "/".join(parts)


@given(keys())
@example(f"AWSLogs//{ACCOUNT}/CloudTrail/us-east-1/{DAY}/a.json.gz")
@example(f"x/AWSLogs/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/{DAY}/a.json.gz")
@example(plain("CloudTrail-Digest"))
@example(plain("CloudTrail").replace(DAY, "2026/02/30"))
@example(plain("CloudTrail").replace(DAY, "9999/12/31"))
@example(plain("CloudTrail").replace("us-east-1", "eusc-de-east-1"))
def test_keys_say_the_same_as_where_logs_are_collected(key: str) -> None:
    read, found = layout.read_key(key), partitioner.read(BUCKET, key)
    if read is None or not read.is_log or not read.folder.table:
        assert found is None
    else:
        folder = read.folder
        assert found is not None
        assert found.table.startswith(folder.table)
        assert found.values == (folder.account, folder.region, folder.date)
        assert found.location == f"s3://{BUCKET}/{folder.path}"


def test_each_format_of_flow_logs_has_a_table() -> None:
    names = {"a.log.gz": "flowlogs_text", "a.parquet": "flowlogs_parquet"}
    for name, table in names.items():
        for key in (plain("vpcflowlogs", name), hive(name), hive(name, "hour=05/")):
            found = partitioner.read(BUCKET, key)
            assert found is not None
            assert found.table == table
            # The day's folder: Athena reads the hours below it too.
            assert found.location.endswith((f"{DAY}/", f"{HIVE}/"))


def test_a_bucket_that_is_none_of_ours_gives_no_partition() -> None:
    assert partitioner.read("another", plain("CloudTrail")) is None


PLACES = [
    f"s3://{BUCKET}/{plain('CloudTrail', '')}",
    f"s3://{BUCKET}/{plain('CloudTrail', '', ORGANIZATION)}",
    f"s3://{BUCKET}/prefix/{plain('CloudTrail', '')}",
]
NO_PLACES = [
    f"s3://{BUCKET}/{plain('CloudTrail-Digest', '')}",
    f"s3://another/{plain('CloudTrail', '')}",
    f"s3://{BUCKET}/",
]


@given(st.lists(st.sampled_from([*PLACES, *NO_PLACES]), min_size=1, max_size=6), st.data())
def test_whatever_came_first_the_same_place_is_preferred(places: list[str], data: Any) -> None:
    values = (ACCOUNT, "us-east-1", "2026-07-23")
    first = data.draw(st.sampled_from(PLACES))

    def last(order: list[str]) -> Partition:
        partition = Partition("cloudtrail", values, first)
        for place in order:
            partition = preferred(partition, place)
        return partition

    assert last(places) == last(data.draw(st.permutations(places)))
    assert last(places).location in PLACES


class Bucket:
    """S3 with the folders that files have come to."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def get_paginator(self, name: str) -> "Bucket":
        assert name == "list_objects_v2"
        return self

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        prefix = asked["Prefix"]
        below = {key[len(prefix) :].partition("/")[0] for key in self.keys}
        return [{"CommonPrefixes": [{"Prefix": f"{prefix}{name}/"} for name in sorted(below)]}]

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        return {"Contents": [{"Key": k} for k in self.keys if k.startswith(asked["Prefix"])]}


class Catalog:
    """Glue with one partition; ``meanwhile`` is done once, after the partition was read."""

    def __init__(self, location: str, meanwhile: Callable[[], None]) -> None:
        self.location = location
        self.meanwhile = [meanwhile]

    def get_table(self, **_: str) -> dict[str, Any]:
        return {"Table": {"StorageDescriptor": {}}}

    def batch_create_partition(self, **asked: Any) -> dict[str, Any]:
        code = {"ErrorCode": "AlreadyExistsException"}
        (one,) = asked["PartitionInputList"]
        return {"Errors": [{"PartitionValues": one["Values"], "ErrorDetail": code}]}

    def batch_get_partition(self, **asked: Any) -> dict[str, Any]:
        found = {"StorageDescriptor": {"Location": self.location}, **asked["PartitionsToGet"][0]}
        if self.meanwhile:
            self.meanwhile.pop()()
        return {"Partitions": [found]}

    def batch_update_partition(self, **asked: Any) -> dict[str, Any]:
        self.location = asked["Entries"][0]["PartitionInput"]["StorageDescriptor"]["Location"]
        return {}


def test_of_two_functions_that_mend_a_partition_the_slower_undoes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The account's reads, the organization's updates, then the account's updates."""
    monkeypatch.setenv("DATABASE", "auditing")
    own, organizations = plain("CloudTrail"), plain("CloudTrail", organization=ORGANIZATION)
    bucket = Bucket()

    def arrives(key: str) -> None:
        bucket.keys.append(key)
        partition = partitioner.read(BUCKET, key)
        assert partition
        assert partitioner._Table(glue, bucket, "cloudtrail").bring_in([partition]) == {}

    digests = f"s3://{BUCKET}/{plain('CloudTrail-Digest', '')}"
    glue = Catalog(digests, lambda: arrives(organizations))
    arrives(own)
    assert glue.location == f"s3://{BUCKET}/{organizations.rpartition('/')[0]}/"


def test_a_bucket_that_cannot_be_listed_is_said_to_be_that(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And not that the message of noon was not understood."""
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2")

    def client(_: str) -> Any:
        raise denied

    monkeypatch.setattr("boto3.client", client)
    body = json.dumps({"source": "aws.events", "time": "2026-07-23T12:00:00Z"})
    monkeypatch.setattr(partitioner, "bring_in", lambda _: {})
    answer = partitioner.handler({"Records": [{"messageId": "1", "body": body}]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    said = json.loads(capsys.readouterr().out)
    assert (said["what"], "AccessDenied" in said["error"]) == ("bucket not listed", True)


# What the template ships


def rendered() -> Any:
    return templates.parse(templates.auditing_analytics(named_queries()))["Resources"]


def test_the_template_ships_the_file_that_is_tested_here() -> None:
    source = Path(partitioner.__file__).read_text(encoding="utf-8")
    shipped = rendered()["Partitioner"]["Properties"]["Code"]["ZipFile"]
    assert shipped.endswith(source.rstrip("\n") + "\n")
    assert len(shipped) < 4 * 1024**2
    compile(shipped, "index.py", "exec")


def in_duckdb(kind: str, dialect: str) -> str:
    """A type in the words of one engine, whosever it is."""
    text: str = exp.DataType.build(kind, dialect=dialect).sql("duckdb")
    return text.replace('"', "").lower()


@pytest.mark.parametrize(
    ("resource", "table"),
    [
        ("CloudTrailTable", "cloudtrail"),
        ("FlowLogsTextTable", "flowlogs"),
        ("FlowLogsParquetTable", "flowlogs"),
        ("CloudTrailDistinctView", "cloudtrail"),
        ("FlowLogsView", "flowlogs"),
    ],
)
def test_the_columns_are_those_of_the_local_tables(resource: str, table: str) -> None:
    given = rendered()[resource]["Properties"]["TableInput"]
    columns = [*given["StorageDescriptor"]["Columns"], *given.get("PartitionKeys", ())]
    assert [column["Name"] for column in columns] == [c.name for c in schema.columns(table)]
    for column, local in zip(columns, schema.columns(table), strict=True):
        # Numbers have AWS's own types in Athena, which Parquet wants; they compare the same.
        kind = {"int": "bigint"}.get(column["Type"], column["Type"])
        assert in_duckdb(kind, "hive") == in_duckdb(local.type, "duckdb")


@pytest.mark.parametrize("view", analytics.VIEWS, ids=lambda view: view.name)
def test_a_view_is_what_trino_keeps_of_one(view: analytics.View) -> None:
    given = rendered()[view.resource]["Properties"]["TableInput"]
    (before, encoded, after) = given["ViewOriginalText"]["Fn::Join"][1]
    assert (before, after) == ("/* Presto View: ", " */")
    definition = json.loads(encoded["Fn::Base64"])
    assert base64.b64encode(encoded["Fn::Base64"].encode())
    names = [column["Name"] for column in given["StorageDescriptor"]["Columns"]]
    assert [column["name"] for column in definition["columns"]] == names
    assert {column["type"].partition("(")[0] for column in definition["columns"]} <= {
        "varchar", "row", "array", "integer", "bigint",
    }  # fmt: skip
    assert definition["schema"] == "auditing"


def test_types_are_written_as_trino_writes_them() -> None:
    glue = "struct<type:string,attributes:map<string,string>,list:array<struct<int:int>>>"
    assert analytics.trino_type(glue) == (
        "row(type varchar, attributes map(varchar, varchar), list array(row(int integer)))"
    )


def test_every_saved_query_is_in_the_console_ready_to_run() -> None:
    saved = named_queries()
    shown = {
        r["Properties"]["Name"]: r["Properties"]["QueryString"]
        for r in rendered().values()
        if r["Type"] == "AWS::Athena::NamedQuery"
    }
    assert "RootLogin30Days" in shown
    assert set(shown) == {query.name for query in saved}
    for query in saved:
        assert (
            shown[query.name]
            == textwrap.dedent(query.sql).strip().encode("ascii", "replace").decode()
        )
        assert not query.sql.lstrip().startswith("--")


def test_the_rendered_template_fits_into_an_object_and_is_ascii() -> None:
    body = templates.auditing_analytics(named_queries())
    assert templates.MAX_BODY < len(body) < templates.MAX_OBJECT
    assert body.isascii()
