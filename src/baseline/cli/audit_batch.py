"""``baseline audit run --on batch``: begun, followed, gone on with; and the work of one child."""

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from baseline.audit import batch, manifest, worker, worklist
from baseline.audit.forecast import Forecast
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Job, Run
from baseline.audit.worklist import WorkList
from baseline.cli.audit_answer import tell
from baseline.cli.audit_board import Board
from baseline.cli.audit_running import board_of
from baseline.cli.audit_setup import RULES, chosen, rules_of, section, set_up
from baseline.cli.audit_view import view
from baseline.cli.interrupts import stopped_by_signals
from baseline.cli.shared import talk
from baseline.configuration import Audit, Configuration, Tools
from baseline.errors import BaselineError, UsageError
from baseline.findings.muting import Muting
from baseline.report import write_front_page
from baseline.sessions import Session

_RESUME = "baseline audit run --resume"


@dataclass(frozen=True)
class There:
    """AWS Batch, and what is configured of audits."""

    means: batch.Means
    audit: Audit


def away(
    options: dict[str, Any], configuration: Configuration, session: Session, before: Run | None
) -> There | None:
    """AWS Batch, when the audit is to run there; the run ``before`` goes on where it was.

    Raises UsageError for what no job can do.
    """
    if (options["on"] or (before and _where(before))) != "batch":
        return None
    if options["hours"]:
        raise UsageError(
            "-d is for audits on this machine",
            remedy="Leave it out: a job assumes each role by itself, and renews it.",
        )
    there = means(session, configuration)
    _see_rules(options, configuration.audit, before)
    unheeded = _unheeded(options, configuration.audit)
    if unheeded:
        talk(f"On AWS Batch these do not apply: {', '.join(unheeded)}.")
    return there


def _see_rules(options: dict[str, Any], audit: Audit, before: Run | None) -> None:
    """Raise UsageError when ScoutSuite would be told of a file that is on this machine alone."""
    rules = rules_of(chosen(options["tool_names"], audit.tools), audit.tools)
    told = before.manner.options.get("scoutsuite", ()) if before else (str(rules),)
    if rules and str(rules) in told:
        raise UsageError(
            f"{rules} is on this machine, and no job on AWS Batch can read it",
            where=RULES,
            remedy="Leave it out, or ScoutSuite (--tool prowler); or put the file into the image"
            " and pass --ruleset on to ScoutSuite.",
        )


def _unheeded(options: dict[str, Any], audit: Audit) -> list[str]:
    """What is asked for, or configured, and has no meaning for a job."""
    tools = chosen(options["tool_names"], audit.tools)
    sections = {tool.name: section(audit.tools, tool.name) for tool in tools}
    warm = any(getattr(found, "warm", False) for found in sections.values())
    asked = {
        "-p (audit.batch.at_a_time does)": options["parallel"],
        "--warm": options["warm"] or (warm and options["warm"] is None),
        "audit.pass_environment": audit.pass_environment,
    }
    asked |= {
        f"audit.tools.{name}.path": getattr(found, "path", None) for name, found in sections.items()
    }
    return [name for name, wanted in asked.items() if wanted]


def _where(run: Run) -> str:
    """Where ``run`` was asked to go; where it is, when nothing was said."""
    return run.manner.on or ("batch" if run.jobs else "here")


def means(session: Session, configuration: Configuration) -> There:
    """What there is on AWS for it; raises UsageError when the configuration has none."""
    if not configuration.audit.batch.image:
        raise UsageError(
            "no audit runs on AWS Batch as it is configured",
            where="audit.batch.image",
            remedy="Name an image there, then: baseline rollout deploy --only audit-runner",
        )
    found = batch.Means(session, configuration.prefix, configuration.home_region)
    return There(found, configuration.audit)


def carry_out_there(
    there: There, planned: Run, reports: Path, options: dict[str, Any], accepted: Muting
) -> int:
    """Carry ``planned`` out on AWS Batch, and tell what came of it; gives the exit code."""
    ledger = (Ledger.resume if options["resume"] else Ledger.begin)(planned, reports)
    ended, left = _carried_out(there, ledger, options)
    if left:
        return 130 if options["wait"] else 0
    return tell(ended, reports, options["output"], accepted, ended.manner.fail_on)


def _carried_out(there: There, ledger: Ledger, options: dict[str, Any]) -> tuple[Run, bool]:
    """Collect what was left, submit what is open then; the run, and whether its job goes on."""
    shown = options["progress"]
    try:
        with stopped_by_signals():
            _follow_all(there, ledger, shown=shown)
            listed = _listed(there, ledger.run)
            if listed.items:
                job = _submit(there.means, ledger, listed)
                if not options["wait"]:
                    return _left(ledger), True
                _follow(there, ledger, job, shown=shown)
    except KeyboardInterrupt:
        return _left(ledger), True
    except BaselineError:
        ledger.close()
        talk(f"What is noted stays; to go on with it: {_RESUME}")
        raise
    return ledger.close(), False


def _follow_all(there: There, ledger: Ledger, *, shown: bool) -> None:
    """Collect what the run's jobs bring, until they have ended."""
    batch.look_for(there.means, ledger)
    for job in ledger.run.jobs:
        if not job.collected:
            _follow(there, ledger, job, shown=shown)


def collect(there: There, reports: Path, stamp: str | None, *, shown: bool) -> tuple[Run, bool]:
    """Collect the run ``stamp``, or the latest that was submitted, wherever that was."""
    run = _run_there(there.means, stamp)
    known = [found.stamp for found in manifest.runs(reports)]
    if run.stamp in known:
        ledger = Ledger.resume(manifest.latest(reports, run.stamp), reports)
    else:
        ledger = Ledger.begin(run, reports)
    try:
        with stopped_by_signals():
            _follow_all(there, ledger, shown=shown)
    except KeyboardInterrupt:
        return _left(ledger), True
    return ledger.close(), False


def work(session: Session, options: dict[str, Any]) -> None:
    """Be the child at a place of a list."""
    place = worklist.place_of(options["list_url"])
    listed = worker.read(session, place)
    names = tuple({tool for item in listed.items for tool in item.tools})
    configured = Tools()
    installed = set_up(chosen(names, configured), options["tools_dir"], configured)
    child = worker.Child(session, place, listed, options["index"], installed)
    board = Board(child.run, 1, Forecast({}))
    with stopped_by_signals(), closing(child.work()) as changes:
        view(board, changes, shown=options["progress"])


def _listed(there: There, run: Run) -> WorkList:
    """What is open of the run."""
    audit = there.audit
    return WorkList(
        stamp=run.stamp,
        role=run.role,
        region=run.regions[0] if run.regions else there.means.region,
        limit=(run.manner.minutes or audit.timeout_minutes) * 60,
        items=worklist.items(entry for entry in run.entries if not entry.settled),
        regions=run.regions,
        services=run.services,
        options=run.manner.options,
        external_id=audit.external_id,
        tries=audit.tries,
        pause=audit.pause_seconds,
    )


def _submit(there: batch.Means, ledger: Ledger, listed: WorkList) -> Job:
    job = batch.submit(there, ledger, listed)
    count = len(job.accounts)
    talk(
        f"Submitted {count} account{'' if count == 1 else 's'} to the queue {there.name} "
        f"in {there.region}, as job {job.id}."
    )
    return job


def _follow(there: There, ledger: Ledger, job: Job, *, shown: bool) -> None:
    board = board_of(ledger, there.audit.batch.at_a_time)
    with closing(batch.follow(there.means, ledger, job, time.sleep)) as changes:
        view(board, changes, shown=shown)


def _left(ledger: Ledger) -> Run:
    """The run, whose job goes on without us."""
    talk(
        f"The job goes on in AWS. To collect what it brings, and submit what is missing: {_RESUME}"
    )
    ended = ledger.close()
    write_front_page(ledger.reports)
    return ended


def _run_there(there: batch.Means, stamp: str | None) -> Run:
    stamps = batch.runs(there)
    if not stamps:
        raise UsageError(
            "no audit was submitted yet",
            where=f"s3://{there.bucket}",
            remedy="Submit one: baseline audit run --on batch",
        )
    return batch.fetch_run(there, stamp or stamps[-1])
