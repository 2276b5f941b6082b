"""Reads what GuardDuty and Config found in every account and region, and keeps it.

GuardDuty is asked once a region, of the account that administers it; Config once a region of the
organization's aggregator, and in each account and region that the aggregator does not know well.
Every place gets an answer: read, or why not.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from baseline.errors import BaselineError
from baseline.findings import config_reading, guardduty, guardduty_reading
from baseline.findings.config_reading import SUCCEEDED, Aggregator, Recorder, Rules, moment
from baseline.findings.guardduty_reading import Blind
from baseline.findings.kept import Answer, Judged, Kept, Raw
from baseline.findings.look import Place
from baseline.findings.model import CheckDetails
from baseline.organization import Organization, Target
from baseline.parallel import Done, Pause, each
from baseline.sessions import Session

GUARDDUTY, CONFIG = "guardduty", "config"
TOOLS = (GUARDDUTY, CONFIG)

# Whom an organization may let administer each of them [Organizations: integrated services].
_PRINCIPALS = {GUARDDUTY: "guardduty.amazonaws.com", CONFIG: "config.amazonaws.com"}

# The aggregator's calls all go to one account and region, where AWS counts them together.
_OF_AGGREGATOR = 4

Step = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Doors:
    """Sessions in accounts, each opened once, whichever thread is the first to need it."""

    open: Callable[[str], Session]
    _sessions: dict[str, Session] = field(default_factory=dict, repr=False)
    _locks: dict[str, threading.Lock] = field(default_factory=dict, repr=False)

    def __call__(self, account_id: str) -> Session:
        """The session in an account; raises what opening it raises."""
        with self._locks.setdefault(account_id, threading.Lock()):
            if account_id not in self._sessions:
                self._sessions[account_id] = self.open(account_id)
            return self._sessions[account_id]


@dataclass(frozen=True)
class Scope:
    """Where to read. ``session`` is the caller's, ``open_account`` gives those that look.

    ``preferred`` is the aggregator's name, should there be several in the home region.
    """

    session: Session
    organization: Organization
    targets: tuple[Target, ...]
    open_account: Callable[[str], Session]
    home_region: str
    preferred: str

    def administrators(self, tool: str) -> list[str]:
        """The accounts that may administer a tool: delegated ones, then the main account."""
        if not self.organization.id:
            return [self.organization.main_account_id]
        pages = self.session.client("organizations").get_paginator("list_delegated_administrators")
        found = pages.paginate(ServicePrincipal=_PRINCIPALS[tool])
        delegated = [one["Id"] for page in found for one in page["DelegatedAdministrators"]]
        return [*delegated, self.organization.main_account_id]


def details(scope: Scope, kept: Kept, tools: Collection[str] = TOOLS) -> list[CheckDetails]:
    """What is known of the checks: of the types that were found, and of the main account's rules.

    Rules are the same everywhere; where they cannot be read, nothing is known of them.
    """
    types = [guardduty.details(kind) for kind in kept.types()]
    if CONFIG not in tools:
        return types
    try:
        session = scope.open_account(scope.organization.main_account_id)
        return types + config_reading.described(session, scope.home_region)
    except BaselineError:
        return types


def read(scope: Scope, kept: Kept, step: Step, tools: Collection[str] = TOOLS) -> None:
    """Bring ``kept`` up to date for all of ``scope``; of what cannot be read keep the reason."""
    reader = _Reader(scope, kept, step)
    for tool, work in ((GUARDDUTY, reader.guardduty), (CONFIG, reader.config)):
        if tool not in tools:
            continue
        try:
            work()
        except BaselineError as error:
            reader.blind(tool, scope.targets, error)


class _Reader:
    def __init__(self, scope: Scope, kept: Kept, step: Step) -> None:
        self._scope = scope
        self._kept = kept
        self._step = step
        self._now = datetime.now(UTC)

    def blind(self, tool: str, targets: Iterable[Target], error: BaselineError) -> None:
        """Keep that nothing is known of ``targets``, because of ``error``."""
        self._tell(tool, targets, Blind(error.what, error.remedy or "Read again."))

    def guardduty(self) -> None:
        """Ask the administrator in every region."""
        administrator = self._scope.administrators(GUARDDUTY)[0]
        accounts: dict[str, list[str]] = defaultdict(list)
        for target in self._scope.targets:
            accounts[target.region].append(target.account_id)

        def look(region: str) -> Mapping[str, Blind | None]:
            session = self._scope.open_account(administrator)
            return guardduty_reading.read(session, region, accounts[region], self._kept, pause)

        pause = Pause()
        for number, outcome in enumerate(each(accounts, look, stop=pause.end), 1):
            region = outcome.target
            if isinstance(outcome, Done):
                for account, blind in outcome.value.items():
                    self._tell(GUARDDUTY, [Target(account, region)], blind)
            else:
                self.blind(GUARDDUTY, _at(accounts[region], region), outcome.error)
            self._step("GuardDuty: regions", number, len(accounts))

    def config(self) -> None:
        """Ask the aggregator, and whoever it has not read well."""
        aggregator = self._aggregator()
        known = self._aggregated(aggregator) if aggregator else set[Target]()
        self._one_by_one([t for t in self._scope.targets if t not in known])

    def _aggregator(self) -> Aggregator | None:
        """The first that an administrator has; None where nobody can be asked for one."""
        for account in self._scope.administrators(CONFIG):
            try:
                session = self._scope.open_account(account)
                found = config_reading.find_aggregator(
                    session, self._scope.home_region, self._scope.preferred
                )
            except BaselineError:
                continue  # whoever cannot be asked here is asked place by place, with the reason
            if found:
                return found
        return None

    def _aggregated(self, aggregator: Aggregator) -> set[Target]:
        """Read the aggregator; the places that it answered for."""
        try:
            states = aggregator.sources()
        except BaselineError:
            return set()  # each place is asked itself, and says why it is not known
        known = {t for t in self._scope.targets if states.get(t) == SUCCEEDED}
        regions = sorted({target.region for target in known})
        accounts = {target.account_id for target in known}
        only = accounts.pop() if len(accounts) == 1 else ""
        rules: dict[Target, Rules] = {target: {} for target in known}
        asked = each(regions, lambda one: aggregator.rules(one, only), workers=_OF_AGGREGATOR)
        for number, outcome in enumerate(asked, 1):
            if isinstance(outcome, Done):
                rules |= {t: found for t, found in outcome.value.items() if t in known}
            else:
                rules = {t: found for t, found in rules.items() if t.region != outcome.target}
            self._step("Config's aggregator: regions", number, len(regions))
        self._details(aggregator, rules)
        return set(rules)

    def _details(self, aggregator: Aggregator, rules: Mapping[Target, Rules]) -> None:
        """Get the resources of every rule that may have others than are kept."""
        wanted = [
            (target, rule)
            for target, found in rules.items()
            for rule in self._keep_verdicts(target, found)
        ]
        failed: dict[Target, BaselineError] = {}
        asked = each(wanted, lambda one: aggregator.details(*one), workers=_OF_AGGREGATOR)
        for number, outcome in enumerate(asked, 1):
            target, rule = outcome.target
            if isinstance(outcome, Done):
                self._keep_results(target, rules[target], {rule: outcome.value})
            else:
                failed[target] = outcome.error
            self._step("Config's aggregator: rules", number, len(wanted))
        self._tell(CONFIG, (target for target in rules if target not in failed), None)
        for target, error in failed.items():
            self.blind(CONFIG, [target], error)

    def _one_by_one(self, targets: Collection[Target]) -> None:
        """Ask in each account and region itself."""

        def look(target: Target) -> tuple[Rules, dict[str, list[Raw]]]:
            recorder = Recorder(self._scope.open_account(target.account_id), target)
            rules = recorder.rules()
            stale = config_reading.stale(rules, self._kept.rules(target), self._now)
            return rules, {rule: recorder.details(rule) for rule in stale}

        for number, outcome in enumerate(each(targets, look), 1):
            target = outcome.target
            if isinstance(outcome, Done):
                rules, results = outcome.value
                self._keep_verdicts(target, rules)
                self._keep_results(target, rules, results)
                self._tell(CONFIG, [target], None)
            else:
                self.blind(CONFIG, [target], outcome.error)
            self._step("Config: accounts and regions", number, len(targets))

    def _keep_verdicts(self, target: Target, rules: Rules) -> list[str]:
        """Keep the verdicts that need no resources; the names of the rules that do."""
        before = self._kept.rules(target)
        stale = config_reading.stale(rules, before, self._now)
        changed = {
            rule: verdict
            for rule, verdict in rules.items()
            if rule not in stale and (rule not in before or before[rule].verdict != verdict)
        }
        self._keep_results(target, changed, dict.fromkeys(changed, ()))
        self._kept.keep_rules(target, rules)
        return stale

    def _keep_results(
        self, target: Target, rules: Rules, results: Mapping[str, Iterable[Raw]]
    ) -> None:
        read = moment(self._now)
        judged = {r: Judged(rules[r], read, tuple(found)) for r, found in results.items()}
        if judged:
            self._kept.put_rules(target, judged)

    def _tell(self, tool: str, targets: Iterable[Target], blind: Blind | None) -> None:
        tried = moment(self._now)
        read, reason, remedy = ("", blind.reason, blind.remedy) if blind else (tried, "", "")
        places = (Place(tool, target.account_id, target.region) for target in targets)
        self._kept.tell(Answer(place, tried, read, reason, remedy) for place in places)


def _at(accounts: Iterable[str], region: str) -> list[Target]:
    return [Target(account, region) for account in accounts]
