"""Deployments: what a template wants against what is there, and the way back when it fails.

Source: AWS CloudFormation User Guide, "Stack status codes" and "Update behaviors of stack
resources".
"""

from collections.abc import Mapping
from dataclasses import replace

from baseline.simulation.cloudformation.history import (
    Failed,
    History,
    Surroundings,
    failures,
    these,
)
from baseline.simulation.cloudformation.intrinsics import Scope
from baseline.simulation.cloudformation.records import (
    BY_USER,
    GONE,
    Change,
    Export,
    Stack,
    StackResource,
)
from baseline.simulation.cloudformation.removal import Removal
from baseline.simulation.cloudformation.template import Resource
from baseline.simulation.cloudformation.wanted import Intention, Wanted, replaces
from baseline.simulation.service import Refusal


class Deployment:
    """One operation on one stack; how it ended is the stack's status."""

    def __init__(self, stack: Stack, world: Surroundings) -> None:
        self._stack = stack
        self._world = world
        self._history = History(stack, world)
        self._changes: list[Change] = []

    def create(self, wanted: Wanted) -> None:
        """Make all resources; on failure do as ``on_failure`` of the stack says."""
        self._history.say("CREATE_IN_PROGRESS", BY_USER)
        try:
            self._apply(wanted)
            self._accept(wanted)
        except Failed as failed:
            self._create_failed(failed)
            return
        self._history.say("CREATE_COMPLETE")

    def update(self, wanted: Wanted, *, rollback: bool = True) -> None:
        """Bring the stack to what is wanted, or back to what it was."""
        self._stack.updated = self._world.now()
        self._history.say("UPDATE_IN_PROGRESS", BY_USER)
        try:
            self._apply(wanted)
            self._accept(wanted)
        except Failed as failed:
            self._update_failed(failed, rollback=rollback)
            return
        self._history.say("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self._clean_up(wanted)
        self._history.say("UPDATE_COMPLETE")

    def continue_rollback(self) -> None:
        """Try again to undo what an earlier update could not."""
        self._roll_back(list(self._stack.stuck), BY_USER)

    def delete(self, retain: frozenset[str] = frozenset()) -> None:
        """Delete what the policies do not keep; what cannot be deleted fails the stack."""
        self._history.say("DELETE_IN_PROGRESS", BY_USER)
        try:
            self._check_unused(set(self._stack.exports))
        except Failed as failed:
            self._history.say("DELETE_FAILED", failed.reason)
            return
        failed_names = Removal(self._history).everything(retain)
        if failed_names:
            self._history.say("DELETE_FAILED", these("delete", failed_names))
            return
        self._stack.deleted = self._world.now()
        self._history.say(GONE)

    @property
    def world(self) -> Surroundings:
        """What it sees of the world."""
        return self._world

    def differs(self, wanted: Wanted) -> bool:
        """Whether an update would change anything; raises Refusal when it cannot be known."""
        return wanted.differs(self._stack, self._scope(wanted))

    def changes(self, wanted: Wanted) -> list[Intention]:
        """What an update would do to each resource."""
        return wanted.changes(self._stack, self._scope(wanted))

    # Towards what is wanted

    def _apply(self, wanted: Wanted) -> None:
        with failures():
            resources = wanted.resources(self._scope(wanted))
        for name, resource in resources.items():
            self._bring(resource, self._stack.resources.get(name), wanted)

    def _bring(self, resource: Resource, before: StackResource | None, wanted: Wanted) -> None:
        """One resource to what is wanted: made, changed, replaced or left as it is."""
        there = before if before is not None and before.made is not None else None
        draft = self._draft(resource, "UPDATE" if there else "CREATE")
        with self._history.attempt(draft):
            _check_type(resource, there)
            draft = replace(draft, properties=wanted.checked(resource, self._scope(wanted)))
        if there is None:
            self._make(draft)
        elif draft.properties == there.properties:
            self._stack.resources[draft.name] = replace(
                draft, made=there.made, status=there.status, changed=there.changed
            )
        elif replaces(draft.type, there.properties, draft.properties):
            self._make(draft, replacing=there)
        else:
            self._change(draft, there)

    def _draft(self, resource: Resource, verb: str) -> StackResource:
        return StackResource(
            name=resource.name,
            type=resource.type,
            properties={},
            made=None,
            status=f"{verb}_IN_PROGRESS",
            reason="",
            changed=self._world.now(),
            deletion_policy=resource.deletion_policy,
            replace_policy=resource.replace_policy,
            needs=frozenset(resource.needs),
            metadata=resource.metadata,
        )

    def _make(self, draft: StackResource, replacing: StackResource | None = None) -> None:
        self._history.hold(draft, draft.status)
        provider, place = self._history.worker(draft)
        with self._history.attempt(draft):
            made = provider.create(place, draft.properties)
            new = replace(draft, made=made)
            # Held before it is complete: if it never is, it has to be deleted.
            self._stack.resources[new.name] = new
            self._changes.append(Change(replacing, new, replaced=replacing is not None))
            made = provider.complete(place, made, draft.properties)
        self._history.hold(replace(new, made=made), _completed(draft))

    def _change(self, draft: StackResource, there: StackResource) -> None:
        new = replace(draft, made=there.made)
        self._history.hold(new, new.status)
        self._changes.append(Change(there, new))
        provider, place = self._history.worker(new)
        with self._history.attempt(new):
            made = provider.update(place, there.physical, there.properties, new.properties)
        self._history.hold(replace(new, made=made), _completed(new))

    def _accept(self, wanted: Wanted) -> None:
        """What was wanted is now what the stack is."""
        stack = self._stack
        with failures():
            outputs, exports = wanted.outputs(stack, self._scope(wanted))
        self._check_exports(exports)
        self._check_unused(set(stack.exports) - set(exports))
        stack.outputs, stack.exports = outputs, exports
        stack.body = wanted.template.body
        stack.parameters = dict(wanted.parameters)
        stack.description = wanted.template.description
        stack.tags = wanted.tags

    def _check_exports(self, exports: Mapping[str, Export]) -> None:
        for name in exports:
            other = self._world.exported(name)
            if other and other.stack_id != self._stack.id:
                raise Failed(
                    f"Export with name {name} is already exported by stack {other.stack_name}."
                )

    def _check_unused(self, exports: set[str]) -> None:
        for name in sorted(exports):
            importers = self._world.importers(name)
            if importers:
                raise Failed(
                    f"Export {name} cannot be deleted as it is in use by {', '.join(importers)}"
                )

    # Back, and away

    def _create_failed(self, failed: Failed) -> None:
        why = these("create", [failed.name]) if failed.name else failed.reason
        ending = {"DELETE": "Delete", "ROLLBACK": "Rollback"}.get(self._stack.on_failure)
        if ending is None:
            self._history.say("CREATE_FAILED", why)
            return
        self._history.say(f"{ending.upper()}_IN_PROGRESS", f"{why} {ending} requested by user.")
        stuck = Removal(self._history, creating=True).everything()
        if stuck:
            self._history.say(f"{ending.upper()}_FAILED", these("delete", stuck))
        else:
            self._history.say(f"{ending.upper()}_COMPLETE")

    def _update_failed(self, failed: Failed, *, rollback: bool) -> None:
        why = these("update", [failed.name]) if failed.name else failed.reason
        if not rollback:
            self._history.say("UPDATE_FAILED", why)
            return
        self._roll_back(self._changes, why)

    def _roll_back(self, changes: list[Change], why: str) -> None:
        self._history.say("UPDATE_ROLLBACK_IN_PROGRESS", why)
        stuck = [change for change in reversed(changes) if not self._undo(change)]
        self._stack.stuck = tuple(reversed(stuck))
        self._drop_unmade()
        if stuck:
            names = [change.after.name for change in stuck]
            self._history.say("UPDATE_ROLLBACK_FAILED", these("update", names))
            return
        self._history.say("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        self._history.say("UPDATE_ROLLBACK_COMPLETE")

    def _undo(self, change: Change) -> bool:
        """Undo one change; False when AWS refuses."""
        before, name = change.before, change.after.name
        after = self._stack.resources[name]
        if before is None or change.replaced:
            undone = Removal(self._history, creating=True).held(after)
        else:
            undone = self._change_back(before, after)
        if undone and before is not None:
            self._stack.resources[name] = before
        elif undone:
            del self._stack.resources[name]
        return undone

    def _change_back(self, before: StackResource, after: StackResource) -> bool:
        provider, place = self._history.worker(after)
        draft = replace(after, status="UPDATE_IN_PROGRESS")
        self._stack.resources[after.name] = draft
        try:
            with self._history.attempt(draft):
                provider.update(place, after.physical, after.properties, before.properties)
        except Failed:
            return False
        self._history.tell(replace(before, status="UPDATE_COMPLETE"))
        return True

    def _drop_unmade(self) -> None:
        held = self._stack.resources
        self._stack.resources = {n: r for n, r in held.items() if r.made is not None}

    def _clean_up(self, wanted: Wanted) -> None:
        """Delete what was replaced or is wanted no more, and put the rest in order."""
        removal = Removal(self._history)
        for change in reversed(self._changes):
            if change.replaced and change.before:
                removal.replaced(change.before)
        kept = wanted.resources(self._scope(wanted))
        held = self._stack.resources
        for name in reversed(list(held)):
            if name not in kept:
                removal.held(held[name])
        self._stack.resources = {name: held[name] for name in kept}

    def _scope(self, wanted: Wanted) -> Scope:
        return wanted.scope(self._stack, self._import)

    def _import(self, name: str) -> str:
        export = self._world.exported(name)
        if export is None:
            raise Refusal("ValidationError", f"No export named {name} found.")
        self._stack.imports.add(name)
        return export.value


def _check_type(resource: Resource, there: StackResource | None) -> None:
    if there is not None and there.type != resource.type:
        raise Failed(
            "Update of resource type is not permitted. The new template modifies resource type "
            f"of the following resources: [{resource.name}]"
        )


def _completed(resource: StackResource) -> str:
    return resource.status.replace("IN_PROGRESS", "COMPLETE")
