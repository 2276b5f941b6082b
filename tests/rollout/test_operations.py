"""StackSet operations and stacks against a scripted CloudFormation: what AWS answers in time."""

from collections.abc import Iterator
from typing import Any

import pytest

from baseline.errors import AwsError, DeniedError
from baseline.organization import Target
from baseline.rollout import stacks
from baseline.rollout.catalogue import Part, Stack, StackSet
from baseline.rollout.operations import Operations, busy
from baseline.rollout.remedies import remedy

HERE = Target("111111111111", "eu-west-1")
THERE = Target("222222222222", "eu-west-1")
WANTED = StackSet("auditing", "Resources: {}", {"A": "1"}, frozenset({HERE, THERE}), 3)
STACK = Stack(Part("auditing-storage", HERE), "Resources: {}", {}, 1)
TEMPLATE = {"TemplateBody": STACK.body}


class Scripted:
    """A client that gives the scripted answers of each operation in turn, the last one for ever."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append((operation, parameters))
            script = self.answers[operation]
            answer = script.pop(0) if len(script) > 1 else script[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation: str) -> Any:
        client = self

        class Pages:
            def paginate(self, **parameters: Any) -> Iterator[Any]:
                yield getattr(client, operation)(**parameters)

        return Pages()

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


def status(*names: str) -> list[Any]:
    return [{"StackSetOperation": {"Status": name}} for name in names]


def instances(*found: tuple[Target, str, str]) -> list[Any]:
    return [
        {
            "Summaries": [
                {
                    "Account": target.account_id,
                    "Region": target.region,
                    "Status": state,
                    "StatusReason": reason,
                    "StackInstanceStatus": {"DetailedStatus": "FAILED" if reason else "SUCCEEDED"},
                }
                for target, state, reason in found
            ]
        }
    ]


def operations(client: Scripted, slept: list[float]) -> Operations:
    return Operations(
        client=client,
        name="auditing",
        organization_id="o-exampleorgid",
        administration_role="arn:aws:iam::111111111111:role/R",
        sleep=slept.append,
        progress=lambda _name, _done, _total: None,
        template=lambda wanted: {"TemplateBody": wanted.body},
    )


def test_a_queued_operation_is_still_under_way() -> None:
    client = Scripted(
        create_stack_instances=[{"OperationId": "1"}],
        describe_stack_set_operation=status("QUEUED", "QUEUED", "RUNNING", "SUCCEEDED"),
        list_stack_set_operation_results=[{"Summaries": []}],
        list_stack_instances=instances((HERE, "CURRENT", "")),
    )
    slept: list[float] = []
    assert operations(client, slept).create(WANTED, [HERE]) == {HERE: "created"}
    assert len(slept) == 3
    assert slept == sorted(slept)


def test_an_operation_that_succeeded_may_hold_failed_instances() -> None:
    client = Scripted(
        create_stack_instances=[{"OperationId": "1"}],
        describe_stack_set_operation=status("SUCCEEDED"),
        list_stack_instances=instances(
            (HERE, "CURRENT", ""), (THERE, "OUTDATED", "AccessDenied: no")
        ),
    )
    ended = operations(client, []).create(WANTED, [HERE, THERE])
    assert ended[HERE] == "created"
    failed = ended[THERE]
    assert isinstance(failed, AwsError)
    assert (failed.what, failed.code) == ("AccessDenied: no", "OUTDATED FAILED")
    assert "Allow AWSCloudFormationStackSetExecutionRole" in failed.remedy


def test_another_operation_in_progress_is_waited_for() -> None:
    busy = AwsError("busy", code="OperationInProgressException")
    client = Scripted(
        update_stack_set=[busy, busy, {"OperationId": "1"}],
        describe_stack_set_operation=status("SUCCEEDED"),
        list_stack_instances=instances((HERE, "CURRENT", "")),
    )
    slept: list[float] = []
    assert operations(client, slept).update(WANTED, [HERE]) == {HERE: "updated"}
    assert len(slept) == 2


def test_everything_runs_at_once_and_no_failure_stops_the_rest() -> None:
    client = Scripted(
        delete_stack_instances=[{"OperationId": "1"}],
        describe_stack_set_operation=status("SUCCEEDED"),
        list_stack_instances=instances(),
    )
    assert operations(client, []).delete([HERE], retain=True) == {HERE: "retained"}
    parameters = client.calls[0][1]
    assert parameters["RetainStacks"] is True
    assert parameters["OperationPreferences"] == {
        "RegionConcurrencyType": "PARALLEL",
        "MaxConcurrentPercentage": 100,
        "FailureTolerancePercentage": 100,
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    }


def test_a_stack_set_without_instances_is_updated_by_itself() -> None:
    client = Scripted(
        update_stack_set=[{"OperationId": "1"}],
        describe_stack_set_operation=status("SUCCEEDED"),
    )
    assert operations(client, []).update(WANTED, []) == {}
    assert "Accounts" not in client.calls[0][1]


def test_a_role_that_was_made_a_moment_ago_is_waited_for_up_to_a_minute() -> None:
    young = "Account 111111111111 should have 'R' role with trust relationship to Role 'S'."
    client = Scripted(
        create_stack_instances=[{"OperationId": "1"}],
        update_stack_set=[{"OperationId": "2"}],
        describe_stack_set_operation=status("SUCCEEDED"),
        list_stack_instances=[
            *instances((HERE, "OUTDATED", young), (THERE, "OUTDATED", "AccessDenied: no")),
            *instances((HERE, "OUTDATED", young), (THERE, "OUTDATED", "AccessDenied: no")),
            *instances((HERE, "CURRENT", ""), (THERE, "OUTDATED", "AccessDenied: no")),
        ],
    )
    slept: list[float] = []
    ended = operations(client, slept).create(WANTED, [HERE, THERE])
    assert ended[HERE] == "created"
    assert isinstance(ended[THERE], AwsError)
    repeated = [p["Accounts"] for name, p in client.calls if name == "update_stack_set"]
    assert repeated == [[HERE.account_id]] * 2
    assert len(slept) == 2

    client = Scripted(**{**client.answers, "list_stack_instances": instances((HERE, "O", young))})
    ended = operations(client, slept := []).create(WANTED, [HERE])
    assert isinstance(ended[HERE], AwsError)
    assert sum(slept) == 60


def test_an_operation_without_an_end_is_left_after_hours() -> None:
    client = Scripted(
        create_stack_instances=[{"OperationId": "1"}],
        describe_stack_set_operation=status("RUNNING"),
        list_stack_set_operation_results=[{"Summaries": []}],
    )
    slept: list[float] = []
    with pytest.raises(AwsError, match="has not ended after 6 hours"):
        operations(client, slept).create(WANTED, [HERE])
    assert 6 * 3600 <= sum(slept) < 6 * 3600 + 60


@pytest.mark.parametrize(("owner", "said"), [("o-exampleorgid", "was there"), ("", None)])
def test_a_stack_set_that_another_run_has_made_meanwhile_is_as_good(
    owner: str, said: str | None
) -> None:
    described = {
        "TemplateBody": WANTED.body,
        "Tags": [{"Key": "baseline:organization", "Value": owner}],
    }
    client = Scripted(
        create_stack_set=[AwsError("it exists", code="NameAlreadyExistsException")],
        describe_stack_set=[{"StackSet": described}],
        list_stack_instances=instances(),
    )
    if said:
        assert operations(client, []).create_set(WANTED) == said
    else:
        with pytest.raises(AwsError, match="it exists"):
            operations(client, []).create_set(WANTED)


def importing(*answers: Any, found: list[Any]) -> Scripted:
    """A client that is asked to import, and then what the instances are."""
    return Scripted(
        import_stacks_to_stack_set=list(answers),
        delete_stack_instances=[{"OperationId": "1"}],
        update_stack_set=[{"OperationId": "2"}],
        describe_stack_set_operation=status("SUCCEEDED"),
        list_stack_instances=found,
    )


BEGUN = {"OperationId": "3"}
REFUSED = AwsError("Stack there does not exist", code="ValidationError")
BOTH = {HERE: "here", THERE: "there"}


def asked(client: Scripted) -> list[list[str]]:
    return [p["StackIds"] for name, p in client.calls if name == "import_stacks_to_stack_set"]


def test_one_stack_that_is_refused_keeps_no_other_from_being_taken_in() -> None:
    found = [*instances(), *instances((HERE, "CURRENT", ""))]
    client = importing(REFUSED, BEGUN, REFUSED, found=found)
    ended = operations(client, []).take_in(WANTED, BOTH)
    assert ended == {HERE: "imported", THERE: REFUSED}
    assert asked(client) == [["here", "there"], ["here"], ["there"]]


def test_stacks_after_a_call_that_is_denied_are_taken_in_and_looked_at_together() -> None:
    targets = [Target(f"{n:012}", HERE.region) for n in range(12)]
    last = [(target, "CURRENT", "") for target in targets[10:]]
    denied = DeniedError("no", code="AccessDenied")
    client = importing(denied, BEGUN, found=[*instances(), *instances(*last)])
    ended = operations(client, []).take_in(WANTED, {t: t.account_id for t in targets})
    assert [ended[target] for target in targets] == [denied] * 10 + ["imported"] * 2
    assert [len(ids) for ids in asked(client)] == [10, 2]
    # However many there are, the StackSet is listed as often.
    assert client.names().count("list_stack_instances") == 3


def test_an_instance_makes_way_for_its_stack_and_what_differs_is_updated() -> None:
    client = importing(
        BEGUN,
        found=[
            *instances((HERE, "INOPERABLE", "FAILED_IMPORT")),
            *instances(),
            *instances((HERE, "OUTDATED", ""), (THERE, "CURRENT", "")),
            *instances((HERE, "OUTDATED", ""), (THERE, "CURRENT", "")),
            *instances((HERE, "CURRENT", ""), (THERE, "CURRENT", "")),
        ],
    )
    ended = operations(client, []).take_in(WANTED, BOTH)
    assert ended == {HERE: "updated", THERE: "imported"}
    changing = {n: p for n, p in client.calls if not n.startswith(("list", "describe"))}
    assert [*changing] == [
        "delete_stack_instances",
        "import_stacks_to_stack_set",
        "update_stack_set",
    ]
    assert changing["delete_stack_instances"]["RetainStacks"] is True
    for one in ("delete_stack_instances", "update_stack_set"):
        assert changing[one]["Accounts"] == [HERE.account_id]


def test_a_stack_is_taken_in_once_a_role_that_was_made_a_moment_ago_is_known() -> None:
    young = "Account 111111111111 should have 'R' role with trust relationship to Role 'S'."
    failed = instances((HERE, "INOPERABLE", young))
    found = [
        *instances(),
        *failed,
        *failed,
        *failed,
        *instances(),
        *instances((HERE, "CURRENT", "")),
    ]
    client = importing(BEGUN, found=found)
    slept: list[float] = []
    assert operations(client, slept).take_in(WANTED, {HERE: "here"}) == {HERE: "imported"}
    assert asked(client) == [["here"], ["here"]]
    assert client.names().count("delete_stack_instances") == len(slept) == 1


def test_what_was_not_let_go_of_is_not_imported() -> None:
    found = instances((HERE, "INOPERABLE", "busy"), (THERE, "CURRENT", ""))
    client = importing(BEGUN, found=found)
    ended = operations(client, []).take_in(WANTED, {HERE: "here"})
    assert isinstance(ended[HERE], AwsError)
    assert asked(client) == []


def test_a_stack_that_could_not_be_taken_in_is_never_to_be_deleted() -> None:
    assert "taken in as it is" in remedy("INOPERABLE FAILED_IMPORT: no role")
    assert "by hand" in remedy("INOPERABLE INOPERABLE: no role")


def stack(state: str) -> dict[str, Any]:
    return {"Stacks": [{"StackId": "arn:stack", "StackStatus": state}]}


def test_an_update_without_changes_is_no_error() -> None:
    client = Scripted(
        describe_stacks=[stack("UPDATE_COMPLETE")],
        update_stack=[AwsError("No updates are to be performed.", code="ValidationError")],
    )
    assert stacks.apply(client, STACK, TEMPLATE, "o-exampleorgid", lambda _: None) == "unchanged"


def test_a_stack_in_progress_is_waited_for_before_it_is_changed() -> None:
    client = Scripted(
        describe_stacks=[
            stack("UPDATE_IN_PROGRESS"),
            stack("UPDATE_COMPLETE"),
            stack("UPDATE_IN_PROGRESS"),
            stack("UPDATE_COMPLETE"),
        ],
        update_stack=[{}],
    )
    assert stacks.apply(client, STACK, TEMPLATE, "o-exampleorgid", lambda _: None) == "updated"
    assert client.names().index("update_stack") == 2


def test_a_rolled_back_stack_is_deleted_first() -> None:
    gone = AwsError("Stack with id auditing-storage does not exist", code="ValidationError")
    client = Scripted(
        describe_stacks=[
            stack("ROLLBACK_COMPLETE"),
            stack("ROLLBACK_COMPLETE"),
            gone,
            stack("CREATE_COMPLETE"),
        ],
        delete_stack=[{}],
        create_stack=[{}],
    )
    assert stacks.apply(client, STACK, TEMPLATE, "o-exampleorgid", lambda _: None) == "created"
    assert [n for n in client.names() if n != "describe_stacks"] == ["delete_stack", "create_stack"]


def test_a_failed_stack_names_what_failed_first_and_what_to_do() -> None:
    gone = AwsError("Stack does not exist", code="ValidationError")
    events = [
        ("Trail", "CREATE_FAILED", "Resource creation cancelled"),
        ("Key", "CREATE_FAILED", "Access Denied (kms:CreateKey)"),
        ("Key", "CREATE_IN_PROGRESS", ""),
    ]
    client = Scripted(
        describe_stacks=[gone, stack("ROLLBACK_COMPLETE")],
        create_stack=[{}],
        describe_stack_events=[
            {
                "StackEvents": [
                    {"LogicalResourceId": i, "ResourceStatus": s, "ResourceStatusReason": r}
                    for i, s, r in events
                ]
            }
        ],
    )
    with pytest.raises(AwsError) as raised:
        stacks.apply(client, STACK, TEMPLATE, "o-exampleorgid", lambda _: None)
    assert raised.value.what == "ROLLBACK_COMPLETE: Key: Access Denied (kms:CreateKey)"
    assert raised.value.remedy.startswith("Allow the user or role that deploys this")


def test_a_failed_rollback_is_continued_before_the_update() -> None:
    client = Scripted(
        describe_stacks=[
            stack("UPDATE_ROLLBACK_FAILED"),
            stack("UPDATE_ROLLBACK_IN_PROGRESS"),
            stack("UPDATE_ROLLBACK_COMPLETE"),
            stack("UPDATE_COMPLETE"),
        ],
        continue_update_rollback=[{}],
        update_stack=[{}],
    )
    assert stacks.apply(client, STACK, TEMPLATE, "o-exampleorgid", lambda _: None) == "updated"
    changing = [n for n in client.names() if n != "describe_stacks"]
    assert changing == ["continue_update_rollback", "update_stack"]


def test_a_rollback_that_fails_again_is_a_failure() -> None:
    client = Scripted(
        describe_stacks=[stack("UPDATE_ROLLBACK_FAILED")],
        continue_update_rollback=[{}],
        describe_stack_events=[{"StackEvents": []}],
    )
    with pytest.raises(AwsError, match="UPDATE_ROLLBACK_FAILED"):
        stacks.apply(client, STACK, TEMPLATE, "o-exampleorgid", lambda _: None)


def test_a_stack_in_review_is_deleted_and_created_and_not_waited_for() -> None:
    gone = AwsError("Stack with id auditing-storage does not exist", code="ValidationError")
    client = Scripted(
        describe_stacks=[
            stack("REVIEW_IN_PROGRESS"),
            stack("REVIEW_IN_PROGRESS"),
            gone,
            stack("CREATE_COMPLETE"),
        ],
        delete_stack=[{}],
        create_stack=[{}],
    )
    slept: list[float] = []
    assert stacks.apply(client, STACK, TEMPLATE, "o-exampleorgid", slept.append) == "created"
    assert slept == []


def test_a_stack_whose_principal_is_not_known_yet_is_tried_again() -> None:
    gone = AwsError("Stack does not exist", code="ValidationError")
    event = {
        "LogicalResourceId": "ExecutionRole",
        "ResourceStatus": "CREATE_FAILED",
        "ResourceStatusReason": "Invalid principal in policy",
    }
    client = Scripted(
        describe_stacks=[
            gone,
            stack("ROLLBACK_COMPLETE"),
            stack("ROLLBACK_COMPLETE"),
            stack("ROLLBACK_COMPLETE"),
            gone,
            stack("CREATE_COMPLETE"),
        ],
        create_stack=[{}],
        delete_stack=[{}],
        describe_stack_events=[{"StackEvents": [event]}],
    )
    slept: list[float] = []
    assert stacks.apply(client, STACK, TEMPLATE, "o-exampleorgid", slept.append) == "created"
    assert slept == [5]


ROLES, TRAILS = "audit-roles-service-managed", "auditing-service-managed"


@pytest.mark.parametrize(
    ("status", "action", "found"),
    [
        ("RUNNING", "CREATE", {ROLES, TRAILS}),
        ("QUEUED", "UPDATE", {ROLES, TRAILS}),
        ("SUCCEEDED", "CREATE", set()),
        ("RUNNING", "DETECT_DRIFT", set()),
    ],
)
def test_service_managed_stack_sets_are_busy_together(
    status: str, action: str, found: set[str]
) -> None:
    """One that waits for another has no operation yet."""
    client = Scripted(list_stack_set_operations=[{"Summaries": []}])
    running = {"Summaries": [{"Status": status, "Action": action}]}
    own = Scripted(list_stack_set_operations=[running])
    assert busy(own, ["auditing"]) == ({"auditing"} if found else set())
    assert busy(client, [ROLES, TRAILS]) == set()
    client = Scripted(list_stack_set_operations=[running, {"Summaries": []}])
    assert busy(client, [ROLES, TRAILS]) == found


def test_what_tells_no_operations_is_not_busy() -> None:
    refused = AwsError("denied", code="AccessDenied")
    assert busy(Scripted(list_stack_set_operations=[refused]), ["auditing"]) == set()
