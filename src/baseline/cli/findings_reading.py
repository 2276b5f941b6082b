"""Where ``baseline findings`` reads, through whom, and what is known of it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import click

from baseline.audit import planning
from baseline.cli import shared
from baseline.cli.opening import open_own, refuse_unsigned
from baseline.cli.progress import watching
from baseline.cli.tables import without_account
from baseline.configuration import Configuration
from baseline.errors import ToolError, UsageError
from baseline.findings import accounts, found, history, muting, reading
from baseline.findings.kept import Answer, Kept
from baseline.findings.look import Place
from baseline.findings.model import CheckDetails, Finding
from baseline.findings.muting import Muting
from baseline.findings.reading import TOOLS, Doors, Scope
from baseline.organization import Account, Filters, Organization, Target, check_pin, discover
from baseline.rollout import reach
from baseline.sessions import Session


@dataclass(frozen=True)
class Reading:
    """What was read in the places that were chosen, and how each of them answered."""

    kept: Kept
    accounts: dict[str, Account]
    answers: list[Answer]
    muting: Muting

    def findings(self) -> Iterator[Finding]:
        """Everything that was found there; what was accepted is muted."""
        there = found.findings(self.kept, self._names(), frozenset(self.places()))
        return self.muting.through(there)

    def unseen(self) -> Iterator[Finding]:
        """One for each place that could not be read."""
        return found.unseen(self.answers, self._names())

    def keep(self, reports: Path) -> None:
        """Keep it among the looks at the accounts: what was read now, and what could not be.

        What was accepted is kept as MUTED; ``muting`` speaks of what is shown, and not of this.
        """
        looked = {answer.place for answer in self.answers if not answer.reason}
        read_now = found.findings(self.kept, self._names(), looked)
        judged = self.muting.again().through(read_now)
        history.add(found.look(self.answers), chain(judged, self.unseen()), reports)

    def account_name(self, account_id: str) -> str:
        """The name that people know an account by."""
        return self._names().get(account_id, account_id)

    def ou(self, account_id: str) -> str:
        """The path of an account's OU."""
        account = self.accounts.get(account_id)
        return account.ou if account else ""

    def places(self) -> list[Place]:
        """Where was looked, or tried to."""
        return [answer.place for answer in self.answers]

    def unread(self) -> list[list[Answer]]:
        """The places that could not be read; those of one tool with one reason together."""
        alike: dict[tuple[str, ...], list[Answer]] = defaultdict(list)
        for one in self.answers:
            if one.reason:
                # AWS names who was refused what, which is another in each account.
                reason = without_account(one.reason)
                alike[one.place.tool, reason, one.remedy].append(one)
        return list(alike.values())

    @property
    def blind(self) -> bool:
        """Whether no place could be read."""
        return all(answer.reason for answer in self.answers)

    def as_of(self) -> str:
        """When the oldest of it was read."""
        return min((answer.tried for answer in self.answers), default="never")

    def _names(self) -> dict[str, str]:
        return {account.id: account.name for account in self.accounts.values()}


def read(options: dict[str, Any]) -> Reading:
    """Ask AWS, and keep what it says.

    Raises UsageError when no account is chosen, and what the organization is refused with.
    """
    configuration = shared.load_configuration(options["config_path"])
    session = open_own(configuration, options["profile"], configuration.home_region)
    refuse_unsigned(session, configuration)
    organization = discover(session)
    filters = _filters(options)
    targets = _targets(session, configuration, organization, filters)
    tools = options["tools"] or TOOLS
    scope = Scope(
        session=session,
        organization=organization,
        targets=targets,
        open_account=Doors(_opener(session, configuration, organization, options["role"])),
        home_region=configuration.home_region,
        preferred=configuration.prefix,
    )
    reports = options["reports"] or configuration.reports
    kept = _kept(reports)
    if options["anew"]:
        kept.forget(targets)
    with watching(show=options["progress"]) as watch:
        reading.read(scope, kept, watch.step, tools)
    wanted = {Place(tool, t.account_id, t.region) for tool in tools for t in targets}
    read_now = _reading(kept, organization, wanted, muting.configured(configuration, organization))
    accounts.keep(organization, reports)
    read_now.keep(reports)
    keep_details(reading.details(scope, kept, tools), reports)
    return read_now


def recall(options: dict[str, Any]) -> Reading:
    """What was read last; raises UsageError when nothing was, of what is chosen."""
    configuration = shared.load_configuration(options["config_path"])
    reports = options["reports"] or configuration.reports
    kept = _kept(reports)
    organization, filters = accounts.known(reports), _filters(options)
    nothing = UsageError("nothing was read yet", remedy="Leave --kept out.")
    if organization is None:
        raise nothing
    check_pin(organization.id, configuration, f"what is kept in {reports} is of")
    chosen = {account.id for account in filters.choose(organization)}
    regions = filters.choose_regions({place.region for place in kept.answers()})
    places = {
        place
        for place in kept.answers()
        if place.account_id in chosen
        and place.region in regions
        and place.tool in (options["tools"] or TOOLS)
    }
    if not places:
        raise nothing
    return _reading(kept, organization, places, muting.configured(configuration, organization))


def keep_details(details: Iterable[CheckDetails], reports: Path) -> None:
    """Remember what tools say of their checks, or say why not: findings are there without it."""
    try:
        history.keep_details(details, reports)
    except ToolError as error:
        shared.talk(f"What is said of the checks was not kept: {error}")


def _reading(
    kept: Kept, organization: Organization, places: set[Place], accepted: Muting
) -> Reading:
    answers = [answer for place, answer in kept.answers().items() if place in places]
    known = {account.id: account for account in organization.accounts}
    return Reading(kept, known, answers, accepted)


def _kept(reports: Path) -> Kept:
    kept = Kept(reports)
    click.get_current_context().call_on_close(kept.close)
    return kept


def _filters(options: dict[str, Any]) -> Filters:
    names = ("accounts", "not_accounts", "ous", "regions")
    return Filters(*(frozenset(options[name]) for name in names))


def _targets(
    session: Session, configuration: Configuration, organization: Organization, filters: Filters
) -> tuple[Target, ...]:
    """The chosen accounts that are active and not left out, each with its regions."""
    found = reach.regions(session, configuration, organization)
    for account_id, error in sorted(found.unknown.items()):
        shared.talk(f"Opt-in regions of {account_id} are UNKNOWN and left out: {error}")
    regions = filters.choose_regions({r for some in found.by_account.values() for r in some})
    chosen = [
        account.id
        for account in filters.choose(organization)
        if account.active and account.id not in configuration.exclude_accounts
    ]
    if not chosen:
        raise UsageError("no active account is chosen", remedy="See: baseline accounts")
    return tuple(Target(a, r) for a in chosen for r in found.by_account[a] if r in regions)


def _opener(
    session: Session, configuration: Configuration, organization: Organization, role: str | None
) -> Callable[[str], Session]:
    """Who looks: the audit role, but the caller in an account of its own that is not the main one.

    The role trusts the main account alone, so that a delegated administrator looks as itself.
    """
    audit = configuration.audit
    main = organization.main_account_id if organization.id else ""
    assumed = planning.Entrance(role or audit.role, audit.external_id)
    itself = planning.Entrance(role or planning.AS_CALLER)

    def opened(account_id: str) -> Session:
        own = account_id == session.account_id != main
        return planning.open_account(session, account_id, itself if own else assumed)

    return opened
