"""The days that a row of ``baseline logs validate`` stands for."""

import pytest

from baseline.cli import logs_validate

Chain = dict[str, object]


def chain(since: str, until: str, account: str = "111111111111") -> Chain:
    counts = dict.fromkeys(("digests", "logs", "invalid", "unproven"), 1)
    place = {"account": account, "region": "eu-west-1", "trail": "baseline", "state": "valid"}
    return {**place, **counts, "from": since, "to": until}


OLD = chain("2026-11-16T00:00:00Z", "2026-11-26T10:00:00Z")
YOUNG = chain("2026-11-26T09:00:00Z", "2026-11-25T10:00:00Z", "222222222222")


@pytest.mark.parametrize(
    ("chains", "days"),
    [
        ([OLD], ("2026-11-16", "2026-11-26")),
        ([OLD, YOUNG], ("2026-11-26", "2026-11-25")),
        ([OLD, chain("", "")], ("", "")),
    ],
)
def test_a_row_names_the_days_that_all_of_its_chains_reach(
    chains: list[Chain], days: tuple[str, str]
) -> None:
    (row,) = logs_validate._together(chains, {})  # the command needs AWS
    assert (row["from"], row["to"]) == days
