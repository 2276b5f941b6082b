"""Organizations, where moto differs: who may see it, delegated administrators, and pages."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from moto.organizations.models import (
    FakeDelegatedAdministrator,
    organizations_backends,
)

from baseline.simulation.paging import page
from baseline.simulation.service import Call, Refusal, Service

_PAGE = 20
# Of service control policies [Organizations User Guide, quotas; since May 2026].
_MOST_ATTACHED, _LONGEST_POLICY = 10, 10_240

STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
# Principals that AWS lets be delegated and moto does not know [Organizations: integrated services].
_DELEGABLE = ("cloudtrail.amazonaws.com", "config.amazonaws.com", STACK_SETS)
_DENIED = "You don't have permissions to access this resource."
_CONTROL = "SERVICE_CONTROL_POLICY"


def backend(main_account_id: str) -> Any:
    """Moto's state of the organization."""
    return organizations_backends[main_account_id]["aws"]


def _allow_delegation() -> None:
    """Let moto accept the principals that it lacks."""
    known = FakeDelegatedAdministrator.SUPPORTED_SERVICES
    known.extend(principal for principal in _DELEGABLE if principal not in known)


class Organizations(Service):
    """Wraps moto's Organizations: all reads for the main account and delegated administrators."""

    name: ClassVar[str] = "organizations"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        _allow_delegation()  # also for an organization that comes from a file

    def operation(self, name: str) -> Any:
        """Every operation comes here first, for the permission check."""
        own = super().operation(name)
        return own or Organizations._pass_on

    def over(self, account_id: str) -> list[Any]:
        """Root, units and account, from the top; nothing for an account of nobody's."""
        state = self._state()
        parents = {unit.id: unit for unit in state.ou}
        level = next((account for account in state.accounts if account.id == account_id), None)
        found = []
        while level is not None:
            found.append(level)
            level = parents.get(level.parent_id)
        return found[::-1]

    def control_policies(self, account_id: str) -> Iterator[tuple[str, ...]]:
        """The service control policies of each level; there are none over the main account."""
        levels = () if account_id == self._main else self.over(account_id)
        if not levels or _CONTROL not in {kind["Type"] for kind in levels[0].policy_types}:
            return
        for level in levels:
            yield tuple(policy.content for policy in _control_policies(level))

    def path(self, account_id: str) -> str:
        """Where an account is, as ``aws:PrincipalOrgPaths`` says it."""
        parents = [level.id for level in self.over(account_id)[:-1]]
        return "/".join([self.simulation.blueprint.organization_id, *parents, ""])

    def describe_organization(self, call: Call) -> dict[str, Any]:
        """The organization: every account of it may ask."""
        return self.moto(self._as_main(call))

    def list_accounts(self, call: Call) -> dict[str, Any]:
        """The accounts, in pages of twenty."""
        self._check(call)
        return _listed("Accounts", [a.describe() for a in self._state().accounts], call)

    def list_accounts_for_parent(self, call: Call) -> dict[str, Any]:
        """The accounts directly in a root or an OU."""
        parent = self._parent(call)
        accounts = [a.describe() for a in self._state().accounts if a.parent_id == parent]
        return _listed("Accounts", accounts, call)

    def list_organizational_units_for_parent(self, call: Call) -> dict[str, Any]:
        """The OUs directly in a root or an OU."""
        parent = self._parent(call)
        units = [u.describe() for u in self._state().ou if u.parent_id == parent]
        return _listed("OrganizationalUnits", [u["OrganizationalUnit"] for u in units], call)

    def list_children(self, call: Call) -> dict[str, Any]:
        """Ids of accounts or OUs directly in a root or an OU."""
        parent, kind = self._parent(call), call.parameters["ChildType"]
        among = self._state().accounts if kind == "ACCOUNT" else self._state().ou
        children = [{"Id": c.id, "Type": kind} for c in among if c.parent_id == parent]
        return _listed("Children", children, call)

    def register_delegated_administrator(self, call: Call) -> dict[str, Any]:
        """Let a member administer a service."""
        self._check(call)
        if call.parameters["AccountId"] == self._main:
            raise Refusal(
                "ConstraintViolationException",
                "You cannot register master account/yourself as delegated administrator "
                "for your organization.",
            )
        return self.moto(call)

    def detach_policy(self, call: Call) -> dict[str, Any]:
        """Take a policy away, but never the last service control policy of a level."""
        self._check(call)
        policy_id, target = (call.parameters[name] for name in ("PolicyId", "TargetId"))
        for level in (*self._state().ou, *self._state().accounts):
            there = [policy.id for policy in _control_policies(level)]
            if level.id == target and there == [policy_id]:
                raise Refusal(
                    "ConstraintViolationException",
                    "You cannot remove the last policy attached to the specified root, OU, or "
                    "account.",
                )
        return self.moto(call)

    def create_account(self, call: Call) -> dict[str, Any]:
        """A new member, with the role that the main account gets in."""
        self._check(call)
        addresses = {account.email for account in self._state().accounts}
        if call.parameters["Email"] in addresses:
            status = {"Id": "car-" + _digest(call.event_id), "State": "FAILED"}
            return {"CreateAccountStatus": status | {"FailureReason": "EMAIL_ALREADY_EXISTS"}}
        made = self.moto(call)
        role = call.parameters.get("RoleName") or "OrganizationAccountAccessRole"
        iam = self.simulation.client("iam", "us-east-1", made["CreateAccountStatus"]["AccountId"])
        iam.attach_role_policy(
            RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        )
        self._moved(made["CreateAccountStatus"]["AccountId"], ())
        return made

    def create_policy(self, call: Call) -> dict[str, Any]:
        """A policy that is attached to nothing yet."""
        self._check(call)
        _check_size(call)
        return self.moto(call)

    def update_policy(self, call: Call) -> dict[str, Any]:
        """Another name, description or content for a policy."""
        self._check(call)
        _check_size(call)
        return self.moto(call)

    def attach_policy(self, call: Call) -> dict[str, Any]:
        """Bind a root, an OU or an account to a policy, where its type works and there is room."""
        self._check(call)
        state, asked = self._state(), call.parameters
        policy = state.get_policy_by_id(asked["PolicyId"])
        there = [p for p in state.policies if asked["TargetId"] in {a.id for a in p.attachments}]
        if policy.type not in {t["Type"] for t in state.ou[0].policy_types}:
            raise Refusal(
                "PolicyTypeNotEnabledException",
                "This operation can be performed only for enabled policy types.",
            )
        if policy in there:
            raise Refusal(
                "DuplicatePolicyAttachmentException",
                "A policy with the specified name and type already exists.",
            )
        if sum(p.type == policy.type for p in there) >= _MOST_ATTACHED:
            raise Refusal(
                "ConstraintViolationException",
                "You have attached the maximum number of policies to the specified target "
                "(MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED).",
            )
        return self.moto(call)

    def move_account(self, call: Call) -> dict[str, Any]:
        """Put an account into another root or OU; StackSets follow."""
        return self._moving(call)

    def remove_account_from_organization(self, call: Call) -> dict[str, Any]:
        """Let an account go; StackSets follow."""
        return self._moving(call)

    def _moving(self, call: Call) -> dict[str, Any]:
        account_id = call.parameters["AccountId"]
        before = self._units_of(account_id)
        answer = self._pass_on(call)
        self._moved(account_id, before)
        return answer

    def _moved(self, account_id: str, before: tuple[str, ...]) -> None:
        cloudformation = self.simulation.service("cloudformation")
        cloudformation.account_moved(account_id, before, self._units_of(account_id))

    def _units_of(self, account_id: str) -> tuple[str, ...]:
        return tuple(level.id for level in reversed(self.over(account_id)[:-1]))

    @property
    def _main(self) -> str:
        return self.simulation.blueprint.main.id

    def _state(self) -> Any:
        return backend(self._main)

    def _pass_on(self, call: Call) -> dict[str, Any]:
        self._check(call)
        return self.moto(self._as_main(call))

    def _as_main(self, call: Call) -> Call:
        return replace(call, account_id=self._main)

    def _check(self, call: Call) -> None:
        """Raise Refusal unless the caller may: delegated administrators may only read."""
        if call.account_id == self._main:
            return
        delegated = {admin.account.id for admin in self._state().admins}
        if call.account_id in delegated and call.operation.startswith(("Describe", "List")):
            return
        raise Refusal("AccessDeniedException", _DENIED)

    def _parent(self, call: Call) -> str:
        self._check(call)
        parent: str = call.parameters["ParentId"]
        if parent not in {unit.id for unit in self._state().ou}:
            raise Refusal("ParentNotFoundException", "You specified parent that doesn't exist.")
        return parent


def _control_policies(level: Any) -> list[Any]:
    return [policy for policy in level.attached_policies if policy.type == _CONTROL]


def _listed(name: str, items: list[dict[str, Any]], call: Call) -> dict[str, Any]:
    asked = call.parameters
    found, more = page(
        items, asked.get("NextToken"), asked.get("MaxResults"), _PAGE, "InvalidInputException"
    )
    return {name: found, **more}


def _check_size(call: Call) -> None:
    if len(call.parameters.get("Content", "")) > _LONGEST_POLICY:
        raise Refusal(
            "ConstraintViolationException",
            "You have exceeded the maximum policy size (POLICY_CONTENT_LIMIT_EXCEEDED).",
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
