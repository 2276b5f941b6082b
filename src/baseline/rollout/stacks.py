"""Creates, updates and deletes single stacks, and waits for them."""

from collections.abc import Callable, Iterator
from typing import Any

from baseline.errors import AwsError
from baseline.rollout.catalogue import Stack
from baseline.rollout.plan import BROKEN
from baseline.rollout.remedies import remedy
from baseline.rollout.state import OWNER_TAG

Sleep = Callable[[float], None]

# A stack of its own is made with the permissions of whoever calls CloudFormation.
_DEPLOYER = "the user or role that deploys"
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0  # seconds


def waits() -> Iterator[float]:
    """Seconds between looks: short at first, longer the longer it takes."""
    seconds = _FIRST_WAIT
    while True:
        yield seconds
        seconds = min(seconds * 1.5, _LONGEST_WAIT)


def definition(body: str, parameters: Any, organization_id: str) -> dict[str, Any]:
    """What CloudFormation is told about a stack or a StackSet."""
    return {
        "TemplateBody": body,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Tags": [{"Key": OWNER_TAG, "Value": organization_id}],
    }


def apply(client: Any, stack: Stack, organization_id: str, sleep: Sleep) -> str:
    """Create the stack or update it, and wait; says what was done. Raises AwsError: the cause."""
    described = settled(client, stack.name, sleep)
    if described and described["StackStatus"] in BROKEN:
        delete(client, stack.name, sleep)
        described = None
    given = definition(stack.body, stack.parameters, organization_id)
    if described is None:
        client.create_stack(StackName=stack.name, **given)
        return _finished(client, stack.name, sleep, "created")
    try:
        client.update_stack(StackName=stack.name, **given)
    except AwsError as error:
        if "No updates are to be performed" in error.what:
            return "unchanged"
        raise
    return _finished(client, stack.name, sleep, "updated")


def delete(client: Any, name: str, sleep: Sleep) -> str:
    """Delete the stack, and wait until it is gone."""
    described = settled(client, name, sleep)
    if described is None:
        return "was gone"
    client.delete_stack(StackName=name)
    # A deleted stack is found by its id only.
    return _finished(client, described["StackId"], sleep, "deleted")


def settled(client: Any, name: str, sleep: Sleep) -> dict[str, Any] | None:
    """The stack once nothing is in progress any more, or None when there is none."""
    for seconds in waits():
        try:
            described: dict[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
        except AwsError as error:
            if "does not exist" in error.what:
                return None
            raise
        if not described["StackStatus"].endswith("_IN_PROGRESS"):
            return described
        sleep(seconds)
    return None  # pragma: no cover  # the waits have no end


def _finished(client: Any, name: str, sleep: Sleep, done: str) -> str:
    described = settled(client, name, sleep)
    if described is None or described["StackStatus"] in _GOOD:
        return done
    cause = _cause(client, described)
    status = described["StackStatus"]
    raise AwsError(f"{status}: {cause}", code=status, where=name, remedy=remedy(cause, _DEPLOYER))


def _cause(client: Any, described: dict[str, Any]) -> str:
    """What failed first: the later failures are only resources that were cancelled for it."""
    pages = client.get_paginator("describe_stack_events").paginate(StackName=described["StackId"])
    failed = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for page in pages
        for event in page["StackEvents"]
        if event["ResourceStatus"].endswith("_FAILED")
        and "cancelled" not in event.get("ResourceStatusReason", "").lower()
    ]
    return failed[-1] if failed else described.get("StackStatusReason", "no reason given")
