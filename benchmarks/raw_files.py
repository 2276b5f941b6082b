"""The peer of queries: DuckDB straight over CloudTrail's gz JSON, pruned by the files' names.

Run by itself it prints how many rows a query has: ``raw_files.py BUCKET SQL``.
"""

import sys
from pathlib import Path
from typing import Any

import duckdb

from baseline.logs import schema
from baseline.query import statement
from baseline.query.dialect import translate
from baseline.query.once import MACROS


def raw(bucket: Path) -> Any:
    """A connection with the table ``auditing.cloudtrail`` over the gz JSON in ``bucket``."""
    fields = ", ".join(f'"{c.field}" {c.type}' for c in schema.LOGS["cloudtrail"])
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA auditing; SET TimeZone = 'UTC'")
    connection.execute(MACROS)
    connection.execute(
        f"CREATE VIEW auditing.cloudtrail AS SELECT {schema.cloudtrail_of('r')},"
        " f[-7] AS account, f[-5] AS region, f[-4] || '-' || f[-3] || '-' || f[-2] AS \"date\""
        " FROM (SELECT unnest(Records) AS r, string_split(filename, '/') AS f FROM read_json("
        f"'{bucket}/AWSLogs/*/CloudTrail/*/*/*/*/*.json.gz', format = 'unstructured',"
        " records = true, auto_detect = false, filename = true, maximum_object_size = 268435456,"
        f" columns = {{Records: 'STRUCT({fields})[]'}}))"
    )
    return connection


if __name__ == "__main__":
    asked = translate(statement.read(sys.argv[2]))
    print(len(raw(Path(sys.argv[1])).execute(asked).fetchall()))
