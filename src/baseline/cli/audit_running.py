"""An audit run from what was asked for to its end: begun or resumed, carried out, shown."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from baseline.audit import manifest, planning, schedule
from baseline.audit.environments import Environment
from baseline.audit.forecast import Forecast
from baseline.audit.job import Wish
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Manner, Run
from baseline.cli.audit_board import Board
from baseline.cli.audit_options import manner
from baseline.cli.audit_setup import chosen, set_up
from baseline.cli.audit_view import view
from baseline.cli.interrupts import stopped_by_signals
from baseline.cli.shared import talk
from baseline.configuration import Configuration
from baseline.errors import UsageError
from baseline.organization import Filters, discover
from baseline.report import write_front_page
from baseline.sessions import Session


def begin(
    options: dict[str, Any],
    configuration: Configuration,
    session: Session,
    names: tuple[str, ...],
    workers: int | None,
) -> tuple[Run, tuple[Environment, ...]]:
    """A new run, with its tools installed."""
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
    choice = planning.choose(request, configuration, discover(session), session)
    for account in choice.left_out:
        talk(f"{account.account_name} ({account.account_id}) {account.reason}: left out.")
    installed = set_up(chosen(options["tool_names"]), options["tools_dir"])
    lookers = planning.lookers(request.services, installed)
    for environment in installed:
        unknown = set(request.services) - environment.services
        if unknown:
            talk(f"{environment.tool.title} does not look at: {', '.join(sorted(unknown))}.")
    run = planning.new_run(choice, lookers, request.services)
    return replace(run, manner=manner(options, workers, Manner())), lookers


def mention_unended(reports: Path) -> None:
    """Say what a new run is not: the rest of one that was interrupted."""
    for run in manifest.readable(reports, newest=1):
        if not run.ended:
            talk(f"Run {run.stamp} has not ended. To go on with it: baseline audit run --resume")


def resume(
    options: dict[str, Any],
    reports: Path,
    names: tuple[str, ...],
    workers: int | None,
) -> tuple[Run, tuple[Environment, ...]]:
    """The latest run again; what it was asked for stays."""
    told = ("not_accounts", "ous", "regions", "role", "services", "tool_names")
    if names or any(options[name] for name in told):
        raise UsageError(
            "--resume goes on with what the latest run was asked for",
            remedy="Leave out accounts, filters, --role, --service and --tool; or start anew.",
        )
    run = manifest.latest(reports)
    open_entries = [e for e in run.entries if not e.settled]
    talk(f"Run {run.stamp}: {len(open_entries)} of {len(run.entries)} scans to go on with.")
    installed = set_up(chosen(tuple({e.tool for e in run.entries})), options["tools_dir"])
    again = replace(run, manner=manner(options, workers, run.manner))
    return planning.resumed(again, installed), installed


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
    )


def carry_out(plan: schedule.Plan, ledger: Ledger, *, shown: bool) -> tuple[Run, bool]:
    """Carry out ``plan``; the run as it ended, and whether it was interrupted."""
    interrupted, accounts = False, len(ledger.run.account_ids)
    board = Board(ledger.run, plan.workers, Forecast(manifest.history(ledger.reports)))
    talk(
        f"Auditing {accounts} account{'' if accounts == 1 else 's'}, "
        f"{plan.workers} at a time; the tools' output is in {plan.wish.reports}/ as it comes."
    )
    try:
        with stopped_by_signals(), closing(schedule.run(plan, ledger)) as changes:
            view(board, changes, shown=shown)
    except KeyboardInterrupt:
        interrupted = True
    finally:  # whatever it is, a terminal that is gone for one: what is done is done
        ended = ledger.close()
    if interrupted:
        talk("Interrupted; the tools were ended. Go on with: baseline audit run --resume")
        write_front_page(ledger.reports)
    return ended, interrupted
