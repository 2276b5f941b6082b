"""Operations on StackSets: one at a time, queued, stopped, and waited for."""

import threading
from typing import Any

import pytest

from baseline.errors import AwsError
from baseline.simulation.service import Call, Refusal

PRODUCTION, PAYMENTS, DEVELOPMENT = "400000000004", "500000000005", "600000000006"
ACCOUNTS = [PRODUCTION, PAYMENTS, DEVELOPMENT]


class Gate:
    """Holds the calls of one operation until it is opened."""

    def __init__(self, world: Any, operation: str) -> None:
        self.opened = threading.Event()
        self.reached = threading.Event()
        self._operation = operation
        world.simulation.observers.append(self._watch)

    def _watch(self, call: Call, _answer: Any, _refusal: Refusal | None) -> None:
        if call.operation == self._operation:
            self.reached.set()
            self.opened.wait(20)


def begin(world: Any, accounts: list[str]) -> str:
    answer = world.stack_sets.create_stack_instances(
        StackSetName="audit", Accounts=accounts, Regions=["eu-west-1"]
    )
    return str(answer["OperationId"])


def status(world: Any, operation_id: str) -> str:
    answer = world.stack_sets.describe_stack_set_operation(
        StackSetName="audit", OperationId=operation_id
    )
    return str(answer["StackSetOperation"]["Status"])


def test_a_second_operation_is_refused_while_one_runs(audit: Any) -> None:
    gate = Gate(audit, "CreateTopic")
    first = begin(audit, [PRODUCTION])
    gate.reached.wait(20)
    assert status(audit, first) == "RUNNING"
    for call in (
        lambda: begin(audit, [PAYMENTS]),
        lambda: audit.stack_sets.update_stack_set(StackSetName="audit", UsePreviousTemplate=True),
        lambda: audit.stack_sets.delete_stack_set(StackSetName="audit"),
    ):
        with pytest.raises(AwsError) as caught:
            call()
        assert caught.value.code == "OperationInProgressException"
    gate.opened.set()
    assert audit.operation("audit", first)["Status"] == "SUCCEEDED"
    assert set(audit.instances("audit")) == {(PRODUCTION, "eu-west-1")}


def test_managed_execution_queues_the_second_operation(audit: Any) -> None:
    audit.stack_sets.update_stack_set(
        StackSetName="audit", UsePreviousTemplate=True, ManagedExecution={"Active": True}
    )
    audit.settle()
    gate = Gate(audit, "CreateTopic")
    first = begin(audit, [PRODUCTION])
    gate.reached.wait(20)
    second = begin(audit, [PAYMENTS])
    assert (status(audit, first), status(audit, second)) == ("RUNNING", "QUEUED")
    gate.opened.set()
    assert audit.operation("audit", second)["Status"] == "SUCCEEDED"
    assert audit.topics(PAYMENTS)


def test_a_stopped_operation_ends_what_it_began_and_cancels_the_rest(audit: Any) -> None:
    gate = Gate(audit, "CreateTopic")
    operation = begin(audit, ACCOUNTS)
    gate.reached.wait(20)
    audit.stack_sets.stop_stack_set_operation(StackSetName="audit", OperationId=operation)
    assert status(audit, operation) == "STOPPING"
    gate.opened.set()
    assert audit.operation("audit", operation)["Status"] == "STOPPED"
    results = audit.results("audit", operation)
    assert [results[account, "eu-west-1"][0] for account in ACCOUNTS] == [
        "SUCCEEDED",
        "CANCELLED",
        "CANCELLED",
    ]
    with pytest.raises(AwsError) as caught:
        audit.stack_sets.stop_stack_set_operation(StackSetName="audit", OperationId=operation)
    assert caught.value.code == "InvalidOperationException"


def test_a_snapshot_waits_for_the_operation_and_keeps_it(audit: Any) -> None:
    operation = begin(audit, ACCOUNTS)
    blob = audit.simulation.snapshot()
    audit.simulation.close()
    audit.simulation = type(audit.simulation).restore(blob)
    audit.stack_sets = audit.client("cloudformation")
    assert status(audit, operation) == "SUCCEEDED"
    assert audit.topics(DEVELOPMENT) == ["from-set"]
