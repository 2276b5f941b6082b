"""The partitions that Glue has, against the folders that the buckets have.

Folders are listed level by level, never object by object, however old the bucket is. What is asked
for here is what the partitioner of ``auditing-analytics`` would have done when the files came.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import zip_longest
from typing import Any

from baseline.errors import AwsError, LogFileError
from baseline.logs import objects, schema
from baseline.logs.discover import days
from baseline.logs.layout import Folder, Kind, Selection, read_folder
from baseline.logs.source import NO_BUCKET, Bucket
from baseline.parallel import Failed, all_done, each

DATABASE = "auditing"
# A table and its partitions have one format in Athena: flow logs have a table for each.
TABLES = {
    Kind.CLOUDTRAIL: ("cloudtrail",),
    Kind.FLOWLOGS: ("flowlogs_text", "flowlogs_parquet"),
}
_SEGMENTS = 10  # the most that Glue gives one listing in, at the same time [GetPartitions]
_ABSENT = "EntityNotFoundException"
_EXISTS = "AlreadyExistsException"

Values = tuple[str, ...]
Report = Callable[[str, int, int], None]  # of what, how many are done, of how many


class Action(StrEnum):
    """What is to be done about a partition."""

    ADD = "add"
    MOVE = "move"
    DELETE = "delete"
    LEAVE = "leave"


@dataclass(frozen=True, order=True)
class Partition:
    """A partition of ``table``; ``values`` are account, region and date."""

    table: str
    values: Values
    location: str


@dataclass(frozen=True, order=True)
class Step:
    """One partition that is not as the bucket says, and why. ``found`` is where it points now."""

    partition: Partition
    action: Action
    reason: str
    found: str = ""


@dataclass(frozen=True)
class Wanted:
    """The partitions that the folders ask for, and the folders that can be in none."""

    partitions: tuple[Partition, ...]
    shadowed: tuple[str, ...] = ()


def wanted(sources: Sequence[Bucket], selection: Selection, report: Report) -> Wanted:
    """A partition for each day's folder; raises AwsError for what cannot be listed.

    Of two folders of the same account, region and day one can be a partition: an organization's
    before an account's own, and that before a hive-compatible one, as the partitioner chooses.
    """
    claims: dict[tuple[str, Values], list[tuple[Folder, Partition]]] = defaultdict(list)
    for number, source in enumerate(sources, 1):
        folders = days(source, selection)
        report("buckets", number, len(sources))
        for outcome in all_done(each(folders, partial(_of_folder, source))):
            for partition in outcome.value:
                claims[partition.table, partition.values].append((outcome.target, partition))
    ordered = [sorted(found, key=_preference) for found in claims.values()]
    return Wanted(
        tuple(sorted(found[0][1] for found in ordered)),
        tuple(sorted(partition.location for found in ordered for _, partition in found[1:])),
    )


def misread(sources: Sequence[Bucket], asked: Wanted) -> list[tuple[str, str]]:
    """Flow logs as text that Athena, which goes by position, cannot read, and why.

    One file of the newest day of each account and region is looked at.
    """
    newest: dict[Values, Partition] = {}
    for partition in asked.partitions:
        if partition.table == "flowlogs_text":
            newest[partition.values[:2]] = partition  # they come by date
    by_bucket = {source.bucket: source for source in sources}
    reasons: dict[str, str] = {}
    for outcome in each(newest.values(), lambda p: _misread(by_bucket[_bucket(p)], p)):
        if isinstance(outcome, Failed):
            reasons[outcome.target.location] = f"could not be looked into: {outcome.error}"
        else:
            reasons |= outcome.value
    return sorted(reasons.items())


def _misread(source: Bucket, partition: Partition) -> dict[str, str]:
    """The first file of a day with the field that is not where the table has it; or nothing."""
    key = source.first(_folder(partition))
    try:
        fields = objects.flow_fields(objects.unpack(source.read(key)))
    except LogFileError:
        return {}  # none that Athena reads otherwise than we: collecting says what it is
    order = [column.field for column in schema.FLOWLOGS]
    for number, (field, known) in enumerate(zip_longest(fields, order), 1):
        if field and field != known:
            there = f"where the table has {known}" if known else "more than the table has"
            return {f"s3://{source.bucket}/{key}": f"has {field} as field {number}, {there}"}
    return {}


def registered(glue: Any, selection: Selection, report: Report) -> list[Partition]:
    """All partitions that Glue has of the chosen accounts, regions and days; raises AwsError."""
    names = [n for kind, names in TABLES.items() if kind.table in selection.tables for n in names]
    segments = [(table, number) for table in names for number in range(_SEGMENTS)]
    found: list[Partition] = []
    outcomes = each(segments, lambda segment: list(_segment(glue, *segment)))
    for number, outcome in enumerate(all_done(outcomes), 1):
        found += [p for p in outcome.value if _among(p.values, selection)]
        report("parts of the catalog", number, len(segments))
    return found


def elsewhere(s3: Any, asked: Wanted, there: Iterable[Partition]) -> frozenset[Partition]:
    """Those in a bucket that was not looked at, which has logs of that day, too.

    Raises AwsError when that is not clear; what may not be listed has none of ours.
    """
    values = {(p.table, p.values) for p in asked.partitions}
    looked_at = {_bucket(p) for p in asked.partitions}
    doubtful = [
        p
        for p in there
        if (p.table, p.values) in values and _bucket(p) not in looked_at and _can_be(p)
    ]
    outcomes = all_done(each(doubtful, partial(_has_logs, s3)))
    return frozenset(outcome.target for outcome in outcomes if outcome.value)


def _has_logs(s3: Any, partition: Partition) -> bool:
    try:
        return bool(Bucket(s3, _bucket(partition)).first(_folder(partition)))
    except AwsError as error:
        if error.code not in {NO_BUCKET, "AccessDenied"}:
            raise
        return False


def compare(asked: Wanted, there: Iterable[Partition], others: Collection[Partition]) -> list[Step]:
    """What is missing, what points elsewhere, and what can be no partition of these logs. Pure.

    A partition without a folder, but whose place is right, stays: tomorrow's, or an expired day's.
    So does one of ``others``, which ``elsewhere`` found.
    """
    by_values = {(p.table, p.values): p for p in asked.partitions}
    steps = []
    for partition in there:
        right = by_values.pop((partition.table, partition.values), None)
        if right and _place(right) != _place(partition):
            action = Action.LEAVE if partition in others else Action.MOVE
            steps.append(Step(right, action, _REASONS[action], partition.location))
        elif not right and not _can_be(partition):
            steps.append(
                Step(partition, Action.DELETE, _REASONS[Action.DELETE], partition.location)
            )
    steps += [Step(p, Action.ADD, _REASONS[Action.ADD]) for p in by_values.values()]
    return sorted(steps)


_REASONS = {
    Action.ADD: "is not there",
    Action.MOVE: "points to another place",
    Action.DELETE: "points to no folder of these logs",
    Action.LEAVE: "another bucket has that account, region and day",
}


class Catalog:
    """Changes partitions, many in a call; ``client`` is Glue's."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._descriptors: dict[str, dict[str, Any]] = {}

    def apply(self, steps: Iterable[Step]) -> Iterator[tuple[Step, str]]:
        """Each step with what went wrong, or nothing, as the calls end."""
        grouped: dict[tuple[Action, str], list[Step]] = defaultdict(list)
        for step in steps:
            if step.action is not Action.LEAVE:
                grouped[step.action, step.partition.table].append(step)
        chunks = [
            tuple(some[start : start + _MOST[action]])
            for (action, _), some in grouped.items()
            for start in range(0, len(some), _MOST[action])
        ]
        for table in {table for _, table in grouped}:
            self._describe(table)
        for outcome in each(chunks, self._do):
            if isinstance(outcome, Failed):
                yield from ((step, str(outcome.error)) for step in outcome.target)
            else:
                yield from ((s, outcome.value.get(s.partition.values, "")) for s in outcome.target)

    def _do(self, steps: tuple[Step, ...]) -> dict[Values, str]:
        """One call; gives what was refused, and why."""
        place = {"DatabaseName": DATABASE, "TableName": steps[0].partition.table}
        call = {Action.ADD: self._add, Action.MOVE: self._move, Action.DELETE: self._delete}
        return call[steps[0].action](place, [step.partition for step in steps])

    def _add(self, place: dict[str, str], partitions: list[Partition]) -> dict[Values, str]:
        answer = self._client.batch_create_partition(
            **place, PartitionInputList=[self._input(p) for p in partitions]
        )
        # The partitioner was quicker.
        return _refused(answer, "PartitionValues", but=_EXISTS)

    def _move(self, place: dict[str, str], partitions: list[Partition]) -> dict[Values, str]:
        entries = [
            {"PartitionValueList": list(p.values), "PartitionInput": self._input(p)}
            for p in partitions
        ]
        answer = self._client.batch_update_partition(**place, Entries=entries)
        return _refused(answer, "PartitionValueList")

    def _delete(self, place: dict[str, str], partitions: list[Partition]) -> dict[Values, str]:
        gone = [{"Values": list(p.values)} for p in partitions]
        answer = self._client.batch_delete_partition(**place, PartitionsToDelete=gone)
        return _refused(answer, "PartitionValues", but=_ABSENT)

    def _input(self, partition: Partition) -> dict[str, Any]:
        """Stored like its table, but elsewhere."""
        descriptor = self._descriptors[partition.table] | {"Location": partition.location}
        return {"Values": list(partition.values), "StorageDescriptor": descriptor}

    def _describe(self, table: str) -> None:
        told = self._client.get_table(DatabaseName=DATABASE, Name=table)
        self._descriptors[table] = told["Table"]["StorageDescriptor"]


# Items of one call [Glue API reference].
_MOST = {Action.ADD: 100, Action.MOVE: 100, Action.DELETE: 25}


def _refused(answer: Any, key: str, but: str = "") -> dict[Values, str]:
    return {
        tuple(error[key]): f"{error['ErrorDetail']['ErrorCode']}: "
        f"{error['ErrorDetail'].get('ErrorMessage', '')}"
        for error in answer.get("Errors", ())
        if error["ErrorDetail"]["ErrorCode"] != but
    }


def _of_folder(source: Bucket, folder: Folder) -> list[Partition]:
    """The partitions of a day's folder: for flow logs in whichever formats files are there.

    Of many files the first thousand are looked at.
    """
    values = (folder.account, folder.region, folder.date)
    location = f"s3://{source.bucket}/{folder.path}"
    if folder.kind == Kind.CLOUDTRAIL:
        return [Partition("cloudtrail", values, location)]
    text, parquet = TABLES[Kind.FLOWLOGS]
    keys = source.some(folder.path)
    tables = {parquet if key.endswith(".parquet") else text for key in keys} or {text}
    return [Partition(table, values, location) for table in sorted(tables)]


def _segment(glue: Any, table: str, number: int) -> Iterator[Partition]:
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=DATABASE,
        TableName=table,
        Segment={"SegmentNumber": number, "TotalSegments": _SEGMENTS},
        ExcludeColumnSchema=True,
    )
    try:
        for page in pages:
            for told in page["Partitions"]:
                location = told["StorageDescriptor"]["Location"]
                yield Partition(table, tuple(told["Values"]), location)
    except AwsError as error:
        if error.code != _ABSENT:
            raise
        raise AwsError(
            f"there is no table {DATABASE}.{table}",
            code=error.code,
            where=error.where,
            remedy="Make it: baseline rollout deploy --only auditing-analytics",
        ) from error


def _preference(claim: tuple[Folder, Partition]) -> tuple[bool, bool, str]:
    folder, partition = claim
    return not folder.organization, folder.hive, partition.location


def _among(values: Values, selection: Selection) -> bool:
    account, region, date = values
    return (
        (not selection.accounts or account in selection.accounts)
        and (not selection.regions or region in selection.regions)
        and date >= selection.since
        and (not selection.until or date <= selection.until)
    )


def _bucket(partition: Partition) -> str:
    return partition.location.removeprefix("s3://").partition("/")[0]


def _folder(partition: Partition) -> str:
    return partition.location.removeprefix("s3://").partition("/")[2]


def _place(partition: Partition) -> str:
    return partition.location.rstrip("/") + "/"


def _can_be(partition: Partition) -> bool:
    """Whether the place is a day's folder of the account, region and date in its name."""
    folder = read_folder(_folder(partition))
    return (
        folder is not None
        and folder.complete
        and partition.table in TABLES.get(Kind(folder.kind), ())
        and (folder.account, folder.region, folder.date) == partition.values
    )
