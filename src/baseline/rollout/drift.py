"""What was changed by hand, as CloudFormation itself finds it. Looking changes nothing.

Drift detection compares every property that a template gives with what is there, of the types that
CloudFormation can read; it takes minutes, and hours for StackSets of thousands of instances. What
it could not compare is no proof, so that is told apart from what is as it should be.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from baseline.errors import AwsError, BaselineError
from baseline.organization import Target
from baseline.parallel import Done, Outcome, Pause, each
from baseline.rollout.catalogue import Baseline, Part
from baseline.rollout.observe import pages, read_instances
from baseline.rollout.operations import PREFERENCES, Progress
from baseline.rollout.reach import Reach
from baseline.rollout.stacks import Sleep, waits
from baseline.rollout.steps import Action, Kind, Plan

_PATIENCE = 3600.0  # seconds
_BUSY = "OperationInProgressException"
_ENDED = ("SUCCEEDED", "FAILED", "STOPPED")
_COMPARED = ("IN_SYNC", "MODIFIED", "DELETED")  # of a resource
_JUDGED = ("IN_SYNC", "DRIFTED")  # of a stack
_SHOWN = 60  # characters of a value in a sentence
_MEND = "Mend what CloudFormation says, then verify again."
# AWS calls a stack in sync, too, of whose types it can compare none.
_NOTHING = "CloudFormation can compare none of its resources"
_OTHER_ROWS = "Nothing to mend: what the services say of it is in the other rows."
_LATER = "Verify again: what CloudFormation has begun goes on, and is looked at then."


@dataclass(frozen=True)
class Drifted:
    """A property that is otherwise than its template says; without a path the resource is gone.

    ``expected`` and ``actual`` are text, or JSON.
    """

    resource: str
    type: str
    physical_id: str
    path: str = ""
    expected: str = ""
    actual: str = ""

    def __str__(self) -> str:
        what = f"{self.resource} ({self.type})"
        if not self.path:
            return f"{what} {self.physical_id} was deleted"
        return f"{what}: {self.path} is {_short(self.actual)}, not {_short(self.expected)}"


@dataclass(frozen=True)
class Look:
    """What was found of a stack, or an instance of a StackSet; ``error`` is why not all was."""

    part: Part
    drifted: tuple[Drifted, ...] = ()
    error: BaselineError | None = None


def detect(
    plan: Plan,
    baseline: Baseline,
    reach: Reach,
    progress: Progress,
    sleep: Sleep | None = None,
) -> Iterator[Look]:
    """A look at each stack and instance of ``plan`` that is there, in the order in which they end.

    A StackSet is looked at as a whole where all of it is in the plan; else stack by stack.
    """
    pause = Pause()
    detector = _Detector(baseline, reach, progress, sleep or pause)
    jobs = [*_stacks(plan), *_stack_sets(plan)]
    for outcome in each(jobs, detector.look, stop=pause.end):
        if isinstance(outcome, Done):
            yield from outcome.value
        else:
            yield from (Look(part, error=outcome.error) for part in outcome.target)


_Parts = tuple[Part, ...]


def _there(plan: Plan, kind: Kind) -> Iterator[Part]:
    for step in plan.steps:
        if step.kind is kind and step.action in (Action.SKIP, Action.UPDATE):
            yield step.part


def _stacks(plan: Plan) -> Iterator[_Parts]:
    return ((part,) for part in _there(plan, Kind.STACK))


def _stack_sets(plan: Plan) -> Iterator[_Parts]:
    found: dict[str, list[Part]] = defaultdict(list)
    for part in _there(plan, Kind.INSTANCE):
        found[part.name].append(part)
    return (tuple(parts) for parts in found.values())


@dataclass(frozen=True)
class _Detector:
    baseline: Baseline
    reach: Reach
    progress: Progress
    sleep: Sleep

    def look(self, parts: _Parts) -> list[Look]:
        """At one stack, or at the instances of one StackSet."""
        (part, *_) = parts
        if not any(s.name == part.name for s in self.baseline.stack_sets):
            return [self._stack(part, part.name)]
        client = self.reach.session.client("cloudformation", self.baseline.home_region)
        there = read_instances(client, part.name)
        if there.keys() <= {part.target for part in parts}:
            return list(self._stack_set(client, parts))
        ids = {part: there[part.target].stack_id for part in parts if part.target in there}
        looks = each([part for part in ids if ids[part]], lambda p: self._stack(p, ids[p]))
        return [_looked(outcome) for outcome in looks]

    def _stack(self, part: Part, name: str) -> Look:
        session = self.reach.administer(part.target.account_id)
        client = session.client("cloudformation", part.target.region)
        detection = client.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
        for seconds in waits(_PATIENCE):
            found = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
            if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
                break
            self.sleep(seconds)
        else:
            raise _endless(part)
        drifts = pages(
            client,
            "describe_stack_resource_drifts",
            "StackResourceDrifts",
            StackName=name,
        )
        status = found.get("StackDriftStatus", found["DetectionStatus"])
        reason = found.get("DetectionStatusReason", f"its drift status is {status}")
        return seen(part, drifts, "" if status in _JUDGED else reason)

    def _stack_set(self, client: Any, parts: _Parts) -> Iterator[Look]:
        name = parts[0].name
        operation_id = self._ended(client, name)
        asked = {"StackSetName": name, "OperationId": operation_id}
        results = client.get_paginator("list_stack_set_operation_results").paginate(**asked)
        unseen = {
            Target(one["Account"], one["Region"]): one.get("StatusReason", one["Status"].lower())
            for page in results
            for one in page["Summaries"]
            if one["Status"] in ("FAILED", "CANCELLED")
        }
        found = client.get_paginator("list_stack_instances").paginate(StackSetName=name)
        statuses = {
            Target(one["Account"], one["Region"]): one.get("DriftStatus", "NOT_CHECKED")
            for page in found
            for one in page["Summaries"]
        }

        def look(part: Part) -> Look:
            drifts = pages(
                client,
                "list_stack_instance_resource_drifts",
                StackInstanceAccount=part.target.account_id,
                StackInstanceRegion=part.target.region,
                **asked,
            )
            status = statuses.get(part.target, "NOT_CHECKED")
            return seen(part, drifts, "" if status in _JUDGED else f"its drift status is {status}")

        in_sync: list[Part] = []
        others: list[Part] = []
        for part in parts:
            if part.target in unseen:
                yield Look(part, error=_unseen(part, unseen[part.target]))
            else:
                same = statuses.get(part.target) == "IN_SYNC"
                (in_sync if same else others).append(part)
        # They have one template, so that one of them tells whether anything of it can be compared.
        error = look(in_sync[0]).error if in_sync else None
        yield from (Look(part, error=error) for part in in_sync)
        yield from map(_looked, each(others, look))

    def _ended(self, client: Any, name: str) -> str:
        """The id of a detection that has ended: one that was under way, or a new one."""
        begun = ""
        for seconds in waits(_PATIENCE):
            begun = begun or _begun(client, name)
            if begun:
                operation = client.describe_stack_set_operation(
                    StackSetName=name, OperationId=begun
                )["StackSetOperation"]
                if operation["Status"] in _ENDED:
                    return begun
                self._tell(name, operation.get("StackSetDriftDetectionDetails", {}))
            self.sleep(seconds)
        raise _endless(name)

    def _tell(self, name: str, details: dict[str, Any]) -> None:
        total = details.get("TotalStackInstancesCount", 0)
        left = details.get("InProgressStackInstancesCount", 0)
        self.progress(f"drift of {name}", total - left, total)


def _looked(outcome: Outcome[Part, Look]) -> Look:
    if isinstance(outcome, Done):
        return outcome.value
    return Look(outcome.target, error=outcome.error)


def seen(part: Part, drifts: Iterable[Any], reason: str = "") -> Look:
    """What was found of each resource; ``reason`` is why CloudFormation could not tell of all."""
    found = list(drifts)
    said = [_unsaid(one) for one in found if one["StackResourceDriftStatus"] not in _COMPARED]
    error = _unseen(part, "; ".join(said) or reason) if said or reason else None
    if not found and not error:
        error = _unseen(part, _NOTHING, _OTHER_ROWS)
    return Look(part, tuple(_drifted(found)), error)


def _unsaid(one: Any) -> str:
    reason = one.get("DriftStatusReason", f"its drift status is {one['StackResourceDriftStatus']}")
    return f"{one['LogicalResourceId']} ({one['ResourceType']}): {reason}"


def _unseen(part: Part, reason: str, remedy: str = _MEND) -> AwsError:
    return AwsError(reason, where=str(part), remedy=remedy)


def _begun(client: Any, name: str) -> str:
    """The id of the detection that begins, or has begun; "" while another operation is first."""
    try:
        answer = client.detect_stack_set_drift(StackSetName=name, OperationPreferences=PREFERENCES)
    except AwsError as error:
        if error.code != _BUSY:
            raise
    else:
        return str(answer["OperationId"])
    found = client.list_stack_set_operations(StackSetName=name)["Summaries"]
    open_ = (o for o in found if o["Action"] == "DETECT_DRIFT" and o["Status"] not in _ENDED)
    return next((str(o["OperationId"]) for o in open_), "")


def _drifted(drifts: Iterable[Any]) -> Iterator[Drifted]:
    for one in drifts:
        what = (one["LogicalResourceId"], one["ResourceType"], one.get("PhysicalResourceId", ""))
        if one["StackResourceDriftStatus"] == "DELETED":
            yield Drifted(*what)
        for found in one.get("PropertyDifferences", ()):
            said = (found["PropertyPath"], found["ExpectedValue"], found["ActualValue"])
            yield Drifted(*what, *said)


def _endless(what: object) -> AwsError:
    return AwsError(
        f"drift detection has not ended after {_PATIENCE / 60:.0f} minutes",
        where=str(what),
        remedy=_LATER,
    )


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
