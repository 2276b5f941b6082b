"""``baseline rollout``: plan, deploy, verify and remove the baseline."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from baseline import files
from baseline.audit.manifest import now
from baseline.cli import shared
from baseline.cli.opening import refuse_unsigned
from baseline.cli.progress import Watch, watching
from baseline.cli.rollout_cost import cost_command
from baseline.cli.rollout_job import PLACE, Job, begin, prepare, rollout_options
from baseline.cli.rollout_preflight import preflight, warn
from baseline.cli.rollout_rows import aligned, quiet
from baseline.cli.tables import Row, grouped
from baseline.errors import AwsError, ConfigurationError, ToolError, UsageError
from baseline.parallel import Done, Failed
from baseline.rollout import (
    catalogue,
    coverage,
    deploy,
    drift,
    kept_plan,
    operations,
    protection,
)
from baseline.rollout.catalogue import Part
from baseline.rollout.checks import checks
from baseline.rollout.choice import EVERYTHING
from baseline.rollout.coverage import Coverage, Status
from baseline.rollout.deploy import NotTriedError, Result
from baseline.rollout.kept_plan import Kept
from baseline.rollout.preflight import check_trusted
from baseline.rollout.remedies import anew, put_back
from baseline.rollout.steps import Action, Kind, Plan, Step

STEP_COLUMNS = ("action", "kind", "name", *PLACE, "reason")
RESULT_COLUMNS = ("result", "kind", "name", *PLACE, "cause", "remedy")
_ORDER = (Status.FAIL, Status.UNKNOWN, Status.PASS)
COVERAGE_COLUMNS = ("status", "service", "check", *PLACE, "detail", "remedy")
DRIFT_COLUMNS = ("resource", "type", "physical_id", "property", "expected", "actual")
_FAILED, _NOT_TRIED = "failed", "not tried"
_DEPLOY = "Run: baseline rollout deploy"
_AGAIN = f"CloudFormation is still at it: look again later. If it stays, {_DEPLOY.lower()}"
_READABLE = "Make it readable (see stack_sets.bootstrap_role), then verify again."
_NOTHING_TO_DO = (
    "Nothing to do: the stacks are as they should be. Whether the services are, says: baseline "
    "rollout verify"
)
_PURPOSES = ("cloudtrail", "config", "flowlogs", "query-results")


@click.group()
def rollout() -> None:
    """Roll the baseline out to every account and region, and prove that it is there.

    \b
    Example:  baseline rollout preflight
              baseline rollout plan
              baseline rollout deploy --yes
              baseline rollout verify -o json
    """


rollout.add_command(preflight)
rollout.add_command(cost_command)


@rollout.command("plan")
@rollout_options
@click.option("--exit-code", is_flag=True, help="Exit with 1 when there is something to do.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the plan, for: baseline rollout deploy FILE.",
)
def plan_command(exit_code: bool, out: Path | None, **options: Any) -> int:
    """What would be created, updated and deleted, and why. Changes nothing.

    \b
    Example:  baseline rollout plan --account production --only auditing
              baseline rollout plan --out tuesday.plan

    Exits with 0 whether or not there is something to do, unless --exit-code is given. A plan that
    is kept holds no templates and no parameters, only digests of them.
    """
    job = begin(**options)
    made, kept = job.kept()
    if out:
        files.write(out, kept_plan.text(kept).encode())
    job.show([_step(job, step) for step in made.steps], STEP_COLUMNS)
    shared.talk(_summary(made.steps))
    if made.empty:
        shared.talk(_NOTHING_TO_DO)
    if out:
        shared.talk(f"Kept in {out}. To do exactly this: baseline rollout deploy {out}")
    return int(exit_code and not made.empty)


@rollout.command("deploy")
@rollout_options
@shared.yes_option
@click.option(
    "--preflight/--no-preflight",
    "look_ahead",
    default=True,
    help="Say first what AWS would refuse.  [default: --preflight]",
)
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def deploy_command(yes: bool, look_ahead: bool, file: Path | None, **options: Any) -> int:
    """Do what the plan says. Deploying again repeats only what failed or has changed.

    \b
    Example:  baseline rollout deploy --yes
              baseline rollout deploy --account sandbox
              baseline rollout deploy tuesday.plan

    With a FILE that `plan --out` wrote, exactly what was shown is done, or nothing when anything
    has changed since.
    What is chosen brings along what it needs, such as the central buckets in the main account.
    What would fail is said first, as preflight does; it does not stop the rest.
    Exits with 1 when something failed; each failure is named with its cause and a remedy.
    """
    kept = _read(file, options) if file else None
    shared.check_can_ask(yes=yes, look="baseline rollout plan")
    job, made = _shown(str(file), kept, options) if kept else _anew(options)
    if made.empty:
        job.show([], RESULT_COLUMNS)
        shared.talk(_NOTHING_TO_DO)
        return 0
    _check_written(job, made)
    deploy.check(made, job.baseline, job.reach)
    check_trusted(made, job.baseline, job.reach)
    _announce(job, made)
    if look_ahead:
        warn(job, made)
    shared.confirm("Deploy this?", yes=yes)
    return _code(_carry_out(job, made))


def _check_written(job: Job, made: Plan) -> None:
    """Refuse to delete by defaults alone: that is a deploy in the wrong directory."""
    going = [step for step in made.changes if step.action is Action.DELETE]
    if going and not job.reach.configuration.written:
        steps = "1 step" if len(going) == 1 else f"{len(going):,} steps"
        first = f"the {going[0].kind} {going[0].part.name}"
        raise ConfigurationError(
            f"there is no such file, and by the defaults {steps} would delete, like {first}",
            where=str(Path.cwd() / job.reach.configuration.file),
            remedy="Go to the directory that has it, or name it with --config.",
        )


def _anew(options: dict[str, Any]) -> tuple[Job, Plan]:
    job = begin(**options)
    return job, job.plan()


def _read(file: Path, options: dict[str, Any]) -> Kept:
    """The plan that was kept in ``file``; raises UsageError when it is none, or more is chosen."""
    chosen = [
        name for name in ("only", "regions", "accounts", "not_accounts", "ous") if options[name]
    ]
    if chosen:
        raise UsageError(
            "a plan that was kept says itself what is chosen",
            where=str(file),
            remedy="Leave --only, --account, --not-account, --ou and --region out.",
        )
    return kept_plan.read(file)


def _shown(file: str, kept: Kept, options: dict[str, Any]) -> tuple[Job, Plan]:
    """The plan that was kept in ``file``; raises UsageError when it is not what it would be now."""
    job = replace(begin(**options), choice=kept.choice)
    made, as_it_is = job.kept()
    kept_plan.check(kept, as_it_is, file)
    return job, made


@rollout.command("verify")
@rollout_options
@shared.reports_option
@click.option(
    "--drift",
    "drifting",
    is_flag=True,
    help="Have CloudFormation look for what was changed by hand, too; takes minutes on AWS.",
)
def verify_command(reports: Path | None, drifting: bool, **options: Any) -> int:
    """Prove it: nothing left to do, and every service in every account and region as it should be.

    \b
    Example:  baseline rollout verify -o csv > coverage.csv
              baseline rollout verify --drift --account sandbox -o json

    Asks the services themselves, through AssumableSecurityAuditRole. UNKNOWN means that it could
    not be looked at. Exits with 0 when all is PASS, else with 1. A proof of everything is kept
    among the reports, for `baseline report`. With --drift there is a row for each property that is
    otherwise than its template says: resource, property, expected, actual. That changes nothing.
    """
    job = begin(**options)
    rows = verified(job, options["accounts"], drifting=drifting)
    shown = rows if job.every else quiet(rows, job.output)
    more = DRIFT_COLUMNS if drifting and job.output != "table" else ()
    job.show(shown, (*COVERAGE_COLUMNS, *more))
    if job.choice == EVERYTHING:
        _keep(job, rows, reports or shared.load_configuration(options["config_path"]).reports)
    counts = Counter(row["status"] for row in rows)
    shared.talk(", ".join(f"{counts[status]} {status}" for status in reversed(_ORDER)))
    return int(counts[Status.PASS] != len(rows))


def verified(job: Job, accounts: tuple[str, ...] = (), *, drifting: bool = False) -> list[Row]:
    """What the plan, and every service asked, says of the roll-out: the worst first."""
    refuse_unsigned(job.reach.session, job.reach.configuration)
    made = job.plan()
    _say_who_is_out(job, made)
    busy = _busy(job, made)
    rows = [_covered(job, step, busy) for step in made.steps if step.kind is not Kind.ACCOUNT]
    rows += [_answer(job, answer, made, busy) for answer in _looked_at(job)]
    if drifting:
        rows = [row | dict.fromkeys(DRIFT_COLUMNS, "") for row in rows] + _drift(job, made)
    closed = [step for step in made.steps if step.kind is Kind.ACCOUNT]
    rows += [_closed(job, s) for s in closed if not rows or job.names(s.part, accounts)]
    rows.sort(key=lambda r: (_ORDER.index(r["status"]), r["service"], r["check"], r["account"]))
    return rows


def _busy(job: Job, made: Plan) -> frozenset[Part]:
    """What is not as it should be, and may become so by what CloudFormation does just now."""
    parts = [step.part for step in made.changes if step.kind is Kind.INSTANCE]
    client = job.reach.session.client("cloudformation", job.baseline.home_region)
    names = operations.busy(client, (part.name for part in parts))
    return frozenset(part for part in parts if part.name in names)


def prove(config_path: Path | None, profile: str | None, reports: Path, *, progress: bool) -> None:
    """Look at all that is rolled out, and keep what is there for the report."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("only", "regions", "accounts", "not_accounts", "ous"), ()
    )
    job = prepare(
        config_path=config_path,
        profile=profile,
        output="table",
        every=False,
        progress=progress,
        **nothing,
    )
    _keep(job, verified(job), reports)


def _keep(job: Job, rows: Iterable[Row], reports: Path) -> None:
    """Keep the proof for the report; what cannot be kept is proven all the same."""
    from baseline.findings import accounts, coverage  # noqa: PLC0415  # only here

    answers = (
        coverage.Covered(
            *(r["account"], r["region"], r["service"], r["check"], str(r["status"])),
            *(r["detail"], r["remedy"], r["account_name"]),
        )
        for r in rows
    )
    try:
        accounts.keep(job.baseline.organization, reports)
        coverage.keep(coverage.Proof(now(), tuple(answers)), reports)
    except ToolError as error:
        shared.talk(f"Warning: not kept for the report: {error}")


@rollout.command("remove")
@rollout_options
@shared.yes_option
def remove_command(yes: bool, **options: Any) -> int:
    """Take the baseline away again, last made first. The buckets and their logs stay.

    \b
    Example:  baseline rollout remove --only guardduty-member --account development

    Prints what is deleted before it asks. Deploying again later meets the buckets that stayed:
    empty and delete them first, or import them into the stack auditing-storage.
    """
    job = begin(**options)
    made = job.removal()
    if made.empty:
        job.show([], RESULT_COLUMNS)
        shared.talk("Nothing to remove.")
        _say_who_is_left(job, made)
        return 0
    _announce(job, made)
    _say_who_is_left(job, made)
    shared.confirm("Delete this? The buckets and their logs stay.", yes=yes)
    key = _key(job, made)
    rows = _carry_out(job, made)
    _say_who_is_left(job, made)
    _say_what_is_left(job, rows, key)
    return _code(rows)


def _looked_at(job: Job) -> Iterator[Coverage]:
    """The coverage, with progress by target."""
    total = len(coverage.targets(job.baseline, job.choice))
    seen: set[object] = set()
    with watching(show=job.progress) as watch:
        for answer in coverage.read(job.reach, job.baseline, checks, job.choice):
            seen.add(answer.target)
            watch.step("looked at", len(seen), total)
            yield answer


def _drift(job: Job, made: Plan) -> list[Row]:
    """What CloudFormation says was changed by hand, with progress by StackSet."""
    shared.talk("CloudFormation looks for what was changed by hand …")
    with watching(show=job.progress) as watch:
        looks = drift.detect(made, job.baseline, job.reach, watch.step)
        return [row for look in looks for row in _drift_rows(job, look)]


def _drift_rows(job: Job, look: drift.Look) -> Iterator[Row]:
    row: Row = {
        "status": Status.PASS,
        "service": "cloudformation",
        "check": f"drift {look.part.name}",
        **job.place(look.part),
        "detail": "as its template says",
        "remedy": "",
        **dict.fromkeys(DRIFT_COLUMNS, ""),
    }
    for found in look.drifted:
        names = (found.resource, found.type, found.physical_id)
        said = (*names, found.path, found.expected, found.actual)
        keeps = found.type == "AWS::Logs::LogGroup" and bool(found.path)
        remedy = put_back(look.part, job.baseline, keeps=keeps)
        words = {"detail": str(found), "remedy": remedy}
        yield row | {"status": Status.FAIL} | words | dict(zip(DRIFT_COLUMNS, said, strict=True))
    if look.error:
        why = {"detail": f"could not look: {look.error.what}", "remedy": look.error.remedy}
        yield row | {"status": Status.UNKNOWN} | why
    elif not look.drifted:
        yield row


def _say_who_is_out(job: Job, made: Plan) -> None:
    """Accounts of the organization in which nothing is done, and why."""
    out = [step for step in made.steps if step.kind is Kind.ACCOUNT]
    for row in grouped((_step(job, step) for step in out), ("kind", "reason")):
        where = row["where"].removesuffix(f" {job.baseline.home_region}")
        shared.talk(f"Left out: {where}: {row['reason']}.")


def _announce(job: Job, made: Plan) -> None:
    """Say on stderr what is going to happen, before it is asked for."""
    columns = ("action", "kind", "name")
    rows = grouped((_step(job, step) for step in made.changes), columns)
    for line in aligned(rows, columns):
        shared.talk(line)
    given_up = [step for step in made.changes if step.action is Action.RETAIN]
    for row in grouped((_step(job, step) for step in given_up), ("name", "reason")):
        shared.talk(f"Given up: {row['name']} in {row['where']}: {row['reason']}.")
    _say_who_is_out(job, made)
    shared.talk(_summary(made.steps))


def _carry_out(job: Job, made: Plan) -> list[Row]:
    """What became of each step, which is shown as well."""
    rows: list[Row] = []
    with watching(show=job.progress) as watch:
        results = deploy.run(made, job.baseline, job.reach, progress=watch.step)
        try:
            with closing(results):
                for result in results:
                    rows.append(_result(job, result))
                    _tell(watch, rows[-1])
        except KeyboardInterrupt:
            shared.talk("What CloudFormation had begun goes on in AWS.")
            raise
    job.show(rows, RESULT_COLUMNS)
    counts = Counter(row["result"] for row in rows)
    left_out = [row for row in rows if row["result"] == _NOT_TRIED]
    for row in grouped(left_out, ("kind", "name", "cause")):
        shared.talk(f"Not tried: {row['kind']} {row['name']} in {row['where']}: {row['cause']}")
    failures = counts[_FAILED] + counts[_NOT_TRIED]
    shared.talk(
        f"{len(rows) - failures} done, {counts[_FAILED]} failed, {counts[_NOT_TRIED]} not tried"
    )
    return rows


def _code(rows: Iterable[Row]) -> int:
    return int(any(row["result"] in (_FAILED, _NOT_TRIED) for row in rows))


def _tell(watch: Watch, row: Row) -> None:
    """Failures always, successes of single stacks and of StackSets while it goes on."""
    place = f"{row['name']} in {row['account_name']} ({row['account']}) {row['region']}"
    if row["result"] == _FAILED:
        shared.talk(f"Failed: {place}: {row['cause'].rstrip('.')}. {row['remedy']}")
    elif row["kind"] != Kind.INSTANCE and row["result"] != _NOT_TRIED:
        watch.say(f"{row['result']} {row['kind']} {place}")


def _say_who_is_left(job: Job, made: Plan) -> None:
    """The administrators of GuardDuty that are not the baseline's to take away."""
    left = [s for s in made.steps if (s.action, s.kind) == (Action.SKIP, Kind.DELEGATION)]
    for row in grouped((_step(job, step) for step in left), ("name", "reason")):
        shared.talk(
            f"Left on purpose: GuardDuty's administrator {row['where']}, with its members and "
            f"settings: {row['reason']}. See docs/how-to/guardduty.md, Remove."
        )


def _key(job: Job, made: Plan) -> str:
    """The id of the key of the buckets, if their stack goes: afterwards nobody names it."""
    if all(step.part.name != catalogue.STORAGE for step in made.changes):
        return ""
    client = job.reach.session.client("cloudformation", job.baseline.home_region)
    try:
        told = client.describe_stack_resource(StackName=catalogue.STORAGE, LogicalResourceId="Key")
    except AwsError:
        return ""
    return str(told["StackResourceDetail"].get("PhysicalResourceId", ""))


def _say_what_is_left(job: Job, rows: Iterable[Row], key: str) -> None:
    """What stays of that which was taken away; what was refused is all there."""
    done = [row for row in rows if row["result"] not in (_FAILED, _NOT_TRIED)]
    if any(row["kind"] == Kind.DELEGATION for row in done):
        shared.talk(
            "Left on purpose: GuardDuty itself. It stays on, and goes on costing, in every account "
            "that was administered; to end it, in each account and region: aws guardduty "
            'delete-detector --detector-id "$(aws guardduty list-detectors --query '
            "'DetectorIds[0]' --output text)\""
        )
    if not any(row["name"] == catalogue.STORAGE for row in done):
        return
    region = job.baseline.home_region
    shared.talk(
        "Left on purpose, with their policies and the key that encrypts them. To delete one with "
        "all its logs, empty it with all versions (S3 console, Empty), then:"
    )
    for purpose in _PURPOSES:
        shared.talk(f"  aws s3 rb s3://{job.baseline.bucket(purpose)} --region {region}")
    shared.talk(
        "At last the key, without which none of the logs can be read:\n"
        f"  aws kms schedule-key-deletion --region {region} --key-id {key or 'KEY'}"
    )
    stack = next(s for s in job.baseline.stacks if s.name == catalogue.STORAGE)
    if stack.parameters[protection.ADMINISTRATORS]:
        shared.talk("Their policies let only those do it whom protection.administrators names.")


def _summary(steps: Iterable[Step]) -> str:
    counts = Counter(step.action for step in steps)
    return ", ".join(f"{counts[action]} to {action}" for action in Action if counts[action]) or (
        "nothing to do"
    )


def _step(job: Job, step: Step) -> Row:
    row = {"action": str(step.action), "kind": str(step.kind), "name": step.part.name}
    return row | job.place(step.part) | {"reason": step.reason}


def _result(job: Job, result: Result) -> Row:
    match result:
        case Failed(error=error):
            said = _NOT_TRIED if isinstance(error, NotTriedError) else _FAILED
            why = {"cause": error.what, "remedy": error.remedy}
        case Done(value=said):
            why = {"cause": "", "remedy": ""}
    step = result.target
    row: Row = {"result": said, "kind": str(step.kind), "name": step.part.name}
    return row | job.place(step.part) | why


def _covered(job: Job, step: Step, busy: frozenset[Part]) -> Row:
    """What the plan says of a part, as coverage."""
    status = {Action.SKIP: Status.PASS, Action.UNKNOWN: Status.UNKNOWN}.get(step.action)
    row: Row = {
        "status": status or Status.FAIL,
        "service": "guardduty" if step.kind is Kind.DELEGATION else "cloudformation",
        "check": f"{step.kind} {step.part.name}",
    }
    if status:
        remedy = "" if status is Status.PASS else _READABLE
    else:
        remedy = _AGAIN if step.part in busy else _DEPLOY
    return row | job.place(step.part) | {"detail": step.reason, "remedy": remedy}


def _closed(job: Job, step: Step) -> Row:
    """An account that was asked for and in which nobody can look."""
    row: Row = {"status": Status.UNKNOWN, "service": "organizations", "check": "account"}
    said = {"detail": f"could not look: {step.reason}", "remedy": "Leave it out."}
    return row | job.place(step.part) | said


def _answer(job: Job, answer: Coverage, made: Plan, busy: frozenset[Part]) -> Row:
    row: Row = {"status": answer.status, "service": answer.service, "check": answer.check}
    said = {"detail": answer.detail, "remedy": answer.remedy or _mended(job, answer, made, busy)}
    return row | job.place(Part("", answer.target)) | said


def _mended(job: Job, answer: Coverage, made: Plan, busy: frozenset[Part]) -> str:
    """The remedy of a failure that has none of its own: deploying, if that changes anything."""
    if answer.status is not Status.FAIL:
        return ""
    if any(part.target == answer.target for part in busy):
        return _AGAIN
    if any(step.part.target == answer.target for step in made.changes):
        return _DEPLOY
    return answer.by_hand or anew(answer.service, answer.target, job.baseline)
