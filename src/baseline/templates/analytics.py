"""The template ``auditing-analytics`` as it is rolled out: its YAML, and what is written elsewhere.

The partitioner's source is one file, the columns of the views are those of their tables, and saved
queries are files too. They are appended as text, so that each is written once. Pure.
"""

import json
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

NAME = "auditing-analytics"

# Athena's own limits [AWS::Athena::NamedQuery].
_LONGEST_DESCRIPTION = 1024
# A copy that was delivered on another day is another event here: the keys of the partitions are
# among those that rows are numbered by, so that a filter on them leaves partitions out before it.
_DISTINCT = """
SELECT {columns}
FROM (
  SELECT *,
    row_number() OVER (PARTITION BY account, region, date, eventid ORDER BY eventtime) AS copy
  FROM auditing.cloudtrail
)
WHERE copy = 1 OR eventid IS NULL
"""
# Text is read by position, whatever its header says: a file with another order would give wrong
# answers. Its rows show it, and end the query with an error that names the file.
_BOTH_FORMATS = """
SELECT {columns} FROM auditing.flowlogs_text
WHERE CASE
  WHEN version IS NOT NULL
    AND coalesce(regexp_like(account_id, '^([0-9]{{12}}|unknown)$'), true)
    AND coalesce(interface_id LIKE 'eni-%', true)
    AND coalesce(action IN ('ACCEPT', 'REJECT'), true)
    AND coalesce(log_status IN ('OK', 'NODATA', 'SKIPDATA'), true)
    AND coalesce(vpc_id LIKE 'vpc-%', true)
    AND coalesce(subnet_id LIKE 'subnet-%', true)
    AND coalesce(type IN ('IPv4', 'IPv6', 'EFA'), true)
    AND coalesce(regexp_like(az_id, '-az[0-9]+$'), true)
    AND coalesce(flow_direction IN ('ingress', 'egress'), true)
  THEN true
  ELSE CAST('flow log whose fields are not in the order of the table: ' || "$path" AS boolean)
END
UNION ALL
SELECT {columns} FROM auditing.flowlogs_parquet
"""


@dataclass(frozen=True)
class NamedQuery:
    """A saved query as the Athena console shows it; ``sql`` has no open parameters."""

    name: str
    description: str
    sql: str


@dataclass(frozen=True)
class View:
    """A view of the database ``auditing`` with the columns and keys of the table ``like``."""

    resource: str
    name: str
    like: str
    description: str
    sql: str


VIEWS = (
    View(
        "CloudTrailDistinctView",
        "cloudtrail_distinct",
        "CloudTrailTable",
        "cloudtrail with each event once, however many trails delivered it",
        _DISTINCT,
    ),
    View(
        "FlowLogsView",
        "flowlogs",
        "FlowLogsTextTable",
        "VPC flow logs of all accounts and regions, plain text and Parquet",
        _BOTH_FORMATS,
    ),
)


def appended(template: Any, queries: Iterable[NamedQuery]) -> str:
    """What follows the YAML file, whose parsed content is ``template``."""
    source = (resources.files(__package__) / "partitioner.py").read_text(encoding="utf-8")
    parts = [
        textwrap.indent(source, " " * 10),
        *(_view(view, template) for view in VIEWS),
        *(_named_query(query) for query in queries),
    ]
    return "\n".join(parts)


def trino_type(glue: str) -> str:
    """A column's type in Trino's words: ``struct<a:string>`` is ``row(a varchar)``."""
    words = {"string": "varchar", "int": "integer", "struct": "row"}
    plain = re.sub(r"\b(string|int|struct)\b(?!:)", lambda found: words[found[1]], glue)
    return plain.replace("<", "(").replace(">", ")").replace(":", " ").replace(",", ", ")


def _view(view: View, template: Any) -> str:
    """A view as Athena keeps it in Glue: as JSON in base64, in a comment [Trino: HiveViewCodec]."""
    table = template["Resources"][view.like]["Properties"]["TableInput"]
    columns = [*table["StorageDescriptor"]["Columns"], *table["PartitionKeys"]]
    names = ", ".join(f'"{column["Name"]}"' for column in columns)
    definition = {
        "originalSql": " ".join(view.sql.format(columns=names).split()),
        "catalog": "awsdatacatalog",
        "schema": "auditing",
        "columns": [{"name": c["Name"], "type": trino_type(c["Type"])} for c in columns],
    }
    listed = "\n".join(_column(column) for column in columns)
    return f"""
  {view.resource}:
    Type: AWS::Glue::Table
    Properties:
      CatalogId: !Ref AWS::AccountId
      DatabaseName: !Ref Database
      TableInput:
        Name: {view.name}
        Description: {view.description}
        TableType: VIRTUAL_VIEW
        Parameters:
          presto_view: "true"
          comment: Presto View
        ViewExpandedText: /* Presto View */
        ViewOriginalText: !Join
          - ""
          - - "/* Presto View: "
            - Fn::Base64: {json.dumps(json.dumps(definition))}
            - " */"
        StorageDescriptor:
          Columns:
{listed}
"""


def _column(column: Any) -> str:
    return f"            - {{Name: {column['Name']}, Type: {json.dumps(column['Type'])}}}"


def _named_query(query: NamedQuery) -> str:
    description = _ascii(query.description)[:_LONGEST_DESCRIPTION]
    return f"""
  Query{re.sub(r"[^A-Za-z0-9]", "", query.name)}:
    Type: AWS::Athena::NamedQuery
    Properties:
      Name: {json.dumps(query.name)}
      Description: {json.dumps(description)}
      Database: !Ref Database
      WorkGroup: !Ref WorkGroup
      QueryString: |-
{textwrap.indent(_ascii(query.sql).strip(), " " * 8)}
"""


def _ascii(text: str) -> str:
    """CloudFormation gives anything else back as question marks, a difference for ever."""
    return text.encode("ascii", "replace").decode()
