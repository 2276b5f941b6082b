"""What was there before the baseline and stays: left out of templates, never made or removed. Pure.

See docs/decisions, "What is there already is adopted by name".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from baseline.configuration import Adopt
from baseline.organization import Target

MEMBERS = "guardduty-member"
MAIN = "guardduty-main"
AUDITING = "auditing"


@dataclass(frozen=True)
class Adopted:
    """Where an account keeps a recorder, a trail or a detector of its own; the latter by its id."""

    recorders: frozenset[Target] = frozenset()
    trails: frozenset[Target] = frozenset()
    detectors: Mapping[Target, str] = field(default_factory=dict)

    def of(self, name: str, target: Target) -> str:
        """What an instance of the StackSet ``name`` leaves as it is, in words; or nothing."""
        if name in (MEMBERS, MAIN) and target in self.detectors:
            return f"the detector {self.detectors[target]} is adopted"
        if name != AUDITING:
            return ""
        kept = ["the recorder"] if target in self.recorders else []
        kept += ["the trail"] if target in self.trails else []
        verb = "are" if len(kept) > 1 else "is"
        return f"{' and '.join(kept)} there {verb} adopted" if kept else ""


def adopted(adopt: Adopt, everywhere: frozenset[Target]) -> Adopted:
    """What ``adopt`` names of the targets that are rolled out."""
    detectors = {
        Target(account, region): detector
        for account, regions in adopt.guardduty.items()
        for region, detector in regions.items()
    }
    return Adopted(
        recorders=frozenset(_targets(adopt.config)) & everywhere,
        trails=frozenset(_targets(adopt.cloudtrail)) & everywhere,
        detectors={t: d for t, d in sorted(detectors.items()) if t in everywhere},
    )


def in_vain(adopt: Adopt, everywhere: frozenset[Target]) -> list[Target]:
    """The targets that ``adopt`` names and that are not rolled out."""
    named = {*_targets(adopt.config), *_targets(adopt.cloudtrail)}
    named |= {Target(account, r) for account, regions in adopt.guardduty.items() for r in regions}
    return sorted(named - everywhere)


def setting(kept: Iterable[tuple[str, Target, str]]) -> Adopt:
    """What keeps things: each a key of ``adopt``, where it is, and of a detector its id."""
    named: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for key, target, value in sorted(set(kept)):
        named[key][target.account_id][target.region] = value
    return Adopt(
        config={account: tuple(regions) for account, regions in named["config"].items()},
        cloudtrail={account: tuple(regions) for account, regions in named["cloudtrail"].items()},
        guardduty={account: dict(regions) for account, regions in named["guardduty"].items()},
    )


def lines(adopt: Adopt) -> Iterator[str]:
    """``adopt`` as lines of ``baseline.yaml``."""
    yield "adopt:"
    for key in ("config", "cloudtrail", "guardduty"):
        accounts = getattr(adopt, key)
        if accounts:
            yield f"  {key}:"
        for account, regions in accounts.items():
            yield f'    "{account}": {_in_one_line(regions)}'


def _in_one_line(regions: tuple[str, ...] | Mapping[str, str]) -> str:
    if isinstance(regions, tuple):
        return f"[{', '.join(regions)}]"
    return f"{{{', '.join(f'{region}: {value}' for region, value in regions.items())}}}"


def _targets(named: Mapping[str, tuple[str, ...]]) -> Iterator[Target]:
    for account, regions in named.items():
        for region in regions:
            yield Target(account, region)
