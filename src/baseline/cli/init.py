"""``baseline init``: a commented baseline.yaml from the organization that is there."""

from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import ValidationError

from baseline import configuration
from baseline.cli import init_file, shared
from baseline.cli.progress import watching
from baseline.cli.tables import Row, grouped
from baseline.configuration import DEFAULT_FILE, Config, Configuration, StackSets
from baseline.errors import ConfigurationError, UsageError
from baseline.organization import RECORD_GLOBAL_RESOURCES, Organization, Target, discover
from baseline.organization import enabled_regions as enabled
from baseline.rollout import inventory, proposal, reach
from baseline.rollout.consistency import LEADING_REGION
from baseline.rollout.proposal import Proposal
from baseline.rollout.reach import Reach
from baseline.rollout.wanted import wanted
from baseline.sessions import open_session

COLUMNS = ("kind", "account", "account_name", "region", "name", "detail", "setting")


@click.command()
@shared.aws_options
@click.option("--home-region", help="Region of the central buckets.  [default: the profile's]")
@click.option(
    "--role",
    default=StackSets().bootstrap_role,
    show_default=True,
    help="Role in each member to look with, and later to create the StackSets' own roles with.",
)
@shared.output_option
@shared.progress_option
@shared.yes_option
def init(
    *,
    config_path: Path | None,
    profile: str | None,
    home_region: str | None,
    role: str,
    output: str,
    progress: bool,
    yes: bool,
) -> int:
    """Write baseline.yaml from the organization that is there.

    \b
    Example:  baseline init --home-region eu-west-1
              baseline init -o json > found.json

    Looks into every region of every account for recorders, delivery channels, trails and detectors
    that are there already, and for an administrator of GuardDuty and a trail of the whole
    organization. It writes what it found as comments, and as the settings that keep it. Changes
    nothing in AWS. A file that is there is overwritten with --yes only. Exits with 1, with the
    file written, when an account or a service could not be looked at; each is named.
    """
    file = config_path or DEFAULT_FILE
    if file.exists() and not yes:
        raise UsageError("is there already", where=str(file), remedy="Add --yes to overwrite it.")
    session = open_session(profile, home_region)
    organization, regions = discover(session), enabled(session)
    settings = first(organization, session.region, regions, role)
    proposed = _proposed(Reach(session, settings, organization), progress=progress)
    rows = list(_rows(proposed, organization))
    text = init_file.text(organization, regions, proposed, rows)
    configuration.parse(text, str(file))
    _write(file, text)
    _show(rows, output)
    for row in grouped((r for r in rows if r["kind"] == _UNKNOWN), ("name", "detail")):
        shared.talk(f"UNKNOWN: {row['name']} in {row['where']}: {row['detail']}")
    shared.talk(
        f"Wrote {file}: organization {organization.id}, {len(organization.active)} active "
        f"accounts, home region {session.region}. Next: baseline rollout preflight"
    )
    return int(bool(proposed.unseen))


_UNKNOWN = "UNKNOWN"


def first(
    organization: Organization, home_region: str, regions: tuple[str, ...], role: str
) -> Configuration:
    """What is known before anybody looks; raises UsageError when the home region is not enabled."""
    if not organization.id:
        raise UsageError(
            "this account is in no organization, and the baseline is for organizations",
            remedy="Create one, or use credentials of an organization's main account.",
        )
    if home_region not in regions:
        raise UsageError(
            f"{home_region} is not enabled in the main account",
            where="--home-region",
            remedy=f"Choose among: {', '.join(regions)}",
        )
    # The home region where it can, else the leading one, else any that can.
    able = set(regions).intersection(RECORD_GLOBAL_RESOURCES)
    chosen = (region for region in (home_region, LEADING_REGION, *regions) if region in able)
    return Configuration(
        organization=organization.id,
        home_region=home_region,
        config=Config(global_region=next(chosen, None)),
        stack_sets=_stack_sets(role),
    )


def _stack_sets(role: str) -> StackSets:
    try:
        return StackSets(bootstrap_role=role)
    except ValidationError as error:
        raise UsageError(f"expected {error.errors()[0]['msg']}", where="--role") from None


def _proposed(reached: Reach, *, progress: bool) -> Proposal:
    """The settings that follow from what is there, looked for with progress by target."""
    settings, organization = reached.configuration, reached.organization
    regions = reach.regions(reached.session, settings, organization)
    for account_id, error in sorted(regions.unknown.items()):
        shared.talk(f"Opt-in regions of {account_id} are UNKNOWN and left out: {error}")
    baseline = wanted(settings, organization, regions.by_account)
    with watching(show=progress) as watch:
        found = inventory.read(
            reached,
            baseline,
            regions.by_account,
            lambda done, total: watch.step("looked at", done, total),
        )
    return proposal.propose(reached, settings, regions, found)


def _rows(proposed: Proposal, organization: Organization) -> Iterator[Row]:
    """What was found, then what could not be looked at."""
    names = {account.id: account.name for account in organization.accounts}

    def place(target: Target) -> Row:
        account = target.account_id
        return {"account": account, "account_name": names[account], "region": target.region}

    for one in proposed.theirs:
        said = {"name": one.name, "detail": one.detail, "setting": proposed.keeps(one)}
        yield {"kind": str(one.kind)} | place(one.target) | said
    for unseen in proposed.unseen:
        said = {"name": unseen.what, "detail": f"could not look: {unseen.error.what}"}
        yield {"kind": _UNKNOWN} | place(unseen.target) | said | {"setting": ""}


def _show(rows: list[Row], output: str) -> None:
    """In a table, like ones together, and no head without rows."""
    if output != "table":
        shared.show(rows, output, COLUMNS)
    elif rows:
        alike = ("kind", "name", "detail", "setting")
        shared.show(grouped(rows, alike), output, ("kind", "where", *alike[1:]))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written: {error.strerror}",
            where=str(file),
            remedy="Give a file in a directory that you may write to, with --config.",
        ) from None
