"""What Athena sees of the buckets: nothing but the partitions that Glue has.

They take the form of a source, as logs are collected from: a tree of folders, one for the account,
region and date of each partition, whose objects lie wherever the partition's location says.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from baseline.errors import AwsError
from baseline.logs.layout import TABLES, Folder, Kind
from baseline.logs.source import Stored

_KINDS = {kind.table: kind for kind in Kind if kind.table}
# Flow logs are a view over a table for each of their formats.
_REGISTERED = {"cloudtrail": ("cloudtrail",), "flowlogs": ("flowlogs_text", "flowlogs_parquet")}


class Partitions:
    """The partitions of the tables of one Glue database, as a ``baseline.logs.source.Source``.

    ``scanned`` counts the bytes of the objects that were listed, which is what Athena bills.
    """

    prefix = ""
    at_once = 1

    def __init__(self, glue: Any, s3: Any, database: str) -> None:
        self.name = f"glue:{database}"
        self.scanned = 0
        self._s3 = s3
        self._glue = glue
        self._database = database
        self._locations: dict[str, set[str]] = defaultdict(set)
        self._children: dict[str, set[str]] = defaultdict(set)
        self._keys: dict[str, tuple[str, str]] = {}
        for table in TABLES:
            for partition in self._partitions(table):
                self._add(_folder(table, partition["Values"]), _location(partition))

    def tables(self) -> frozenset[str]:
        """The tables and views that the database has."""
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database)
        return frozenset(table["Name"] for page in pages for table in page["TableList"])

    def named(self, table: str) -> list[str]:
        """What SHOW PARTITIONS answers."""
        values = sorted(partition["Values"] for partition in self._partitions(table))
        return ["/".join(map("=".join, zip(_COLUMNS, v, strict=True))) for v in values]

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below ``prefix``."""
        return sorted(self._children[prefix])

    def objects(self, prefix: str) -> list[Stored]:
        """All objects of the partition whose folder is ``prefix``, wherever they lie."""
        found = [
            stored
            for location in sorted(self._locations[prefix])
            for stored in self._listed(prefix, location)
        ]
        self.scanned += sum(stored.size for stored in found)
        return found

    def _listed(self, prefix: str, location: str) -> Iterator[Stored]:
        bucket, _, below = location.removeprefix("s3://").partition("/")
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=below)
        for entry in (entry for page in pages for entry in page.get("Contents", ())):
            key = prefix + entry["Key"].removeprefix(below).replace("/", "_")
            self._keys[key] = (bucket, entry["Key"])
            yield Stored(key, entry["ETag"].strip('"'), entry["Size"])

    def read(self, key: str) -> bytes:
        """The object's bytes."""
        bucket, name = self._keys[key]
        content: bytes = self._s3.get_object(Bucket=bucket, Key=name)["Body"].read()
        return content

    def _partitions(self, table: str) -> list[dict[str, Any]]:
        return [p for name in _REGISTERED[table] for p in self._registered(name)]

    def _registered(self, table: str) -> list[dict[str, Any]]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=self._database, TableName=table
        )
        try:
            return [partition for page in pages for partition in page["Partitions"]]
        except AwsError:
            return []  # no such table: a query that names it is told so

    def _add(self, folder: Folder, location: str) -> None:
        path = folder.path
        self._locations[path].add(location)
        while path:
            parent = path.rstrip("/").rpartition("/")[0]
            parent = f"{parent}/" if parent else ""
            self._children[parent].add(path[len(parent) :].rstrip("/"))
            path = parent


_COLUMNS = ("account", "region", "date")


def _folder(table: str, values: list[str]) -> Folder:
    account, region, date = values
    year, month, day = date.split("-")
    return Folder(account, _KINDS[table], region, year, month, day)


def _location(partition: dict[str, Any]) -> str:
    """Athena reads what lies below a location, as if a slash ended it."""
    return str(partition["StorageDescriptor"]["Location"]).rstrip("/") + "/"
