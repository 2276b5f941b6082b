"""``baseline audit compare``: what became of the findings between two runs."""

from collections import Counter
from pathlib import Path

import click

from baseline.cli.shared import (
    config_option,
    load_configuration,
    output_option,
    reports_option,
    show,
    talk,
)
from baseline.cli.tables import Row
from baseline.errors import BaselineError, ToolError, UsageError
from baseline.findings import history, muting
from baseline.findings.comparison import Change, Changed, Side, Sight, compare
from baseline.findings.look import AUDIT, Look
from baseline.findings.model import SEVERITIES, Finding

_COLUMNS = (
    *("change", "severity", "account", "account_name", "region", "tool", "check", "resource"),
    *("title", "detail", "reason", "uid"),
)
# What a terminal has room for.
_SHOWN = ("change", "severity", "account_name", "region", "tool", "check", "resource")
_ORDER = tuple(Change)
# No news, which a table has only when asked: of a service left out it would be all that was found.
_NO_NEWS = (Change.OPEN, Change.NOT_LOOKED)
# Accounts that a sentence names.
_NAMED = 5


@click.command("compare")
@click.argument("earlier", required=False)
@click.argument("later", required=False)
@click.option(
    "--change",
    "changes",
    type=click.Choice([change.value for change in _ORDER]),
    multiple=True,
    help="Only what became this. Repeatable."
    "  [default: in a table, all but open and not looked at]",
)
@click.option(
    "--fail-on-new",
    type=click.Choice(SEVERITIES),
    help="Exit 1 when a finding as bad, or worse, is new or reopened.",
)
@click.option("--region", "regions", multiple=True, help="Only this region. Repeatable.")
@click.option(
    "--account", "accounts", multiple=True, help="Only this account, by id or name. Repeatable."
)
@reports_option
@config_option
@output_option
def compare_runs(
    *,
    earlier: str | None,
    later: str | None,
    changes: tuple[str, ...],
    fail_on_new: str | None,
    reports: Path | None,
    config_path: Path | None,
    output: str,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
) -> int:
    """What is new, open, resolved, reopened or muted between two audit runs, and what nobody saw.

    EARLIER and LATER are runs as `baseline audit list` names them; the latest two unless they are
    given, or the latest beside EARLIER. A scan that gave no answer, a region or service that was
    left out, and a check whose calls failed resolve nothing: their findings are "not looked at".

    \b
    Exit code 0  the answer is there
              1  a finding as bad as --fail-on-new, or worse, is new or reopened
              2  one of the runs is not there, or a run after them cannot be read

    \b
    Examples:
      baseline audit compare
      baseline audit compare 20260101T000000Z --change new -o json
      baseline audit compare --fail-on-new high
    """
    configuration = load_configuration(config_path)
    reports = reports or configuration.reports
    first, second, before = _chosen(reports, earlier, later)
    accepted = muting.configured(configuration)
    then = Side(history.findings(first, reports), Sight.of(first))
    now = Side(accepted.through(history.findings(second, reports)), Sight.of(second))
    changed = [
        found
        for found in compare(then, now, history.failed(before, reports, _leave_out))
        if _wanted(found, accounts, regions)
    ]
    changed.sort(key=_worst_first)
    _show(changed, changes, output)
    _tell(changed, first, second)
    for note in accepted.notes():
        talk(note)
    return int(any(_is_back(found, fail_on_new) for found in changed))


def _chosen(reports: Path, earlier: str | None, later: str | None) -> tuple[Look, Look, list[Look]]:
    """The two runs, and those before both; raises UsageError when they are not there."""
    lost: list[ToolError] = []
    runs = [look for look in history.looks(reports, lost.append) if look.kind == AUDIT]
    stamps = [run.stamp for run in runs]
    _see_what_is_lost(lost, later or max(stamps, default=""))
    for named in filter(None, (earlier, later)):
        if named not in stamps:
            raise UsageError(
                f"no audit run {named} is in the history",
                where=str(reports),
                remedy=f"See: baseline audit list; an older run is put there by: "
                f"baseline audit report {named}",
            )
    last = stamps.index(later) if later else len(runs) - 1
    first = stamps.index(earlier) if earlier else last - 1
    if not 0 <= first < last:
        raise UsageError(
            "there are no two audit runs to compare",
            where=str(reports),
            remedy="Name the earlier run first, or audit again: baseline audit run",
        )
    return runs[first], runs[last], runs[:first]


def _see_what_is_lost(lost: list[ToolError], later: str) -> None:
    """Say what is left out of an earlier time; raises the error of an audit that is no earlier.

    Without it an old run would pass for the latest.
    """
    for error in lost:
        kind, _, stamp = Path(error.where).stem.partition("-")
        if kind == AUDIT and stamp >= later:
            raise error
        _leave_out(error)


def _leave_out(error: BaselineError) -> None:
    talk(f"Left out: {error}")


def _wanted(found: Changed, accounts: tuple[str, ...], regions: tuple[str, ...]) -> bool:
    finding = found.finding
    names = {finding.account_id, finding.account_name}
    return (not accounts or not names.isdisjoint(accounts)) and (
        not regions or finding.region in regions
    )


def _worst_first(found: Changed) -> tuple[int, int, tuple[str, ...]]:
    return _ORDER.index(found.change), _rank(found.finding.severity), found.finding.key


def _rank(severity: str) -> int:
    """0 for the worst; one that nobody knows may be as bad as that."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


def _is_back(found: Changed, severity: str | None) -> bool:
    """Whether it is new or reopened, and as bad as ``severity`` or worse; None: nothing is."""
    return (
        bool(severity)
        and found.change in (Change.NEW, Change.REOPENED)
        and (_rank(found.finding.severity) <= _rank(severity or ""))
    )


def _show(changed: list[Changed], changes: tuple[str, ...], output: str) -> None:
    """Print what was asked for; for people what is news."""
    default = [change for change in _ORDER if output != "table" or change not in _NO_NEWS]
    rows = [_row(found) for found in changed if found.change in (changes or default)]
    if output == "table" and not rows:
        return
    show(rows, output, _SHOWN if output == "table" else _COLUMNS, records=_COLUMNS)


def _row(found: Changed) -> Row:
    finding = found.finding
    told = {"change": found.change.value, "reason": found.reason, "account": finding.account_id}
    own = {name: getattr(finding, name) for name in _COLUMNS if name not in told}
    return told | own | {"account_name": _account(finding)}


def _account(finding: Finding) -> str:
    return finding.account_name or finding.account_id


def _tell(changed: list[Changed], first: Look, second: Look) -> None:
    counts = Counter(found.change for found in changed)
    told = ", ".join(f"{counts[change]} {change}" for change in _ORDER)
    talk(f"From run {first.stamp} to {second.stamp}: {told}.")
    _tell_not_looked(changed)
    unseen = Counter(_account(found.finding) for found in changed if found.unseen_before)
    if unseen:
        named = ", ".join(f"{count} in {name}" for name, count in unseen.most_common(_NAMED))
        more = f" and {len(unseen) - _NAMED} accounts more" if len(unseen) > _NAMED else ""
        talk(
            f"Of the new, {unseen.total()} may have been there before: run {first.stamp} did not "
            f"look at them ({named}{more})."
        )


def _tell_not_looked(changed: list[Changed]) -> None:
    """Say why findings were not looked at, and how many for each reason."""
    reasons = Counter(found.reason for found in changed if found.change is Change.NOT_LOOKED)
    told = reasons.most_common(_NAMED)
    for reason, count in told:
        talk(f"{count} not looked at: {reason.rstrip('.')}.")
    if len(reasons) > len(told):
        rest = reasons.total() - sum(count for _, count in told)
        talk(f"{rest} not looked at, for {len(reasons) - len(told)} more reasons.")
    if reasons:
        talk("--change 'not looked at' names each.")
