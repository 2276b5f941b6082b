"""The CloudFormation templates, plain YAML beside this file, and what is known of them as text.

Pure: nothing here talks to AWS. Templates are sent as text, or put into a bucket when they are
larger [CloudFormation quotas: 51,200 bytes of TemplateBody, 1 MB in S3, 500 resources].
"""

import json
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import yaml

from baseline.errors import TemplateError
from baseline.templates import analytics
from baseline.templates.analytics import NamedQuery

NAMES = (
    "stack-set-roles",
    "auditing-storage",
    "auditing-analytics",
    "audit-roles",
    "guardduty-main",
    "guardduty-member",
    "auditing",
    "config-rules",
    "config-aggregator",
    "audit-runner",
    "vpc",
    "organization-trail",
    "protection",
)
MAX_BODY = 51_200
MAX_OBJECT = 1_048_576
MAX_RESOURCES = 500
_TOO_MANY = "Leave accounts out with exclude_accounts."
# What stands before members for whom guardduty-main has no room.
_MORE_MEMBERS = """\
AWSTemplateFormatVersion: "2010-09-09"
Description: >-
  GuardDuty in a region of the main account: more invitations than guardduty-main has room for.
  They go out from its detector, which cannot be deleted while it is imported here.

Resources:
"""
_FEWER_ADOPTED = "Adopt fewer recorders, trails or detectors."
_DETECTOR = "    Type: AWS::GuardDuty::Detector\n"
# The detector that stays in a region of the main account, and that or the one that is made.
_ADOPTED_DETECTOR = "!FindInMap [Adopted, !Ref AWS::Region, Id]"
_EITHER_DETECTOR = f"!If [MakesDetector, !Ref Detector, {_ADOPTED_DETECTOR}]"
# How a member refers to the detector, in the stack that makes it and in another.
_OWN_DETECTOR, _THE_DETECTOR = "!Ref Detector", "!ImportValue guardduty-main-detector"


# Where the network's addresses come from: in a stack of its own, and in the StackSet.
_GIVEN = "CidrBlock: !Ref Network\n"
_LOOKED_UP = "CidrBlock: !FindInMap [!Ref Network, !Ref AWS::Region, !Ref AWS::AccountId]\n"


@dataclass(frozen=True)
class Member:
    """A member account as GuardDuty invites it: the e-mail must be the account's own."""

    account_id: str
    email: str


# Where an account and a region is meant, by their ids.
Places = Mapping[tuple[str, str], str]
_MOST_ALTERNATIVES = 10  # of one Fn::Or [CloudFormation template reference]


@dataclass(frozen=True)
class Rule:
    """A managed rule of AWS Config, as the catalogue has it.

    ``once`` rules are about an account as a whole and evaluated in one region; ``default`` ones
    are rolled out when nothing else is said.
    """

    name: str
    identifier: str
    what: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    default: bool = False


@cache
def rules() -> Mapping[str, Rule]:
    """The catalogue of rules, by name."""
    text = (resources.files(__name__) / "catalogue" / "config-rules.yaml").read_text(
        encoding="utf-8"
    )
    return {name: Rule(name, **said) for name, said in parse(text).items()}


@cache
def read(name: str) -> str:
    """The text of the template called ``name``; raises TemplateError when there is none."""
    if name not in NAMES:
        raise TemplateError(f"there is no template {name}", remedy=f"Known: {', '.join(NAMES)}.")
    return (resources.files(__name__) / f"{name}.yaml").read_text(encoding="utf-8")


def guardduty_main(members: Iterable[Member], adopted: Mapping[str, str] | None = None) -> str:
    """The template ``guardduty-main`` with an invitation for each of ``members``.

    The resources refer to the detector only, so all are made at the same time. ``adopted`` has
    for each region the detector that is there and stays, or ``none``. Raises TemplateError when
    there are more members than one template can hold.
    """
    if not adopted:
        return _inviting(read("guardduty-main"), members, _OWN_DETECTOR)
    regions = {region: {"Id": detector} for region, detector in adopted.items()}
    head = read("guardduty-main").replace(_OWN_DETECTOR, _EITHER_DETECTOR)
    head = head.replace(
        "\nResources:\n",
        f"\nMappings:\n{_mapping('Adopted', regions)}\nConditions:\n"
        f"  MakesDetector: !Equals [{_ADOPTED_DETECTOR}, none]\n\nResources:\n",
    ).replace(_DETECTOR, f"{_DETECTOR}    Condition: MakesDetector\n")
    return _inviting(head, members, _EITHER_DETECTOR, MAX_OBJECT)


def guardduty_member(adopted: Places) -> str:
    """The template ``guardduty-member``, which leaves out detectors that are ``adopted``.

    Each of these, by its id, accepts the invitation by a resource of its own.
    """
    body = read("guardduty-member")
    if adopted:
        conditions = "".join(
            f"  {_logical('Is', place)}: {_here(place)}\n" for place in sorted(adopted)
        )
        body = _left_out(body, "MakesDetector", adopted).replace(
            "\nResources:\n", f"{conditions}\nResources:\n"
        )
        body += "".join(_acceptance(*item) for item in sorted(adopted.items()))
    return measured("guardduty-member", body, MAX_OBJECT, _FEWER_ADOPTED)


def auditing(recorders: Iterable[tuple[str, str]], trails: Iterable[tuple[str, str]]) -> str:
    """The template ``auditing``, which leaves out recorders and trails that are adopted."""
    body = _left_out(read("auditing"), "MakesRecorder", recorders)
    return measured("auditing", _left_out(body, "MakesTrail", trails), MAX_OBJECT, _FEWER_ADOPTED)


def _left_out(body: str, condition: str, places: Iterable[tuple[str, str]]) -> str:
    """``condition`` holds in none of ``places``, which are written out: no parameter is of one."""
    there = [_here(place) for place in sorted(places)]
    if not there:
        return body
    line = re.compile(rf"^  {condition}: (.*)$", re.MULTILINE)
    return line.sub(rf"  {condition}: !And [\1, !Not [{_any(there)}]]", body)


def _any(conditions: list[str]) -> str:
    """One condition for many, of which one Fn::Or takes ten."""
    while len(conditions) > 1:
        some = range(0, len(conditions), _MOST_ALTERNATIVES)
        parts = [conditions[at : at + _MOST_ALTERNATIVES] for at in some]
        conditions = [p[0] if len(p) == 1 else f"!Or [{', '.join(p)}]" for p in parts]
    return conditions[0]


def _here(place: tuple[str, str]) -> str:
    account, region = place
    return (
        f'!And [!Equals [!Ref AWS::AccountId, "{account}"], !Equals [!Ref AWS::Region, {region}]]'
    )


def _logical(prefix: str, place: tuple[str, str]) -> str:
    account, region = place
    return f"{prefix}{account}{''.join(part.capitalize() for part in region.split('-'))}"


def _acceptance(place: tuple[str, str], detector: str) -> str:
    return f"""
  {_logical("Adopted", place)}:
    Type: AWS::GuardDuty::Master
    Condition: {_logical("Is", place)}
    Properties:
      DetectorId: {json.dumps(detector)}
      MasterId: !Ref MainAccountId
"""


def more_members(members: Iterable[Member]) -> str:
    """The template of a further StackSet, with an invitation for each of ``members``."""
    return _inviting(_MORE_MEMBERS, members, _THE_DETECTOR)


def _inviting(head: str, members: Iterable[Member], detector: str, most: int = MAX_BODY) -> str:
    return measured("guardduty-main", head + "".join(_member(m, detector) for m in members), most)


def config_rules(chosen: Iterable[Rule]) -> str:
    """The template ``config-rules`` with a resource for each of ``chosen``."""
    lines = [read("config-rules"), *map(_rule, chosen)]
    return measured("config-rules", "".join(lines))


def vpc(networks: Mapping[str, Mapping[str, Mapping[str, str]]]) -> str:
    """The template ``vpc`` as a StackSet has it: its networks looked up, not given.

    ``networks`` are mappings by name, from region and account to addresses: each instance has
    addresses of its own, and an operation gives all its instances the same parameters. Raises
    TemplateError when there are more than one template can hold.
    """
    body = read("vpc")
    if networks:
        mappings = "".join(_mapping(name, regions) for name, regions in sorted(networks.items()))
        body = f"{body.replace(_GIVEN, _LOOKED_UP)}\nMappings:\n{mappings}"
    return measured("vpc", body, MAX_OBJECT, "Choose fewer accounts or regions in vpc.")


def auditing_analytics(queries: Iterable[NamedQuery] = ()) -> str:
    """The template ``auditing-analytics`` with its function's source, its views and ``queries``.

    It is larger than CloudFormation takes as text. Raises TemplateError for too many queries.
    """
    body = read(analytics.NAME)
    body += analytics.appended(parse(body), queries)
    return measured(analytics.NAME, body, MAX_OBJECT, "Take saved queries away.")


def kept(template: Any, kinds: Container[str]) -> str:
    """A parsed template, as text, whose resources of ``kinds`` stay when they leave their stack.

    CloudFormation sees no update where nothing but such a policy has changed, so that the
    metadata changes as well [AWS CloudFormation User Guide, "Troubleshooting: no updates"].
    """
    policy = {"DeletionPolicy": "Retain", "Metadata": {"Kept": "when it leaves the stack"}}
    resources = {
        name: {**resource, **policy} if resource["Type"] in kinds else resource
        for name, resource in template["Resources"].items()
    }
    return json.dumps({**template, "Resources": resources}, separators=(",", ":"))


def measured(name: str, body: str, most: int = MAX_BODY, remedy: str = _TOO_MANY) -> str:
    """``body`` as it is; raises TemplateError when it is larger than CloudFormation takes."""
    size = len(body.encode())
    count = len(parse(body)["Resources"])
    if size > most or count > MAX_RESOURCES:
        raise TemplateError(
            f"the template has {size:,} bytes and {count} resources; CloudFormation takes "
            f"{most:,} bytes and {MAX_RESOURCES} resources",
            where=name,
            remedy=remedy,
        )
    return body


def parse(body: str) -> Any:
    """What a template says, short forms like ``!Ref`` written out; raises TemplateError."""
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506  # a subclass of a safe loader
    except yaml.YAMLError as error:
        raise TemplateError(
            f"not valid YAML: {getattr(error, 'problem', None) or error}", where="template"
        ) from None


@lru_cache(maxsize=32)
def types(body: str) -> dict[str, str]:
    """The type of each resource in the template ``body``, by its name there."""
    return {name: str(resource["Type"]) for name, resource in parse(body)["Resources"].items()}


def differences(before: Any, after: Any, path: str = "") -> list[str]:
    """Where two parsed templates differ, as paths like ``Resources.Trail.Properties.IsLogging``."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        return [
            found
            for key in keys
            for found in differences(before.get(key), after.get(key), f"{path}.{key}".lstrip("."))
        ]
    return [path]


def _member(member: Member, detector: str) -> str:
    """One resource, in as few bytes as stay readable."""
    return f"""
  Member{member.account_id}:
    Type: AWS::GuardDuty::Member
    Properties:
      DetectorId: {detector}
      MemberId: "{member.account_id}"
      Email: {json.dumps(member.email)}
      Status: Invited
      DisableEmailNotification: true
"""


def _rule(rule: Rule) -> str:
    """One resource; texts and parameters are written as JSON, which YAML understands."""
    logical_id = "".join(part.capitalize() for part in rule.name.split("-"))
    once = "    Condition: EvaluatesGlobalResources\n" if rule.once else ""
    given = (
        f"      InputParameters: {json.dumps(dict(rule.parameters))}\n" if rule.parameters else ""
    )
    return f"""
  {logical_id}:
    Type: AWS::Config::ConfigRule
{once}    Properties:
      ConfigRuleName: !Sub ${{Prefix}}-{rule.name}
      Description: {json.dumps(rule.what)}
{given}      Source:
        Owner: AWS
        SourceIdentifier: {rule.identifier}
"""


def _mapping(name: str, regions: Mapping[str, Mapping[str, str]]) -> str:
    lines = [f"  {name}:"]
    for region, networks in sorted(regions.items()):
        lines.append(f"    {region}:")
        lines += [f'      "{key}": {json.dumps(value)}' for key, value in sorted(networks.items())]
    return "\n".join(lines) + "\n"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C or Python
    """YAML with CloudFormation's short forms."""


def _short_form(loader: Any, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
