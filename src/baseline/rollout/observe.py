"""Reads the stacks, the StackSets and all their instances. Reading changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from baseline import templates
from baseline.errors import AwsError, BaselineError
from baseline.organization import Target, enabled_regions
from baseline.parallel import Done, Failed, all_done, each
from baseline.rollout import inviting, loose, standing
from baseline.rollout.catalogue import OPTIONAL, ROLES, STORAGE, Baseline, Part
from baseline.rollout.delegating import Delegating, administrator
from baseline.rollout.delegation import Delegated
from baseline.rollout.protection import ADMINISTRATORS
from baseline.rollout.reach import Reach
from baseline.rollout.service_managed import Automation, Managing
from baseline.rollout.state import (
    InstanceState,
    StackSetState,
    StackState,
    State,
    Unknown,
    owner,
)
from baseline.sessions import Session

_NO_STACK_SET = "StackSetNotFoundException"
_SERVICE_MANAGED = "SERVICE_MANAGED"


def read(reach: Reach, baseline: Baseline, *, everywhere: bool = False) -> State:
    """What is there of ``baseline``.

    A stack in a member that cannot be read is Unknown; without the StackSets themselves, which
    are in the main account, there is nothing to say: their errors are raised. ``everywhere`` is
    whether stacks that no StackSet has are looked for also where none are expected.
    """
    made = read_stack_sets(reach, baseline, everywhere=everywhere)
    stacks = _stacks(reach, baseline)
    # The roles are what is made first and removed last.
    begun = Part(ROLES, baseline.home) in stacks
    elsewhere = () if begun else _elsewhere(reach, baseline)
    trails, delegated = _organization_trails(reach, baseline), _delegated(reach, baseline)
    return replace(
        made,
        stacks=stacks,
        elsewhere=elsewhere,
        organization_trails=trails,
        delegated=delegated,
    )


def read_stack_sets(reach: Reach, baseline: Baseline, *, everywhere: bool = False) -> State:
    """The StackSets and their stacks alone, with what tells whether they made what is adopted."""
    cloudformation = reach.session.client("cloudformation", baseline.home_region)
    stack_sets = {
        stack_set.name: found
        for stack_set in baseline.stack_sets
        if (found := read_stack_set(cloudformation, stack_set.name))
    }
    left = loose.read(reach, baseline, stack_sets, everywhere=everywhere)
    asked = dict(standing.in_doubt(baseline, stack_sets, left.stacks))
    adopting = _adopting(reach, asked)
    return State({}, stack_sets, adopting=adopting, loose=left.stacks, unseen=left.unseen)


def read_stack(client: Any, name: str) -> StackState | None:
    """The stack called ``name`` where ``client`` looks, or None."""
    try:
        described = client.describe_stacks(StackName=name)["Stacks"][0]
    except AwsError as error:
        if "does not exist" in error.what:
            return None
        raise
    body = client.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    return StackState(
        status=described["StackStatus"],
        reason=described.get("StackStatusReason", ""),
        template=templates.parse(body) if isinstance(body, str) else body,
        parameters=_parameters(described),
        owner=owner(described),
    )


def read_stack_set(client: Any, name: str) -> StackSetState | None:
    """The StackSet called ``name`` with its instances, or None."""
    try:
        described = client.describe_stack_set(StackSetName=name)["StackSet"]
    except AwsError as error:
        if error.code == _NO_STACK_SET:
            return None
        raise
    return StackSetState(
        template=templates.parse(described["TemplateBody"]),
        parameters=_parameters(described),
        owner=owner(described),
        instances=read_instances(client, name),
        managing=_managing(client, name, described),
    )


def administrators(reach: Reach, baseline: Baseline) -> tuple[str, str]:
    """Who may change the central buckets and their key: as it is, and as it is wanted.

    Empty where anyone may whom IAM allows it.
    """
    client = reach.session.client("cloudformation", baseline.home_region)
    found = read_stack(client, STORAGE)
    wanted = next(stack for stack in baseline.stacks if stack.name == STORAGE)
    as_it_is = found.parameters if found else {}
    return as_it_is.get(ADMINISTRATORS, ""), wanted.parameters[ADMINISTRATORS]


def _managing(client: Any, name: str, described: Any) -> Managing | None:
    """How a StackSet deploys by itself; None for a self-managed one."""
    if described.get("PermissionModel") != _SERVICE_MANAGED:
        return None
    said = described.get("AutoDeployment", {})
    after = (arn.split("/")[-1].split(":")[0] for arn in said.get("DependsOn", ()))
    automation = Automation(
        on=bool(said.get("Enabled")),
        keeps_stacks=bool(said.get("RetainStacksOnAccountRemoval")),
        after=tuple(after),
    )
    targets = pages(client, "list_stack_set_auto_deployment_targets", StackSetName=name)
    regions = {t["OrganizationalUnitId"]: frozenset(t["Regions"]) for t in targets}
    return Managing(automation, regions)


def pages(client: Any, operation: str, key: str = "Summaries", **asked: Any) -> Iterator[Any]:
    """What is under ``key`` on all pages of an operation of which boto3 knows no pages."""
    token: dict[str, str] = {}
    while True:
        answer = getattr(client, operation)(**asked, **token)
        yield from answer[key]
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _delegated(reach: Reach, baseline: Baseline) -> dict[str, Delegated | Unknown]:
    """Who administers GuardDuty; one look is enough to see that nobody should."""
    wanted = baseline.delegation
    if wanted is None:
        client = reach.session.client("guardduty", baseline.home_region)
        try:
            return {baseline.home_region: Delegated(administrator(client))}
        except BaselineError as error:
            return {baseline.home_region: Unknown(error.what, error.remedy)}

    def look(region: str) -> Delegated:
        return Delegating(reach, wanted, region, {}).read()

    return {
        outcome.target: outcome.value
        if isinstance(outcome, Done)
        else Unknown(str(outcome.error), outcome.error.remedy)
        for outcome in each(wanted.accounts, look)
    }


def inviters(session: Session, home_region: str) -> dict[str, str]:
    """The StackSet that invites each account to GuardDuty already, by the account's id."""
    client = session.client("cloudformation", home_region)
    pages = client.get_paginator("list_stack_sets").paginate(Status="ACTIVE")
    names = [found["StackSetName"] for page in pages for found in page["Summaries"]]
    found: dict[str, str] = {}
    for name in sorted(filter(inviting.invites, names)):
        body = client.describe_stack_set(StackSetName=name)["StackSet"]["TemplateBody"]
        found |= dict.fromkeys(inviting.invited(templates.parse(body)), name)
    return found


def read_instances(client: Any, name: str) -> dict[Target, InstanceState]:
    """All instances of a StackSet, over all pages."""
    pages = client.get_paginator("list_stack_instances").paginate(StackSetName=name)
    return {
        Target(found["Account"], found["Region"]): InstanceState(
            status=found.get("Status", ""),
            detail=found.get("StackInstanceStatus", {}).get("DetailedStatus", ""),
            reason=found.get("StatusReason", ""),
            stack_id=found.get("StackId", ""),
            unit=found.get("OrganizationalUnitId", ""),
        )
        for page in pages
        for found in page["Summaries"]
    }


def _stacks(reach: Reach, baseline: Baseline) -> dict[Part, StackState | Unknown]:
    """Those that should be there; the roles and what is optional also where they should not."""

    def look(part: Part) -> StackState | None:
        session = reach.administer(part.target.account_id)
        return read_stack(session.client("cloudformation", part.target.region), part.name)

    wanted = {stack.part for stack in baseline.stacks}
    roles = {Part(ROLES, Target(a.id, baseline.home_region)) for a in baseline.organization.active}
    stacks: dict[Part, StackState | Unknown] = {}
    optional = {Part(name, baseline.home) for name in OPTIONAL}
    for outcome in each(sorted(wanted | roles | optional), look):
        match outcome:
            case Done(part, found) if found:
                stacks[part] = found
            case Failed(part, error):
                if part.target == baseline.home:
                    raise error
                stacks[part] = Unknown(str(error), error.remedy)
    return stacks


def _adopting(reach: Reach, asked: dict[Part, str]) -> dict[Part, StackState | Unknown | None]:
    """The stacks of instances that are not current, or have no StackSet, by their ids."""

    def look(part: Part) -> StackState | None:
        session = reach.administer(part.target.account_id)
        client = session.client("cloudformation", part.target.region)
        return read_stack(client, asked[part]) if asked[part] else None

    return {
        outcome.target: outcome.value
        if isinstance(outcome, Done)
        else Unknown(str(outcome.error), outcome.error.remedy)
        for outcome in each(sorted(asked), look)
    }


def _organization_trails(reach: Reach, baseline: Baseline) -> tuple[str, ...] | Unknown:
    """The names of the trails that record for the whole organization, whoever made them."""
    client = reach.session.client("cloudtrail", baseline.home_region)
    try:
        found = client.describe_trails(includeShadowTrails=True)["trailList"]
    except BaselineError as error:
        return Unknown(error.what, error.remedy)
    return tuple(trail["Name"] for trail in found if trail.get("IsOrganizationTrail"))


def _elsewhere(reach: Reach, baseline: Baseline) -> tuple[str, ...]:
    """The other regions where this organization's StackSet roles were made from."""

    def look(region: str) -> bool:
        found = read_stack(reach.session.client("cloudformation", region), ROLES)
        return found is not None and found.owner == baseline.organization.id

    others = [r for r in enabled_regions(reach.session) if r != baseline.home_region]
    return tuple(sorted(o.target for o in all_done(each(others, look)) if o.value))


def _parameters(described: Any) -> dict[str, str]:
    return {p["ParameterKey"]: p.get("ParameterValue", "") for p in described.get("Parameters", [])}
