"""SQL that others wrote for Athena runs, and gives what plain Python gives of the same files."""

import gzip
import ipaddress
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from baseline.errors import QueryError
from baseline.logs import schema
from baseline.logs.collect import collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Selection
from baseline.logs.source import Directory
from baseline.query import statement
from baseline.query.duckdb import DuckDB, plain
from given_logs import an_event, given_a_log
from given_plain_sql import Row, Tables, select

pytestmark = pytest.mark.data
TABLES = {
    "cloudtrail": "cloudtrail",
    "cloudtrail_000000000000": "cloudtrail",
    "cloudtrail_logs": "cloudtrail",
    "table": "cloudtrail",
    "vpcflow": "flowlogs",
    "vpc_flow_logs_000000000000": "flowlogs",
    "vpc_flow_logs": "flowlogs",
    "test_table_vpclogs": "flowlogs",
}
COLUMNS = {
    "account_partition": "account", "region_partition": "region", "date_partition": "date",
    "day": "date", "event_date": "date", "sourceaddress": "srcaddr",
    "destinationaddress": "dstaddr", "sourceport": "srcport", "destinationport": "dstport",
    "numbytes": "bytes", "numpackets": "packets", "starttime": "start", "endtime": "end",
    "interfaceid": "interface_id", "instanceid": "instance_id", "logstatus": "log_status",
}  # fmt: skip
# Year, month and day of tables that are partitioned by them, as parts of the date.
PARTS = {"year": (1, 4, "2023"), "month": (6, 2, "07"), "day": (9, 2, "10")}
# What is wrong as it was published, and what is said of it.
BROKEN = {
    "S128": "line 3, column",
    "S129": "line 3, column",
    "S130": "line 3, column",
    "S156": "there is no column evenname. Did you mean eventname?",
    "S158": "two texts without a comma",
    "S167": "two texts without a comma",
}


@dataclass(frozen=True)
class Given:
    """The same files twice: for DuckDB, and as dictionaries."""

    engine: DuckDB
    tables: Tables
    fillings: dict[str, str]


@pytest.fixture(scope="module")
def given(third_party: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    lake = Lake.create(tmp_path_factory.mktemp("lake"))
    some = tmp_path_factory.mktemp("some")
    cloudtrail = sorted((third_party / "cloudtrail/invictus").rglob("*.json.gz"))
    for file in cloudtrail[::4]:
        place = some / file.relative_to(third_party / "cloudtrail/invictus")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
    roots = [some, third_party / "cloudtrail/grycap"]
    made = tmp_path_factory.mktemp("made")
    given_a_log(made, *answers(published(third_party)), day="2023-07-10", region="us-east-1")
    roots += [
        made,
        third_party / "flowlogs/cribl",
        *sorted((third_party / "flowlogs/aws-guide").glob("*/")),
    ]
    for root in roots:
        source = Directory(root)
        assert not collect(source, lake, days(source, Selection())).set_aside
    tables = {
        "cloudtrail": [row for root in roots for row in events(root)],
        "flowlogs": [row for root in roots for row in flows(root)],
    }
    engine = DuckDB(lake)
    yield Given(engine, tables, fillings(tables))
    engine.close()


def answers(queries: list[dict[str, Any]]) -> list[Row]:
    """An event for each query, with the texts that it looks for."""
    return [
        an_event(number, **wanted(sqlglot.parse_one(query["sql"], read="athena")))
        for number, query in enumerate(queries)
        if query["topic"] == "cloudtrail" and query["id"] not in BROKEN
    ]


def wanted(query: exp.Expression) -> Row:
    found: dict[str, str] = {}
    for test in reversed(list(query.find_all(exp.EQ, exp.In, exp.Like))):
        texts = test.expressions if isinstance(test, exp.In) else [test.expression]
        if not test.args.get("negate") and not isinstance(test.parent.unnest(), exp.Not):
            found[test.this.sql().lower()] = texts[0].name.replace("%", "")
    fields = {"eventname": "eventName", "eventsource": "eventSource", "errorcode": "errorCode"}
    event: Row = {field: found[name] for name, field in fields.items() if name in found}
    if kind := found.get("useridentity.type"):
        event["userIdentity"] = {"type": kind, "arn": "arn:aws:iam::100000000001:root"}
    for name in ("requestParameters", "responseElements"):
        if text := found.get(name.lower()):
            event[name] = {text: text}
    return event


def events(root: Path) -> Iterator[Row]:
    for file in sorted(root.rglob("*_CloudTrail_*.json.gz")):
        account, _, region, year, month, day = file.parts[-7:-1]
        for event in json.loads(gzip.decompress(file.read_bytes()))["Records"]:
            place = {"account": account, "region": region, "date": f"{year}-{month}-{day}"}
            yield {c.name: field(event.get(c.field), c) for c in schema.CLOUDTRAIL} | place


def field(found: Any, column: schema.Column) -> Any:
    if column.type != "VARCHAR":
        return lowered(found)
    if found is None or isinstance(found, str):
        return found
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)


def lowered(found: Any) -> Any:
    if isinstance(found, dict):
        return {key.lower(): lowered(inner) for key, inner in found.items()}
    return [lowered(inner) for inner in found] if isinstance(found, list) else found


def flows(root: Path) -> Iterator[Row]:
    types = {column.field: column.type for column in schema.FLOWLOGS}
    for file in sorted(root.rglob("*_vpcflowlogs_*.log.gz")):
        account, _, region, year, month, day = file.parts[-7:-1]
        header, *lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        for line in lines:
            row: Row = {column.name: None for column in schema.FLOWLOGS}
            for name, text in zip(header.split(), line.split(), strict=True):
                known = None if text == "-" else int(text) if types.get(name) == "BIGINT" else text
                row[name.replace("-", "_")] = known
            yield row | {"account": account, "region": region, "date": f"{year}-{month}-{day}"}


def fillings(tables: Tables) -> dict[str, str]:
    """What stands in the logs for what is left open in a query, so that there are rows."""

    def most(column: Callable[[Row], Any], test: str = ".") -> str:
        found = (column(row) or "" for table in tables.values() for row in table)
        return Counter(text for text in found if re.search(test, text)).most_common(1)[0][0]

    def identity(name: str) -> Callable[[Row], Any]:
        return lambda row: (row.get("useridentity") or {}).get(name)

    principal = most(identity("principalid"), ":i-")
    source = most(lambda row: row.get("srcaddr") if row["date"] == "2021-09-02" else None)
    target = most(lambda row: row.get("dstaddr") if row.get("srcaddr") == source else None)
    return {
        "AKIAxxxxxxxxxxxxxxxx": most(identity("accesskeyid"), "^AKIA"),
        "arn:aws:iam::000000000000:user/xxxxxxxx": most(identity("arn"), ":user/"),
        "xxxxxx": most(identity("username")),
        "useragent = seeAbove": most(lambda row: row.get("useragent")),
        "sourceipaddress = seeAbove": most(lambda row: row.get("sourceipaddress"), r"^\d"),
        "sourceipaddress = x.x.x.x": most(lambda row: row.get("sourceipaddress"), r"^\d"),
        "srcaddr = x.x.x.x": source,
        "dstaddr = x.x.x.x": target,
        "%i-xxxxxxxxxxxxxxxxx%": "%i-%",
        "%:i-xxxxxxxxxxxxxxxxx": f"%:{principal.split(':')[1]}",
        "AROAxxxxxxxxxxxxxxxxx:i-xxxxxxxxxxxxxxxxx": principal,
        "%[your bucket name ]%": "%bucket%",
        "192.0.2.1": source, "203.0.113.2": target, "192.0.2.254": target,
        "10.117.1.22": source, "10.0.1.14": target, "117": source.split(".")[1],
        "10": source.split(".")[0], "192.0.2.%": source[:5] + "%",
        "i-000000000000000": most(lambda row: row.get("instance_id")),
        "yyyy-mm-dd": "2021-09-02", "2020-05-04": "2021-09-02", "%Y/%m/%d": "%Y-%m-%d",
    }  # fmt: skip


def adapted(sql: str, given: Given) -> exp.Expression:
    """The query over our names, its open places filled in."""
    query = sqlglot.parse_one(sql, read="athena")
    for table in list(query.find_all(exp.Table)):
        table.replace(exp.to_table(TABLES[table.name.lower()], alias=table.alias or None))
    for compared in list(query.find_all(exp.EQ, exp.GTE, exp.LTE, exp.GT, exp.LT)):
        _fill_date(compared)
    for weekday in query.find_all(exp.DayOfWeekIso):
        weekday.set("this", sqlglot.parse_one("cast(date as date)", read="athena"))
    for column in query.find_all(exp.Column):
        if column.name.lower() in COLUMNS and not column.args.get("db"):
            column.set("this", exp.to_identifier(COLUMNS[column.name.lower()], quoted=True))
        if column.table.lower() in TABLES and column.table.lower() not in _aliases(query):
            column.set("table", exp.to_identifier(TABLES[column.table.lower()]))
    (account, _), *_ = Counter(row["account"] for row in given.tables[_table(query)]).most_common(1)
    for literal in list(query.find_all(exp.Literal)):
        _fill(literal, given.fillings | {"111122223333": account})
    return query


def _table(query: exp.Expression) -> str:
    return str(next(table.name for table in query.find_all(exp.Table)))


def _aliases(query: exp.Expression) -> set[str]:
    return {table.alias.lower() for table in query.find_all(exp.Table) if table.alias}


def _fill_date(compared: exp.Expression) -> None:
    name, other = compared.this.name.lower(), compared.expression
    if name in PARTS and re.fullmatch("[#x]+", other.name):
        begin, length, given = PARTS[name]
        compared.set("this", sqlglot.parse_one(f"substr(date, {begin}, {length})", read="athena"))
        compared.set("expression", exp.Literal.string(given))
    elif isinstance(other, exp.Literal) and re.fullmatch(r"\d{4}/\d\d/\d\d", other.name):
        early = isinstance(compared, exp.GTE)
        compared.set("expression", exp.Literal.string("2014-01-01" if early else "2027-01-01"))
    elif name == "date" and not isinstance(other, exp.Literal | exp.TimeToStr):
        compared.set("this", sqlglot.parse_one("cast(date as date)", read="athena"))


def _fill(literal: exp.Expression, fillings: dict[str, str]) -> None:
    if isinstance(literal.parent.this, exp.Substring):
        return
    around = literal.parent.this.name.lower() if isinstance(literal.parent, exp.EQ) else ""
    filled = fillings.get(literal.name) or fillings.get(f"{around} = {literal.name}")
    if filled and literal.is_string:
        literal.replace(exp.Literal.string(filled))


def published(third_party: Path) -> list[dict[str, Any]]:
    """The SELECTs over CloudTrail and flow logs; those over other tables stand among them."""
    lines = (third_party / "sql/queries.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        query
        for query in map(json.loads, lines)
        if query["kind"] == "select" and query["topic"] in ("cloudtrail", "vpcflow")
        if "r53_rlogs" not in query["sql"]
    ]


def test_what_is_broken_as_published_is_refused_in_a_sentence(third_party: Path) -> None:
    """Athena refuses the same."""
    engine = DuckDB()
    for query in published(third_party):
        if query["id"] in BROKEN:
            sql = re.sub(r"\bcloudtrail_0+\b", "cloudtrail", query["sql"])
            sql = re.sub(r"(year|month|day) = '#+'", "account = '1'", sql)
            with pytest.raises(QueryError) as refused:
                list(engine.run(statement.read(sql)).rows)
            assert BROKEN[query["id"]] in str(refused.value), query["id"]
    engine.close()


def test_every_other_gives_what_plain_python_gives(third_party: Path, given: Given) -> None:
    """Each row of each query; and most queries have rows."""
    queries = [query for query in published(third_party) if query["id"] not in BROKEN]
    with_rows = 0
    for query in queries:
        tree = adapted(query["sql"], given)
        expected = select(tree, given.tables)
        found = list(given.engine.run(statement.read(tree.sql("athena"))).rows)
        compare(query["id"], tree, found, expected)
        with_rows += bool(found)
    assert len(queries) == 138
    assert with_rows >= 110


def compare(name: str, tree: exp.Expression, found: list[Row], expected: list[Row]) -> None:
    limit = tree.args.get("limit")
    rows = min(len(expected), int(limit.expression.name)) if limit else len(expected)
    assert len(found) == rows, name
    keys = sorted(key.lower() for key in found[0]) if found else []
    there = Counter(as_text(row, keys) for row in expected)
    here = Counter(as_text(row, keys) for row in found)
    assert here <= there if limit else here == there, name


def as_text(row: Row, keys: list[str]) -> str:
    lower = {key.lower(): found for key, found in row.items()}
    return json.dumps([normal(lower[key]) for key in keys], sort_keys=True)


def normal(found: Any) -> Any:
    """As JSON, without what is not there, and free-form text by its content."""
    if isinstance(found, str) and found.startswith("{"):
        return json.loads(found)
    if isinstance(found, dict):
        return {key: normal(inner) for key, inner in found.items() if inner is not None}
    if isinstance(found, list):
        return sorted(map(normal, found), key=repr)
    if isinstance(found, ipaddress.IPv4Address | ipaddress.IPv6Address | date):
        return plain(found)
    return found
