"""EventBridge: rules with their targets."""

import json
from typing import Any, ClassVar

from baseline.simulation.cloudformation.intrinsics import Made
from baseline.simulation.cloudformation.provider import Place, Properties, Provider, chosen


class Rule(Provider):
    """A rule on events, or a schedule."""

    type: ClassVar[str] = "AWS::Events::Rule"
    service: ClassVar[str] = "events"

    def create(self, place: Place, properties: Properties) -> Made:
        """Make the rule."""
        name = properties.get("Name") or place.name()
        arn = self._put(place, name, properties)
        return Made(name, {"Arn": arn})

    def complete(self, place: Place, made: Made, properties: Properties) -> Made:
        """Set the targets."""
        self._aim(place, made.id, {}, properties)
        return made

    def update(self, place: Place, made: Made, before: Properties, after: Properties) -> Made:
        """Change the rule and its targets."""
        self._put(place, made.id, after)
        self._aim(place, made.id, before, after)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        """Take the targets away, without which a rule cannot be deleted; then the rule."""
        self._aim(place, made.id, properties, {})
        self.client(place).delete_rule(Name=made.id)

    def _put(self, place: Place, name: str, properties: Properties) -> str:
        given = chosen(properties, "Description", "RoleArn", "ScheduleExpression", "State", "Tags")
        if "EventPattern" in properties:
            given["EventPattern"] = json.dumps(properties["EventPattern"])
        arn: str = self.client(place).put_rule(Name=name, **given)["RuleArn"]
        return arn

    def _aim(self, place: Place, name: str, before: Properties, after: Properties) -> None:
        gone = {t["Id"] for t in before.get("Targets", ())} - {
            t["Id"] for t in after.get("Targets", ())
        }
        if gone:
            _all(self.client(place).remove_targets(Rule=name, Ids=sorted(gone)))
        if after.get("Targets"):
            _all(self.client(place).put_targets(Rule=name, Targets=after["Targets"]))


def _all(answer: Any) -> None:
    """Refuse what was done in part [PutTargets: FailedEntries]."""
    if answer["FailedEntryCount"]:
        raise ValueError(str(answer["FailedEntries"]))


TYPES = (Rule,)
