"""Service control policies as they are attached, and what they deny of a roll-out."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from baseline.errors import BaselineError
from baseline.organization import Account, Target
from baseline.parallel import Failed, each
from baseline.rollout import intended
from baseline.rollout.catalogue import EXECUTION_ROLE, ROLES, RULES, Baseline
from baseline.rollout.guardrails import Denial, Policy, Request, denial
from baseline.rollout.intended import Where
from baseline.sessions import Session

_KIND = "SERVICE_CONTROL_POLICY"
# What takes away or puts back is not needed to make something.
_NOT_FOR_MAKING = (
    "Delete", "Detach", "Disassociate", "Release", "Remove", "Replace", "Revoke", "Stop", "Untag",
    "Update",
)  # fmt: skip
# What the stack of the StackSets' roles needs of whoever makes it.
_BOOTSTRAP = ("cloudformation:CreateStack", "iam:CreateRole", "iam:PutRolePolicy", "iam:TagRole")
# Of the actions of a service, those that are for some resources only.
_ONLY = "ConfigRule"
# IAM is asked in one region, whichever a stack is in.
_GLOBAL = {"iam": "us-east-1"}


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
    for outcome in each([policy["Id"] for policy in listed], look):
        if isinstance(outcome, Failed):
            raise outcome.error
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
class Guard:
    """Says what the policies deny of what a roll-out does in the members."""

    attached: Attached
    baseline: Baseline
    bootstrap_role: str
    partition: str
    _roles: dict[str, list[tuple[str, str]]] = field(default_factory=dict, repr=False)

    @cached_property
    def _accounts(self) -> Mapping[str, Account]:
        return {account.id: account for account in self.baseline.organization.accounts}

    def denied(self, name: str, target: Target) -> Iterator[Denied]:
        """What is denied of the stack or StackSet ``name`` in ``target``.

        The main account has no service control policies over it.
        """
        if target.account_id == self.baseline.home.account_id:
            return
        levels = tuple(self.attached.levels(self._accounts[target.account_id]))
        if all(policy.open for _, policies in levels for policy in policies):
            return
        found: dict[Denial, list[str]] = defaultdict(list)
        for request in self._requests(name, target):
            if denies := denial(levels, request):
                found[denies].append(request.action)
        for denies, actions in found.items():
            yield Denied(target, tuple(dict.fromkeys(actions)), denies)

    def _requests(self, name: str, target: Target) -> Iterator[Request]:
        role = self.bootstrap_role if name == ROLES else EXECUTION_ROLE
        arn = f"arn:{self.partition}:iam::{target.account_id}:role/{role}"
        for action, resource in self._actions(name, target):
            yield Request(
                action,
                resource,
                {
                    "aws:principalarn": arn,
                    "aws:principalaccount": target.account_id,
                    "aws:principalorgid": self.baseline.organization.id,
                    "aws:requestedregion": _GLOBAL.get(action.split(":")[0], target.region),
                },
            )

    def _actions(self, name: str, target: Target) -> Iterable[tuple[str, str]]:
        """What the role does to make the stack, and with which resources."""
        if name == ROLES:
            return self._bootstrap(target)
        services = {kind.split("::")[1].lower() for kind in self.baseline.types(name).values()}
        return [
            (action, resource)
            for action, resource in self._allowed(target.account_id)
            if action.split(":")[0] in services
            and not action.split(":")[1].startswith(_NOT_FOR_MAKING)
            and (_ONLY in action) is (name == RULES)
        ]

    def _bootstrap(self, target: Target) -> Iterator[tuple[str, str]]:
        account_id, partition = target.account_id, self.partition
        stack = f"arn:{partition}:cloudformation:{target.region}:{account_id}:stack/{ROLES}/*"
        role = f"arn:{partition}:iam::{account_id}:role/{EXECUTION_ROLE}"
        for action in _BOOTSTRAP:
            yield action, role if action.startswith("iam:") else stack

    def _allowed(self, account_id: str) -> list[tuple[str, str]]:
        """All that the execution role may do in an account, as its template says."""
        if account_id not in self._roles:
            self._roles[account_id] = list(self._said(account_id))
        return self._roles[account_id]

    def _said(self, account_id: str) -> Iterator[tuple[str, str]]:
        stack = next(s for s in self.baseline.stacks if s.name == ROLES)
        where = Where(account_id, self.baseline.home_region, self.partition)
        made = intended.resources(stack.body, stack.parameters, where)
        inline = [policy["PolicyDocument"] for policy in made["ExecutionRole"]["Policies"]]
        managed = [p["PolicyDocument"] for p in made.values() if "ManagedPolicyName" in p]
        for document in (*inline, *managed):
            for statement in document["Statement"]:
                for action in _listed(statement["Action"]):
                    for resource in _listed(statement["Resource"]):
                        yield action, resource


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
