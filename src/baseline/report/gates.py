"""Gates: which findings are bad enough to say no.

A muted finding has a status of its own and counts for none; one whose mute has expired fails again.
"""

from collections import Counter
from dataclasses import dataclass

from baseline.findings.model import FAIL, OTHER, SEVERITIES, UNKNOWN, counted_as, rank
from baseline.report.content import Shown
from baseline.report.gathering import Blind
from baseline.report.tally import FRESH, Worst

UNSEEN = "could not look"


@dataclass(frozen=True)
class Gate:
    """What is not let through: severities, and whatever is worse than these. "" asks nothing."""

    fail_on: str = ""
    fail_on_new: str = ""
    fail_on_unknown: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything that it holds back."""
        return bool(self.fail_on or self.fail_on_new or self.fail_on_unknown)

    def reason(self, shown: Shown) -> str:
        """Why a finding is held back, in a word or two; "" lets it through."""
        severity, change = counted_as(shown.finding.severity), shown.change
        if shown.status == UNKNOWN:
            # Of rules without a result Config does not say whether there is anything to look at.
            # What cannot be read may have what any gate is there for.
            wanted = bool(self) if shown.lost else self.fail_on_unknown and not shown.no_result
            return UNSEEN if wanted else ""
        if shown.status != FAIL:
            return ""
        if as_bad(severity, self.fail_on):
            return severity
        fresh = change in FRESH and as_bad(severity, self.fail_on_new)
        return f"{change}, {severity}" if fresh else ""


# What a report without a gate of its own takes for a failure.
EVERYTHING = Gate(fail_on=SEVERITIES[-1], fail_on_unknown=True)


def as_bad(severity: str, limit: str) -> bool:
    """Whether ``severity`` is as bad as ``limit``, or worse; nothing is where there is none."""
    return bool(limit) and (severity == OTHER or rank(severity) <= rank(limit))


class Verdict:
    """Counts what a gate holds back by reason, and keeps the worst of it to be named.

    ``blind`` are the reasons why nobody could look, where that is held back.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.reasons: Counter[str] = Counter()
        self.worst = Worst()
        self.blind = Blind()

    def see(self, shown: Shown) -> None:
        """Hold ``shown`` back, or let it through."""
        reason = self.gate.reason(shown)
        if reason:
            self.reasons[reason] += 1
            self.worst.see(shown)
        if reason == UNSEEN:
            self.blind.see(shown)

    def summed(self) -> str:
        """How many are held back for each reason, in words, the worst first."""
        worst_first = sorted(
            self.reasons, key=lambda why: (why == UNSEEN, rank(why.split(", ")[-1]))
        )
        return ", ".join(f"{self.reasons[why]} {why}" for why in worst_first)

    @property
    def closed(self) -> bool:
        """Whether anything was held back."""
        return self.reasons.total() > 0
