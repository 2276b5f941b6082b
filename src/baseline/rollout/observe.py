"""Reads the stacks, the StackSets and all their instances. Reading changes nothing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from baseline import templates
from baseline.errors import AwsError, BaselineError
from baseline.organization import Target, enabled_regions
from baseline.parallel import Done, Failed, each
from baseline.rollout import inviting, service_managed, standing
from baseline.rollout.catalogue import OPTIONAL, ROLES, STORAGE, Baseline, Part
from baseline.rollout.delegating import Delegating, administrator
from baseline.rollout.delegation import Delegated
from baseline.rollout.protection import ADMINISTRATORS
from baseline.rollout.reach import Reach
from baseline.rollout.service_managed import Automation, Managing
from baseline.rollout.state import (
    OWNER_TAG,
    InstanceState,
    StackSetState,
    StackState,
    State,
    Unknown,
)
from baseline.sessions import Session

_NO_STACK_SET = "StackSetNotFoundException"
_SERVICE_MANAGED = "SERVICE_MANAGED"
# How StackSets names its stacks.
_OF_STACK_SET = re.compile(r"StackSet-(.+)-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# An instance in one of these states may have no stack.
_UNMADE = ("FAILED", "CANCELLED", "PENDING")
# What holds what its template says.
_WHOLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


def read(reach: Reach, baseline: Baseline) -> State:
    """What is there of ``baseline``.

    A stack in a member that cannot be read is Unknown; without the StackSets themselves, which
    are in the main account, there is nothing to say: their errors are raised.
    """
    made = read_stack_sets(reach, baseline)
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
        loose=_loose(reach, baseline, made.stack_sets) if begun else {},
    )


def read_stack_sets(reach: Reach, baseline: Baseline) -> State:
    """The StackSets alone, with what tells whether they made what is adopted."""
    cloudformation = reach.session.client("cloudformation", baseline.home_region)
    stack_sets = {
        stack_set.name: found
        for stack_set in baseline.stack_sets
        if (found := read_stack_set(cloudformation, stack_set.name))
    }
    return State({}, stack_sets, adopting=_adopting(reach, baseline, stack_sets))


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
        owner=_owner(described),
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
        owner=_owner(described),
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


def _adopting(
    reach: Reach, baseline: Baseline, stack_sets: dict[str, StackSetState]
) -> dict[Part, StackState | Unknown | None]:
    """The stacks of instances that are not current, where something is adopted."""
    asked = dict(standing.in_doubt(baseline, stack_sets))

    def look(part: Part) -> StackState | None:
        session = reach.administer(part.target.account_id)
        client = session.client("cloudformation", part.target.region)
        stack_id = asked[part].stack_id
        return read_stack(client, stack_id) if stack_id else None

    return {
        outcome.target: outcome.value
        if isinstance(outcome, Done)
        else Unknown(str(outcome.error), outcome.error.remedy)
        for outcome in each(sorted(asked), look)
    }


def _loose(
    reach: Reach, baseline: Baseline, stack_sets: Mapping[str, StackSetState]
) -> dict[Part, str]:
    """Stacks that were given up in one StackSet, and not yet taken in by the other.

    That is left behind where going over to service-managed StackSets, or back, was interrupted, and
    where stacks stay in accounts that leave and come back.
    """
    managed = {s.name for s in baseline.stack_sets if s.managed and s.targets}
    if not managed and not any(found.managing for found in stack_sets.values()):
        return {}
    instances = [(n, t, i) for n, found in stack_sets.items() for t, i in found.instances.items()]
    held = {(name, t) for name, t, i in instances if i.detail not in _UNMADE}
    ids = {instance.stack_id for _, _, instance in instances}
    missing = {
        Part(s.name, target)
        for s in baseline.stack_sets
        for target in s.targets
        if target.account_id != baseline.home.account_id
        and not any((other, target) in held for other in _namesakes(s.name))
    }

    def look(target: Target) -> dict[str, str]:
        client = reach.administer(target.account_id).client("cloudformation", target.region)
        found = client.get_paginator("describe_stacks").paginate().build_full_result()["Stacks"]
        return {
            service_managed.family(name[1]): stack["StackId"]
            for stack in found
            if (name := _OF_STACK_SET.fullmatch(stack["StackName"]))
            and stack["StackStatus"] in _WHOLE
            and stack["StackId"] not in ids
            and _owner(stack) == baseline.organization.id
        }

    # What cannot be looked at is tried, and says so.
    looked = each(sorted({part.target for part in missing}), look)
    there = {outcome.target: outcome.value for outcome in looked if isinstance(outcome, Done)}
    return {
        part: stack_id
        for part in missing
        if (stack_id := there.get(part.target, {}).get(service_managed.family(part.name)))
    }


def _namesakes(name: str) -> tuple[str, str]:
    """The two StackSets of one template."""
    family = service_managed.family(name)
    return family, service_managed.named(family)


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
    found = []
    for outcome in each(others, look):
        if isinstance(outcome, Failed):
            raise outcome.error
        if outcome.value:
            found.append(outcome.target)
    return tuple(sorted(found))


def _parameters(described: Any) -> dict[str, str]:
    return {p["ParameterKey"]: p.get("ParameterValue", "") for p in described.get("Parameters", [])}


def _owner(described: Any) -> str:
    tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags", [])}
    return str(tags.get(OWNER_TAG, ""))
