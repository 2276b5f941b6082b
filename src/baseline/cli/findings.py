"""``baseline findings``: what GuardDuty and Config found, over all accounts and regions."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from baseline.cli import findings_rows as rows_of
from baseline.cli import shared
from baseline.cli.findings_reading import Reading, read, recall
from baseline.errors import UsageError
from baseline.findings.choosing import Wanted, as_bad_as, instant, worst_first
from baseline.findings.model import ARCHIVED, FAIL, MUTED, SEVERITIES, STATUSES, Finding
from baseline.findings.reading import TOOLS

_A_DAY = len("2026-07-01")
_SCREENFULS = 200


@click.group()
def findings() -> None:
    """Findings of GuardDuty and evaluations of Config, over all accounts and regions.

    \b
    baseline findings list --severity high --since 7d    what is bad, and new
    baseline findings summary --by region                 how much of it, and where
    baseline findings list --kept -o csv                  what was read last, without AWS
    """


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What both commands take."""
    severities = click.Choice(SEVERITIES)
    for option in (
        shared.progress_option,
        shared.output_option,
        shared.aws_options,
        shared.target_options,
        shared.reports_option,
        click.option(
            "-r", "--role", help="Role to look through in each account.  [default: audit.role]"
        ),
        click.option("--anew", is_flag=True, help="Read all, not only what changed."),
        click.option("--kept", is_flag=True, help="Show what was read last; ask AWS nothing."),
        click.option(
            "--fail-on", type=severities, help="Exit 1 when one that is shown is as bad, or worse."
        ),
        click.option("--archived", is_flag=True, help="Those that are archived, instead."),
        click.option("--until", default="", help="Last seen until then, in the same forms."),
        click.option(
            "--since", default="", help="Last seen since: 2026-07-01, 2026-07-01T12:00, 7d or 12h."
        ),
        click.option(
            "--resource",
            "resources",
            multiple=True,
            help="Only of this resource; * is anything. Repeatable.",
        ),
        click.option(
            "--type",
            "types",
            multiple=True,
            help="Only of this type, or rule; * is anything. Repeatable.",
        ),
        click.option("--severity", type=severities, help="Only as severe, or more."),
        click.option(
            "--tool",
            "tools",
            multiple=True,
            type=click.Choice(TOOLS),
            help="Only of this. Repeatable.",
        ),
    ):
        command = option(command)
    return command


@findings.command("list")
@_options
@click.option("--all", "every", is_flag=True, help="Also what complies.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many findings, the worst.")
def list_findings(limit: int | None, **options: Any) -> int:
    """Show what fails, the worst first, what is muted, and the places where nobody could look.

    \b
    Example:  baseline findings list --severity high --since 7d
    Example:  baseline findings list --ou /Workloads --type '*:EC2/*' -o json

    GuardDuty is asked in every region through the account that administers it; Config through
    the aggregator of the organization, and in each account and region where there is none or it
    could not read. What was read is kept in the reports; next time only what changed is asked for.

    A place that could not be read is UNKNOWN, with the reason. In json and csv it is a row.

    \b
    Exit code 0  everything could be read, and nothing shown is as bad as --fail-on
              1  something is, or some places could not be read
              2  nothing could be read at all
    """
    answer = _answer(options)
    shown = sorted(answer.shown, key=worst_first)[:limit]
    if options["output"] == "table":
        rows = [rows_of.shown(finding) for finding in shown]
        rows += [rows_of.blind(answer.reading, alike) for alike in answer.reading.unread()]
        shared.show(rows, "table", rows_of.SHOWN, most=limit or _SCREENFULS)
    else:
        told = (*shown, *answer.reading.unseen())
        rows = [rows_of.row(answer.reading, finding) for finding in told]
        shared.show(rows, options["output"], rows_of.COLUMNS)
    return answer.end(options["fail_on"])


@findings.command("summary")
@_options
@click.option(
    "--by",
    type=click.Choice(list(rows_of.GROUPS)),
    default="account",
    show_default=True,
    help="What has a row.",
)
def summarize(by: str, **options: Any) -> int:
    """Count what fails by severity, for each account, OU, region, type, resource or tool.

    \b
    Example:  baseline findings summary --by region --severity medium

    Accounts, OUs and regions without findings have rows of zeros; `unread` counts the places
    (tool, account and region) that could not be read. Exit codes are those of `findings list`.
    """
    answer = _answer(options)
    rows = rows_of.summary(answer.reading, answer.shown, by)
    if options["output"] == "table":
        rows = [rows_of.shown_sum(row, by) for row in rows]
    shared.show(rows, options["output"], list(rows[0]) if rows else [by])
    return answer.end(options["fail_on"])


@dataclass
class _Answer:
    """What is shown of a reading, and how many findings there are archived."""

    reading: Reading
    shown: list[Finding] = field(default_factory=list)
    archived: int = 0

    def end(self, fail_on: str | None) -> int:
        """Say what could not be read, and how much there is; the exit code."""
        for line in rows_of.unknown(self.reading):
            shared.talk(line)
        for note in self.reading.muting.notes():
            shared.talk(note)
        unread = sum(bool(one.reason) for one in self.reading.answers)
        shared.talk(self._words(unread))
        if self.reading.blind:
            return 2
        bad = fail_on and any(as_bad_as(f, fail_on) for f in self.shown if f.status == FAIL)
        return int(bool(bad or unread))

    def _words(self, unread: int) -> str:
        counts = Counter(finding.status for finding in self.shown)
        told = {"failing": counts[FAIL], "muted": counts[MUTED], "archived": self.archived}
        some = ", ".join(f"{number} {name}" for name, number in told.items() if number)
        places = len(self.reading.answers)
        return (
            f"Findings: {some or 'none'}; {places - unread} of {places} places could be read, as of"
            f" {self.reading.as_of()}."
        )


def _answer(options: dict[str, Any]) -> _Answer:
    wanted = _wanted(options)
    if options["kept"] and options["anew"]:
        raise UsageError("--kept and --anew exclude each other", remedy="Give one of them.")
    reading = recall(options) if options["kept"] else read(options)
    answer = _Answer(reading)
    for finding in reading.findings():
        answer.archived += finding.status == ARCHIVED
        if wanted.passes(finding):
            # What it rests on is in the history, and too much to be held of all.
            answer.shown.append(finding._replace(evidence=""))
    return answer


def _wanted(options: dict[str, Any]) -> Wanted:
    others = frozenset(STATUSES) - {ARCHIVED} if options.get("every") else frozenset({FAIL, MUTED})
    statuses = frozenset({ARCHIVED}) if options["archived"] else others
    since, until = _time(options["since"]), _time(options["until"], end=True)
    if since and until and since > until:
        raise UsageError("--since is after --until", remedy="Swap them.")
    return Wanted(
        statuses, options["severity"] or "", options["types"], options["resources"], since, until
    )


def _time(text: str, *, end: bool = False) -> datetime | None:
    """The time that ``text`` means, UTC; of a day its beginning, or its ``end``."""
    if not text:
        return None
    if ago := re.fullmatch(r"(\d{1,5})([dh])", text, re.ASCII):
        unit = {"d": timedelta(days=1), "h": timedelta(hours=1)}[ago[2]]
        return datetime.now(UTC) - int(ago[1]) * unit
    try:
        time = instant(text)
        return time + timedelta(days=1) if end and len(text) == _A_DAY else time
    except (ValueError, OverflowError):  # the latter of the last day of all
        raise UsageError(
            f"{text!r} is no time", remedy="Write 2026-07-01, 2026-07-01T12:00, 7d or 12h."
        ) from None
