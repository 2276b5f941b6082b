"""StackSet operations: start, wait, and read what became of each instance.

An operation that ends as SUCCEEDED may hold failed instances, as failures are tolerated so that
one account does not stop the others. Hence the instances are read, not the operation's status.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from baseline import templates
from baseline.errors import AwsError, BaselineError
from baseline.organization import Target
from baseline.rollout import service_managed
from baseline.rollout.catalogue import EXECUTION_ROLE, StackSet
from baseline.rollout.observe import read_instances, read_stack_set
from baseline.rollout.remedies import remedy, young
from baseline.rollout.service_managed import ServiceManaged
from baseline.rollout.stacks import YOUTH, Sleep, Template, definition, endless, parameters, waits

# Everything at once, and no failure stops anything: without the tolerance, and without SOFT,
# StackSets would go through the accounts one after the other [StackSetOperationPreferences].
PREFERENCES = {
    "RegionConcurrencyType": "PARALLEL",
    "MaxConcurrentPercentage": 100,
    "FailureTolerancePercentage": 100,
    "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
}
_RUNNING = ("RUNNING", "QUEUED", "STOPPING")
_BUSY = "OperationInProgressException"
_TAKEN = "NameAlreadyExistsException"
# Stacks of one ImportStacksToStackSet, by their ids [StackSets, "Import a stack"].
_AT_ONCE = 10
# How it refuses all of them for what may be wrong with one [ImportStacksToStackSet, Errors].
_OF_ONE = ("InvalidOperationException", "StackNotFoundException", "ValidationError")

Progress = Callable[[str, int, int], None]
# How CloudFormation is given the template of a StackSet.
TemplateOf = Callable[[StackSet], Template]
Ended = dict[Target, str | BaselineError]


@dataclass(frozen=True)
class Operations:
    """The operations of one StackSet.

    ``progress`` is told its name, how many instances are done, and of how many. ``managed`` is what
    is wanted of a service-managed one.
    """

    client: Any
    name: str
    organization_id: str
    administration_role: str
    sleep: Sleep
    progress: Progress
    template: TemplateOf
    managed: ServiceManaged | None = None

    def create_set(self, wanted: StackSet) -> str:
        """Create the StackSet, without instances; says what was done.

        One that another run of ours has made meanwhile is as good.
        """
        try:
            self.client.create_stack_set(
                StackSetName=self.name,
                Description=f"Security baseline: {self.name}",
                **self._permissions(),
                **self._given(wanted),
            )
        except AwsError as error:
            found = read_stack_set(self.client, self.name) if error.code == _TAKEN else None
            if found is None or found.owner != self.organization_id:
                error.remedy = error.remedy or remedy(error.what)
                raise
            return "was there"
        return "created"

    def _permissions(self) -> dict[str, Any]:
        if not self.managed:
            return {"PermissionModel": "SELF_MANAGED"}
        return {"PermissionModel": "SERVICE_MANAGED", "AutoDeployment": self._automation()}

    def _automation(self) -> dict[str, Any]:
        """What the StackSet does by itself; the StackSets before it have to be there."""
        assert self.managed  # others do nothing by themselves
        wanted = self.managed.automation
        if not wanted.on:
            return {"Enabled": False}
        before = (self.client.describe_stack_set(StackSetName=name) for name in wanted.after)
        said = {"Enabled": True, "RetainStacksOnAccountRemoval": wanted.keeps_stacks}
        arns = [found["StackSet"]["StackSetARN"] for found in before]
        return said | ({"DependsOn": arns} if arns else {})

    def settle(self) -> None:
        """Bring what a service-managed StackSet does by itself to what is wanted."""
        found = read_stack_set(self.client, self.name)
        if not (self.managed and found and self.managed.automation.on):
            return
        if not found.managing or found.managing.automation != self.managed.automation:
            self._update_as_it_is(found.parameters)
        for unit, regions in service_managed.missing(self.managed, found.managing).items():
            # Nobody may be in there, and whoever is has his instance.
            self._wait(
                self._start(
                    "create_stack_instances",
                    DeploymentTargets={
                        "OrganizationalUnitIds": [unit],
                        "Accounts": sorted(self.managed.inside),
                        "AccountFilterType": "DIFFERENCE",
                    },
                    Regions=sorted(regions),
                    OperationPreferences=PREFERENCES,
                ),
                0,
                0,
            )

    def _update_as_it_is(self, names: Iterable[str]) -> None:
        """AWS takes other automation with an update of all instances only, which changes none."""
        operation_id = self._start(
            "update_stack_set",
            UsePreviousTemplate=True,
            Parameters=[{"ParameterKey": n, "UsePreviousValue": True} for n in names],
            Capabilities=["CAPABILITY_NAMED_IAM"],
            OperationPreferences=PREFERENCES,
            AutoDeployment=self._automation(),
        )
        self._wait(operation_id, 0, 0)

    def delete_set(self) -> None:
        """Delete the StackSet, which must have no instances."""
        self.client.delete_stack_set(StackSetName=self.name)

    def create(self, wanted: StackSet, targets: Iterable[Target]) -> Ended:
        """Create an instance in each of ``targets``."""
        ended: Ended = {}
        for overrides, some in _alike(wanted, targets):
            given = {"ParameterOverrides": overrides} if overrides else {}
            ended |= self._each_group("create_stack_instances", "created", some, **given)
        return self._updated_later(ended, "created", wanted)

    def take_in(self, wanted: StackSet, stacks: Mapping[Target, str]) -> Ended:
        """Import stacks, by their ids, as instances, and bring those that differ to what is wanted.

        An instance that could not be made, for the stack was there already, makes way. What AWS
        does not let go of, or does not take in, hinders no other.
        """
        ended = self._take_in(wanted, stacks)
        return self._matured(
            ended, lambda early: self._take_in(wanted, {t: stacks[t] for t in early})
        )

    def _take_in(self, wanted: StackSet, stacks: Mapping[Target, str]) -> Ended:
        there = read_instances(self.client, self.name)
        failed = [target for target in stacks if target in there]
        given_up = self.delete(failed, retain=True) if failed else {}
        ended: Ended = {t: e for t, e in given_up.items() if isinstance(e, BaselineError)}
        ended |= self._import({t: stack for t, stack in stacks.items() if t not in ended})
        there = read_instances(self.client, self.name)
        taken = [target for target in stacks if target not in ended]
        ended |= self._judged(taken, "imported")
        differ = [t for t in taken if t in there and there[t].status == "OUTDATED"]
        try:
            return ended | (self.update(wanted, differ) if differ else {})
        except AwsError as error:
            return ended | dict.fromkeys(differ, error)

    def _import(self, stacks: Mapping[Target, str]) -> Ended:
        """Import as many at once as AWS takes; the failures are those that it refused.

        Where it may have refused all of a call for the sake of one, each is tried by itself.
        """
        refused: Ended = {}
        targets, total = list(stacks), len(stacks)
        waiting = [targets[n : n + _AT_ONCE] for n in range(0, total, _AT_ONCE)]
        while waiting:
            some = waiting.pop(0)
            try:
                operation_id = self._start(
                    "import_stacks_to_stack_set",
                    StackIds=[stacks[target] for target in some],
                    OperationPreferences=PREFERENCES,
                    **self._units(),
                )
                self._wait(operation_id, total - sum(map(len, [some, *waiting])), total)
            except AwsError as error:
                if len(some) > 1 and error.code in _OF_ONE:
                    waiting = [*([target] for target in some), *waiting]
                else:
                    refused |= dict.fromkeys(some, error)
        self.progress(self.name, total, total)
        return refused

    def _units(self) -> dict[str, Any]:
        """Where the accounts of a service-managed StackSet are."""
        return {"OrganizationalUnitIds": list(self.managed.units)} if self.managed else {}

    def update(self, wanted: StackSet, targets: Iterable[Target]) -> Ended:
        """Bring the StackSet and its instances in ``targets`` to what is wanted.

        The StackSet is changed even where all instances fail, and with no targets at all.
        """
        given = self._given(wanted)
        targets = tuple(targets)
        if not targets:
            if not self._is_so(wanted):
                self._wait(self._start("update_stack_set", **given), 0, 0)
            return {}
        ended = self._each_group("update_stack_set", "updated", targets, **given)
        return self._updated_later(ended, "updated", wanted)

    def _is_so(self, wanted: StackSet) -> bool:
        """Whether a service-managed StackSet differs at most in what it does by itself."""
        found = read_stack_set(self.client, self.name) if self.managed else None
        return bool(
            found
            and found.template == templates.parse(wanted.body)
            and found.parameters == wanted.parameters
        )

    def _updated_later(self, ended: Ended, done: str, wanted: StackSet) -> Ended:
        """What ``ended`` comes to by updates, which also make what could not be made at first."""

        def update(early: list[Target]) -> Ended:
            return self._each_group("update_stack_set", done, early, **self._given(wanted))

        return self._matured(ended, update)

    def _matured(self, ended: Ended, again: Callable[[list[Target]], Ended]) -> Ended:
        """What ``ended`` comes to once roles that were made a moment ago are known."""
        for seconds in YOUTH:
            early = [t for t, e in ended.items() if isinstance(e, AwsError) and young(e.what)]
            if not early:
                break
            self.sleep(seconds)
            ended |= again(early)
        return ended

    def delete(self, targets: Iterable[Target], *, retain: bool) -> Ended:
        """Delete the instances in ``targets``; ``retain`` leaves their stacks where they are."""
        done = "retained" if retain else "deleted"
        return self._each_group("delete_stack_instances", done, targets, RetainStacks=retain)

    def _where(self, call: str, accounts: tuple[str, ...]) -> dict[str, Any]:
        """The accounts of an operation; those of a service-managed StackSet go by their units."""
        if not self.managed:
            return {"Accounts": list(accounts)}
        if call == "create_stack_instances":
            return {"DeploymentTargets": service_managed.targets(self.managed, accounts)}
        if call == "update_stack_set":
            return {"DeploymentTargets": {"Accounts": list(accounts)}}
        there = read_instances(self.client, self.name)
        units = {found.unit for target, found in there.items() if target.account_id in accounts}
        return {
            "DeploymentTargets": {
                "OrganizationalUnitIds": sorted(units) or list(self.managed.units),
                "Accounts": list(accounts),
                "AccountFilterType": "INTERSECTION",
            }
        }

    def _given(self, wanted: StackSet) -> dict[str, Any]:
        return {
            **definition(self.template(wanted), wanted.parameters, self.organization_id),
            **({} if self.managed else self._roles()),
            # Queues what would collide, and runs the rest at the same time.
            "ManagedExecution": {"Active": True},
        }

    def _roles(self) -> dict[str, str]:
        return {
            "AdministrationRoleARN": self.administration_role,
            "ExecutionRoleName": EXECUTION_ROLE,
        }

    def _each_group(
        self, call: str, done: str, targets: Iterable[Target], **parameters: Any
    ) -> Ended:
        targets = tuple(targets)
        ended: Ended = {}
        for accounts, regions in groups(targets):
            operation_id = self._start(
                call,
                **self._where(call, accounts),
                Regions=list(regions),
                OperationPreferences=PREFERENCES,
                **parameters,
            )
            self._wait(operation_id, len(ended), len(targets))
            ended |= self._judged((Target(a, r) for a in accounts for r in regions), done)
        self.progress(self.name, len(targets), len(targets))
        return ended

    def _start(self, call: str, **parameters: Any) -> str:
        """The operation's id; waits while another operation does not let this one begin."""
        for seconds in waits():
            try:
                answer = getattr(self.client, call)(StackSetName=self.name, **parameters)
            except AwsError as error:
                if error.code != _BUSY:
                    error.remedy = error.remedy or remedy(error.what)
                    raise
                self.sleep(seconds)
            else:
                return str(answer.get("OperationId", ""))
        raise endless(self.name)

    def _wait(self, operation_id: str, before: int, total: int) -> None:
        for seconds in waits():
            described = self.client.describe_stack_set_operation(
                StackSetName=self.name, OperationId=operation_id
            )["StackSetOperation"]
            if described["Status"] not in _RUNNING:
                return
            self.progress(self.name, before + self._count(operation_id), total)
            self.sleep(seconds)
        raise endless(self.name)

    def _count(self, operation_id: str) -> int:
        pages = self.client.get_paginator("list_stack_set_operation_results").paginate(
            StackSetName=self.name, OperationId=operation_id
        )
        statuses = [found["Status"] for page in pages for found in page["Summaries"]]
        return sum(status not in ("PENDING", "RUNNING") for status in statuses)

    def _judged(self, targets: Iterable[Target], done: str) -> Ended:
        """What became of each, as the StackSet tells."""
        instances = read_instances(self.client, self.name)
        ended: Ended = {}
        for target in targets:
            found = instances.get(target)
            gone = done in ("deleted", "retained")
            if (found is None) if gone else (found is not None and found.status == "CURRENT"):
                ended[target] = done
            else:
                state = f"{found.status} {found.detail}".strip() if found else "not there"
                cause = (found.reason if found else "") or state
                ended[target] = AwsError(
                    cause,
                    code=state,
                    where=f"{self.name} {target}",
                    remedy=remedy(f"{state}: {cause}"),
                )
        return ended


def busy(client: Any, names: Iterable[str]) -> frozenset[str]:
    """Those StackSets on whose instances CloudFormation still works.

    Service-managed ones wait for each other, and one that waits has no operation yet. What cannot
    be asked does nothing that is known.
    """
    wanted = frozenset(names)
    found = {name for name in wanted if _at_work(client, name)}
    if any(map(service_managed.is_one, found)):
        found |= set(filter(service_managed.is_one, wanted))
    return frozenset(found)


def _at_work(client: Any, name: str) -> bool:
    try:
        newest = client.list_stack_set_operations(StackSetName=name)["Summaries"]
    except AwsError:
        return False
    return any(o["Status"] in _RUNNING and o["Action"] != "DETECT_DRIFT" for o in newest)


def _alike(
    wanted: StackSet, targets: Iterable[Target]
) -> Iterator[tuple[list[dict[str, str]], list[Target]]]:
    """Targets with the same overrides, together: an operation gives all of its instances one."""
    found: dict[tuple[tuple[str, str], ...], list[Target]] = defaultdict(list)
    for target in targets:
        found[tuple(sorted(wanted.overrides.get(target.account_id, {}).items()))].append(target)
    for overrides, some in found.items():
        yield parameters(dict(overrides)), some


def groups(targets: Iterable[Target]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Accounts with the same regions, together: an operation takes every pair of the two lists."""
    regions: dict[str, set[str]] = defaultdict(set)
    for target in targets:
        regions[target.account_id].add(target.region)
    accounts: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for account_id, names in sorted(regions.items()):
        accounts[tuple(sorted(names))].append(account_id)
    for names_, ids in accounts.items():
        yield tuple(ids), names_
