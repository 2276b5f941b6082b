"""Templates as CloudFormation reads them: parsed once, and refused before anything is made.

Source: AWS CloudFormation User Guide, "Template sections" and "CloudFormation quotas".
"""

import graphlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from baseline.simulation.cloudformation import schemas
from baseline.simulation.cloudformation.intrinsics import (
    PSEUDO_PARAMETERS,
    Scope,
    condition,
    references,
)
from baseline.simulation.cloudformation.parameters import Parameter, declared
from baseline.simulation.cloudformation.providers import provider
from baseline.simulation.cloudformation.syntax import load
from baseline.simulation.service import Refusal

MAXIMUM_BODY = 51_200
MAXIMUM_OBJECT = 1_048_576
_MAXIMUM = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}

_SECTIONS = frozenset(
    ("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings",
     "Conditions", "Resources", "Outputs")
)  # fmt: skip
_UNSIMULATED = frozenset(("Transform", "Rules", "Hooks"))
_RESOURCE_KEYS = frozenset(
    ("Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy",
     "Metadata", "CreationPolicy", "UpdatePolicy")
)  # fmt: skip
_DELETION_POLICIES = frozenset(("Delete", "Retain", "Snapshot", "RetainExceptOnCreate"))

# What acknowledges IAM resources; with a name of their own they need the second.
_IAM = "CAPABILITY_IAM"
_NAMED_IAM = "CAPABILITY_NAMED_IAM"
_IAM_NAMES = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": "",
    "AWS::IAM::RolePolicy": "",
    "AWS::IAM::UserPolicy": "",
    "AWS::IAM::GroupPolicy": "",
    "AWS::IAM::AccessKey": "",
    "AWS::IAM::UserToGroupAddition": "",
}

T = TypeVar("T")


@dataclass(frozen=True)
class Resource:
    """One resource as the template declares it, its properties not yet resolved."""

    name: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...]
    condition: str | None
    deletion_policy: str
    replace_policy: str
    metadata: Any

    @property
    def needs(self) -> set[str]:
        """The names that it refers to or depends on."""
        return {name for name, _ in references(self.properties)} | set(self.depends_on)


@dataclass(frozen=True)
class Output:
    """One output; ``export`` is the unresolved name under which other stacks import it."""

    name: str
    value: Any
    description: str
    export: Any
    condition: str | None


@dataclass(frozen=True)
class Template:
    """A template that CloudFormation accepts. ``resources`` are in the order of creation."""

    body: str
    description: str
    parameters: Mapping[str, Parameter]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Output]

    @property
    def iam_types(self) -> list[str]:
        """The types in it that belong to IAM."""
        return sorted({r.type for r in self.resources.values()} & set(_IAM_NAMES))

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the caller must acknowledge: that IAM resources will be made."""
        iam = [r for r in self.resources.values() if r.type in self.iam_types]
        named = any(_IAM_NAMES[r.type] in r.properties for r in iam)
        return (_NAMED_IAM,) if named else (_IAM,) if iam else ()

    def check_capabilities(self, acknowledged: Iterable[str]) -> None:
        """Refuse when the caller did not acknowledge what the template needs."""
        enough = {_NAMED_IAM, *self.capabilities}
        if self.capabilities and not enough & set(acknowledged):
            raise Refusal(
                "InsufficientCapabilitiesException",
                f"Requires capabilities : [{', '.join(self.capabilities)}]",
            )

    def holding(self, scope: Scope) -> dict[str, bool]:
        """Which of the template's conditions hold for the parameters of ``scope``."""
        return {
            name: condition(body, self.conditions, scope) for name, body in self.conditions.items()
        }

    def kept(self, items: Mapping[str, T], conditions: Mapping[str, bool]) -> dict[str, T]:
        """Those of the resources or outputs whose condition holds."""
        return {
            name: item
            for name, item in items.items()
            if conditions.get(getattr(item, "condition", None) or "", True)
        }


@lru_cache(maxsize=256)
def parse(body: str) -> Template:
    """The template in ``body``; refuses what CloudFormation would refuse on sight."""
    data = load(body)
    _check_sections(data)
    conditions = data.get("Conditions") or {}
    resources = {name: _resource(name, r) for name, r in _section(data, "Resources").items()}
    outputs = {name: _output(name, o) for name, o in _section(data, "Outputs").items()}
    template = Template(
        body=body,
        description=str(data.get("Description", "")),
        parameters=declared(data.get("Parameters") or {}),
        mappings=data.get("Mappings") or {},
        conditions=conditions,
        resources=resources,
        outputs=outputs,
    )
    _check_types(template)
    _check_names(template)
    ordered = {name: resources[name] for name in _order(resources)}
    return Template(**{**vars(template), "resources": ordered})


def _check_sections(data: Mapping[str, Any]) -> None:
    unsimulated = sorted(_UNSIMULATED & set(data))
    if unsimulated:
        raise _refused(f"The simulation has no {', '.join(unsimulated)} section")
    unknown = sorted(str(name) for name in set(data) - _SECTIONS)
    if unknown:
        raise _refused(f"Invalid template property or properties [{', '.join(unknown)}]")
    if not data.get("Resources"):
        raise _refused("Template format error: At least one Resources member must be defined.")
    for name, most in _MAXIMUM.items():
        found = len(_section(data, name))
        if found > most:
            raise _refused(
                f"Template format error: Number of {name.lower()}, {found}, is greater "
                f"than maximum allowed, {most}"
            )


def _section(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = data.get(name) or {}
    if not isinstance(section, dict):
        raise _refused(f"Template format error: {name} must be a map.")
    return section


def _resource(name: str, body: Any) -> Resource:
    if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
        raise _refused(
            f"Template format error: Every Resources object must contain a Type member. ({name})"
        )
    if not name.isalnum():
        raise _refused(f"Template format error: Resource name {name} is non alphanumeric.")
    unknown = sorted(set(body) - _RESOURCE_KEYS)
    if unknown:
        raise _refused(f"Invalid template resource property '{unknown[0]}'")
    depends_on = body.get("DependsOn", ())
    return Resource(
        name=name,
        type=body["Type"],
        properties=body.get("Properties") or {},
        depends_on=(depends_on,) if isinstance(depends_on, str) else tuple(depends_on),
        condition=body.get("Condition"),
        deletion_policy=_policy(name, "DeletionPolicy", body),
        replace_policy=_policy(name, "UpdateReplacePolicy", body),
        metadata=body.get("Metadata"),
    )


def _policy(name: str, key: str, body: Mapping[str, Any]) -> str:
    policy = str(body.get(key, "Delete"))
    if policy not in _DELETION_POLICIES:
        raise _refused(
            f"Template error: Unrecognized {key} attribute value {policy} for resource {name}"
        )
    return policy


def _output(name: str, body: Any) -> Output:
    if not isinstance(body, dict) or "Value" not in body:
        raise _refused(f"Template format error: Output {name} must have a Value member.")
    export = body.get("Export")
    return Output(
        name=name,
        value=body["Value"],
        description=str(body.get("Description", "")),
        export=export.get("Name") if isinstance(export, dict) else None,
        condition=body.get("Condition"),
    )


def _check_types(template: Template) -> None:
    types = {resource.type for resource in template.resources.values()}
    made = {name for name in types if provider(name)}
    known = {name for name in types if name in made or schemas.schema(name)}
    if types - known:
        raise _refused(
            "Template format error: Unrecognized resource types: "
            f"[{', '.join(sorted(types - known))}]"
        )
    missing = types - made
    if missing:
        raise _refused(
            f"The simulation cannot make resources of the types: [{', '.join(sorted(missing))}]"
        )


def _check_names(template: Template) -> None:
    resources = set(template.resources)
    values = resources | set(template.parameters) | PSEUDO_PARAMETERS
    for resource in template.resources.values():
        _check_references(resource.properties, values, resources, "Resources")
        _check_known(resource.depends_on, resources, "Resources")
        _check_condition(resource.condition, template)
    for output in template.outputs.values():
        _check_references([output.value, output.export], values, resources, "Outputs")
        _check_condition(output.condition, template)
    constants = values - resources
    _check_references(list(template.conditions.values()), constants, set(), "Conditions")


def _check_references(value: Any, values: set[str], resources: set[str], block: str) -> None:
    found = list(references(value))
    _check_known((name for name, attribute in found if attribute is None), values, block)
    for name, attribute in found:
        if attribute is not None and name not in resources:
            raise _refused(
                f"Template error: instance of Fn::GetAtt references undefined resource {name}"
            )


def _check_known(names: Iterable[str], known: set[str], block: str) -> None:
    unknown = sorted(set(names) - known)
    if unknown:
        raise _refused(
            f"Template format error: Unresolved resource dependencies "
            f"[{', '.join(unknown)}] in the {block} block of the template"
        )


def _check_condition(name: str | None, template: Template) -> None:
    if name is not None and name not in template.conditions:
        raise _refused(
            f"Template format error: Unresolved condition dependency {name} in the "
            "Resources block of the template"
        )


def _order(resources: Mapping[str, Resource]) -> Iterator[str]:
    """The names, each after what it needs; else in the order of the template."""
    hard = {name: resource.needs & set(resources) for name, resource in resources.items()}
    _sorted(hard)
    soft = {name: needs | _earlier(resources[name], resources) for name, needs in hard.items()}
    try:
        return iter(_sorted(soft))
    except Refusal:
        # What a type would rather have first gives way to what the template says.
        return iter(_sorted(hard))


def _earlier(resource: Resource, resources: Mapping[str, Resource]) -> set[str]:
    first = provider(resource.type).after
    return {other.name for other in resources.values() if other.type in first}


def _sorted(needs: Mapping[str, set[str]]) -> list[str]:
    ordered = {name: sorted(before) for name, before in needs.items()}
    try:
        return list(graphlib.TopologicalSorter(ordered).static_order())
    except graphlib.CycleError as error:
        cycle = ", ".join(sorted(set(error.args[1])))
        raise _refused(f"Circular dependency between resources: [{cycle}]") from None


def _refused(message: str) -> Refusal:
    return Refusal("ValidationError", message)
