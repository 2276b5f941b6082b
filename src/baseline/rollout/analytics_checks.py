"""What is asked of the services that answer SQL: the catalog, the workgroup, the partitioner."""

import json
from collections.abc import Iterator
from typing import Any

from baseline.rollout import policies
from baseline.rollout.catalogue import ANALYTICS
from baseline.rollout.coverage import Check, Look, Missing, Place, require, unlike
from baseline.rollout.intended import Properties
from baseline.rollout.role_checks import role_check
from baseline.rollout.storage_checks import key

_DATABASE = "auditing"
_NOT_FOUND = ("ResourceNotFoundException", "EntityNotFoundException")
_NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
_QUERIES_A_CALL = 50  # [BatchGetNamedQuery]
_NAMED = 3
_PRESCRIBED = ("EnforceWorkGroupConfiguration", "BytesScannedCutoffPerQuery")


def _database(place: Place) -> str:
    found = place.ask("glue", "get_databases")["DatabaseList"]
    if _DATABASE not in {database["Name"] for database in found}:
        raise Missing(f"no database {_DATABASE}")
    return _DATABASE


def _tables(place: Place) -> str:
    wanted = [t["TableInput"] for t in _of_type(place, "TableInput")]
    answer = place.ask("glue", "get_tables", _NOT_FOUND, DatabaseName=_DATABASE)
    if answer is None:
        raise Missing(f"no database {_DATABASE}")
    found = {table["Name"]: _table(table) for table in answer["TableList"]}
    require(
        f"{table['Name']}: {problem}"
        for table in wanted
        for problem in unlike(found.get(table["Name"], {}), _table(table))
    )
    return ", ".join(table["Name"] for table in wanted)


def _table(told: Properties) -> dict[str, Any]:
    """What decides how a table is read, in one form for what Glue and the template say."""
    storage = told["StorageDescriptor"]
    serde = storage.get("SerdeInfo") or {}
    return {
        "type": told.get("TableType"),
        "columns": _columns(storage["Columns"]),
        "partition keys": _columns(told.get("PartitionKeys") or ()),
        "location": storage.get("Location") or None,
        "input format": storage.get("InputFormat"),
        "serde": serde.get("SerializationLibrary"),
        "serde parameters": serde.get("Parameters") or {},
        "header lines": (told.get("Parameters") or {}).get("skip.header.line.count"),
        "view": told.get("ViewOriginalText"),
    }


def _columns(columns: Any) -> str:
    return ", ".join(f"{column['Name']} {column['Type']}" for column in columns)


def _workgroup(place: Place) -> str:
    wanted = place.intended(ANALYTICS, "WorkGroup")
    absent = ("InvalidRequestException",)
    answer = place.ask("athena", "get_work_group", absent, WorkGroup=wanted["Name"])
    if answer is None:
        raise Missing(f"no workgroup {wanted['Name']}")
    found, intended = answer["WorkGroup"], wanted["WorkGroupConfiguration"]
    told, result = found["Configuration"], found["Configuration"].get("ResultConfiguration") or {}
    encryption = result.get("EncryptionConfiguration") or {}
    asked = intended["ResultConfiguration"]
    require(unlike(found, {"State": wanted["State"]}))
    require(unlike(told, {name: intended[name] for name in _PRESCRIBED}))
    require(unlike(result, {"OutputLocation": asked["OutputLocation"]}))
    require(unlike(encryption, {"EncryptionOption": "SSE_KMS", "KmsKey": key(place)["Arn"]}))
    return f"at most {int(intended['BytesScannedCutoffPerQuery']):,} bytes a query"


def _saved_queries(place: Place) -> str:
    wanted = {q["Name"]: q["QueryString"] for q in _of_type(place, "QueryString")}
    group = place.intended(ANALYTICS, "WorkGroup")["Name"]
    absent = ("InvalidRequestException",)
    answer = place.ask("athena", "list_named_queries", absent, WorkGroup=group)
    ids = (answer or {}).get("NamedQueryIds", ())
    found: dict[str, str] = {}
    for start in range(0, len(ids), _QUERIES_A_CALL):
        some = ids[start : start + _QUERIES_A_CALL]
        told = place.ask("athena", "batch_get_named_query", NamedQueryIds=some)["NamedQueries"]
        found |= {query["Name"]: query["QueryString"] for query in told}
    require(_few(list(_otherwise(wanted, found))))
    return f"{len(wanted)} queries"


def _few(problems: list[str]) -> list[str]:
    """The first ones, and how many more: there are more than a hundred queries."""
    more = len(problems) - _NAMED
    return [*problems[:_NAMED], f"and {more} more"] if more > 0 else problems


def _otherwise(wanted: dict[str, str], found: dict[str, str]) -> Iterator[str]:
    for name, text in wanted.items():
        if name not in found:
            yield f"no query {name}"
        elif found[name] != text:
            yield f"the query {name} was changed"


def _partitioner(place: Place) -> str:
    """Its settings; its source is not read, since an audit role gets no code."""
    wanted = place.intended(ANALYTICS, "Partitioner")
    name = wanted["FunctionName"]
    found = place.ask("lambda", "get_function_configuration", _NOT_FOUND, FunctionName=name)
    if found is None:
        raise Missing(f"no function {name}")
    names = ("Handler", "MemorySize", "Role", "Runtime", "Timeout")
    require(unlike(found, {name: wanted[name] for name in names}))
    told = (found.get("Environment") or {}).get("Variables")
    require(unlike({"Environment": told}, {"Environment": wanted["Environment"]["Variables"]}))
    return f"{name}, {wanted['Runtime']}"


def _source(place: Place) -> str:
    wanted = place.intended(ANALYTICS, "PartitionerSource")
    answer = place.ask(
        "lambda",
        "list_event_source_mappings",
        _NOT_FOUND,
        FunctionName=wanted["FunctionName"],
        EventSourceArn=wanted["EventSourceArn"],
    )
    mappings = (answer or {}).get("EventSourceMappings", ())
    if not mappings:
        raise Missing("the function does not work the queue off")
    names = ("BatchSize", "FunctionResponseTypes")
    require(unlike(mappings[0], {name: wanted[name] for name in names} | {"State": "Enabled"}))
    return f"{wanted['BatchSize']} at a time"


def _queue(place: Place) -> str:
    wanted = place.intended(ANALYTICS, "Queue")
    found = _attributes(place, wanted["QueueName"])
    redrive = json.loads(found.get("RedrivePolicy") or "{}")
    require(unlike(redrive, wanted["RedrivePolicy"]))
    policy = place.intended(ANALYTICS, "QueuePolicy")["PolicyDocument"]
    told = json.loads(found.get("Policy") or "{}")
    require(policies.differences(told, policy, "the policy"))
    return f"{wanted['RedrivePolicy']['maxReceiveCount']} tries"


def _dead_letters(place: Place) -> str:
    """What could not be done is a day of logs that queries do not see."""
    name = place.intended(ANALYTICS, "DeadLetterQueue")["QueueName"]
    found = _attributes(place, name)
    number = int(found["ApproximateNumberOfMessages"])
    if number:
        raise Missing(
            f"{number} messages could not be worked off",
            "Bring the partitions in: baseline logs partitions --apply; see the function's log; "
            f"then try again: aws sqs start-message-move-task --source-arn {found['QueueArn']}",
        )
    return "none"


def _attributes(place: Place, name: str) -> Any:
    answer = place.ask("sqs", "get_queue_url", _NO_QUEUE, QueueName=name)
    if answer is None:
        raise Missing(f"no queue {name}")
    asked = {"QueueUrl": answer["QueueUrl"], "AttributeNames": ["All"]}
    return place.ask("sqs", "get_queue_attributes", **asked)["Attributes"]


def _rule(resource: str) -> Look:
    """Ask of a rule: whether it is on, for what, and where it sends to."""

    def look(place: Place) -> str:
        wanted = place.intended(ANALYTICS, resource)
        name = wanted["Name"]
        found = place.ask("events", "describe_rule", _NOT_FOUND, Name=name)
        if found is None:
            raise Missing(f"no rule {name}")
        if found.get("State") != "ENABLED":
            raise Missing(
                f"the rule {name} is disabled", f"Enable it: aws events enable-rule --name {name}"
            )
        require(unlike(found, {"ScheduleExpression": wanted.get("ScheduleExpression")}))
        pattern = json.loads(found.get("EventPattern") or "null")
        require(unlike({"EventPattern": pattern}, {"EventPattern": wanted.get("EventPattern")}))
        targets = place.ask("events", "list_targets_by_rule", Rule=name)["Targets"]
        arns = [target["Arn"] for target in targets]
        require(unlike({"targets": arns}, {"targets": [t["Arn"] for t in wanted["Targets"]]}))
        return str(name)

    return look


def _of_type(place: Place, property_name: str) -> list[Properties]:
    """The template's resources that have such a property."""
    return [r for r in place.all_intended(ANALYTICS).values() if property_name in r]


CHECKS = (
    Check("glue", "database", _database),
    Check("glue", "tables", _tables),
    Check("athena", "workgroup", _workgroup),
    Check("athena", "saved queries", _saved_queries),
    Check("lambda", "partitioner", _partitioner),
    Check("lambda", "partitioner's queue", _source),
    Check("sqs", "queue", _queue),
    Check("sqs", "dead letters", _dead_letters),
    Check("events", "log files", _rule("LogFileRule")),
    Check("events", "every day", _rule("DailyRule")),
    role_check("partitioner's role", ANALYTICS, "PartitionerRole"),
)
