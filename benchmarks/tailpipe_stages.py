"""The last stages of a collector that is built as Tailpipe is: lines of JSON into a table, ordered.

Some files of lines at a time go through ``read_ndjson`` into a temporary table, and from there into
the Parquet of their month; in the end each month is read again and written in order of time.
Validating rows, a catalogue, and merging files are left out: ``tailpipe_stages.py LINES TABLE``.
"""

import sys
from pathlib import Path

import duckdb

AT_ONCE = 20
_TEXTS = """eventVersion eventSource eventName awsRegion sourceIPAddress userAgent errorCode
    errorMessage requestID eventID eventType apiVersion recipientAccountId sharedEventID
    vpcEndpointId eventCategory"""
_TYPES = {
    "tp_id": "VARCHAR",
    "tp_timestamp": "TIMESTAMP",
    "tp_ingest_timestamp": "TIMESTAMP",
    "tp_index": "VARCHAR",
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


def main(lines: Path, table: Path) -> None:
    """Fill ``table``, a directory, with what is in the files of ``lines``."""
    connection = duckdb.connect()
    files, unordered = sorted(lines.iterdir()), table / "unordered"
    unordered.mkdir(parents=True)
    for at in range(0, len(files), AT_ONCE):
        _insert(connection, files[at : at + AT_ONCE], unordered)
    for month in sorted(unordered.iterdir()):
        _order(connection, month, table / f"{month.name}.parquet")


def _insert(connection: duckdb.DuckDBPyConnection, files: list[Path], to: Path) -> None:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in _TYPES.items())
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE temp_data AS SELECT *, strftime(tp_timestamp, '%Y-%m')"
        f" AS month FROM read_ndjson({[str(file) for file in files]}, columns = {{{columns}}})"
    )
    connection.execute(f"COPY temp_data TO '{to}' (FORMAT parquet, PARTITION_BY (month), APPEND)")
    for file in files:
        file.unlink()


def _order(connection: duckdb.DuckDBPyConnection, month: Path, to: Path) -> None:
    connection.execute(
        f"COPY (SELECT * FROM read_parquet('{month}/*.parquet') ORDER BY tp_timestamp)"
        f" TO '{to}' (FORMAT parquet)"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
