"""Deleting what a stack holds, in the reverse order of creation and as the policies say.

Source: AWS CloudFormation User Guide, "DeletionPolicy attribute".
"""

from dataclasses import replace

from baseline.errors import AwsError
from baseline.simulation.cloudformation.history import Failed, History, failures
from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import gone
from baseline.simulation.cloudformation.records import GONE, StackResource

_SKIPPED = "DELETE_SKIPPED"


class Removal:
    """Deletes resources of one stack. ``creating``: the stack's creation is being undone."""

    def __init__(self, history: History, *, creating: bool = False) -> None:
        self._history = history
        self._creating = creating

    def everything(self, retain: frozenset[str] = frozenset()) -> list[str]:
        """Delete all; gives the names of what could not be. What those need stays, too."""
        failed: list[str] = []
        blocked: set[str] = set()
        for resource in reversed(list(self._history.stack.resources.values())):
            if resource.name in blocked:
                blocked |= resource.needs
            elif not self.held(resource, keep=resource.name in retain):
                failed.append(resource.name)
                blocked |= resource.needs
        return failed

    def held(self, resource: StackResource, *, keep: bool = False) -> bool:
        """Delete one that the stack holds; False when AWS refuses."""
        if resource.status in (GONE, _SKIPPED):
            return True
        reason = self._remove(resource, keep=keep)
        if reason:
            self._history.hold(resource, "DELETE_FAILED", reason)
            return False
        kept = resource.made is not None and (keep or self._kept(resource.deletion_policy))
        self._history.hold(resource, _SKIPPED if kept else GONE)
        return True

    def replaced(self, resource: StackResource) -> None:
        """Delete what another resource of that name has replaced; a refusal leaves it behind."""
        reason = self._remove(replace(resource, deletion_policy=resource.replace_policy))
        status = "DELETE_FAILED" if reason else GONE
        self._history.tell(replace(resource, status=status, reason=reason))

    def _remove(self, resource: StackResource, *, keep: bool = False) -> str:
        """Why it could not be deleted; empty when it is gone, or kept as its policy says."""
        if resource.made is None or keep or self._kept(resource.deletion_policy):
            return ""
        self._history.tell(replace(resource, status="DELETE_IN_PROGRESS", reason=""))
        try:
            with failures(resource.type):
                self._delete(resource, resource.made)
        except Failed as failed:
            return failed.reason
        return ""

    def _delete(self, resource: StackResource, made: Made) -> None:
        provider, place = self._history.worker(resource)
        try:
            provider.delete(place, made, resource.properties)
        except AwsError as error:
            if not gone(error):
                raise

    def _kept(self, policy: str) -> bool:
        return policy == "Retain" or (policy == "RetainExceptOnCreate" and not self._creating)
