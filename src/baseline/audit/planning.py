"""What a run is to look at: accounts, regions and services; and what it leaves out, and why."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from baseline import VERSION
from baseline.audit.environments import Environment
from baseline.audit.manifest import Entry, LeftOut, Run, now, stamp
from baseline.audit.obstacles import Kind, Obstacle, kind_of
from baseline.configuration import Configuration
from baseline.errors import AwsError, BaselineError, CredentialsError, DeniedError, UsageError
from baseline.organization import (
    DEFAULT_REGIONS,
    Account,
    Filters,
    Organization,
    enabled_regions,
)
from baseline.sessions import CHAINED_SECONDS, Code, Session

# Outside an organization the caller's account is audited as the caller.
AS_CALLER = ""

_NAME = "baseline-audit"
_HOUR = 3600
# In what STS says of a duration that the role does not allow.
_TOO_LONG = "MaxSessionDuration"


@dataclass(frozen=True)
class Request:
    """What was asked for; ``role`` None means the configured one, in an organization."""

    filters: Filters
    role: str | None = None
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entrance:
    """How accounts are entered: the role, and for how many ``seconds`` each time."""

    role: str
    external_id: str | None = None
    seconds: int = CHAINED_SECONDS


@dataclass(frozen=True)
class Choice:
    """What a run is about."""

    role: str
    regions: tuple[str, ...]
    accounts: tuple[Account, ...]
    left_out: tuple[LeftOut, ...]


def choose(
    request: Request, configuration: Configuration, organization: Organization, session: Session
) -> Choice:
    """The accounts and regions to audit.

    Raises UsageError for a region that is not there, and when there is nothing to audit.
    """
    chosen = request.filters.choose(organization)
    kept, left_out = [], []
    for account in chosen:
        reason = _why_not(account, configuration)
        if reason:
            left_out.append(LeftOut(account.id, account.name, reason))
        else:
            kept.append(account)
    if not kept:
        reasons = ", ".join(f"{a.account_name} {a.reason}" for a in left_out) or "none is chosen"
        raise UsageError(f"no account to audit: {reasons}", remedy="See: baseline accounts")
    return Choice(
        role=_role(request, configuration, organization),
        regions=_regions(request.filters, configuration, session),
        accounts=tuple(kept),
        left_out=tuple(left_out),
    )


def new_run(choice: Choice, tools: Sequence[Environment], services: tuple[str, ...]) -> Run:
    """A run of ``tools`` over the chosen accounts, with nothing done yet."""
    entries = tuple(
        Entry(account.id, account.name, e.tool.name, e.tool.version)
        for account in choice.accounts
        for e in tools
    )
    return Run(
        stamp=stamp(),
        started=now(),
        role=choice.role,
        regions=choice.regions,
        services=services,
        left_out=choice.left_out,
        entries=entries,
        version=VERSION,
    )


def resumed(run: Run, tools: Sequence[Environment]) -> Run:
    """``run`` to go on with, in the versions of the tools that are installed now."""
    versions = {e.tool.name: e.tool.version for e in tools}
    entries = tuple(
        e if e.settled else replace(e, version=versions.get(e.tool, e.version)) for e in run.entries
    )
    return replace(run, ended="", entries=entries)


def lookers(services: tuple[str, ...], tools: Sequence[Environment]) -> tuple[Environment, ...]:
    """Those of ``tools`` that look at one of ``services`` at least; none asked for means all.

    Raises UsageError for a service that none of them knows.
    """
    known = frozenset[str]().union(*(e.services for e in tools))
    for service in services:
        if service not in known:
            near = difflib.get_close_matches(service, known, n=1)
            raise UsageError(
                f"no tool looks at a service called {service}",
                remedy=f"Did you mean {near[0]}?"
                if near
                else f"Choose among: {', '.join(sorted(known))}",
            )
    return tuple(e for e in tools if not services or e.services.intersection(services))


def open_account(
    session: Session, account_id: str, entrance: Entrance, code: Code | None = None
) -> Session:
    """The session that audits ``account_id``; never another account's, and never a fallback.

    With an MFA ``code`` it ends after the seconds of ``entrance``. Raises UsageError when the role
    does not last so long.
    """
    if entrance.role != AS_CALLER:
        return _assumed(session, account_id, entrance, code)
    if session.account_id != account_id:
        raise CredentialsError(
            f"the credentials are of account {session.account_id}, not {account_id}",
            remedy="Sign in to that account, or give the role to assume there with --role.",
        )
    return session.signed_in(entrance.seconds, code) if code else session


def there(
    regions: tuple[str, ...], session: Session
) -> tuple[tuple[str, ...], tuple[Obstacle, ...]]:
    """Those of ``regions`` that are enabled in the session's account, and what keeps from others.

    A tool looks at a region that is off as if it held nothing. Raises UsageError when all are off.
    """
    if set(regions) <= set(DEFAULT_REGIONS):  # they cannot be off
        return regions, ()
    try:
        enabled = frozenset(enabled_regions(session))
    except BaselineError as error:
        return regions, (_not_listed(error),)
    off = [region for region in regions if region not in enabled]
    if len(off) == len(regions):
        raise UsageError(
            f"{', '.join(off)} is not enabled in {session.account_id}",
            remedy="Enable it there, or choose others: audit.regions, --region.",
        )
    return tuple(r for r in regions if r in enabled), tuple(_off(r) for r in off)


def _not_listed(error: BaselineError) -> Obstacle:
    code = error.code if isinstance(error, AwsError) else ""
    said = f"An error occurred ({code}): {error.what}" if code else error.what
    why = f"which regions are enabled could not be listed: {error.what}"
    return Obstacle(kind_of(said) or Kind.REFUSED, "account", "", "ListRegions", 1, why, ())


def _off(region: str) -> Obstacle:
    return Obstacle(Kind.OFF, "", region, "", 1, f"{region} is not enabled in this account", ())


def _assumed(session: Session, account_id: str, entrance: Entrance, code: Code | None) -> Session:
    try:
        return session.assume(
            account_id,
            entrance.role,
            external_id=entrance.external_id,
            seconds=entrance.seconds,
            name=_NAME,
            code=code,
        )
    except DeniedError as error:
        raise DeniedError(
            error.what,
            code=error.code,
            where=error.where,
            remedy=f"See that {entrance.role} is in the account and trusts this identity"
            " (baseline rollout deploy --only audit-roles), or name another with --role. If it"
            ' wants MFA, sign in with it: eval "$(baseline login -m)"',
        ) from error
    except AwsError as error:
        if _TOO_LONG not in error.what:
            raise
        raise _too_long(account_id, entrance, _longest(session, account_id, entrance)) from error


def _longest(session: Session, account_id: str, entrance: Entrance) -> int:
    """The seconds that a role lasts at most; 0 when it cannot be asked."""
    try:
        inside = open_account(session, account_id, replace(entrance, seconds=CHAINED_SECONDS))
        found = inside.client("iam").get_role(RoleName=entrance.role.rpartition("/")[2])["Role"]
        return int(found["MaxSessionDuration"])
    except BaselineError:
        return 0


def _too_long(account_id: str, entrance: Entrance, longest: int) -> UsageError:
    allowed = _hours(longest) if longest else "less (one hour, unless it was set)"
    shorter = f"-d {longest / _HOUR:g}" if longest else "a shorter -d"
    return UsageError(
        f"{entrance.role} in {account_id} cannot be assumed for {_hours(entrance.seconds)}:"
        f" its MaxSessionDuration allows {allowed}",
        remedy=f"Give {shorter}, or let it last longer, up to 12 hours: aws iam update-role"
        f" --role-name {entrance.role} --max-session-duration {entrance.seconds}",
    )


def _hours(seconds: int) -> str:
    return "1 hour" if seconds == _HOUR else f"{seconds / _HOUR:g} hours"


def _why_not(account: Account, configuration: Configuration) -> str:
    if not account.active:
        return f"is {account.state}"
    return (
        "is excluded in the configuration" if account.id in configuration.exclude_accounts else ""
    )


def _role(request: Request, configuration: Configuration, organization: Organization) -> str:
    if request.role:
        return request.role
    return configuration.audit.role if organization.id else AS_CALLER


def _regions(filters: Filters, configuration: Configuration, session: Session) -> tuple[str, ...]:
    configured = configuration.audit.regions or configuration.regions
    if not configured and not filters.regions:
        return ()
    return filters.choose_regions(configured or enabled_regions(session))
