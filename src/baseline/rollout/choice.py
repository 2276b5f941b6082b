"""Which parts of the baseline are meant: by their names, accounts and regions. Pure."""

from dataclasses import dataclass

from baseline.errors import UsageError
from baseline.rollout import service_managed
from baseline.rollout.catalogue import NAMES, Part


@dataclass(frozen=True)
class Choice:
    """Which parts a plan is about; None means all. A StackSet goes by its name alone."""

    names: frozenset[str] | None = None
    accounts: frozenset[str] | None = None
    regions: frozenset[str] | None = None

    def __post_init__(self) -> None:
        unknown = (self.names or frozenset()) - set(NAMES)
        if unknown:
            raise UsageError(
                f"--only {', '.join(sorted(unknown))}: there is no such stack or StackSet",
                remedy=f"Known: {', '.join(NAMES)}.",
            )

    def named(self, name: str) -> bool:
        """Whether the stack or StackSet is chosen at all."""
        return self.names is None or service_managed.family(name) in self.names

    def whole(self, name: str) -> bool:
        """Whether the stack or StackSet is chosen wherever it is."""
        return self.named(name) and self.accounts is None and self.regions is None

    def has(self, part: Part) -> bool:
        """Whether the part is chosen."""
        return (
            self.named(part.name)
            and (self.accounts is None or part.target.account_id in self.accounts)
            and (self.regions is None or part.target.region in self.regions)
        )


EVERYTHING = Choice()
