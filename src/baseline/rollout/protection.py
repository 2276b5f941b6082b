"""Who is kept from switching the baseline off, and who may all the same. Pure.

Two policies say it: a service control policy for the members, which reaches all but the main
account, and the policies of the central buckets and their key for that.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from baseline.configuration import Configuration
from baseline.errors import ConfigurationError
from baseline.organization import Account, Organization, outer_units

NAME = "protection"
# The parameter of auditing-storage by which its logs are protected.
ADMINISTRATORS = "Administrators"
# AWS makes such a role in each account for StackSets with service-managed permissions.
_SERVICE_MANAGED = "stacksets-exec-*"
_SESSION = re.compile(r"arn:[^:]+:sts::\d+:assumed-role/([^/]+)/.*")


def parameters(
    configuration: Configuration,
    organization: Organization,
    execution_role: str,
    stacks: Iterable[str],
    left_out: Iterable[Account],
) -> dict[str, str]:
    """Those of the template; ``stacks`` are the names of the baseline's stacks in members.

    ``left_out`` are accounts that get none of them. Raises ConfigurationError for an OU that the
    organization has not got.
    """
    wanted = configuration.protection
    targets = outer_units(organization, wanted.ous, "protection.ous")
    free = sorted(a.id for a in left_out if not {*targets}.isdisjoint(a.parents))
    exempt = (
        execution_role,
        _SERVICE_MANAGED,
        configuration.stack_sets.bootstrap_role,
        *wanted.exempt_roles,
    )
    return {
        "OrganizationId": organization.id,
        "Prefix": configuration.prefix,
        "TargetIds": ",".join(targets),
        "ExemptRoles": ",".join(f"arn:*:iam::*:role/{name}" for name in dict.fromkeys(exempt)),
        "LeftOut": ",".join(free),
        "Stacks": ",".join(f"arn:*:cloudformation:*:*:stack/{name}/*" for name in stacks),
        "OwnRules": str(wanted.own_rules).lower(),
    }


def administrators(configuration: Configuration, main: str) -> str:
    """Who alone may delete logs, as the storage template takes it; empty when anyone may.

    ARNs for each, with a path and without; the root user of the account is always among them, so
    that nobody is locked out for good.
    """
    named = configuration.protection.administrators
    if not named:
        return ""
    parts = [p for name in named for p in (name, name.replace("/", "/*/", 1))]
    return ",".join(f"arn:*:iam::{main}:{part}" for part in (*parts, "root"))


def check_deployer(arn: str, *lists: str) -> None:
    """Raise ConfigurationError unless the caller is among the administrators of each list.

    Whoever is not among those that are there is refused by AWS, and whoever is not among those
    that are wanted would be the next time.
    """
    for listed in filter(None, lists):
        if not any(fnmatchcase(_principal(arn), pattern) for pattern in listed.split(",")):
            raise ConfigurationError(
                f"{arn} is not among those who may change the central buckets and their key",
                where="protection.administrators",
                remedy=f"Add {_named(arn)}, or deploy as one of them; the main account's root user "
                "always may.",
            )


def _principal(arn: str) -> str:
    """What a policy calls whoever has the ARN; that of a role's session has not got its path."""
    match = _SESSION.fullmatch(arn)
    return f"arn:aws:iam::{arn.split(':')[4]}:role/{match[1]}" if match else arn


def _named(arn: str) -> str:
    """As the configuration names it: without a path."""
    kind, *_, name = _principal(arn).split(":", 5)[5].split("/")
    return f"{kind}/{name}"
