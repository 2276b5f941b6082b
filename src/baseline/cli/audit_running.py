"""An audit run from what was asked for to its end: begun or resumed, carried out, shown."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from baseline.audit import manifest, planning, schedule
from baseline.audit.environments import Environment
from baseline.audit.forecast import Forecast
from baseline.audit.job import Wish
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Manner, Run
from baseline.audit.passed_on import see_options, see_values
from baseline.audit.tools import Tool
from baseline.audit.warm import Workers
from baseline.cli.audit_board import Board
from baseline.cli.audit_options import manner
from baseline.cli.audit_setup import RULES, chosen, rules_of, section, set_up, there
from baseline.cli.audit_view import view
from baseline.cli.interrupts import stopped_by_signals
from baseline.cli.shared import talk
from baseline.configuration import Configuration, Tools
from baseline.errors import UsageError
from baseline.organization import Filters, Organization, discover
from baseline.report import write_front_page
from baseline.sessions import Session


def begin(
    options: dict[str, Any],
    configuration: Configuration,
    session: Session,
    names: tuple[str, ...],
    workers: int | None,
    *,
    away: bool = False,
) -> tuple[Run, tuple[Environment, ...], Organization]:
    """A new run, with its tools installed; or without, when they are to run away from here."""
    request = planning.Request(
        Filters(
            frozenset(names),
            frozenset(options["not_accounts"]),
            frozenset(options["ous"]),
            frozenset(options["regions"]),
        ),
        role=options["role"],
        services=options["services"] or configuration.audit.services,
    )
    organization = discover(session)
    choice = planning.choose(request, configuration, organization, session)
    for account in choice.left_out:
        talk(f"{account.account_name} ({account.account_id}) {account.reason}: left out.")
    configured = configuration.audit.tools
    installed = _tools(options, configured, options["tool_names"], away=away)
    # What tools elsewhere look at, is known there.
    lookers = installed if away else planning.lookers(request.services, installed)
    for environment in () if away else installed:
        unknown = set(request.services) - environment.services
        if unknown:
            talk(f"{environment.tool.title} does not look at: {', '.join(sorted(unknown))}.")
    run = planning.new_run(choice, lookers, request.services)
    asked = manner(options, workers, Manner(warm=configured.prowler.warm))
    passed_on = {
        environment.tool.name: (
            *_configured(environment.tool, configured),
            *asked.options.get(environment.tool.name, ()),
        )
        for environment in lookers
    }
    _see(passed_on, lookers, request.services, away=away)
    chosen_options = {name: given for name, given in passed_on.items() if given}
    return replace(run, manner=replace(asked, options=chosen_options)), lookers, organization


def _see(
    passed_on: Mapping[str, Sequence[str]],
    lookers: Sequence[Environment],
    services: tuple[str, ...],
    *,
    away: bool,
) -> None:
    """Raise UsageError for options that a tool would not take.

    Which values a tool elsewhere knows, is seen there.
    """
    for environment in lookers:
        options = passed_on.get(environment.tool.name, ())
        see_options(environment.tool, options, services)
        if not away:
            see_values(environment, options)


def _configured(tool: Tool, configured: Tools) -> list[str]:
    """The options that the configuration gives ``tool``."""
    found = section(configured, tool.name)
    return tool.selection(found) if found else []


def mention_unended(reports: Path) -> None:
    """Say what a new run is not: the rest of one that was interrupted."""
    for run in manifest.readable(reports, newest=1):
        if not run.ended:
            talk(f"Run {run.stamp} has not ended. To go on with it: baseline audit run --resume")


def earlier(options: dict[str, Any], reports: Path, names: tuple[str, ...]) -> Run | None:
    """The run to go on with, when that is wanted; raises UsageError for what would change it."""
    if not options["resume"]:
        return None
    told = ("not_accounts", "ous", "regions", "role", "services", "tool_names")
    if names or any(options[name] for name in told):
        raise UsageError(
            "--resume goes on with what the latest run was asked for",
            remedy="Leave out accounts, filters, --role, --service and --tool; or start anew.",
        )
    return manifest.latest(reports)


def resume(
    run: Run,
    options: dict[str, Any],
    configuration: Configuration,
    workers: int | None,
    *,
    away: bool = False,
) -> tuple[Run, tuple[Environment, ...]]:
    """``run`` again, as ``begin`` does; what it was asked for stays."""
    open_entries = [e for e in run.entries if not e.settled]
    talk(f"Run {run.stamp}: {len(open_entries)} of {len(run.entries)} scans to go on with.")
    configured = configuration.audit.tools
    names = tuple({e.tool for e in run.entries})
    installed = _tools(options, configured, names, away=away)
    again = replace(run, manner=manner(options, workers, run.manner))
    _see(again.manner.options, installed, run.services, away=away)
    return planning.resumed(again, installed), installed


def _tools(
    options: dict[str, Any], configured: Tools, names: tuple[str, ...], *, away: bool
) -> tuple[Environment, ...]:
    tools = chosen(names, configured)
    rules = None if away else rules_of(tools, configured)
    if rules and not rules.is_file():
        raise UsageError(
            f"there is no file {rules}", where=RULES, remedy="Correct the path, or leave it out."
        )
    return there(tools) if away else set_up(tools, options["tools_dir"], configured)


def wish(
    configuration: Configuration,
    run: Run,
    session: Session,
    reports: Path,
) -> Wish:
    """What is wanted of every tool, from the configuration and the run."""
    minutes = run.manner.minutes or configuration.audit.timeout_minutes
    return Wish(
        reports=reports,
        stamp=run.stamp,
        region=run.regions[0] if run.regions else session.region,
        limit=minutes * 60,
        regions=run.regions,
        services=run.services,
        options=run.manner.options,
        pass_environment=configuration.audit.pass_environment,
    )


def board_of(ledger: Ledger, workers: int) -> Board:
    """What is shown of the ledger's run, of which ``workers`` accounts go on at a time."""
    return Board(ledger.run, workers, Forecast(manifest.history(ledger.reports)))


def carry_out(plan: schedule.Plan, ledger: Ledger, *, shown: bool) -> tuple[Run, bool]:
    """Carry out ``plan``; the run as it ended, and whether it was interrupted."""
    interrupted, accounts = False, len(ledger.run.account_ids)
    talk(
        f"Auditing {accounts} account{'' if accounts == 1 else 's'}, "
        f"{plan.workers} at a time; the tools' output is in {plan.wish.reports}/ as it comes."
    )
    try:
        with (
            _warmed(plan, ledger.run.manner.warm) as warmed,
            stopped_by_signals(),
            closing(schedule.run(warmed, ledger)) as changes,
        ):
            view(board_of(ledger, plan.workers), changes, shown=shown)
    except KeyboardInterrupt:
        interrupted = True
    finally:  # whatever it is, a terminal that is gone for one: what is done is done
        ended = ledger.close()
    if interrupted:
        talk("Interrupted; the tools were ended. Go on with: baseline audit run --resume")
        write_front_page(ledger.reports)
    return ended, interrupted


@contextmanager
def _warmed(plan: schedule.Plan, warm: bool) -> Iterator[schedule.Plan]:
    """``plan``, its tools forked from warm ones where they can be, when that is wanted."""
    found = [e for e in plan.environments if e.tool.warm] if warm else []
    with ExitStack() as stack:
        starts = {e.tool.name: stack.enter_context(Workers(e, talk)).start for e in found}
        yield replace(plan, wish=replace(plan.wish, starts=starts))
