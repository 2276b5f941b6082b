"""GuardDuty by invitation: detectors, members, invitations, findings.

Administration through Organizations is left to what lies behind the simulation.
"""

import secrets
from typing import Any, ClassVar

from baseline.simulation.guardduty_detectors import Answer, moment, page
from baseline.simulation.guardduty_findings import SAMPLES, choose, sample
from baseline.simulation.guardduty_members import Members
from baseline.simulation.guardduty_state import ASSOCIATED
from baseline.simulation.service import Call


class GuardDuty(Members):
    """The service; an administrator sees the findings of its members in the same region."""

    name: ClassVar[str] = "guardduty"

    def create_sample_findings(self, call: Call) -> Answer:
        """One finding of each type asked for, or of some common types."""
        detector = self.own(call)
        for finding_type in call.parameters.get("FindingTypes") or SAMPLES:
            finding_id = secrets.token_hex(16)
            detector.findings[finding_id] = sample(
                finding_type,
                finding_id=finding_id,
                account_id=call.account_id,
                region=call.region,
                detector_id=detector.id,
                at=moment(call),
            )
        return {}

    def list_findings(self, call: Call) -> Answer:
        """The ids of findings here, the members' among them, that meet the criteria."""
        criteria = call.parameters.get("FindingCriteria") or {}
        chosen = choose(self._findings(call), criteria.get("Criterion") or {})
        return page(call, "FindingIds", [finding["Id"] for finding in chosen])

    def get_findings(self, call: Call) -> Answer:
        """Findings by their ids."""
        wanted = set(call.parameters["FindingIds"])
        return {"Findings": [f for f in self._findings(call) if f["Id"] in wanted]}

    def _findings(self, call: Call) -> list[dict[str, Any]]:
        detector = self.own(call)
        members = (
            self.detectors.get((member.account_id, call.region))
            for member in list(detector.members.values())
            if member.status in ASSOCIATED
        )
        return [
            finding
            for one in (detector, *members)
            if one
            for finding in list(one.findings.values())
        ]
