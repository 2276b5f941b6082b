"""``baseline logs``: bring CloudTrail and flow logs into the lake that queries read."""

import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from baseline.cli import shared
from baseline.cli.progress import watching
from baseline.configuration import Configuration
from baseline.errors import AwsError, UsageError
from baseline.logs.collect import Collected, Progress, collect
from baseline.logs.discover import days
from baseline.logs.lake import Lake
from baseline.logs.layout import Folder, Selection
from baseline.logs.source import NO_BUCKET, Source, open_source
from baseline.organization import discover
from baseline.sessions import Session, open_session

_NAMED = 20
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)


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


@click.group()
def logs() -> None:
    """Collect CloudTrail and flow logs into a local lake."""


@logs.command("collect")
@shared.aws_options
@click.option(
    "--source",
    envvar="BASELINE_SOURCE",
    help="Directory or s3://bucket/prefix that holds AWSLogs/.  [default: the central buckets]",
)
@click.option(
    "--lake",
    "lake_path",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BASELINE_LAKE",
    help="Where the lake is.  [default: lake, of the configuration]",
)
@click.option(
    "--account", "accounts", multiple=True, help="Only this account, by id or name. Repeatable."
)
@click.option("--region", "regions", multiple=True, help="Only this region. Repeatable.")
@click.option("--since", default="", help="First day: 2026-07-01, or 7d for a week ago.")
@click.option("--until", default="", help="Last day, in the same forms.")
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
    is kept. Objects that cannot be read are set aside, named, and make the exit code 1.
    """
    configuration = shared.load_configuration(config_path)
    session = None if source and not source.startswith("s3://") else open_session(profile)
    wanted = Selection(account_ids(accounts, session), frozenset(regions), day(since), day(until))
    if wanted.until and wanted.since > wanted.until:
        raise UsageError("--since is after --until", remedy="Swap them.")
    started = time.monotonic()
    found = [(place, days(place, wanted)) for place in sources(source, configuration, session)]
    # Only now: an empty lake would answer every query with "nothing" although nobody had looked.
    lake = Lake.create(lake_path or configuration.lake)
    summary = Summary()
    for place, folders in found:
        collect_from(place, folders, lake, summary, show=progress)
    _show(summary, lake, time.monotonic() - started, output)
    return 1 if summary.named("set_aside") or summary.named("unread") else 0


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


def sources(
    text: str | None, configuration: Configuration, session: Session | None
) -> list[Source]:
    """What ``--source`` names; without it the central buckets, flow logs only if there are any.

    Raises AwsError when there is no CloudTrail bucket.
    """
    if text:
        return [open_source(text, session)]
    if session is None:
        raise UsageError("no source was given", remedy="Give --source.")
    trail, flows = (
        open_source(
            f"s3://{configuration.prefix}-{kind}-{session.account_id}-{configuration.home_region}",
            session,
        )
        for kind in ("cloudtrail", "flowlogs")
    )
    try:
        flows.folders("")
    except AwsError as error:
        if error.code != NO_BUCKET:
            raise
        return [trail]
    return [trail, flows]


def account_ids(names: Iterable[str], session: Session | None) -> frozenset[str]:
    """The ids of accounts given by id or, where there is a session, by name."""
    names = set(names)
    ids = {name for name in names if _ACCOUNT_ID.fullmatch(name)}
    others = names - ids
    if not others:
        return frozenset(ids)
    if session is None:
        raise UsageError(
            f"{min(others)!r} is no account id",
            where="--account",
            remedy="Names are known only to AWS: give the 12 digits.",
        )
    known = {account.name: account.id for account in discover(session).accounts}
    if unknown := sorted(others - set(known)):
        raise UsageError(
            f"there is no account {unknown[0]!r}",
            where="--account",
            remedy="See: baseline accounts",
        )
    return frozenset(ids | {known[name] for name in others})


def day(text: str) -> str:
    """``YYYY-MM-DD`` for an ISO date, or for ``7d``: so many days before today (UTC)."""
    if not text:
        return ""
    if ago := re.fullmatch(r"(\d{1,5})d", text, re.ASCII):
        return (datetime.now(UTC).date() - timedelta(days=int(ago[1]))).isoformat()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(
            f"{text!r} is no day", remedy="Write 2026-07-01, or 7d for a week ago."
        ) from None


def name_objects(what: str, pairs: list[tuple[str, str]]) -> None:
    """Say on stderr which objects do not count, and why."""
    for key, reason in pairs[:_NAMED]:
        shared.talk(printable(f"{what}: {key} {reason}"))
    if len(pairs) > _NAMED:
        shared.talk(f"{what}: {len(pairs) - _NAMED} more; -o json names all.")


def printable(text: str) -> str:
    """``text`` on one line, without what could steer a terminal: logs hold what attackers write."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


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
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        rows = {name: _flat(value) for name, value in answer.items()}
        shared.show([rows], "csv") if output == "csv" else _sentences(answer)
    if not summary.found:
        shared.talk(
            "No log folders are there that match. CloudTrail delivers about every 5 minutes, to "
            "AWSLogs/ACCOUNT/CloudTrail/…; check --source and the filters, and run: "
            "baseline rollout verify"
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
        click.echo(f"{missing} objects are not in the lake.")
    click.echo(f"Lake: {answer['lake']}")
