"""Founds the organization of a blueprint in moto's state: accounts, OUs, roles, administrator."""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyotp
from moto.iam.models import iam_backends
from moto.organizations.models import (
    FakeAccount,
    FakeOrganizationalUnit,
    organizations_backends,
)

from baseline.simulation.blueprint import Member
from baseline.simulation.mfa import STEP_SECONDS
from baseline.simulation.organizations import backend

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

ACCESS_ROLE = "OrganizationAccountAccessRole"
_ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"
_ROOT = "r-acme"
_FOUNDED = dt.datetime(2024, 1, 15, 9, 0, 0)  # noqa: DTZ001  # moto's times are naive UTC


@dataclass(frozen=True)
class Administrator:
    """Who uses the simulation: an IAM user of the main account with keys and an MFA device."""

    user_name: str
    access_key_id: str
    secret_access_key: str
    mfa_serial: str

    def __repr__(self) -> str:
        return f"Administrator({self.user_name!r})"


def found(simulation: "Simulation") -> Administrator:
    """Make everything that the blueprint says; gives the administrator's keys."""
    _found_organization(simulation)
    for account in simulation.blueprint.accounts[1:]:
        _join(simulation, account)
        _add_access_role(simulation, account.id)
    return _add_administrator(simulation)


def _found_organization(simulation: "Simulation") -> None:
    blueprint, main = simulation.blueprint, simulation.blueprint.main
    client = simulation.client("organizations", "us-east-1", main.id)
    client.create_organization(FeatureSet="ALL")
    state = backend(main.id)
    state.org.id = blueprint.organization_id
    state.org.root_id = state.ou[0].id = _ROOT
    state.org.master_account_email = main.email
    state.ou[0].organization_id = blueprint.organization_id
    account = state.accounts[0]
    account.name, account.email, account.create_time = main.name, main.email, _FOUNDED
    account.organization_id, account.parent_id = blueprint.organization_id, _ROOT
    account.joined_method = "INVITED"
    # Moto gives the main account, too, a role that only made accounts have; under a random id.
    iam_backends.clear()
    client.enable_policy_type(RootId=_ROOT, PolicyType="SERVICE_CONTROL_POLICY")


def _join(simulation: "Simulation", member: Member) -> None:
    state = backend(simulation.blueprint.main.id)
    account: Any = FakeAccount(state.org, AccountName=member.name, Email=member.email)
    iam_backends.pop(account.id, None)  # the role of the random account that moto just made
    account.id = member.id
    account.create_time = _FOUNDED + dt.timedelta(days=len(state.accounts))
    account.parent_id = _unit(state, member.ou)
    if member.suspended:
        account.close()
    state.accounts.append(account)
    organizations_backends.master_accounts[member.id] = (simulation.blueprint.main.id, "aws")
    for policy in state.policies:
        state.attach_policy(PolicyId=policy.id, TargetId=member.id)


def _unit(state: Any, path: str) -> str:
    """The id of the OU at ``path``; makes what is missing on the way."""
    parent = _ROOT
    names = [name for name in path.split("/") if name]
    for depth, name in enumerate(names, 1):
        unit_id = f"ou-acme-{_digest('/'.join(names[:depth]))}"
        if unit_id not in {unit.id for unit in state.ou}:
            unit: Any = FakeOrganizationalUnit(state.org, Name=name, ParentId=parent)
            unit.id = unit_id
            state.ou.append(unit)
            for policy in state.policies:
                state.attach_policy(PolicyId=policy.id, TargetId=unit_id)
        parent = unit_id
    return parent


def _add_access_role(simulation: "Simulation", account_id: str) -> None:
    """The role that Organizations makes in every account that it makes."""
    principal = {"AWS": f"arn:aws:iam::{simulation.blueprint.main.id}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    iam = simulation.client("iam", "us-east-1", account_id)
    iam.create_role(
        RoleName=ACCESS_ROLE,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    iam.attach_role_policy(RoleName=ACCESS_ROLE, PolicyArn=_ADMINISTRATOR_ACCESS)


def _add_administrator(simulation: "Simulation") -> Administrator:
    name, main = simulation.blueprint.administrator, simulation.blueprint.main.id
    iam = simulation.client("iam", "us-east-1", main)
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=_ADMINISTRATOR_ACCESS)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    totp = pyotp.TOTP(device["Base32StringSeed"].decode())
    now = simulation.clock.now().timestamp()
    iam.enable_mfa_device(
        UserName=name,
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=totp.at(int(now) - STEP_SECONDS),
        AuthenticationCode2=totp.at(int(now)),
    )
    return Administrator(name, key["AccessKeyId"], key["SecretAccessKey"], device["SerialNumber"])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
