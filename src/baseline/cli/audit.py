"""``baseline audit``: Prowler and ScoutSuite over every account."""

from pathlib import Path
from typing import Any

import click

from baseline.audit import capacity, environments, manifest, schedule
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Manner
from baseline.cli.audit_answer import tell
from baseline.cli.audit_batch import away, carry_out_there, collect, means
from baseline.cli.audit_batch import work as be_a_child
from baseline.cli.audit_compare import compare_runs
from baseline.cli.audit_import import import_files
from baseline.cli.audit_options import (
    PassingOn,
    batch_options,
    names_and_workers,
    parallel_option,
    tools_directory_option,
    tools_option,
)
from baseline.cli.audit_rows import RUN_COLUMNS, RUN_SHOWN, run_row
from baseline.cli.audit_running import begin, carry_out, earlier, mention_unended, resume, wish
from baseline.cli.audit_setup import chosen, set_up
from baseline.cli.opening import open_own
from baseline.cli.shared import (
    aws_options,
    config_option,
    load_configuration,
    output_option,
    progress_option,
    reports_option,
    show,
    target_options,
)
from baseline.cli.signing_in import sign_in, sign_in_options
from baseline.findings import accounts, muting
from baseline.findings.model import SEVERITIES
from baseline.organization import Organization
from baseline.sessions import open_session


@click.group()
def audit() -> None:
    """Audit every account with Prowler and ScoutSuite, and tell what was really looked at.

    \b
    baseline audit run                       every active account, one at a time
    baseline audit run -p                    several at a time
    baseline audit run 123456789012 sandbox  these accounts, by id or name
    baseline audit run --resume              what is missing or failed of the latest run
    baseline audit run --on batch            on AWS Batch, a job for each account
    baseline audit compare                   what is new, resolved or reopened since the last run
    """


audit.add_command(compare_runs)
audit.add_command(import_files)


@audit.command()
@tools_option
@click.option(
    "--upgrade", is_flag=True, help="Make them anew where the pins have changed; remove the rest."
)
@config_option
def setup(
    tool_names: tuple[str, ...], tools_dir: Path | None, upgrade: bool, config_path: Path | None
) -> None:
    """Install the tools, pinned, each in a private environment.

    `audit run` does this by itself when they are missing. The versions are those that this release
    was tried with; a tool of yours is used instead when audit.tools.TOOL.path names it.

    \b
    Example:  baseline audit setup --tool prowler
    """
    configured = load_configuration(config_path).audit.tools
    make = environments.upgrade if upgrade else environments.set_up
    for environment in set_up(chosen(tool_names, configured), tools_dir, configured, make):
        click.echo(environment.directory)


@audit.command(cls=PassingOn)
@click.argument("named", nargs=-1, metavar="[ACCOUNT]...")
@click.option("-r", "--role", help="Role to assume in each account.  [default: audit.role]")
@parallel_option
@sign_in_options
@tools_option
@click.option("--service", "services", multiple=True, help="Only this service. Repeatable.")
@click.option("--prowler-option", multiple=True, help="Passed on to Prowler. Repeatable.")
@click.option("--scoutsuite-option", multiple=True, help="Passed on to ScoutSuite. Repeatable.")
@click.option(
    "--warm/--plain",
    default=None,
    help="Import Prowler once and fork it for each account.  [default: audit.tools.prowler.warm]",
)
@click.option("--timeout", type=click.FloatRange(min=0.01), help="Minutes a tool and account.")
@click.option("--resume", is_flag=True, help="Run only what the latest run misses, in its manner.")
@click.option(
    "--fail-on", type=click.Choice(SEVERITIES), help="Exit 1 when a finding is as bad, or worse."
)
@batch_options
@reports_option
@target_options
@aws_options
@output_option
@progress_option
def run(**options: Any) -> int:
    """Audit accounts: every active one, or those named by id or name.

    Each account is looked at through its audit role, first by Prowler, then by ScoutSuite. Outside
    an organization the caller's own account is audited, as the caller unless --role is given.
    While it runs, each tool's output is in reports/TOOL/ACCOUNT/RUN.partial/log.txt. At the end
    reports/index.html leads to the merged result, and to that of every other run; findings.csv
    and summary.json beside it are those of the latest run that could look.

    What fails in passing (throttled calls, lost connections, memory) is tried again by itself. A
    run that was interrupted, or killed, goes on with --resume, in the manner it was asked for.

    With -m one MFA code does for all accounts: it signs in once, and each role's session is renewed
    before its hour ends. -d over 1 makes a role's sessions longer, up to the role's maximum, from
    an IAM user's own keys only; with -m each role then takes a code of its own.

    \b
    Exit code 0  every scan is complete, and nothing is as bad as --fail-on
              1  a finding is, or an account could not be looked at, or not wholly
              2  it could not be done at all
            130  interrupted; go on with --resume

    What follows -- is passed on to the one tool that --tool names.

    \b
    Examples:
      baseline audit run -p 4 --region eu-west-1 --fail-on high
      baseline audit run -p --warm --tool prowler -- --compliance cis_5.0_aws
    """
    configuration = load_configuration(options["config_path"])
    accepted = muting.configured(configuration)
    reports = options["reports"] or configuration.reports
    names, workers = names_and_workers(options)
    before = earlier(options, reports, names)
    signed_in = sign_in(options, configuration, before.manner if before else Manner())
    session = signed_in.session
    there = away(options, configuration, session, before)
    organization = None
    if before:
        planned, installed = resume(before, options, configuration, workers, away=bool(there))
    else:
        mention_unended(reports)
        planned, installed, organization = begin(
            options, configuration, session, names, workers, away=bool(there)
        )
    # What is refused until here leaves nothing behind.
    if there:
        _keep(organization, reports)
        return carry_out_there(there, planned, reports, options, accepted)
    open_account = signed_in.opener(planned, configuration, options)
    ledger = (Ledger.resume if before else Ledger.begin)(planned, reports)
    _keep(organization, reports)
    manner = ledger.run.manner
    plan = schedule.Plan(
        wish=wish(configuration, ledger.run, session, reports),
        environments=installed,
        open_account=open_account,
        workers=manner.workers or capacity.workers(len(planned.account_ids), len(planned.regions)),
        tries=configuration.audit.tries,
        pause=configuration.audit.pause_seconds,
    )
    ended, interrupted = carry_out(plan, ledger, shown=options["progress"])
    return 130 if interrupted else tell(ended, reports, options["output"], accepted, manner.fail_on)


def _keep(organization: Organization | None, reports: Path) -> None:
    """Remember the organization that a new run is of."""
    if organization:
        accounts.keep(organization, reports)


@audit.command()
@click.argument("list_url", metavar="LIST")
@click.option(
    "--index",
    type=click.IntRange(min=0),
    envvar="AWS_BATCH_JOB_ARRAY_INDEX",
    default=0,
    help="Place of the account in the list.  [default: 0]",
)
@tools_directory_option
@aws_options
@progress_option
def work(**options: Any) -> int:
    """Audit one account of a list, as a child of a job on AWS Batch does.

    The account, the tools and what is asked of them are in LIST, which is in S3; results go to the
    bucket beside it. Exit code 0 says that they are there, whatever they are.

    \b
    Example:  baseline audit work s3://BUCKET/runs/20260726T120000Z/1/list.json --index 3
    """
    be_a_child(open_session(options["profile"]), options)
    return 0


@audit.command("collect")
@click.argument("stamp", required=False)
@reports_option
@aws_options
@output_option
@progress_option
def collect_run(**options: Any) -> int:
    """Collect an audit from AWS Batch: the latest that was submitted, or that called STAMP.

    For runs that began by themselves, or on another machine. What it brings is in reports/ like
    any other run, and `baseline audit run --resume` submits again what is missing.

    \b
    Example:  baseline audit collect
    """
    configuration = load_configuration(options["config_path"])
    reports = options["reports"] or configuration.reports
    there = means(open_own(configuration, options["profile"]), configuration)
    ended, left = collect(there, reports, options["stamp"], shown=options["progress"])
    if left:
        return 130
    return tell(ended, reports, options["output"], muting.configured(configuration))


@audit.command("list")
@reports_option
@aws_options
@output_option
def list_runs(reports: Path | None, output: str, config_path: Path | None, profile: str) -> None:  # noqa: ARG001  # one form for all commands
    """List the audit runs, the latest last.

    \b
    Example:  baseline audit list -o json
    """
    runs = manifest.runs(reports or load_configuration(config_path).reports)
    show(
        [run_row(found) for found in runs], output, RUN_SHOWN if output == "table" else RUN_COLUMNS
    )


@audit.command()
@click.argument("stamp", required=False)
@reports_option
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
    configuration = load_configuration(config_path)
    reports = reports or configuration.reports
    tell(manifest.latest(reports, stamp), reports, output, muting.configured(configuration))
