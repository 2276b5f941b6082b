"""``baseline audit``: Prowler and ScoutSuite over every account."""

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click

from baseline.audit import capacity, environments, manifest, planning, schedule
from baseline.audit.environments import Environment
from baseline.audit.findings import SEVERITIES
from baseline.audit.job import Wish
from baseline.audit.manifest import Ledger, Run
from baseline.audit.tools import TOOLS, Tool
from baseline.cli.audit_rows import (
    RUN_COLUMNS,
    SCAN_COLUMNS,
    last_words,
    run_row,
    scan_name,
    scan_row,
)
from baseline.cli.audit_view import view
from baseline.cli.shared import (
    aws_options,
    load_configuration,
    output_option,
    progress_option,
    show,
    talk,
    target_options,
)
from baseline.configuration import Configuration
from baseline.errors import UsageError
from baseline.organization import Filters, discover
from baseline.parallel import Failed, each
from baseline.report import summarize, write_page, write_summary
from baseline.sessions import Session, open_session

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_AUTO = "auto"
_COUNT = re.compile(r"[1-9]\d{0,2}")


def _tools_option(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option(
        "--tools-dir",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="BASELINE_TOOLS",
        help="Where the tools are installed.  [default: with the program]",
    )(command)
    return click.option(
        "--tool",
        "tool_names",
        multiple=True,
        type=click.Choice(list(TOOLS)),
        help="Only this tool. Repeatable.",
    )(command)


def _reports_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--reports",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="BASELINE_REPORTS",
        help="Where the reports are kept.  [default: reports]",
    )(command)


@click.group()
def audit() -> None:
    """Audit every account with Prowler and ScoutSuite, and tell what was really looked at.

    \b
    baseline audit run                       every active account, one at a time
    baseline audit run -p                    several at a time
    baseline audit run 123456789012 sandbox  these accounts, by id or name
    baseline audit run --resume              what is missing or failed of the latest run
    """


@audit.command()
@_tools_option
def setup(tool_names: tuple[str, ...], tools_dir: Path | None) -> None:
    """Install the tools, pinned, each in a private environment.

    `audit run` does this by itself when they are missing.

    \b
    Example:  baseline audit setup --tool prowler
    """
    for environment in _set_up(_chosen(tool_names), tools_dir):
        click.echo(environment.directory)


@audit.command()
@click.argument("named", nargs=-1, metavar="[ACCOUNT]...")
@click.option("-r", "--role", help="Role to assume in each account.  [default: audit.role]")
@click.option(
    "-p",
    "--parallel",
    metavar="[N]",
    is_flag=False,
    flag_value=_AUTO,
    help="Audit N accounts at a time; without N as many as cores and memory bear.",
)
@click.option("-m", "--mfa", is_flag=True, help="Ask for an MFA code.")
@click.option("-d", "--duration", metavar="HOURS", help="Session length.")
@_tools_option
@click.option("--service", "services", multiple=True, help="Only this service. Repeatable.")
@click.option("--prowler-option", multiple=True, help="Passed on to Prowler. Repeatable.")
@click.option("--scoutsuite-option", multiple=True, help="Passed on to ScoutSuite. Repeatable.")
@click.option("--timeout", type=click.FloatRange(min=0.01), help="Minutes a tool and account.")
@click.option("--resume", is_flag=True, help="Run only what the latest run misses.")
@click.option(
    "--fail-on", type=click.Choice(SEVERITIES), help="Exit 1 when a finding is as bad, or worse."
)
@_reports_option
@target_options
@aws_options
@output_option
@progress_option
def run(**options: Any) -> int:
    """Audit accounts: every active one, or those named by id or name.

    Each account is looked at through its audit role, first by Prowler, then by ScoutSuite. Outside
    an organization the caller's own account is audited, as the caller unless --role is given.
    While it runs, each tool's output is in reports/TOOL/ACCOUNT/TIME.partial/log.txt; at the end
    reports/index.html shows all of it, with findings.csv and summary.json beside it.

    \b
    Exit code 0  every scan is complete, and nothing is as bad as --fail-on
              1  a finding is, or an account could not be looked at, or not wholly
              2  it could not be done at all
            130  interrupted; go on with --resume

    \b
    Example:  baseline audit run -p 4 --region eu-west-1 --fail-on high
    """
    _refuse_later_work(options["mfa"], options["duration"])
    configuration = load_configuration(options["config_path"])
    reports = options["reports"] or configuration.reports
    names, workers = _names_and_workers(options)
    session = open_session(options["profile"])
    if options["resume"]:
        planned, installed = _resume(options, reports, names)
    else:
        planned, installed = _begin(options, configuration, session, names)
    plan = schedule.Plan(
        wish=_wish(options, configuration, planned, session, reports),
        environments=installed,
        open_account=lambda account: planning.open_account(
            session, account, planned.role, configuration.audit.external_id
        ),
        workers=workers or capacity.workers(len(planned.account_ids), len(planned.regions)),
    )
    ended, interrupted = _audit(plan, Ledger(planned, reports), shown=options["progress"])
    return 130 if interrupted else _tell(ended, reports, options["output"], options["fail_on"])


@audit.command("list")
@_reports_option
@aws_options
@output_option
def list_runs(reports: Path | None, output: str, config_path: Path | None, profile: str) -> None:  # noqa: ARG001  # one form for all commands
    """List the audit runs, the latest last.

    \b
    Example:  baseline audit list -o json
    """
    runs = manifest.runs(reports or load_configuration(config_path).reports)
    show([run_row(found) for found in runs], output, RUN_COLUMNS)


@audit.command()
@click.argument("stamp", required=False)
@_reports_option
@aws_options
@output_option
def report(
    stamp: str | None,
    reports: Path | None,
    output: str,
    config_path: Path | None,
    profile: str,  # noqa: ARG001  # one form for all commands
) -> None:
    """Make the page, the CSV and the JSON anew, of the latest run or of that called STAMP.

    \b
    Example:  baseline audit report
    """
    reports = reports or load_configuration(config_path).reports
    _tell(manifest.latest(reports, stamp), reports, output)


def _refuse_later_work(mfa: bool, duration: str | None) -> None:
    if mfa or duration:
        raise UsageError(
            f"{'-m' if mfa else '-d'} is not there yet",
            remedy="Export credentials that are signed with MFA already (aws sts get-session-token)"
            " and leave it out: the audit renews each role's session by itself, however long"
            " an account takes.",
        )


def _names_and_workers(options: dict[str, Any]) -> tuple[tuple[str, ...], int]:
    """The accounts, and how many at a time (0: choose); ``-p NAME`` names an account."""
    names, parallel = (*options["named"], *options["accounts"]), options["parallel"]
    if parallel is None:
        return names, 1
    if parallel == _AUTO:
        return names, 0
    return (names, int(parallel)) if _COUNT.fullmatch(parallel) else ((*names, parallel), 0)


def _begin(
    options: dict[str, Any],
    configuration: Configuration,
    session: Session,
    names: tuple[str, ...],
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
    installed = _set_up(_chosen(options["tool_names"]), options["tools_dir"])
    lookers = planning.lookers(request.services, installed)
    for environment in installed:
        unknown = set(request.services) - environment.services
        if unknown:
            talk(f"{environment.tool.title} does not look at: {', '.join(sorted(unknown))}.")
    return planning.new_run(choice, lookers, request.services), lookers


def _resume(
    options: dict[str, Any],
    reports: Path,
    names: tuple[str, ...],
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
    installed = _set_up(_chosen(tuple({e.tool for e in run.entries})), options["tools_dir"])
    return planning.resumed(run, installed), installed


def _chosen(names: tuple[str, ...]) -> tuple[Tool, ...]:
    return tuple(tool for name, tool in TOOLS.items() if not names or name in names)


def _set_up(tools: tuple[Tool, ...], directory: Path | None) -> tuple[Environment, ...]:
    """The environments of ``tools``, made when missing, side by side; all of them or an error."""
    place = directory or environments.default_directory()
    made: dict[str, Environment] = {}
    with _stopped_by_signals() as stop:
        for outcome in each(tools, lambda tool: environments.set_up(tool, place, talk, stop)):
            if isinstance(outcome, Failed):
                raise outcome.error
            made[outcome.target.name] = outcome.value
    return tuple(made[tool.name] for tool in tools)


def _wish(
    options: dict[str, Any],
    configuration: Configuration,
    run: Run,
    session: Session,
    reports: Path,
) -> Wish:
    minutes = options["timeout"] or configuration.audit.timeout_minutes
    return Wish(
        reports=reports,
        region=run.regions[0] if run.regions else session.region,
        limit=minutes * 60,
        regions=run.regions,
        services=run.services,
        options={
            "prowler": options["prowler_option"],
            "scoutsuite": options["scoutsuite_option"],
        },
    )


def _audit(plan: schedule.Plan, ledger: Ledger, *, shown: bool) -> tuple[Run, bool]:
    """Carry out ``plan``; the run as it ended, and whether it was interrupted."""
    interrupted, accounts = False, len(ledger.run.account_ids)
    talk(
        f"Auditing {accounts} account{'' if accounts == 1 else 's'}, "
        f"{plan.workers} at a time; the tools' output is in {plan.wish.reports}/ as it comes."
    )
    try:
        with _stopped_by_signals(), closing(schedule.run(plan, ledger)) as changes:
            view(ledger.run, changes, shown=shown)
    except KeyboardInterrupt:
        interrupted = True
        talk("Interrupted; the tools were ended. Go on with: baseline audit run --resume")
    return ledger.close(), interrupted


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """Ctrl-C, SIGTERM or a closed terminal interrupt once; what is ended then is ended in peace.

    The tools are in sessions of their own, and would live on. The event is set before the
    interrupt, so that work in other threads ends too.
    """
    stop = threading.Event()

    def interrupt(*_: object) -> None:
        if not stop.is_set():
            stop.set()
            raise KeyboardInterrupt

    before = {n: h for n in _STOPPING if (h := signal.getsignal(n)) is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(run: Run, reports: Path, output: str, fail_on: str | None = None) -> int:
    """Write the merged reports, show the scans, and give the exit code."""
    summary = summarize(run, reports)
    write_summary(summary, reports)
    write_page(summary, reports)
    show(
        [scan_row(entry) for entry in summary.completeness],
        output,
        SCAN_COLUMNS if output == "table" else None,
    )
    for entry in summary.completeness:
        if entry.reason:
            talk(f"{scan_name(entry)}: {entry.status}; {entry.reason.rstrip('.')}. {entry.remedy}")
    talk(last_words(summary, reports))
    bad = fail_on and any(
        summary.severities[s] for s in SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    )
    return 1 if bad or summary.complete < summary.scans else 0
