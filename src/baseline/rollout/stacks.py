"""Creates, updates and deletes single stacks, and waits for them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from baseline.errors import AwsError
from baseline.rollout.catalogue import Stack
from baseline.rollout.remedies import remedy, young
from baseline.rollout.state import BROKEN, OWNER_TAG

Sleep = Callable[[float], None]

# A stack of its own is made with the permissions of whoever calls CloudFormation.
_DEPLOYER = "the user or role that deploys"
_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0  # seconds
# Longer than StackSets take for the largest organization; what takes longer hangs.
_PATIENCE = 6 * 3600  # seconds
# A new role is known everywhere within a minute, as a rule.
YOUTH = (5.0, 10.0, 15.0, 30.0)  # seconds


def waits(patience: float = _PATIENCE) -> Iterator[float]:
    """Seconds between looks: short at first, longer the longer it takes; ``patience`` in all."""
    seconds, waited = _FIRST_WAIT, 0.0
    while waited < patience:
        yield seconds
        waited += seconds
        seconds = min(seconds * 1.5, _LONGEST_WAIT)


def endless(name: str) -> AwsError:
    """The error for what has not ended after all the waits."""
    return AwsError(
        f"has not ended after {_PATIENCE // 3600} hours",
        where=name,
        remedy="Look at it in the CloudFormation console, then deploy again.",
    )


Template = Mapping[str, str]


def parameters(given: Mapping[str, str]) -> list[dict[str, str]]:
    """Parameters as CloudFormation takes them."""
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]


def definition(
    template: Template, given: Mapping[str, str], organization_id: str
) -> dict[str, Any]:
    """What CloudFormation is told about a stack or a StackSet.

    ``template`` is its TemplateBody, or the TemplateURL of a large one.
    """
    return {
        **template,
        "Parameters": parameters(given),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "Tags": [{"Key": OWNER_TAG, "Value": organization_id}],
    }


def apply(client: Any, stack: Stack, template: Template, organization_id: str, sleep: Sleep) -> str:
    """Create the stack or update it, and wait; says what was done. Raises AwsError: the cause.

    A role that was made a moment ago is waited for.
    """
    for seconds in YOUTH:
        try:
            return _apply(client, stack, template, organization_id, sleep)
        except AwsError as error:
            if not young(error.what):
                raise
            sleep(seconds)
    return _apply(client, stack, template, organization_id, sleep)


def _apply(
    client: Any, stack: Stack, template: Template, organization_id: str, sleep: Sleep
) -> str:
    described = settled(client, stack.name, sleep)
    if described and described["StackStatus"] in BROKEN:
        delete(client, stack.name, sleep)
        described = None
    given = definition(template, stack.parameters, organization_id)
    if described is None:
        client.create_stack(StackName=stack.name, **given)
        return _finished(client, stack.name, sleep, "created")
    if described["StackStatus"] == "UPDATE_ROLLBACK_FAILED":
        client.continue_update_rollback(StackName=stack.name)
        _finished(client, stack.name, sleep, "rolled back", good=("UPDATE_ROLLBACK_COMPLETE",))
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
        status = described["StackStatus"]
        if status in BROKEN or not status.endswith("_IN_PROGRESS"):
            return described
        sleep(seconds)
    raise endless(name)


def _finished(
    client: Any, name: str, sleep: Sleep, done: str, good: tuple[str, ...] = _GOOD
) -> str:
    described = settled(client, name, sleep)
    if described is None or described["StackStatus"] in good:
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
