"""``baseline report``: all that is known of every account, on one page and for programs."""

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from click.core import ParameterSource

from baseline.cli.logs_options import day
from baseline.cli.progress import patience
from baseline.cli.shared import (
    aws_options,
    load_configuration,
    output_option,
    printable,
    progress_option,
    reports_option,
    show,
    talk,
    target_options,
)
from baseline.cli.tables import Row, where, without_account
from baseline.configuration import Configuration, Source, mutes
from baseline.errors import ToolError, UsageError
from baseline.files import whole
from baseline.findings import accounts
from baseline.findings.comparison import Change
from baseline.findings.model import FAIL, SEVERITIES, STATUSES, UNKNOWN
from baseline.findings.times import iso
from baseline.organization import Filters, check_pin

if TYPE_CHECKING:
    from baseline.report.content import Shown
    from baseline.report.edition import Edition, Wish

# Why nobody could look, of which so many reasons are told.
_REASONS = 20
# Each form, and what its file is called.
FILES = {
    "html": "report.html",
    "csv": "findings.csv",
    "json": "report.json",
    "ocsf": "findings.ocsf.json",
    "markdown": "summary.md",
    "junit": "junit.xml",
}
COLUMNS = ("status", "severity", "findings", "new", "reopened", "resolved")
_CHANGES = (Change.NEW, Change.REOPENED, Change.RESOLVED)
_FOLDER = "report"
_UNANSWERED = 2


def _gate_options(command: Callable[..., Any]) -> Callable[..., Any]:
    severities = click.Choice(SEVERITIES)
    for option in (
        click.option(
            "--fail-on-unknown",
            is_flag=True,
            help="Exit 1 when anything is UNKNOWN, also since nobody has looked yet.",
        ),
        click.option(
            "--fail-on-new",
            type=severities,
            is_flag=False,
            flag_value=SEVERITIES[-1],
            help="Exit 1 when what is new or reopened is as bad, or worse; alone: whatever it is.",
        ),
        click.option(
            "--fail-on", type=severities, help="Exit 1 when a finding is as bad, or worse."
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.option(
    "--format",
    "formats",
    type=click.Choice(list(FILES)),
    multiple=True,
    default=("html",),
    show_default=True,
    help="What to write. Repeatable.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Folder to write it into.  [default: {_FOLDER}, among the reports]",
)
@click.option(
    "--since",
    default="",
    help="Compare with what was known then: the stamp of a run, a day, a time, 7d or 12h."
    "  [default: before the latest audit]",
)
@click.option(
    "--query",
    "queries",
    multiple=True,
    help="Show what this saved query answers. Repeatable.  [default: report.queries]",
)
@click.option(
    "--refresh",
    is_flag=True,
    help="Ask GuardDuty, Config and the rolled-out services anew, before.",
)
@_gate_options
@reports_option
@target_options
@aws_options
@output_option
@progress_option
def report(**options: Any) -> int:
    """Everything that is known of every account: one page, and the same for programs.

    It has the latest answer of each tool in each account, what GuardDuty and Config found, the
    coverage of the roll-out, what changed, and what could not be looked at. AWS is not asked: it
    is what `audit run`, `findings` and `rollout verify` kept among the reports, and says how old
    that is.

    The page opens from disk and needs no network. The answer on stdout counts findings by status
    and severity.

    \b
    Exit code 0  nothing is as bad as --fail-on, --fail-on-new or --fail-on-unknown say
              1  something is; stderr names it. What is muted or resolved never counts. Also
                 when --refresh could read nothing of GuardDuty and Config
              2  there is nothing to report, or it cannot be read or written; with a gate also
                 when a run of the history cannot be read: anything may be in it

    \b
    Example:  baseline report --since 7d
    Example:  baseline report --fail-on critical --fail-on-new high --format junit --out out
    """
    wish = _wish(options)
    blind = options["refresh"] and _refresh(options, wish.reports)
    with patience("Still making the report", show=options["progress"]):
        edition = _compose(wish)
        for form, name in wish.files.items():
            with whole(wish.out / name) as file:
                edition.write(form, file)
    show(list(_rows(edition)), options["output"], COLUMNS)
    for line in _last_words(edition, wish):
        talk(line)
    return _UNANSWERED if wish.gate and edition.lost else int(edition.verdict.closed or blind)


def _refresh(options: dict[str, Any], reports: Path) -> bool:
    """Ask AWS for what does not take hours, and say what it refuses; whether that was all."""
    from baseline.cli import findings_reading, findings_rows, rollout  # noqa: PLC0415  # slow to import

    read = findings_reading.read({**options, "tools": (), "role": None, "anew": False})
    for line in findings_rows.unknown(read):
        talk(line)
    rollout.prove(options["config_path"], options["profile"], reports, progress=options["progress"])
    return read.blind


def _wish(options: dict[str, Any]) -> "Wish":
    from baseline.report.edition import Wish  # noqa: PLC0415  # slow to import
    from baseline.report.gates import Gate  # noqa: PLC0415  # slow to import

    configuration = load_configuration(options["config_path"])
    reports = options["reports"] or configuration.reports
    _see_whose(reports, configuration)
    names = ("accounts", "not_accounts", "ous", "regions")
    return Wish(
        reports=reports,
        out=options["out"] or reports / _FOLDER,
        files={form: FILES[form] for form in options["formats"]},
        filters=Filters(*(frozenset(options[name]) for name in names)),
        expected=_expected(configuration),
        since=_since(options["since"]),
        queries=options["queries"] or configuration.report.queries,
        own_queries=configuration.queries,
        lake=configuration.lake,
        mutes=mutes(configuration),
        gate=Gate(
            options["fail_on"] or "", options["fail_on_new"] or "", options["fail_on_unknown"]
        ),
        command=_typed(click.get_current_context()),
    )


def _see_whose(reports: Path, configuration: Configuration) -> None:
    """Raise ConfigurationError when what is kept is of another organization."""
    with suppress(ToolError):  # what cannot be read is a note on the report
        kept = accounts.known(reports)
        if kept:
            check_pin(kept.id, configuration, f"what is kept in {reports} is of")


def _expected(configuration: Configuration) -> frozenset[str]:
    """Who is to look everywhere: as configured, or all but the audit tools that are off."""
    if configuration.report.expect is not None:
        return frozenset(configuration.report.expect)
    tools = configuration.audit.tools
    off = {name for name in type(tools).model_fields if not getattr(tools, name).enabled}
    return frozenset(get_args(Source)) - off


def _since(text: str) -> str:
    """The stamp of a run as it is, a time in UTC, a day as ``YYYY-MM-DD``.

    Raises UsageError for what is none of these, and for what is yet to come.
    """
    if re.fullmatch(r"\d{8}T\d{6}Z(-\d+)?", text, re.ASCII):
        return text
    since = _then(text)
    if since > iso(datetime.now(UTC))[: len(since)]:
        raise UsageError(
            f"--since {since} is yet to come", remedy="Give a time of the past, such as 7d."
        )
    return since


def _then(text: str) -> str:
    if ago := re.fullmatch(r"(\d{1,5})h", text, re.ASCII):
        return iso(datetime.now(UTC) - timedelta(hours=int(ago[1])))
    try:
        return iso(text) or day(text) if "T" in text else day(text)
    except UsageError:
        raise UsageError(
            f"{text!r} is no time",
            where="--since",
            remedy="Write the stamp of a run, 2026-07-01, 2026-07-01T12:00, 7d or 12h.",
        ) from None


def _typed(context: click.Context) -> str:
    """What was typed, for the report to say how it was made."""
    words = ["baseline", "report"]
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if given and isinstance(parameter, click.Option):
            words += _words(parameter, context.params[parameter.name or ""])
    return shlex.join(words)


def _words(option: click.Option, value: Any) -> Iterator[str]:
    for one in value if option.multiple else (value,):
        yield (option.opts if one is not False else option.secondary_opts)[-1]
        if not option.is_flag:
            yield str(one)


def _compose(wish: "Wish") -> "Edition":
    from baseline.report.edition import compose  # noqa: PLC0415  # slow to import

    return compose(wish)


def _rows(edition: "Edition") -> Iterator[dict[str, Any]]:
    """How much there is of each status; of what fails, by severity."""
    tally = edition.tally
    for severity in tally.told:
        yield {
            "status": FAIL,
            "severity": severity,
            "findings": tally.counts[FAIL, severity],
            **{str(c): tally.changes[c, severity] if edition.compared else None for c in _CHANGES},
        }
    from baseline.report.content import WITHOUT_RESULT  # noqa: PLC0415  # slow to import

    for status in STATUSES[1:]:
        count = tally.unseen if status == UNKNOWN else tally.total(status)
        yield {"status": status, "severity": "", "findings": count}
    yield {"status": WITHOUT_RESULT, "severity": "", "findings": tally.no_result}


def _last_words(edition: "Edition", wish: "Wish") -> Iterator[str]:
    """What the reader must not miss, what the gate holds back, and where to look."""
    yield from edition.content.notes
    yield from _rolled_out(edition)
    yield from _held_back(edition)
    unknown = edition.tally.unseen
    if unknown and not wish.gate.fail_on_unknown:
        yield f"{unknown} could not be looked at: no answer is no PASS. See: --fail-on-unknown"
    yield from (str(wish.out / name) for name in wish.files.values())


def _rolled_out(edition: "Edition") -> Iterator[str]:
    """How far the roll-out is from what was proven; that is no finding, and no gate of this."""
    counts = Counter(covered.status for covered in edition.content.coverage)
    said = ", ".join(f"{counts[status]:,} {status}" for status in (FAIL, UNKNOWN) if counts[status])
    if said:
        yield f"Roll-out: {said}, as of {edition.content.verified}. See: baseline rollout verify"


def _held_back(edition: "Edition") -> Iterator[str]:
    """The worst of what fails, then why nobody could look, each reason once."""
    from baseline.report.gates import UNSEEN  # noqa: PLC0415  # slow to import

    verdict = edition.verdict
    if not verdict.closed:
        return
    named = [shown for shown in verdict.worst if shown.status != UNKNOWN]
    for shown in named:
        yield f"Held back ({verdict.gate.reason(shown)}): {_named(shown)}"
    total = verdict.reasons.total()
    more = total - verdict.reasons[UNSEEN] - len(named)
    if more:
        yield f"Held back: and {more} more, which are on the report."
    reasons = list(_reasons(edition))
    yield from (f"Held back ({UNSEEN}): {reason}" for reason in reasons[:_REASONS])
    if len(reasons) > _REASONS:
        yield f"Held back ({UNSEEN}): for {len(reasons) - _REASONS} more reasons; see the report."
    yield f"The gate is closed: {total} held back ({verdict.summed()})."


def _reasons(edition: "Edition") -> Iterator[str]:
    """Who could not look where, and why; what is alike but for its place together."""
    names = edition.tally.names | {a.id: a.name for a in edition.content.accounts}
    alike: defaultdict[tuple[str, str], dict[tuple[str, str], Row]] = defaultdict(dict)
    for unseen in edition.verdict.blind:
        place = unseen.account_id, unseen.region
        account = {"account": place[0], "account_name": names.get(place[0]) or place[0]}
        # AWS names who was refused what, which is another in each account.
        alike[unseen.source, without_account(unseen.reason)][place] = account | {"region": place[1]}
    for (source, reason), places in alike.items():
        said = f"{source} in {where(list(places.values())).strip() or 'all'}: {reason}"
        yield printable(said, keep="")


def _named(shown: "Shown") -> str:
    finding = shown.finding
    place = (finding.account_name or finding.account_id, finding.region, finding.resource)
    told = " ".join(part for part in (finding.tool, finding.check, "in", *place) if part)
    return printable(told, keep="")  # on one line: what others named forges no other
