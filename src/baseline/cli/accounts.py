"""``baseline accounts``: who is in the organization, and where it can be worked."""

from pathlib import Path
from typing import Any

import click

from baseline.cli import shared
from baseline.cli.opening import open_own
from baseline.errors import BaselineError
from baseline.organization import Account, Filters, Organization, discover, enabled_regions
from baseline.parallel import Done, each
from baseline.sessions import Session

COLUMNS = ("id", "name", "kind", "state", "ou", "email", "regions")


@click.command()
@shared.aws_options
@shared.target_options
@shared.output_option
def accounts(
    *,
    config_path: Path | None,
    profile: str | None,
    accounts: tuple[str, ...],
    not_accounts: tuple[str, ...],
    ous: tuple[str, ...],
    regions: tuple[str, ...],
    output: str,
) -> None:
    """Accounts with their OU, state, and number of enabled regions.

    \b
    Example:  baseline accounts --ou /Workloads -o json

    The regions of an account are UNKNOWN where they could not be read, and empty where it is not
    active. With --region only these regions are counted.
    """
    session = open_own(shared.load_configuration(config_path), profile)
    organization = discover(session)
    filters = Filters(frozenset(accounts), frozenset(not_accounts), frozenset(ous))
    chosen = filters.choose(organization)
    counts = _regions(session, chosen, frozenset(regions))
    rows = [_row(organization, account, counts) for account in chosen]
    shared.show(rows, output, COLUMNS)
    active = sum(account.active for account in chosen)
    shared.talk(
        f"{len(chosen)} accounts in {organization.id or 'no organization'}, {active} active"
    )


def _regions(
    session: Session, accounts: tuple[Account, ...], only: frozenset[str]
) -> dict[str, int | BaselineError]:
    def count(account: Account) -> int:
        return len([r for r in enabled_regions(session, account.id) if not only or r in only])

    found: dict[str, int | BaselineError] = {}
    for outcome in each([a for a in accounts if a.active], count):
        if isinstance(outcome, Done):
            found[outcome.target.id] = outcome.value
        else:
            found[outcome.target.id] = outcome.error
            shared.talk(f"Regions of {outcome.target.name} are UNKNOWN: {outcome.error}")
    return found


def _row(
    organization: Organization, account: Account, counts: dict[str, int | BaselineError]
) -> dict[str, Any]:
    count = counts.get(account.id)
    return {
        "id": account.id,
        "name": account.name,
        "kind": "main" if account.id == organization.main_account_id else "member",
        "state": account.state,
        "ou": account.ou,
        "email": account.email,
        "regions": "UNKNOWN" if isinstance(count, BaselineError) else count,
    }
