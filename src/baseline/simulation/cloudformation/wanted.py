"""What a stack shall become, with every value resolved as far as the stack's resources exist."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from baseline.simulation.cloudformation import schemas
from baseline.simulation.cloudformation.intrinsics import Scope, resolve
from baseline.simulation.cloudformation.parameters import text
from baseline.simulation.cloudformation.records import Export, Stack, StackResource
from baseline.simulation.cloudformation.template import Resource, Template
from baseline.simulation.service import Refusal

Tags = tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Wanted:
    """A template, a value for each of its parameters, and tags for all resources."""

    template: Template
    parameters: Mapping[str, str]
    tags: Tags = ()

    def scope(self, stack: Stack, imports: Callable[[str], str]) -> Scope:
        """What names mean now, in this stack."""
        declared = self.template.parameters
        values = {name: declared[name].value(value) for name, value in self.parameters.items()}
        scope = Scope(
            values={**values, **_pseudo(stack)},
            mappings=self.template.mappings,
            conditions={},
            resources={n: r.made for n, r in stack.resources.items() if r.made is not None},
            imports=imports,
            zones=lambda region: [f"{region}{letter}" for letter in "abc"],
        )
        return replace(scope, conditions=self.template.holding(scope))

    def resources(self, scope: Scope) -> dict[str, Resource]:
        """The resources whose condition holds, in the order of creation."""
        return self.template.kept(self.template.resources, scope.conditions)

    def properties(self, resource: Resource, scope: Scope) -> dict[str, Any]:
        """Resolved, typed, and with the stack's tags where the type takes tags."""
        properties = schemas.typed(resource.type, resolve(resource.properties, scope))
        shape = schemas.tag_shape(resource.type) if self.tags else None
        if shape == "object":
            inherited = {tag["Key"]: tag["Value"] for tag in self.tags}
            properties["Tags"] = {**inherited, **properties.get("Tags", {})}
        elif shape == "array":
            own = properties.get("Tags", [])
            keys = {tag["Key"] for tag in own}
            properties["Tags"] = [*own, *(tag for tag in self.tags if tag["Key"] not in keys)]
        return properties

    def checked(self, resource: Resource, scope: Scope) -> dict[str, Any]:
        """The properties; refuses those that the type does not allow."""
        properties = self.properties(resource, scope)
        found = schemas.problems(resource.type, properties)
        if found:
            said = "\n".join(found)
            raise Refusal(
                "ValidationError",
                f"Properties validation failed for resource {resource.name} with message:\n{said}",
            )
        return properties

    def outputs(self, stack: Stack, scope: Scope) -> tuple[dict[str, str], dict[str, Export]]:
        """The outputs by their names, and the exports by theirs."""
        kept = self.template.kept(self.template.outputs, scope.conditions)
        values = {name: text(resolve(output.value, scope)) for name, output in kept.items()}
        named = {
            text(resolve(output.export, scope)): name
            for name, output in kept.items()
            if output.export is not None
        }
        exports = {
            export: Export(export, values[name], name, stack.id, stack.name)
            for export, name in named.items()
        }
        return values, exports

    def differs(self, stack: Stack, scope: Scope) -> bool:
        """Whether an update would change anything; metadata counts, policies alone do not."""
        if self.tags != stack.tags or self.changes(stack, scope):
            return True
        return self.outputs(stack, scope) != (stack.outputs, stack.exports)

    def changes(self, stack: Stack, scope: Scope) -> list["Intention"]:
        """What an update would do to each resource that it would touch."""
        kept = self.resources(scope)
        found = [_change(self, stack.resources.get(name), kept[name], scope) for name in kept]
        removed = (held for name, held in stack.resources.items() if name not in kept)
        removals = [Intention("Remove", held.name, held.type, held.physical_id) for held in removed]
        return [change for change in found if change is not None] + removals


@dataclass(frozen=True)
class Intention:
    """What an update would do to one resource: Add, Modify or Remove it."""

    action: str
    name: str
    type: str
    physical_id: str = ""
    replacement: bool = False


def _change(
    wanted: Wanted, held: StackResource | None, resource: Resource, scope: Scope
) -> Intention | None:
    if held is None or held.made is None:
        return Intention("Add", resource.name, resource.type)
    try:
        after = wanted.properties(resource, scope)
    except Refusal:
        # It refers to what does not exist yet, so it will be another than it is.
        return Intention("Modify", held.name, held.type, held.physical_id)
    same = resource.type == held.type and after == held.properties
    same = same and resource.metadata == held.metadata
    if same and not held.status.endswith("FAILED"):
        return None
    replaced = replaces(held.type, held.properties, after)
    return Intention("Modify", held.name, held.type, held.physical_id, replaced)


def replaces(type_name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the change touches a property that is fixed once the resource is there."""
    fixed = schemas.fixed_properties(type_name)
    return any(_part(before, name) != _part(after, name) for name in fixed)


def _part(properties: Any, path: str) -> Any:
    """What a path like ``TableInput/Name`` leads to; None where it leads nowhere."""
    for name in path.split("/"):
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties


def _pseudo(stack: Stack) -> dict[str, Any]:
    return {
        "AWS::AccountId": stack.account_id,
        "AWS::NotificationARNs": list(stack.notifications),
        "AWS::Partition": "aws",
        "AWS::Region": stack.region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }
