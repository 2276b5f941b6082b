"""What became of findings since earlier, laid beside those that are known now."""

from collections import Counter
from collections.abc import Iterable, Iterator

from baseline.findings.comparison import Change, Changed
from baseline.findings.model import PASS, UNKNOWN, Finding, Key
from baseline.report.content import Comparison, Shown

# Of these the finding is shown as it last was, since it does not fail among those of now.
_PAST = (Change.RESOLVED, Change.NOT_LOOKED)
# What stands between why it was not looked at again and what was said of it before.
IT_WAS = " It was: "


class Changes:
    """What changed ``since`` then, by what findings are called in every run."""

    def __init__(self, changed: Iterable[Changed], since: str) -> None:
        self._since = since
        self._changes: dict[Key, Change] = {}
        self._past: list[Shown] = []
        for one in changed:
            self._changes[one.finding.key] = one.change
            if one.change in _PAST:
                self._past.append(Shown(_as_it_was(one), one.change))

    def beside(self, findings: Iterable[Finding]) -> Iterator[Shown]:
        """``findings`` with what became of each, and at the end those that are gone."""
        for finding in findings:
            change = self._changes.get(finding.key)
            if change not in _PAST and finding.status not in (PASS, UNKNOWN):
                yield Shown(finding, change)
            # Of what is out of sight, the finding as it was says more than that it is UNKNOWN.
            elif change is not Change.NOT_LOOKED or finding.status != UNKNOWN:
                yield Shown(finding, None)
        yield from self._past

    def counts(self) -> Comparison:
        """How many there are of each."""
        found = Counter(self._changes.values())
        return Comparison(
            since=self._since,
            new=found[Change.NEW],
            reopened=found[Change.REOPENED],
            resolved=found[Change.RESOLVED],
            open=found[Change.OPEN],
            not_looked=found[Change.NOT_LOOKED],
        )


def _as_it_was(changed: Changed) -> Finding:
    finding = changed.finding
    if changed.change is not Change.NOT_LOOKED:
        return finding
    return finding._replace(
        detail=f"Not looked at again: {changed.reason}.{IT_WAS}{finding.detail}"
    )
