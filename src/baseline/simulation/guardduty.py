"""GuardDuty: detectors, members by invitation or by delegation, and findings."""

import secrets
from typing import Any, ClassVar

from baseline.simulation.guardduty_detectors import Answer, checked, moment, page, refused
from baseline.simulation.guardduty_findings import SAMPLES, by_severity, choose, ordered, sample
from baseline.simulation.guardduty_organization import Delegation
from baseline.simulation.guardduty_state import ASSOCIATED
from baseline.simulation.service import Call


class GuardDuty(Delegation):
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
        found = ordered(self._chosen(call), call.parameters.get("SortCriteria") or {})
        return page(call, "FindingIds", [finding["Id"] for finding in found])

    def get_findings(self, call: Call) -> Answer:
        """Findings by their ids, fifty at most; an id that is not there has none."""
        wanted = set(checked(call.parameters["FindingIds"]))
        return {"Findings": [f for f in self._findings(call) if f["Id"] in wanted]}

    def get_findings_statistics(self, call: Call) -> Answer:
        """How many findings meet the criteria, by severity; other groups are not made here."""
        grouped = by_severity(self._chosen(call))
        if call.parameters.get("GroupBy") == "SEVERITY":
            return {"FindingStatistics": {"GroupedBySeverity": grouped}}
        counts = {str(group["Severity"]): group["TotalFindings"] for group in grouped}
        return {"FindingStatistics": {"CountBySeverity": counts}}

    def archive_findings(self, call: Call) -> Answer:
        """Put findings away; when they were updated stays as it is."""
        return self._archive(call, archived=True)

    def unarchive_findings(self, call: Call) -> Answer:
        """Bring them back."""
        return self._archive(call, archived=False)

    def _archive(self, call: Call, *, archived: bool) -> Answer:
        if self.own(call).administrator_id:
            raise refused("a member account cannot archive or unarchive findings.")
        wanted = set(checked(call.parameters["FindingIds"]))
        for finding in self._findings(call):
            if finding["Id"] in wanted:
                finding["Service"]["Archived"] = archived
        return {}

    def _chosen(self, call: Call) -> list[dict[str, Any]]:
        criteria = call.parameters.get("FindingCriteria") or {}
        return choose(self._findings(call), criteria.get("Criterion") or {})

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
