"""The sessions of the roll-out: who administers an account, and who looks at it.

Nothing falls back to the caller's own session: where a role cannot be assumed, the error says so.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from baseline.configuration import Configuration
from baseline.errors import BaselineError, ConfigurationError, CredentialsError
from baseline.organization import DEFAULT_REGIONS, Account, Organization, enabled_regions
from baseline.parallel import Done, Failed, each
from baseline.sessions import Session


@dataclass
class Reach:
    """Sessions in the accounts of one organization, each made once.

    Raises CredentialsError when the caller is not in the main account.
    """

    session: Session
    configuration: Configuration
    organization: Organization
    _sessions: dict[tuple[str, str], Session] = field(default_factory=dict, repr=False)
    _gates: dict[tuple[str, str], threading.Lock] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        if self.session.account_id != self.organization.main_account_id:
            raise CredentialsError(
                f"these credentials are of account {self.session.account_id}, and the roll-out "
                f"works from the main account {self.organization.main_account_id}",
                remedy="Use credentials of the main account.",
            )

    def administer(self, account_id: str) -> Session:
        """The caller's session in the main account; the bootstrap role's in a member."""
        if account_id == self.session.account_id:
            return self.session
        return self._assumed(account_id, self.configuration.stack_sets.bootstrap_role, None)

    def look(self, account_id: str) -> Session:
        """The audit role's session, in the main account as well."""
        audit = self.configuration.audit
        return self._assumed(account_id, audit.role, audit.external_id)

    def _assumed(self, account_id: str, role: str, external_id: str | None) -> Session:
        key = (account_id, role)
        with self._lock:
            gate = self._gates.setdefault(key, threading.Lock())
        # All regions of an account begin at once: the first assumes the role, the others wait.
        with gate:
            if key not in self._sessions:
                found = self.session.assume(account_id, role, external_id=external_id)
                self._sessions[key] = found
            return self._sessions[key]


@dataclass(frozen=True)
class Regions:
    """The regions of each active account, and the accounts where opt-in ones could not be read."""

    by_account: Mapping[str, tuple[str, ...]]
    unknown: Mapping[str, BaselineError]


def regions(session: Session, configuration: Configuration, organization: Organization) -> Regions:
    """The regions in which each active account gets the baseline.

    A StackSet reaches an opt-in region only where it is enabled in the main account and in the
    member. Where all chosen regions are enabled by default, no member has to be asked.
    """
    chosen = _chosen(session, configuration)
    members = [a for a in organization.active if a.id != session.account_id]
    by_account = {account.id: chosen for account in organization.active}
    unknown: dict[str, BaselineError] = {}
    if set(DEFAULT_REGIONS).issuperset(chosen):
        return Regions(by_account, unknown)

    def ask(account: Account) -> set[str]:
        return set(enabled_regions(session, account.id))

    for outcome in each(members, ask):
        match outcome:
            case Done(account, enabled):
                by_account[account.id] = tuple(r for r in chosen if r in enabled)
            case Failed(account, error):
                by_account[account.id] = tuple(r for r in chosen if r in DEFAULT_REGIONS)
                unknown[account.id] = error
    return Regions(by_account, unknown)


def _chosen(session: Session, configuration: Configuration) -> tuple[str, ...]:
    """The configured regions, or all that the main account has enabled."""
    enabled = enabled_regions(session)
    missing = {*configuration.regions, configuration.home_region} - set(enabled)
    if missing:
        raise ConfigurationError(
            f"{', '.join(sorted(missing))} is not enabled in the main account",
            where="regions or home_region",
            remedy=f"Enable it, or choose among: {', '.join(enabled)}",
        )
    return tuple(sorted(configuration.regions)) or enabled
