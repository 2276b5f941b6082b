"""Service control policies as they are attached, and what they deny of a roll-out."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from baseline import templates
from baseline.errors import BaselineError
from baseline.organization import Account, Target
from baseline.parallel import all_done, each
from baseline.permissions import Request
from baseline.rollout import intended, making
from baseline.rollout.catalogue import EXECUTION_ROLE, ROLES, VPC, Baseline, Stack, StackSet
from baseline.rollout.guardrails import Denial, Policy, denial
from baseline.rollout.intended import Properties, Where
from baseline.rollout.making import Need
from baseline.sessions import Session

_KIND = "SERVICE_CONTROL_POLICY"
# IAM is asked in one region, whichever a stack is in.
_GLOBAL = {"iam": "us-east-1"}
# The role that CloudFormation makes in members for service-managed StackSets.
_OF_THE_SERVICE = "stacksets-exec-*"
_OF_ROLES = ("iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy", "iam:AttachRolePolicy")


@dataclass(frozen=True)
class Denied:
    """Actions that a policy denies in a target, or may deny."""

    target: Target
    actions: tuple[str, ...]
    denial: Denial


@dataclass(frozen=True)
class Attached:
    """The policies by the id of the root, the unit or the account that they are attached to."""

    policies: Mapping[str, tuple[Policy, ...]]

    def levels(self, account: Account) -> Iterator[tuple[str, tuple[Policy, ...]]]:
        """From the root to the account, each with its policies."""
        for level in (*account.parents, account.id):
            yield level, self.policies.get(level, ())


def read(session: Session) -> Attached:
    """All service control policies and what they are attached to: some calls for each policy."""
    client = session.client("organizations")
    pages = client.get_paginator("list_policies").paginate(Filter=_KIND)
    listed = [policy for page in pages for policy in page["Policies"]]

    def look(policy_id: str) -> tuple[Policy, list[str]]:
        found = client.describe_policy(PolicyId=policy_id)["Policy"]
        targets = client.get_paginator("list_targets_for_policy").paginate(PolicyId=policy_id)
        ids = [target["TargetId"] for page in targets for target in page["Targets"]]
        return _policy(found), ids

    attached: dict[str, tuple[Policy, ...]] = defaultdict(tuple)
    for outcome in all_done(each([policy["Id"] for policy in listed], look)):
        policy, ids = outcome.value
        for target_id in ids:
            attached[target_id] += (policy,)
    return Attached(attached)


def _policy(found: Any) -> Policy:
    try:
        said = json.loads(found["Content"])["Statement"]
    except (ValueError, KeyError) as error:
        raise BaselineError(
            f"the service control policy {found['PolicySummary']['Name']} cannot be read: {error}"
        ) from None
    return Policy(found["PolicySummary"]["Name"], tuple(said if isinstance(said, list) else [said]))


@dataclass(frozen=True)
class _Allowed:
    """The resources of each action that the execution role may do, and those for networks only."""

    inline: Mapping[str, Sequence[str]]
    networks: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Guard:
    """Says what the policies deny of what a roll-out does in the members."""

    attached: Attached
    baseline: Baseline
    bootstrap_role: str
    partition: str
    _roles: dict[str, _Allowed] = field(default_factory=dict, repr=False)

    @cached_property
    def _parts(self) -> Mapping[str, Stack | StackSet]:
        parts: list[Stack | StackSet] = [*self.baseline.stacks, *self.baseline.stack_sets]
        return {part.name: part for part in parts}

    def denied(self, name: str, target: Target) -> Iterator[Denied]:
        """What is denied of the stack or StackSet ``name`` in ``target``.

        The main account has no service control policies over it.
        """
        if target.account_id == self.baseline.home.account_id:
            return
        levels = tuple(self.attached.levels(self.baseline.accounts[target.account_id]))
        if all(policy.open for _, policies in levels for policy in policies):
            return
        found: dict[Denial, list[str]] = defaultdict(list)
        for request in self._requests(name, target):
            if denies := denial(levels, request):
                found[denies].append(request.action)
        # An action may be asked for of several resources, of which one is enough.
        certain = {action for denies in found if denies.certain for action in found[denies]}
        for denies, actions in found.items():
            told = [a for a in dict.fromkeys(actions) if denies.certain or a not in certain]
            if told:
                yield Denied(target, tuple(told), denies)

    def _requests(self, name: str, target: Target) -> Iterator[Request]:
        role = self._role(name)
        known = {
            "aws:principalarn": f"arn:{self.partition}:iam::{target.account_id}:role/{role}",
            "aws:principalaccount": target.account_id,
            "aws:principalorgid": self.baseline.organization.id,
        }
        allowed = self._allowed(name, target)
        for need in self._needs(name, target):
            region = _GLOBAL.get(need.action.split(":")[0], target.region)
            context = {**known, **need.keys, "aws:requestedregion": region}
            for resource in (need.resource,) if need.resource else allowed.get(need.action, ()):
                yield Request(need.action, resource, context)

    def _role(self, name: str) -> str:
        """The role that makes the stack."""
        if name == ROLES:
            return self.bootstrap_role
        return _OF_THE_SERVICE if self._is_managed(name) else EXECUTION_ROLE

    def _is_managed(self, name: str) -> bool:
        part = self._parts[name]
        return isinstance(part, StackSet) and part.managed is not None

    def _needs(self, name: str, target: Target) -> Iterator[Need]:
        """What the role does to make the stack, each thing once."""
        kinds = templates.types(self._parts[name].body)
        made = self._made(name, target.account_id, target.region)
        found = [*making.STACK]
        for logical_id, properties in made.items():
            kind = kinds[logical_id]
            found += making.needs(kind, properties, self.partition, target.account_id)
        yield from {repr(need): need for need in found}.values()

    def _made(self, name: str, account_id: str, region: str) -> Mapping[str, Properties]:
        part = self._parts[name]
        where = Where(account_id, region, self.partition)
        return intended.resources(part.body, part.given(account_id), where)

    def _allowed(self, name: str, target: Target) -> Mapping[str, Sequence[str]]:
        """The resources that the acting role may do each action to."""
        if name == ROLES:
            return self._bootstrap(target)
        if self._is_managed(name):
            # It is an administrator there.
            return {need.action: ["*"] for need in self._needs(name, target)}
        account_id = target.account_id
        if account_id not in self._roles:
            self._roles[account_id] = self._said(account_id)
        role = self._roles[account_id]
        return {**role.inline, **role.networks} if name == VPC else role.inline

    def _bootstrap(self, target: Target) -> Mapping[str, Sequence[str]]:
        """Of the stack of the StackSets' own roles, which an administrator makes."""
        account_id, partition = target.account_id, self.partition
        iam = f"arn:{partition}:iam::{account_id}"
        stack = f"arn:{partition}:cloudformation:{target.region}:{account_id}:stack/{ROLES}/*"
        return {
            "cloudformation:CreateStack": [stack],
            "iam:CreatePolicy": [f"{iam}:policy/{self.baseline.prefix}-stack-set-networks"],
            **{action: [f"{iam}:role/{EXECUTION_ROLE}"] for action in _OF_ROLES},
        }

    def _said(self, account_id: str) -> _Allowed:
        """What the execution role may do in an account, as its template says."""
        made = self._made(ROLES, account_id, self.baseline.home_region)
        inline = [policy["PolicyDocument"] for policy in made["ExecutionRole"]["Policies"]]
        managed = [p["PolicyDocument"] for p in made.values() if "ManagedPolicyName" in p]
        return _Allowed(_by_action(inline), _by_action(managed))


def _by_action(documents: Iterable[Any]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for statement in (s for document in documents for s in document["Statement"]):
        for action in _listed(statement["Action"]):
            found[action] += _listed(statement["Resource"])
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
