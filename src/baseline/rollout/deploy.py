"""Carries a plan out, wave by wave: one outcome for each step, and no failure stops the others.

What needs something that failed in this run is not tried: it is reported with what it waits for.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from baseline.errors import BaselineError
from baseline.organization import Target
from baseline.parallel import Done, Failed, Outcome, Pause, each
from baseline.rollout import (
    invitations,
    observe,
    protection,
    service_managed,
    stacks,
    uploads,
)
from baseline.rollout.catalogue import (
    ADMINISTRATION_ROLE,
    MEMBERS,
    ROLES,
    STORAGE,
    VPC,
    WITH_NETWORKS,
    Baseline,
    Part,
    Stack,
    StackSet,
)
from baseline.rollout.delegating import Delegating
from baseline.rollout.operations import Ended, Operations, Progress
from baseline.rollout.reach import Reach
from baseline.rollout.steps import Action, Kind, Plan, Step

Result = Outcome[Step, str]
# Some of what is removed, a deployment removes, too.
_ONCE_MORE = "then run this command again"
_Call = Callable[[Iterable[Target]], Ended]


class NotTriedError(BaselineError):
    """A step was left out because something that it needs failed in the same run."""


def silent(name: str, done: int, total: int) -> None:
    """Progress for those who do not watch."""


def run(
    plan: Plan,
    baseline: Baseline,
    reach: Reach,
    *,
    progress: Progress = silent,
    sleep: stacks.Sleep | None = None,
) -> Generator[Result, None, None]:
    """Do what the plan says; yields the outcome of each step that does something.

    ``progress`` is called from several threads. Who leaves early is not kept waiting: operations
    that had begun go on in AWS. What has a stage before is not tried unless all of that succeeds.
    """
    if plan.stage:
        first, led_to = plan.stage
        failed_before = False
        for result in run(first, led_to, reach, progress=progress, sleep=sleep):
            failed_before |= isinstance(result, Failed)
            yield result
        if failed_before:
            yield from (Failed(step, _too_early(step)) for step in _own(plan))
            return
    yield from _waves(plan, baseline, reach, progress, sleep)


def check(plan: Plan, baseline: Baseline, reach: Reach) -> None:
    """Raise ConfigurationError, before anything is done, for who may not do what the plan says.

    Whoever may not change the central buckets would else learn it when other stacks are made.
    """
    if any(step.part == Part(STORAGE, baseline.home) for step in plan.changes):
        protection.check_deployer(reach.session.arn, *observe.administrators(reach, baseline))


def _waves(
    plan: Plan, baseline: Baseline, reach: Reach, progress: Progress, sleep: stacks.Sleep | None
) -> Generator[Result, None, None]:
    pause = Pause()
    work = _Work(baseline, reach, progress, sleep or pause)
    failed: dict[Part, BaselineError] = {}
    for wave in plan.waves:
        jobs: dict[object, list[Step]] = defaultdict(list)
        for step, hindrance in _hindered(wave, baseline, failed):
            if hindrance:
                failed |= _parts(step, hindrance)
                yield Failed(step, hindrance)
            else:
                jobs[_job(step)].append(step)
        for outcome in each([tuple(steps) for steps in jobs.values()], work.do, stop=pause.end):
            for result in _results(outcome):
                if isinstance(result, Failed):
                    failed |= _parts(result.target, result.error)
                yield result


def _own(plan: Plan) -> Iterator[Step]:
    """The steps that do something, without those of the stage before."""
    return (s for wave in plan.waves for s in wave if s.action is not Action.SKIP)


def _too_early(step: Step) -> NotTriedError:
    return NotTriedError(
        "has to wait until all stacks keep what they made",
        where=str(step.part),
        remedy="Mend what failed, then deploy again.",
    )


def _hindered(
    wave: Iterable[Step], baseline: Baseline, failed: dict[Part, BaselineError]
) -> list[tuple[Step, BaselineError | None]]:
    """Each step that does something, with what keeps it from being tried."""
    hindered = [
        (
            step,
            _not_seen(step) if step.action is Action.UNKNOWN else _blocked(step, baseline, failed),
        )
        for step in wave
        if step.action is not Action.SKIP
    ]
    staying = {step.part.name for step, error in hindered if error and step.kind is Kind.INSTANCE}
    return [
        (step, _still_has_instances(step))
        if (step.action, step.kind) == (Action.DELETE, Kind.STACK_SET) and step.part.name in staying
        else (step, error)
        for step, error in hindered
    ]


def _still_has_instances(step: Step) -> NotTriedError:
    return NotTriedError(
        "still has instances", where=str(step.part), remedy=f"Mend those, {_ONCE_MORE}."
    )


def _parts(step: Step, error: BaselineError) -> dict[Part, BaselineError]:
    """What others may wait for: instances and stacks, and a StackSet that could not be made."""
    if step.kind is Kind.STACK_SET:
        return {_stack_set(step.part.name): error} if step.action is Action.CREATE else {}
    return {step.part: error}


def _stack_set(name: str) -> Part:
    """A StackSet itself, which is nowhere: its instance in the main account is another part."""
    return Part(name, Target("", ""))


def _job(step: Step) -> object:
    """Steps that one piece of work does together: a stack, or a StackSet with its instances."""
    return step.part.name if step.kind in (Kind.STACK_SET, Kind.INSTANCE) else step.part


def _results(outcome: Outcome[tuple[Step, ...], list[Result]]) -> Iterable[Result]:
    if isinstance(outcome, Done):
        return outcome.value
    return [Failed(step, outcome.error) for step in outcome.target]


def _blocked(
    step: Step, baseline: Baseline, failed: dict[Part, BaselineError]
) -> NotTriedError | None:
    """Why the step cannot be tried: what it needs failed; or, to be deleted, is still needed."""
    if step.kind is Kind.INSTANCE and (hindrance := _without_stack_set(step, baseline, failed)):
        return hindrance
    if step.action is Action.IMPORT and (hindrance := _still_held(step, failed)):
        return hindrance
    if step.action in (Action.CREATE, Action.IMPORT, Action.UPDATE):
        for part in baseline.needs(step.part):
            if part in failed:
                return NotTriedError(
                    f"needs {part.name} in {part.target}, which failed",
                    where=str(step.part),
                    remedy="Mend that, then deploy again.",
                )
    if (step.action, step.kind) == (Action.DELETE, Kind.STACK_SET):
        return _still_a_hint(step, failed)
    if step.action is Action.DELETE:
        for part in failed:
            if step.part in baseline.needs(part):
                return _still_needed(step, part)
    return None


def _still_needed(step: Step, part: Part) -> NotTriedError:
    """Service-managed StackSets need no role; one of the other mode may have to take over again."""
    said = (
        f"stays until what failed is mended: {part.name} in {part.target}"
        if step.part.name == ROLES and service_managed.is_one(part.name)
        else f"is still needed by {part.name} in {part.target}, which failed"
    )
    return NotTriedError(said, where=str(step.part), remedy=f"Mend that, {_ONCE_MORE}.")


def _still_held(step: Step, failed: Iterable[Part]) -> NotTriedError | None:
    """A stack is taken in once the StackSet that has it has given it up."""
    for name in service_managed.namesakes(step.part.name):
        if name != step.part.name and Part(name, step.part.target) in failed:
            return NotTriedError(
                f"its stack was not given up by {name}",
                where=str(step.part),
                remedy="Mend that, then deploy again.",
            )
    return None


def _without_stack_set(
    step: Step, baseline: Baseline, failed: Iterable[Part]
) -> NotTriedError | None:
    """An instance comes to a StackSet that is there, and is given up for one that is there."""
    family, target = service_managed.family(step.part.name), step.part.target
    other = baseline.instance(family, target).name
    if step.action is Action.RETAIN and target not in baseline.stack_set(other).targets:
        return None  # it goes over to none
    if step.action is not Action.DELETE and _stack_set(other) in failed:
        return NotTriedError(
            f"needs the StackSet {other}, which could not be made",
            where=str(step.part),
            remedy="Mend that, then deploy again.",
        )
    return None


def _still_a_hint(step: Step, failed: Iterable[Part]) -> NotTriedError | None:
    """A StackSet tells that there are stacks of it, until others have taken them in."""
    family = service_managed.family(step.part.name)
    for part in failed:
        if service_managed.family(part.name) == family:
            return NotTriedError(
                f"stays until what failed is mended: {part.name} in {part.target}"
                if part.target.region
                else f"stays until the StackSet {part.name} is there",
                where=str(step.part),
                remedy="Mend that, then deploy again.",
            )
    return None


def _not_seen(step: Step) -> BaselineError:
    return BaselineError(
        f"was not tried: {step.reason}",
        where=str(step.part),
        remedy="Make it readable (see stack_sets.bootstrap_role), then deploy again.",
    )


@dataclass
class _Work:
    """Does the steps of one stack, or of one StackSet."""

    baseline: Baseline
    reach: Reach
    progress: Progress
    sleep: stacks.Sleep
    _role: str = field(init=False)

    def __post_init__(self) -> None:
        session = self.reach.session
        role = f"role/{ADMINISTRATION_ROLE}"
        self._role = f"arn:{session.partition}:iam::{session.account_id}:{role}"

    def do(self, steps: tuple[Step, ...]) -> list[Result]:
        """The outcome of each of ``steps``."""
        if steps[0].kind is Kind.STACK:
            return [Done(step, self._stack(step)) for step in steps]
        if steps[0].kind is Kind.DELEGATION:
            return [Done(step, self._delegation(step)) for step in steps]
        return list(self._stack_set(steps))

    def _stack(self, step: Step) -> str:
        target = step.part.target
        session = self.reach.administer(target.account_id)
        client = session.client("cloudformation", target.region)
        if step.part.name == STORAGE:
            lists = observe.administrators(self.reach, self.baseline)
            protection.check_deployer(session.arn, *lists)
        if step.action is Action.DELETE:
            return stacks.delete(client, step.stack or step.part.name, self.sleep)
        wanted = next(s for s in self.baseline.stacks if s.part == step.part)
        stack = self._with_networks(wanted)
        template = uploads.template(session, self.baseline, stack)
        said = stacks.apply(client, stack, template, self.baseline.organization.id, self.sleep)
        return said if stack == wanted else f"{said}; still may delete networks"

    def _with_networks(self, stack: Stack) -> Stack:
        """The stack; roles keep what an account's networks need for as long as these are there.

        What could not be deleted, or was not chosen, could never be deleted without it.
        """
        takes = stack.name == ROLES and stack.parameters.get(WITH_NETWORKS) == "false"
        if not takes or stack.part.target.account_id not in self._networked:
            return stack
        return replace(stack, parameters={**stack.parameters, WITH_NETWORKS: "true"})

    @cached_property
    def _networked(self) -> frozenset[str]:
        """The accounts that have a network of the baseline; roles come after what is deleted."""
        client = self.reach.session.client("cloudformation", self.baseline.home_region)
        found = observe.read_stack_set(client, VPC)
        if found is None or found.owner != self.baseline.organization.id:
            return frozenset()
        return frozenset(target.account_id for target in found.instances)

    @property
    def _emails(self) -> dict[str, str]:
        return {a.id: a.email for a in self.baseline.organization.accounts}

    def _delegation(self, step: Step) -> str:
        """What CloudFormation cannot do: GuardDuty's administrator, and its members."""
        wanted = self.baseline.delegation
        assert wanted  # else there is no such step
        work = Delegating(self.reach, wanted, step.part.target.region, self._emails)
        if step.action is not Action.DELETE:
            return work.apply(self.sleep)
        said = work.remove()
        work.deregister()
        return said

    def _stack_set(self, steps: tuple[Step, ...]) -> list[Result]:
        """Gives up and deletes first, then changes the StackSet, then updates and creates."""
        name = steps[0].part.name
        operations = self._operations(name)
        itself = next((s for s in steps if s.kind is Kind.STACK_SET), None)
        parts = {action: _instances(steps, action) for action in Action}
        results = [
            *_phase(parts[Action.RETAIN], lambda t: operations.delete(t, retain=True)),
            *_phase(parts[Action.DELETE], lambda t: operations.delete(t, retain=False)),
        ]
        if itself and itself.action is Action.DELETE:
            return [*results, _delete_set(operations, itself, results)]
        wanted = self.baseline.stack_set(name)
        if itself and itself.action is Action.CREATE:
            results.append(Done(itself, operations.create_set(wanted)))
        updates = parts[Action.UPDATE]
        if itself and itself.action is Action.UPDATE:
            results += _update_set(operations, wanted, itself, updates)
        else:
            results += _phase(updates, self._inviting(name, lambda t: operations.update(wanted, t)))
        stacks_of = {target: step.stack for target, step in parts[Action.IMPORT].items()}
        results += _phase(parts[Action.IMPORT], lambda _: operations.take_in(wanted, stacks_of))
        create = self._inviting(name, lambda t: operations.create(wanted, t))
        results += _phase(parts[Action.CREATE], create)
        return _settled(operations, itself, results)

    def _inviting(self, name: str, call: _Call) -> _Call:
        """``call``, after those of its targets that left GuardDuty were invited again."""
        if service_managed.family(name) != MEMBERS:
            return call

        def invited(targets: Iterable[Target]) -> Ended:
            refused = invitations.renew(self.reach.session, targets, self._emails)
            others = [target for target in targets if target not in refused]
            return refused | (call(others) if others else {})

        return invited

    def _operations(self, name: str) -> Operations:
        return Operations(
            managed=self.baseline.stack_set(name).managed,
            client=self.reach.session.client("cloudformation", self.baseline.home_region),
            name=name,
            organization_id=self.baseline.organization.id,
            administration_role=self._role,
            sleep=self.sleep,
            progress=self.progress,
            template=lambda wanted: uploads.template(self.reach.session, self.baseline, wanted),
        )


_Instances = dict[Target, Step]


def _instances(steps: Iterable[Step], action: Action) -> _Instances:
    return {s.part.target: s for s in steps if s.kind is Kind.INSTANCE and s.action is action}


def _phase(instances: _Instances, call: _Call) -> list[Result]:
    """The outcome for each of ``instances``; a call that is refused is the failure of all."""
    if not instances:
        return []
    try:
        ended = call(instances)
    except BaselineError as error:
        return [Failed(step, error) for step in instances.values()]
    return [_outcome(step, ended[target]) for target, step in instances.items()]


def _outcome(step: Step, ended: str | BaselineError) -> Result:
    return Failed(step, ended) if isinstance(ended, BaselineError) else Done(step, ended)


def _update_set(
    operations: Operations, wanted: StackSet, itself: Step, updates: _Instances
) -> list[Result]:
    """The StackSet counts as updated once AWS has taken the change, whatever instances say."""
    try:
        ended = operations.update(wanted, updates)
    except BaselineError as error:
        return [Failed(step, error) for step in (itself, *updates.values())]
    return [
        Done(itself, "updated"),
        *(_outcome(step, ended[target]) for target, step in updates.items()),
    ]


def _settled(operations: Operations, itself: Step | None, results: list[Result]) -> list[Result]:
    """The results, once the StackSet does by itself what it should; else its own is a failure."""
    if itself is None or itself.action is Action.SKIP:
        return results
    try:
        operations.settle()
    except BaselineError as error:
        return [Failed(itself, error) if r.target == itself else r for r in results]
    return results


def _delete_set(operations: Operations, itself: Step, instances: Iterable[Result]) -> Result:
    if any(isinstance(result, Failed) for result in instances):
        return Failed(itself, _still_has_instances(itself))
    try:
        operations.delete_set()
    except BaselineError as error:
        return Failed(itself, error)
    return Done(itself, "deleted")
