"""What the simulated organization is made of."""

from dataclasses import dataclass

from baseline.organization import DEFAULT_REGIONS

HOME_REGION = "eu-west-1"

# All that are enabled by default, and no other.
REGIONS = DEFAULT_REGIONS


@dataclass(frozen=True)
class Member:
    """An account; ``ou`` is its path from the root."""

    id: str
    name: str
    ou: str
    suspended: bool = False

    @property
    def email(self) -> str:
        """The address of its root user."""
        return f"{self.name}@acme.example"


MAIN = Member("100000000001", "acme-main", "/")
MEMBERS = (
    Member("200000000002", "log-archive", "/Security"),
    Member("300000000003", "security-tooling", "/Security"),
    Member("400000000004", "production", "/Workloads/Production"),
    Member("500000000005", "payments", "/Workloads/Production"),
    Member("600000000006", "development", "/Workloads/Development"),
    Member("700000000007", "retired", "/Suspended", suspended=True),
)


@dataclass(frozen=True)
class Blueprint:
    """The organization to simulate. ``extra_members`` adds accounts under /Workloads/Extra.

    ``misconfigured`` plants what the audit tools have to find.
    """

    main: Member = MAIN
    members: tuple[Member, ...] = MEMBERS
    extra_members: int = 0
    regions: tuple[str, ...] = REGIONS
    home_region: str = HOME_REGION
    organization_id: str = "o-acme0000000"
    administrator: str = "security-engineer"
    seed: int = 1
    misconfigured: bool = True

    @property
    def accounts(self) -> tuple[Member, ...]:
        """All of them, the main account first."""
        extra = (
            Member(f"{800000000000 + number}", f"extra-{number:03}", "/Workloads/Extra")
            for number in range(1, self.extra_members + 1)
        )
        return (self.main, *self.members, *extra)
