"""The report in short, as Markdown for a pull request or a ticket.

It is what GitHub and GitLab read; nothing that an account wrote is obeyed in it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from baseline.findings.comparison import Change
from baseline.findings.model import FAIL, MUTED, PASS, SEVERITIES, UNKNOWN
from baseline.report.cells import printable
from baseline.report.content import Comparison, Content, Shown
from baseline.report.gates import Verdict
from baseline.report.tally import Tally

# Characters of a text, and lines of a list, that a summary shows.
_LONG = 160
_LINES = 20
_NOTHING_THERE = "nothing that they are about is there, or it has not looked"


def code(text: str, most: int = _LONG) -> str:
    """``text`` as a code span: no markup, HTML, link, image or @mention works inside of one.

    Not for a table's cell, which a "|" would end even there.
    """
    if len(text) > most:
        text = text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
    shown = " ".join(printable(text, keep="\n\t").split())
    # It ends at as many backticks as it began with [CommonMark 6.1]; its blanks are not shown.
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    if not shown:
        return "\N{EM DASH}"
    return f"{fence} {shown} {fence}" if len(fence) > 1 else f"`{shown}`"


def summary(content: Content, tally: Tally, verdict: Verdict) -> str:
    """The summary; where there is a gate, what it holds back comes first."""
    parts = (
        _head(content, tally),
        _held_back(verdict) if verdict.gate else (),
        _table(tally, content.comparison),
        _known(content, tally),
        _list("New, or back again", map(_finding, tally.new), tally.new.total),
        _list("The worst", map(_finding, tally.worst), tally.worst.total),
        _list("Accounts with the most", _accounts(tally), tally.failing_accounts(*tally.told)),
        _list("Could not be looked at", *_unseen(content)),
        _list("Asked of the logs", _answers(content), len(content.queries)),
        _foot(content),
    )
    return "\n".join(chain.from_iterable(parts)) + "\n"


def _head(content: Content, tally: Tally) -> Iterator[str]:
    worst = [
        f"{tally.counts[FAIL, s]} {s}" for s in (*SEVERITIES[:2], *tally.told[len(SEVERITIES) :])
    ]
    yield f"## {code(content.title)}: {', '.join(worst)}"
    yield ""


def _held_back(verdict: Verdict) -> Iterator[str]:
    if not verdict.closed:
        yield "**The gate is open**: nothing is held back."
        yield ""
        return
    number = verdict.reasons.total()
    yield f"**The gate is closed**: {number} held back ({verdict.summed()})."
    yield ""
    yield from _list("Held back", map(_finding, verdict.worst), number)


def _table(tally: Tally, comparison: Comparison | None) -> Iterator[str]:
    """Severities; all that stands in its cells is our own."""
    changes = [Change.NEW, Change.REOPENED, Change.RESOLVED] if comparison else []
    heads = ["severity", "failing", *changes]
    yield f"| {' | '.join(heads)} |"
    yield f"|---|{'--:|' * (len(heads) - 1)}"
    for severity in tally.told:
        changed = (tally.changes[change, severity] for change in changes)
        yield f"| {' | '.join(map(str, (severity, tally.counts[FAIL, severity], *changed)))} |"
    yield ""


def _known(content: Content, tally: Tally) -> Iterator[str]:
    total = tally.total
    yield (
        f"- {total(FAIL)} failing, {total(PASS)} passing, {total(MUTED)} muted, "
        f"**{tally.unseen} could not be looked at**"
    )
    if tally.no_result:
        yield f"- Config has no result for {tally.no_result} of its rules: {_NOTHING_THERE}"
    if content.comparison:
        since = content.comparison
        yield (
            f"- since {code(since.since)}: {since.new} new, {since.reopened} reopened, "
            f"{since.resolved} resolved, {since.not_looked} not looked at again"
        )
    if content.coverage:
        counts = Counter(covered.status for covered in content.coverage)
        said = ", ".join(f"{counts[status]} {status}" for status in (PASS, FAIL, UNKNOWN))
        yield f"- roll-out, verified {code(content.verified)}: {said}"
    else:
        yield "- the roll-out was not verified"
    for note in content.notes:
        yield f"- {code(note, 2 * _LONG)}"
    yield ""


def _list(title: str, lines: Iterable[str], total: int) -> Iterator[str]:
    shown = list(islice(lines, _LINES))
    if not shown:
        return
    yield f"### {title}"
    yield ""
    for line in shown:
        yield f"- {line}"
    if total > len(shown):
        yield f"- and {total - len(shown)} more"
    yield ""


def _finding(shown: Shown) -> str:
    finding = shown.finding
    where = [finding.account_name or finding.account_id, finding.region, finding.resource]
    said = [finding.title] if shown.status == FAIL else [finding.title, finding.detail]
    severity = finding.severity if shown.status == FAIL else shown.status
    parts = [
        f"**{severity if severity in (*SEVERITIES, UNKNOWN) else code(severity)}**",
        " ".join(code(part) for part in (finding.tool, *said) if part),
        "in",
        " ".join(code(part) for part in where if part),
    ]
    return " ".join(parts)


def _accounts(tally: Tally) -> Iterator[str]:
    for account_id, counts in tally.worst_accounts():
        said = ", ".join(f"{counts[s]} {s}" for s in tally.told if counts[s])
        if said:
            yield f"{code(tally.names[account_id] or account_id)} {code(account_id)}: {said}"


def _unseen(content: Content) -> tuple[list[str], int]:
    """A line for each reason, with where or in how many places; and how many lines."""
    places = defaultdict(list)
    for unseen in content.unseen:
        where = [unseen.account_id, unseen.region, unseen.service]
        said = [unseen.reason, unseen.remedy]
        reason = " ".join(code(part) for part in said if part)
        places[unseen.source, reason].append(" ".join(code(part) for part in where if part))
    lines = [
        f"{code(source)} {where[0] if len(where) == 1 else f'{len(where)} places'}: {reason}"
        for (source, reason), where in places.items()
    ]
    return lines, len(lines)


def _answers(content: Content) -> Iterator[str]:
    for answer in content.queries:
        rows = "1 row" if answer.total == 1 else f"{answer.total} rows"
        said = code(answer.error) if answer.error else rows
        yield f"{code(answer.name)} {code(answer.title)}: {said}"


def _foot(content: Content) -> Iterator[str]:
    yield f"Made {code(content.made)} by AWS Baseline {content.version}: {code(content.command)}"
