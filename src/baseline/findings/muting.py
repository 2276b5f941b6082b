"""Risks that somebody accepted: what fails by them is MUTED, stays visible, and counts again later.

Only what fails is muted: an answer that is UNKNOWN hides something that nobody accepted.
"""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from baseline.configuration import Configuration, Mute, mutes
from baseline.findings.model import FAIL, MUTED, Finding
from baseline.findings.patterns import matches
from baseline.organization import Organization

# What a reason of ours begins with; those of the tools' own mute lists begin otherwise.
_ACCEPTED = "accepted: "
_ID = re.compile(r"\d{12}", re.ASCII)
# All whose findings can be accepted.
_TOOLS = frozenset({"prowler", "scoutsuite", "guardduty", "config"})
# How like a check's name another is that was meant to be it, 1 being the same.
_NEARLY = 0.85


def configured(configuration: Configuration, organization: Organization | None = None) -> "Muting":
    """The accepted risks of ``configuration`` today; raises ConfigurationError."""
    today = datetime.now(UTC).date()
    return Muting(mutes(configuration), today, organization)


class Muting:
    """The accepted risks on a day; ``notes`` speaks of what passed through since it was made.

    Whose accounts are those of ``organization``, where it is known.
    """

    def __init__(
        self,
        mutes: Iterable[Mute] = (),
        today: date = date.min,
        organization: Organization | None = None,
    ) -> None:
        self._mutes, self._today, self._organization = tuple(mutes), today, organization
        known = organization.accounts if organization and organization.id else ()
        self._known = [(account.id, account.name) for account in known]
        self._risks = [_Risk(mute, mute.expires < today) for mute in self._mutes]
        self._by_check: dict[tuple[str, str], list[_Risk]] = {}
        self._accounts: set[tuple[str, str]] = set()
        self._checks: defaultdict[str, set[str]] = defaultdict(set)

    def through(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """``findings``, those that are accepted MUTED with the reason.

        What an earlier list muted counts again, unless this one mutes it.
        """
        for finding in findings:
            as_found = _as_found(finding)
            yield self._judged(as_found) if self._risks else as_found

    def again(self) -> "Muting":
        """The same risks on the same day, through which nothing has passed."""
        return Muting(self._mutes, self._today, self._organization)

    def notes(self) -> list[str]:
        """What whoever keeps the list has to know: what has expired, and what matches nothing."""
        told = (self._note(risk) for risk in self._risks)
        return [note for note in told if note]

    def _note(self, risk: "_Risk") -> str:
        if not risk.met and self._known and not risk.is_of(self._known):
            return risk.strange
        return risk.note(self._looked(risk))

    def _looked(self, risk: "_Risk") -> bool:
        """Whether what it is about was looked at, as far as can be told: that is for its tool.

        One that names no tool may be about another one, unless a check is nearly called so.
        """
        if not risk.is_of(self._accounts):
            return False
        if risk.mute.tool != "*":
            return risk.mute.tool in self._checks
        known = {check for checks in self._checks.values() for check in checks}
        return self._checks.keys() >= _TOOLS or bool(
            difflib.get_close_matches(risk.mute.check, known, 1, _NEARLY)
        )

    def _judged(self, finding: Finding) -> Finding:
        self._accounts.add((finding.account_id, finding.account_name))
        self._checks[finding.tool].add(finding.check)
        met = [risk for risk in self._about(finding) if risk.meets(finding)]
        valid = next((risk for risk in met if not risk.expired), None)
        if valid is None or finding.status != FAIL:
            return finding
        return finding._replace(status=MUTED, muted=valid.reason)

    def _about(self, finding: Finding) -> list["_Risk"]:
        """The risks of a check: there are few checks, and very many findings."""
        key = finding.tool, finding.check
        if key not in self._by_check:
            self._by_check[key] = [risk for risk in self._risks if risk.is_about(*key)]
        return self._by_check[key]


@dataclass
class _Risk:
    """One accepted risk, and how many findings it met: of any status, and failing."""

    mute: Mute
    expired: bool
    met: int = 0
    failing: int = 0

    def is_about(self, tool: str, check: str) -> bool:
        return matches(tool, self.mute.tool) and matches(check, self.mute.check)

    def is_of(self, accounts: Iterable[tuple[str, str]]) -> bool:
        """Whether it is about one of ``accounts``, each an id and a name."""
        meant = self.mute.account
        # An account may call itself as it likes, also like the id of another.
        by_id_alone = _ID.fullmatch(meant) is not None
        return any(
            matches(account, meant) or (not by_id_alone and matches(name, meant))
            for account, name in accounts
        )

    def meets(self, finding: Finding) -> bool:
        """Whether it is about ``finding``, which is of its check; that is counted."""
        is_met = (
            self.is_of([(finding.account_id, finding.account_name)])
            and matches(finding.region, self.mute.region)
            and matches(finding.resource, self.mute.resource)
        )
        self.met += is_met
        self.failing += is_met and finding.status == FAIL
        return is_met

    @property
    def reason(self) -> str:
        return f"{_ACCEPTED}{self.mute.reason} ({self.mute.owner}, until {self.mute.expires})"

    def note(self, looked: bool) -> str:  # noqa: FBT001  # whether anybody looked at its like
        """What is to be said of it, if anything is."""
        if self.expired:
            again = f"; {_findings(self.failing)} again" if self.failing else ""
            return f"{self._name} expired on {self.mute.expires}{again}. {self._ask}"
        if looked and not self.met:
            return f"{self._name} matches nothing that was looked at: is it spelled as there?"
        if self.met and not self.failing:
            return f"{self._name} is not needed: what it matches does not fail. {self._ask}"
        return ""

    @property
    def strange(self) -> str:
        """What is to be said of it where the organization has not got the account."""
        return f"{self._name}: no account of the organization is called so: is it spelled as there?"

    @property
    def _name(self) -> str:
        where = [part for part in (self.mute.account, self.mute.resource) if part != "*"]
        return f"The accepted risk {' of '.join([self.mute.check, *where])}"

    @property
    def _ask(self) -> str:
        return f"Ask {self.mute.owner}, then renew or remove it."


def _findings(number: int) -> str:
    return "1 finding counts" if number == 1 else f"{number:,} findings count"


def _as_found(finding: Finding) -> Finding:
    """``finding`` without what a list of ours did to it."""
    if finding.status == MUTED and finding.muted.startswith(_ACCEPTED):
        return finding._replace(status=FAIL, muted="")
    return finding
