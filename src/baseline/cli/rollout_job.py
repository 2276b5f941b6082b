"""What all commands of ``baseline rollout`` begin with: options, and the organization read once."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from baseline.audit.manifest import now
from baseline.cli import shared
from baseline.cli.opening import open_own
from baseline.cli.tables import Row, grouped
from baseline.organization import Filters, Organization, discover
from baseline.rollout import catalogue, coverage, kept_plan, observe, plan, reach, removal
from baseline.rollout.catalogue import Baseline, Part
from baseline.rollout.choice import Choice
from baseline.rollout.kept_plan import Kept
from baseline.rollout.reach import Reach, Regions
from baseline.rollout.state import State
from baseline.rollout.steps import Plan
from baseline.rollout.wanted import wanted
from baseline.templates.analytics import NamedQuery

PLACE = ("account", "account_name", "region")
_JOB = "baseline.job"


def rollout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What all commands of the group take, and what they say at their end."""
    command = _counted(command)
    only = click.option(
        "--only",
        multiple=True,
        metavar="NAME",
        help=f"Only this stack or StackSet: {', '.join(catalogue.NAMES)}. Repeatable.",
    )
    every = click.option(
        "--all", "every", is_flag=True, help="In the table, one line for each account and region."
    )
    verbose = click.option(
        "-v", "--verbose", is_flag=True, help="Say how often each service of AWS was asked."
    )
    for option in (
        verbose,
        every,
        shared.output_option,
        shared.progress_option,
        shared.target_options,
        only,
        shared.aws_options,
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Job:
    """What every command of the group works with."""

    reach: Reach
    baseline: Baseline
    regions: Regions
    choice: Choice
    output: str
    every: bool
    progress: bool

    def plan(self) -> Plan:
        """What there is to do."""
        return self._made(plan.make)[0]

    def kept(self) -> tuple[Plan, Kept]:
        """What there is to do, and what a file keeps of it."""
        made, state = self._made(plan.make)
        return made, kept_plan.keep(made, self.baseline, state, self.choice, now())

    def removal(self) -> Plan:
        """What there is to take away."""
        return self._made(removal.make, everywhere=True)[0]

    def _made(
        self, make: Callable[[Baseline, State, Choice], Plan], *, everywhere: bool = False
    ) -> tuple[Plan, State]:
        state = observe.read(self.reach, self.baseline, everywhere=everywhere)
        made = make(self.baseline, state, self.choice)
        for warning in made.warnings:
            shared.talk(f"Warning: {warning}")
        return made, state

    def place(self, part: Part) -> Row:
        """Where a part is, as columns."""
        account_id = part.target.account_id
        names = {a.id: a.name for a in self.baseline.organization.accounts}
        return {
            "account": account_id,
            "account_name": names.get(account_id, account_id),
            "region": part.target.region,
        }

    def names(self, part: Part, accounts: tuple[str, ...]) -> bool:
        """Whether the part's account is among ``accounts``, by id or by name."""
        place = self.place(part)
        return not {place["account"], place["account_name"]}.isdisjoint(accounts)

    def show(self, rows: list[Row], columns: tuple[str, ...]) -> None:
        """Print rows; in a table, like ones together, and no head without rows."""
        if self.output == "table" and not rows:
            return
        if self.output == "table" and not self.every:
            columns = tuple(column for column in columns if column not in PLACE)
            rows = grouped(rows, columns)
            columns = (columns[0], "where", *columns[1:])
        shared.show(rows, self.output, columns)


def begin(**options: Any) -> Job:
    """What a command begins with; how often AWS was asked by it is said at its end."""
    job = prepare(**options)
    click.get_current_context().meta[_JOB] = job
    return job


def _counted(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, and at its end how often AWS was asked; a refusal is one sentence alone."""

    @functools.wraps(command)
    def counting(*, verbose: bool, **options: Any) -> Any:
        code = command(**options)
        _say_calls(click.get_current_context().meta[_JOB], verbose=verbose)
        return code

    return counting


def _say_calls(job: Job, *, verbose: bool) -> None:
    counts = job.reach.session.calls.by_service()
    targets = len(coverage.targets(job.baseline, job.choice))
    for service, count in counts.most_common() if verbose else ():
        shared.talk(f"  {service} {count:,}")
    said = f"{counts.total():,} API calls"
    each = f", {counts.total() / targets:.1f} for each of {targets:,} targets" if targets else ""
    shared.talk(f"{said}, all for one target" if targets == 1 else f"{said}{each}")


def prepare(
    *,
    config_path: Path | None,
    profile: str | None,
    only: tuple[str, ...],
    regions: tuple[str, ...],
    output: str,
    every: bool,
    progress: bool,
    **filters: tuple[str, ...],
) -> Job:
    """The organization read, and what should be in it, as the options of a command say."""
    configuration = shared.load_configuration(config_path)
    if not configuration.written:
        shared.talk(
            f"There is no {configuration.file} in {Path.cwd()}, and defaults are taken: home "
            f"region {configuration.home_region}, every region that is enabled. Name another one "
            "with --config, or make one with: baseline init"
        )
    names = Choice(names=frozenset(only) or None).names
    session = open_own(configuration, profile, configuration.home_region)
    organization = discover(session)
    reached = Reach(session, configuration, organization)
    found = reach.regions(session, configuration, organization)
    for account_id, error in sorted(found.unknown.items()):
        shared.talk(f"Opt-in regions of {account_id} are UNKNOWN and left out: {error}")
    baseline = wanted(
        configuration,
        organization,
        found.by_account,
        _named_queries(),
        observe.inviters(session, configuration.home_region),
    )
    chosen = _regions(regions, found.by_account[session.account_id])
    choice = Choice(names, _accounts(organization, **filters), chosen)
    return Job(reached, baseline, found, choice, output, every, progress)


def _named_queries() -> list[NamedQuery]:
    # Only where it is needed: it brings the SQL parser along.
    from baseline.query.named import named_queries  # noqa: PLC0415

    return named_queries()


def _regions(named: tuple[str, ...], there: tuple[str, ...]) -> frozenset[str] | None:
    filters = Filters(regions=frozenset(named))
    return frozenset(filters.choose_regions(there)) if named else None


def _accounts(
    organization: Organization,
    *,
    accounts: tuple[str, ...],
    not_accounts: tuple[str, ...],
    ous: tuple[str, ...],
) -> frozenset[str] | None:
    filters = Filters(frozenset(accounts), frozenset(not_accounts), frozenset(ous))
    if filters == Filters():
        return None
    return frozenset(account.id for account in filters.choose(organization))
