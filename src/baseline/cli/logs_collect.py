"""``baseline logs collect``: bring CloudTrail and flow logs into the lake that queries read."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from baseline.cli import shared
from baseline.cli.interrupts import stopped_by_signals
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
from baseline.cli.simulate import how_logs_come
from baseline.logs.collect import Collected, Progress, collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Folder
from baseline.logs.source import Source

_ON_AWS = (
    "CloudTrail delivers about every 5 minutes, to AWSLogs/ACCOUNT/CloudTrail/…; "
    "check --source and the filters, and run: baseline rollout verify"
)


@dataclass
class Summary:
    """What all sources of one run gave together."""

    sources: list[str] = field(default_factory=list)
    found: int = 0
    parts: list[Collected] = field(default_factory=list)

    def total(self, name: str) -> int:
        """The sum of one number over all sources."""
        return sum(int(getattr(part, name)) for part in self.parts)

    def named(self, name: str) -> list[tuple[str, str]]:
        """Key and reason of the objects set aside, or not read."""
        return [pair for part in self.parts for pair in getattr(part, name)]

    def rows(self, table: str) -> int:
        """The rows that a table got."""
        return sum(part.rows.get(table, 0) for part in self.parts)


@click.command("collect")
@shared.aws_options
@source_option
@click.option(
    "--lake",
    "lake_path",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BASELINE_LAKE",
    help="Where the lake is.  [default: lake, of the configuration]",
)
@place_options
@shared.output_option
@shared.progress_option
def collect_logs(
    *,
    config_path: Path | None,
    profile: str | None,
    source: str | None,
    lake_path: Path | None,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    since: str,
    until: str,
    output: str,
    progress: bool,
) -> int:
    """Bring what is new in the log buckets into the lake.

    \b
    Example:  baseline logs collect --since 7d
    Example:  baseline logs collect --source ./copy-of-the-bucket --lake ./case-42

    Each object is read once, however often this runs; what was collected before a run is killed
    is kept. A copy of a bucket that KMS encrypts is read once more into the bucket's lake, and
    takes the place of the same rows. Objects that cannot be read are set aside, named, and make
    the exit code 1; so does an account that is asked for and has no logs.
    """
    configuration = shared.load_configuration(config_path)
    here = source and not source.startswith("s3://")
    session = None if here else open_own(configuration, profile)
    wanted = selection(accounts, regions, since, until, session)
    started = time.monotonic()
    places = sources(source, configuration, session)
    refuse_unknown_regions(wanted, places)
    found = [(place, days(place, wanted)) for place in places]
    # Only now: an empty lake would answer every query with "nothing" although nobody had looked.
    lake = Lake.create(lake_path or configuration.lake)
    summary = Summary()
    with stopped_by_signals():
        for place, folders in found:
            collect_from(place, folders, lake, summary, show=progress)
    _show(summary, lake, time.monotonic() - started, output)
    there = {folder.account for _, folders in found for folder in folders}
    without = sorted(wanted.accounts - there)
    if without:
        shared.talk(f"There are no such logs of {', '.join(without)}. See: baseline accounts")
    return 1 if without or summary.named("set_aside") or summary.named("unread") else 0


def collect_from(
    source: Source, folders: list[Folder], lake: Lake, summary: Summary, *, show: bool
) -> None:
    """Collect from one source and add what came of it to ``summary``."""
    summary.sources.append(source.name)
    summary.found += len(folders)
    with watching(show=show) as watch:

        def report(progress: Progress) -> None:
            watch.step("log objects", progress.objects, progress.total)

        summary.parts.append(collect(source, lake, folders, report))


def _show(summary: Summary, lake: Lake, seconds: float, output: str) -> None:
    aside, unread = summary.named("set_aside"), summary.named("unread")
    name_objects("Set aside", aside)
    name_objects("Not read, will be tried again", unread)
    answer = {
        "lake": str(lake.path),
        "sources": summary.sources,
        "objects": summary.total("objects"),
        "known": summary.total("known"),
        "events": summary.rows("cloudtrail"),
        "flow_records": summary.rows("flowlogs"),
        "duplicates": summary.total("duplicates"),
        "bytes": summary.total("text_bytes"),
        "seconds": round(seconds, 3),
        "set_aside": [{"object": key, "reason": reason} for key, reason in aside],
        "unread": [{"object": key, "reason": reason} for key, reason in unread],
    }
    if output == "json":
        click.echo(shared.as_json(answer))
    else:
        rows = {name: _flat(value) for name, value in answer.items()}
        shared.show([rows], "csv") if output == "csv" else _sentences(answer)
    if not summary.found:
        shared.talk(
            "No log folders are there that match. " + (how_logs_come() or _ON_AWS),
        )


def _flat(value: Any) -> Any:
    if isinstance(value, list):
        return len(value) if value and isinstance(value[0], dict) else " ".join(value)
    return value


def _sentences(answer: dict[str, Any]) -> None:
    rate = answer["bytes"] / 1e6 / max(answer["seconds"], 0.001)
    click.echo(
        f"{answer['objects']} new objects, {answer['events']} events, "
        f"{answer['flow_records']} flow records; {answer['known']} were known."
    )
    click.echo(f"{answer['bytes'] / 1e6:.1f} MB in {answer['seconds']:.1f} s, {rate:.1f} MB/s.")
    if answer["duplicates"]:
        click.echo(
            f"{answer['duplicates']} events were delivered more than once; "
            "auditing.cloudtrail_distinct has each once."
        )
    if missing := len(answer["set_aside"]) + len(answer["unread"]):
        click.echo(f"Not in the lake: {missing} of the objects.")
    click.echo(f"Lake: {answer['lake']}")
