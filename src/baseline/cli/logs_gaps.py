"""``baseline logs gaps``: days without logs, told apart from days on which nothing happened."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from baseline.cli import shared
from baseline.cli.logs_options import (
    account_names,
    expected_places,
    place_options,
    refuse_unknown_regions,
    selection,
    source_option,
    trail_source,
)
from baseline.cli.opening import open_own
from baseline.cli.progress import patience
from baseline.cli.tables import grouped
from baseline.logs import gaps as library
from baseline.logs.gaps import Gap, State

_COLUMNS = ("account", "region", "state", "from", "to", "days")
_ALIKE = ("state", "from", "to", "days")
_WRONG = {State.REMOVED, State.GAP, State.NEVER}


@click.command("gaps")
@shared.aws_options
@source_option
@place_options
@shared.output_option
@shared.progress_option
def gaps(
    *,
    config_path: Path | None,
    profile: str | None,
    source: str | None,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    since: str,
    until: str,
    output: str,
    progress: bool,
) -> int:
    """Find days without CloudTrail logs, in every account and region.

    \b
    Example:  baseline logs gaps --since 30d
    Example:  baseline logs gaps --source ./copy-of-the-bucket -o json

    \b
    quiet     digests cover the day and list no log file: nothing happened
    removed   a digest lists log files of the day, and they are not there
    gap       no digest covers the day
    unknown   there are logs of other days, but no digests at all
    never     an account or region of the organization of which there is nothing

    The digests are believed here; `logs validate` proves them. The last day is
    yesterday, or the last of a copy.

    Exit code 0: no days are missing. 1: removed, gap or never. 2: nothing worse than unknown.
    """
    configuration = shared.load_configuration(config_path)
    here = source and not source.startswith("s3://")
    session = None if here else open_own(configuration, profile)
    wanted = selection(accounts, regions, since, until, session)
    expected = expected_places(session, configuration.regions, wanted) if session else []
    place = trail_source(source, configuration, session)
    refuse_unknown_regions(wanted, [place], expected)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    with patience("Still looking", show=progress):
        found = library.find(place, wanted, expected, yesterday)
    rows = [_row(gap) for gap in found]
    if output == "table":
        names = account_names(session) if rows else {}
        named = [
            row | {"account_name": names.get(str(row["account"]), row["account"])} for row in rows
        ]
        shared.show(grouped(named, _ALIKE), output, ("state", "where", *_ALIKE[1:]))
    else:
        shared.show(rows, output, _COLUMNS)
    if not found:
        shared.talk("There are logs of every day.")
    states = {gap.state for gap in found}
    return 1 if states & _WRONG else 2 if State.UNKNOWN in states else 0


def _row(gap: Gap) -> dict[str, str | int]:
    return {
        "account": gap.account,
        "region": gap.region,
        "state": gap.state.value,
        "from": gap.since,
        "to": gap.until,
        "days": gap.days,
    }
