"""``baseline logs partitions``: what Athena sees, against what the buckets have."""

from collections import Counter
from pathlib import Path
from typing import Any

import click

from baseline.cli import shared
from baseline.cli.logs_options import (
    name_objects,
    place_options,
    refuse_unknown_regions,
    selection,
    source_option,
    sources,
)
from baseline.cli.opening import open_own
from baseline.cli.progress import watching
from baseline.errors import UsageError
from baseline.logs import partitions as library
from baseline.logs.partitions import Action, Catalog, Step, Wanted
from baseline.logs.source import Bucket

_COLUMNS = ("action", "table", "account", "region", "date", "location", "found", "reason")


@click.command("partitions")
@shared.aws_options
@source_option
@place_options
@click.option("--apply", "act", is_flag=True, help="Do it, after asking. Without it: only show.")
@shared.yes_option
@shared.output_option
@shared.progress_option
def partitions(
    *,
    config_path: Path | None,
    profile: str | None,
    source: str | None,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    since: str,
    until: str,
    act: bool,
    yes: bool,
    output: str,
    progress: bool,
) -> int:
    """Bring the partitions that Athena sees to what the buckets have.

    \b
    Example:  baseline logs partitions --since 30d
    Example:  baseline logs partitions --apply --yes
    Example:  baseline logs partitions --source s3://old-trail-bucket/prefix --apply

    \b
    add       a folder with logs is no partition: Athena does not see that day
    move      a partition points to another place than its logs
    delete    a partition points to no folder of these logs, such as one of digests
    leave     another bucket, not looked at now, has logs of that account, region and day

    New files bring their own partitions, and every noon brings tomorrow's: this is for what was in
    the bucket before, and for what was changed by hand. Folders are listed, never all objects.

    Two trails may deliver one account, region and day: one folder of them is a partition, the other
    is named. Athena reads flow logs as text by position, whatever their header says: a file of the
    newest day is looked into, and one whose fields are in another order is named.

    Exit code 0: nothing to do, only shown, or all done. 1: something could not be done, or there
    are folders that Athena cannot see or read.
    """
    configuration = shared.load_configuration(config_path)
    if act:
        shared.check_can_ask(yes=yes)
    session = open_own(configuration, profile, configuration.home_region)
    wanted = selection(accounts, regions, since, until, session)
    places = [_bucket(place) for place in sources(source, configuration, session)]
    refuse_unknown_regions(wanted, places)
    glue = session.client("glue")
    with watching(show=progress) as watch:
        asked = library.wanted(places, wanted, watch.step)
        there = library.registered(glue, wanted, watch.step)
        others = library.elsewhere(session.client("s3"), asked, there)
        steps = library.compare(asked, there, others)
        misread = library.misread(places, asked)
    seen = _tell(asked.shadowed, misread)
    if not act or all(step.action is Action.LEAVE for step in steps):
        shared.show([_row(step) for step in steps], output, _COLUMNS)
        shared.talk(_summary(steps, asked))
        return 0 if seen else 1
    shared.talk(_summary(steps, asked))
    shared.confirm("Do this?", yes=yes)
    done = _apply(Catalog(glue), steps, output)
    return done if seen else 1


def _tell(shadowed: tuple[str, ...], misread: list[tuple[str, str]]) -> bool:
    """Say what no partition can mend; whether Athena sees, and can read, everything."""
    reason = "another folder has that account, region and day, and a partition has one place."
    name_objects("Not in any partition", [(place, reason) for place in shadowed], _LOCALLY)
    name_objects("Not readable for Athena", misread, "they are alike")
    if shadowed:
        shared.talk(f"To see both trails on Athena, give them the same selectors; {_LOCALLY}.")
    if misread:
        shared.talk(
            "Deliver these flow logs as Parquet, whose fields have names, or as text in the "
            f"table's order, without region; {_LOCALLY}."
        )
    return not (shadowed or misread)


_LOCALLY = "`baseline logs collect` reads all of them"


def _apply(catalog: Catalog, steps: list[Step], output: str) -> int:
    rows = [
        {"result": "failed" if problem else "done", **_row(step), "cause": problem}
        for step, problem in sorted(catalog.apply(steps))
    ]
    shared.show(rows, output, ("result", *_COLUMNS, "cause"))
    failed = [row for row in rows if row["cause"]]
    shared.talk(f"{len(rows) - len(failed)} done, {len(failed)} failed.")
    if failed:
        shared.talk("Run the same command again: it does what is left.")
    return 1 if failed else 0


def _bucket(place: Any) -> Bucket:
    if not isinstance(place, Bucket):
        raise UsageError(
            "is a directory, and Athena reads buckets", where="--source", remedy="Give s3://bucket."
        )
    return place


def _row(step: Step) -> dict[str, str]:
    account, region, date = step.partition.values
    return {
        "action": step.action.value,
        "table": step.partition.table,
        "account": account,
        "region": region,
        "date": date,
        "location": step.partition.location,
        "found": step.found,
        "reason": step.reason,
    }


def _summary(steps: list[Step], asked: Wanted) -> str:
    if not steps and not asked.partitions:
        return "No folder with logs matches: there was nothing to compare."
    counts = Counter(step.action.value for step in steps)
    said = ", ".join(f"{number} to {action}" for action, number in sorted(counts.items()))
    return f"{said}." if said else "Every folder with logs is a partition. Nothing to do."
