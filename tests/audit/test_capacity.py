"""How many accounts at a time."""

import pytest

from baseline.audit.capacity import most

GIB = 1 << 30


@pytest.mark.parametrize(
    ("accounts", "regions", "cores", "memory", "expected"),
    [
        (20, 0, 4, 16 * GIB, 10),
        (20, 2, 4, 16 * GIB, 12),
        (3, 2, 4, 16 * GIB, 3),
        (20, 2, 2, 16 * GIB, 6),
        (20, 0, 2, 2 * GIB, 1),
        (20, 0, 8, None, 12),
    ],
)
def test_cores_memory_and_accounts_bound_it(
    accounts: int, regions: int, cores: int, memory: int | None, expected: int
) -> None:
    assert most(accounts, regions, cores, memory) == expected
