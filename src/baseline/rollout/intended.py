"""What a template says of its resources in one account and region. Pure.

Knows the functions that the baseline's own templates use, and no others [AWS CloudFormation User
Guide, "Intrinsic function reference"].
"""

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from baseline import templates
from baseline.errors import TemplateError

Properties = Mapping[str, Any]

_PLACEHOLDER = re.compile(r"\$\{([^!}]+)\}")
_NAMES = (
    "BucketName", "RoleName", "LogGroupName", "AliasName", "QueueName", "FunctionName",
    "ManagedPolicyName", "Name",
)  # fmt: skip
_ARNS = {
    "AWS::S3::Bucket": "arn:{partition}:s3:::{name}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account_id}:role/{name}",
    "AWS::IAM::ManagedPolicy": "arn:{partition}:iam::{account_id}:policy/{name}",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account_id}:log-group:{name}:*",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{account_id}:{name}",
    "AWS::Events::Rule": "arn:{partition}:events:{region}:{account_id}:rule/{name}",
}
_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
_NO_VALUE = object()
_MOST_ZONES = 6  # of any region
_ADDRESS_BITS = 32


@dataclass(frozen=True)
class Where:
    """The account and region that a template's values are for."""

    account_id: str
    region: str
    partition: str


def resources(body: str, parameters: Mapping[str, str], where: Where) -> Mapping[str, Properties]:
    """The properties of each resource that the template ``body`` makes in ``where``.

    Functions are replaced by their results. What only AWS can name, such as a key's ARN, is None.
    Raises TemplateError for a function that is not known here.
    """
    return resolved(_parsed(body), parameters, where)


def resolved(
    template: Any, parameters: Mapping[str, str], where: Where
) -> Mapping[str, Properties]:
    """The same of a template that is parsed already."""
    scope = _Scope(template, _values(template, parameters, where), where)
    return {
        name: scope.resolve(resource.get("Properties", {}))
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or scope.holds(resource["Condition"])
    }


@lru_cache(maxsize=16)
def _parsed(body: str) -> Any:
    return templates.parse(body)


def _values(template: Any, parameters: Mapping[str, str], where: Where) -> dict[str, Any]:
    declared = template.get("Parameters", {})
    values = {
        "AWS::AccountId": where.account_id,
        "AWS::Region": where.region,
        "AWS::Partition": where.partition,
        "AWS::URLSuffix": _SUFFIXES.get(where.partition, "amazonaws.com"),
        "AWS::NoValue": _NO_VALUE,
    }
    return values | {
        name: _typed(parameters.get(name, declaration.get("Default")), declaration["Type"])
        for name, declaration in declared.items()
    }


def _typed(value: Any, kind: str) -> Any:
    if kind == "Number":
        return int(value)
    return value.split(",") if kind == "CommaDelimitedList" else value


@dataclass(frozen=True)
class _Scope:
    """What the names in one template mean in one place."""

    template: Any
    values: Mapping[str, Any]
    where: Where

    def holds(self, condition: str) -> bool:
        return bool(self.resolve(self.template["Conditions"][condition]))

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [v for v in map(self.resolve, value) if v is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        function = next(iter(value), "")
        if len(value) == 1 and (function == "Ref" or function.startswith("Fn::")):
            return self._call(function, value[function])
        if value.keys() == {"Condition"} and isinstance(value["Condition"], str):
            return self.holds(value["Condition"])
        resolved = {key: self.resolve(part) for key, part in value.items()}
        return {key: part for key, part in resolved.items() if part is not _NO_VALUE}

    def _call(self, function: str, given: Any) -> Any:
        if function not in _FUNCTIONS:
            raise TemplateError(f"{function} is not known here", where="template")
        return _FUNCTIONS[function](self, given)

    def substituted(self, text: str, names: Mapping[str, Any]) -> str | None:
        values = {name: self._named(name, names) for name in _PLACEHOLDER.findall(text)}
        if None in values.values():
            return None
        replaced = _PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)
        return replaced.replace("${!", "${")

    def joined(self, delimiter: str, parts: Any) -> str | None:
        resolved = self.resolve(parts)
        return None if None in resolved else delimiter.join(resolved)

    def _named(self, name: str, names: Mapping[str, Any]) -> Any:
        """What ``${name}`` stands for."""
        if name in names:
            return self.resolve(names[name])
        resource, _, attribute = name.partition(".")
        return self.attribute(resource, attribute) if attribute else self.reference(resource)

    def reference(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        match self.template["Resources"][name]["Type"]:
            case "AWS::SQS::Queue":  # by its URL, which is AWS's to say
                return None
            case "AWS::IAM::ManagedPolicy":
                return self.arn(name)
        return self._name(name)

    def _name(self, resource: str) -> str | None:
        properties = self.template["Resources"][resource].get("Properties", {})
        properties = properties.get("DatabaseInput", properties)
        return next((self.resolve(properties[n]) for n in _NAMES if n in properties), None)

    def attribute(self, resource: str, name: str) -> Any:
        """A property that the resource has as an attribute too, else its ARN."""
        properties = self.template["Resources"][resource].get("Properties", {})
        return self.resolve(properties[name]) if name in properties else self.arn(resource)

    def found_in_map(self, mapping: str, key: str, attribute: str) -> Any:
        """What a mapping has; None for a place of which it has nothing."""
        return self.template.get("Mappings", {}).get(mapping, {}).get(key, {}).get(attribute)

    def arn(self, resource: str) -> str | None:
        shape = _ARNS.get(self.template["Resources"][resource]["Type"])
        name = self._name(resource)
        return shape.format(name=name, **vars(self.where)) if shape and name else None


_FUNCTIONS: dict[str, Callable[[_Scope, Any], Any]] = {
    "Ref": lambda scope, name: scope.reference(name),
    "Fn::GetAtt": lambda scope, of: scope.attribute(*of),
    "Fn::Sub": lambda scope, of: scope.substituted(*(of if isinstance(of, list) else (of, {}))),
    "Fn::If": lambda scope, of: scope.resolve(of[1] if scope.holds(of[0]) else of[2]),
    "Fn::Join": lambda scope, of: scope.joined(*of),
    "Fn::Split": lambda scope, of: scope.resolve(of[1]).split(of[0]),
    # What another stack exports only AWS can know.
    "Fn::ImportValue": lambda _scope, _name: None,
    "Fn::Base64": lambda scope, of: base64.b64encode(scope.resolve(of).encode()).decode(),
    "Fn::Equals": lambda scope, of: scope.resolve(of[0]) == scope.resolve(of[1]),
    "Fn::Not": lambda scope, of: not scope.resolve(of[0]),
    "Fn::Or": lambda scope, of: any(map(scope.resolve, of)),
    "Fn::And": lambda scope, of: all(map(scope.resolve, of)),
    "Fn::Select": lambda scope, of: scope.resolve(of[1])[int(scope.resolve(of[0]))],
    "Fn::FindInMap": lambda scope, of: scope.found_in_map(*map(scope.resolve, of)),
    "Fn::Cidr": lambda scope, of: _parts(*map(scope.resolve, of)),
    # Which zones an account has only AWS can know.
    "Fn::GetAZs": lambda _scope, _region: [None] * _MOST_ZONES,
}


def _parts(block: str | None, count: int, bits: int) -> list[str | None]:
    """The first ``count`` parts of ``block``, each with so many bits for its addresses."""
    if block is None:
        return [None] * int(count)
    parts = ipaddress.ip_network(block).subnets(new_prefix=_ADDRESS_BITS - int(bits))
    return [str(part) for part, _ in zip(parts, range(int(count)), strict=False)]
