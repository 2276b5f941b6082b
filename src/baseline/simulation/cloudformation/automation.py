"""What service-managed StackSets do by themselves when accounts come into their units, or leave.

Source: AWS CloudFormation User Guide, "Enable or disable automatic deployments for StackSets".
"""

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from baseline.simulation.cloudformation.stack_set_records import Instance, Key, StackSet
from baseline.simulation.cloudformation.stack_sets import StackSets
from baseline.simulation.cloudformation.stacks import DECIDING

_A_MOMENT = 0.01  # seconds between looks at an operation that waits for another


@dataclass(frozen=True)
class _Due:
    """What one StackSet has to do; ``unit`` is the one that an account has come into."""

    stack_set: StackSet
    action: str
    keys: tuple[Key, ...]
    unit: str


class Automation(StackSets):
    """The part of CloudFormation that follows the organization."""

    def account_moved(self, account_id: str, before: Sequence[str], after: Sequence[str]) -> None:
        """Begin what follows from an account's new place: ``before`` and ``after`` are its units.

        One that stays within the units of a StackSet keeps its instances there.
        """
        if account_id == self.simulation.blueprint.main.id or not self.organizations_access:
            return
        with DECIDING:
            due = [
                one
                for sets in self.stack_sets.values()
                for found in sets.values()
                if found.automatic and (one := _due(found, account_id, before, after))
            ]
        if due:
            self.background.start(partial(self._follow, due))

    def _follow(self, due: Iterable[_Due]) -> None:
        """One StackSet after the other; one whose dependency failed does nothing."""
        failed: set[str] = set()
        for one in _in_order(list(due)):
            if failed.isdisjoint(one.stack_set.after):
                failed |= set() if self._done(one) else {one.stack_set.arn}
            else:
                failed.add(one.stack_set.arn)

    def _done(self, due: _Due) -> bool:
        """Carry one out; whether it went well everywhere."""
        found = due.stack_set
        for key in due.keys:
            found.instances.setdefault(key, Instance(*key, unit=due.unit))
        operation = self._planned(due.action, due.keys, str(uuid.uuid4()))
        operation.retain = due.action == "DELETE" and found.keeps_stacks
        if not self._queued(found, operation):
            self._run(found, operation)
        while operation.open:
            time.sleep(_A_MOMENT)
        return not operation.failures


def _due(
    found: StackSet, account_id: str, before: Sequence[str], after: Sequence[str]
) -> _Due | None:
    inside = next((unit for unit in after if unit in found.units), None)
    was_inside = not found.units.keys().isdisjoint(before)
    if inside and not was_inside:
        regions = {r for unit in after if unit in found.units for r in found.units[unit]}
        keys = tuple((account_id, region) for region in sorted(regions))
        return _Due(found, "CREATE", keys, inside)
    own = tuple(key for key in found.instances if key[0] == account_id)
    if was_inside and not inside and own:
        return _Due(found, "DELETE", own, "")
    for key in own if inside else ():
        found.instances[key].unit = inside or ""
    return None


def _in_order(due: list[_Due]) -> Iterable[_Due]:
    """The newest StackSet first, but none before those that it depends on."""
    waiting = {one.stack_set.arn: one for one in reversed(due)}
    while waiting:
        free = next(
            (one for one in waiting.values() if waiting.keys().isdisjoint(one.stack_set.after)),
            next(iter(waiting.values())),  # a circle
        )
        yield waiting.pop(free.stack_set.arn)
