"""The last stages of a collector that is built as Tailpipe is: lines of JSON into a DuckLake table.

Some files of lines at a time go through ``read_ndjson`` into a temporary table, whose rows are
checked, and from there into the table, which is partitioned by month; in the end each month is
written again in order of time, what that replaced deleted, and small files are merged. Written
after internal/database/{convertor_convert,convertor_validate,ducklake_table,compact}.go of Tailpipe
0.7.2: ``tailpipe_stages.py LINES TABLE``, by a Python with DuckDB and a package of its extension.
"""

import sys
from pathlib import Path

import duckdb
import duckdb_extension_ducklake  # type: ignore[import-not-found]  # of the peer alone

AT_ONCE = 20
_TEXTS = """eventVersion eventSource eventName awsRegion sourceIPAddress userAgent errorCode
    errorMessage requestID eventID eventType apiVersion recipientAccountId sharedEventID
    vpcEndpointId eventCategory"""
_TYPES = {
    "tp_id": "VARCHAR",
    "tp_timestamp": "TIMESTAMP",
    "tp_ingest_timestamp": "TIMESTAMP",
    "tp_index": "VARCHAR",
    "tp_partition": "VARCHAR",
    "tp_ips": "VARCHAR[]",
    "userIdentity": """STRUCT("type" VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR,
        accessKeyId VARCHAR, userName VARCHAR, invokedBy VARCHAR, sessionContext STRUCT(
        sessionIssuer STRUCT("type" VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR,
        userName VARCHAR), attributes STRUCT(creationDate TIMESTAMP, mfaAuthenticated VARCHAR)))""",
    "eventTime": "TIMESTAMP",
    "resources": "JSON",
    "readOnly": "BOOLEAN",
    "managementEvent": "BOOLEAN",
    "tlsDetails": "STRUCT(tlsVersion VARCHAR, cipherSuite VARCHAR,"
    " clientProvidedHostHeader VARCHAR)",
    **dict.fromkeys(
        ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"),
        "JSON",
    ),
    **dict.fromkeys(_TEXTS.split(), "VARCHAR"),
}

_REQUIRED = ("tp_id", "tp_timestamp", "tp_ingest_timestamp", "tp_index", "tp_partition")
_MONTH = "tp_partition = ? AND tp_index = ? AND tp_timestamp BETWEEN ? AND ?"


def main(lines: Path, table: Path) -> None:
    """Fill ``table``, a directory, with what is in the files of ``lines``."""
    connection = _opened(table)
    files = sorted(lines.iterdir())
    for at in range(0, len(files), AT_ONCE):
        _insert(connection, files[at : at + AT_ONCE])
    months = connection.execute(
        "SELECT tp_partition, tp_index, min(tp_timestamp), max(tp_timestamp), max(rowid) FROM log"
        " GROUP BY tp_partition, tp_index, date_trunc('month', tp_timestamp)"
    ).fetchall()
    for *month, last in months:
        _order(connection, month, last)
    connection.execute("CALL ducklake_expire_snapshots('lake', older_than => now()::TIMESTAMP)")
    connection.execute("CALL lake.merge_adjacent_files()")
    connection.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)")


def _opened(table: Path) -> duckdb.DuckDBPyConnection:
    package = Path(duckdb_extension_ducklake.__file__).parent
    (extension,) = package.glob("extensions/*/ducklake.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    table.mkdir()
    connection.execute(f"ATTACH 'ducklake:{table}/metadata' AS lake (DATA_PATH '{table}/data')")
    connection.execute("USE lake")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in _TYPES.items())
    connection.execute(f"CREATE TABLE log ({columns})")
    connection.execute(
        "ALTER TABLE log SET PARTITIONED BY"
        " (tp_partition, tp_index, year(tp_timestamp), month(tp_timestamp))"
    )
    return connection


def _insert(connection: duckdb.DuckDBPyConnection, files: list[Path]) -> None:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in _TYPES.items())
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE temp_data AS SELECT * FROM"
        f" read_ndjson({[str(file) for file in files]}, columns = {{{columns}}})"
    )
    nulls = " UNION ALL ".join(
        f"SELECT rowid, '{name}' AS col FROM temp_data WHERE {name} IS NULL" for name in _REQUIRED
    )
    connection.execute(f"SELECT count(DISTINCT rowid), list(DISTINCT col) FROM ({nulls})")
    assert connection.fetchone() == (0, None)
    connection.execute("INSERT INTO log SELECT * FROM temp_data")
    for file in files:
        file.unlink()


def _order(connection: duckdb.DuckDBPyConnection, month: list[object], last: int) -> None:
    connection.begin()
    query = f"INSERT INTO log SELECT * FROM log WHERE {_MONTH} ORDER BY tp_timestamp"
    connection.execute(query, month)
    connection.execute(f"DELETE FROM log WHERE {_MONTH} AND rowid <= ?", [*month, last])
    connection.commit()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
