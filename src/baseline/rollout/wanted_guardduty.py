"""GuardDuty as it should be: StackSets by which accounts are invited, or a delegation. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from baseline import templates
from baseline.organization import Target
from baseline.rollout import inviting
from baseline.rollout.catalogue import MEMBERS, StackSet
from baseline.rollout.delegation import Delegation
from baseline.rollout.extent import Extent
from baseline.rollout.twins import both
from baseline.templates import Member


@dataclass(frozen=True)
class GuardDuty:
    """GuardDuty of one organization; ``found`` are the StackSets that invite accounts already."""

    extent: Extent
    found: Mapping[str, str]

    @cached_property
    def _invited(self) -> dict[str, list[Member]]:
        """Those whom each StackSet invites, by its name."""
        main = self.extent.main
        members = [Member(a.id, a.email) for a in self.extent.accounts if a.id != main]
        return inviting.placed(() if self.extent.delegates else members, self.found)

    @property
    def inviters(self) -> dict[str, str]:
        """The StackSet that invites each member account."""
        return {m.account_id: name for name, some in self._invited.items() for m in some}

    def main_stack_sets(self) -> Iterator[StackSet]:
        """Detectors with as many members as there is room for, and StackSets for the others."""
        for name, members in self._invited.items():
            first = name == inviting.FIRST
            wanted = first or bool(members)
            targets = (t for t in self.extent.everywhere if t.account_id == self.extent.main)
            yield StackSet(
                name=name,
                # Without resources there is no template; what is wanted nowhere needs none.
                body=self._invitations(name, members) if wanted else "",
                parameters=self._frequency if first else {},
                targets=frozenset(targets if wanted else ()),
                wave=2 if first else 3,
            )

    def _invitations(self, name: str, members: list[Member]) -> str:
        if name != inviting.FIRST:
            return templates.more_members(members)
        main, detectors = self.extent.main, self.extent.adopted.detectors
        kept = {t.region: d for t, d in detectors.items() if t.account_id == main}
        everywhere = dict.fromkeys(self.extent.regions[main], "none")
        return templates.guardduty_main(members, everywhere | kept if kept else None)

    def member_stack_sets(self) -> Iterator[StackSet]:
        """Detectors of the members, which accept the invitations."""
        main, delegates = self.extent.main, self.extent.delegates
        targets = frozenset(
            t for t in self.extent.everywhere if t.account_id != main and not delegates
        )
        kept = {t: d for t, d in self.extent.adopted.detectors.items() if t in targets}
        body = templates.guardduty_member({(t.account_id, t.region): d for t, d in kept.items()})
        parameters = {"MainAccountId": main} | self._frequency
        # After all who invite; nobody has invited an account that comes later.
        wave = 4 if len(self._invited) > 1 else 3
        whole = StackSet(MEMBERS, body, parameters, targets, wave)
        yield from both(self.extent, whole, alone=False)

    @property
    def _frequency(self) -> dict[str, str]:
        frequency = self.extent.configuration.guardduty.finding_publishing_frequency
        return {"FindingPublishingFrequency": frequency}


def delegation(extent: Extent) -> Delegation | None:
    """GuardDuty for the organization; the home region is the first."""
    if not extent.delegates:
        return None
    guardduty = extent.configuration.guardduty
    administrator = guardduty.administrator or extent.main
    # Whom GuardDuty takes in by itself, also with what is left out here.
    left_out = () if guardduty.auto_enable == "ALL" else extent.configuration.exclude_accounts
    return Delegation(
        administrator=administrator,
        main=extent.main,
        auto_enable=guardduty.auto_enable,
        plans=guardduty.protection_plans,
        frequency=guardduty.finding_publishing_frequency,
        accounts=_administered(extent, administrator),
        ours=frozenset(a.id for a in extent.organization.accounts) - set(left_out),
    )


def _administered(extent: Extent, administrator: str) -> dict[str, frozenset[str]]:
    """The members of each region that the administrator has, too; the home region is the first."""
    regions = sorted(extent.regions[extent.main], key=lambda r: (r != extent.home, r))
    return {
        region: frozenset(
            a.id
            for a in extent.accounts
            if a.id != administrator and Target(a.id, region) in extent.everywhere
        )
        for region in regions
        if Target(administrator, region) in extent.everywhere
    }
