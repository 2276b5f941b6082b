"""What the commands of ``baseline logs`` share: which source, which accounts, regions and days."""

import re
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

import click

from baseline.cli.shared import talk
from baseline.configuration import Configuration
from baseline.errors import AwsError, BaselineError, UsageError
from baseline.logs.discover import folders
from baseline.logs.layout import Selection
from baseline.logs.source import NO_BUCKET, Original, Source, open_source
from baseline.query.proposals import near

if TYPE_CHECKING:
    from baseline.sessions import Session

F = TypeVar("F", bound=Callable[..., Any])

_NAMED = 20
# What is looked at reaches beyond the last day, and folders of logs are of this century.
_LAST_YEAR = 2099
_ACCOUNT_ID = re.compile(r"\d{12}", re.ASCII)


def source_option(command: F) -> F:
    """``--source``."""
    return click.option(
        "--source",
        envvar="BASELINE_SOURCE",
        help="Directory or s3://bucket/prefix that holds AWSLogs/.  [default: the central buckets]",
    )(command)


def place_options(command: F) -> F:
    """``--account --region --since --until``."""
    for name, text in (
        ("--until", "Last day, in the same forms."),
        ("--since", "First day: 2026-07-01, or 7d for a week ago."),
    ):
        command = click.option(name, default="", help=text)(command)
    for name, text in (
        ("--region", "Only this region. Repeatable."),
        ("--account", "Only this account, by id or name. Repeatable."),
    ):
        command = click.option(name, f"{name.strip('-')}s", multiple=True, help=text)(command)
    return command


def selection(
    accounts: Iterable[str],
    regions: Iterable[str],
    since: str,
    until: str,
    session: "Session | None",
) -> Selection:
    """What the options ask for; raises UsageError when it cannot be."""
    wanted = Selection(account_ids(accounts, session), frozenset(regions), day(since), day(until))
    if wanted.until and wanted.since > wanted.until:
        raise UsageError("--since is after --until", remedy="Swap them.")
    return wanted


def refuse_unknown_regions(
    wanted: Selection, among: Iterable[Source], expected: Iterable[tuple[str, str]] = ()
) -> None:
    """Raise UsageError for a region that nobody knows, and of which there are no logs.

    Without a word a misspelled one would be a region in which nothing happened.
    """
    strange = wanted.regions - {region for _, region in expected}
    if strange:
        strange -= {folder.region for s in among for folder in folders(s, wanted, "region")}
    check_regions(strange)


def check_regions(names: Collection[str]) -> None:
    """Raise UsageError for the first name that no region has."""
    if not names:
        return
    from baseline.sessions import known_regions  # noqa: PLC0415  # botocore is slow to import

    known = known_regions()
    for name in sorted(set(names) - known):
        remedy = near(name, sorted(known))
        raise UsageError(f"there is no region {name}", where="--region", remedy=remedy)


def expected_places(
    session: "Session", regions: tuple[str, ...], wanted: Selection
) -> list[tuple[str, str]]:
    """Where there should be logs: every active account, in every region that is rolled out to."""
    from baseline.organization import discover, enabled_regions  # noqa: PLC0415  # botocore is slow to import

    if wanted.accounts and wanted.regions:
        # Named one by one: whoever may read the bucket alone can ask, too.
        return list(product(sorted(wanted.accounts), sorted(wanted.regions)))
    return [
        (account.id, region)
        for account in discover(session).active
        for region in regions or enabled_regions(session)
        if (not wanted.accounts or account.id in wanted.accounts)
        and (not wanted.regions or region in wanted.regions)
    ]


def sources(
    text: str | None, configuration: Configuration, session: "Session | None"
) -> list[Source]:
    """What ``--source`` names; without it the central buckets, flow logs only if there are any.

    Raises AwsError when there is no CloudTrail bucket.
    """
    trail = trail_source(text, configuration, session)
    if text or session is None:
        return [trail]
    flows = _central("flowlogs", configuration, session)
    try:
        flows.folders("")
    except AwsError as error:
        if error.code != NO_BUCKET:
            raise
        return [trail]
    return [trail, flows]


def trail_source(
    text: str | None, configuration: Configuration, session: "Session | None"
) -> Original:
    """What ``--source`` names, or the central bucket of CloudTrail."""
    if text:
        return open_source(text, session)
    if session is None:
        raise UsageError("no source was given", remedy="Give --source.")
    return _central("cloudtrail", configuration, session)


def _central(kind: str, configuration: Configuration, session: "Session") -> Original:
    name = f"{configuration.prefix}-{kind}-{session.account_id}-{configuration.home_region}"
    return open_source(f"s3://{name}", session)


def account_ids(names: Iterable[str], session: "Session | None") -> frozenset[str]:
    """The ids of accounts given by id or, where there is a session, by name."""
    names = set(names)
    ids = set(filter(is_account_id, names))
    others = names - ids
    if not others:
        return frozenset(ids)
    if session is None:
        raise UsageError(
            f"{min(others)!r} is no account id",
            where="--account",
            remedy="Names are known only to AWS: give the 12 digits.",
        )
    from baseline.organization import discover  # noqa: PLC0415  # botocore is slow to import

    known = {account.name: account.id for account in discover(session).accounts}
    check_account_names(others, known)
    return frozenset(ids | {known[name] for name in others})


def is_account_id(text: str) -> bool:
    """Whether it is twelve digits."""
    return bool(_ACCOUNT_ID.fullmatch(text))


def check_account_names(names: Iterable[str], known: Collection[str]) -> None:
    """Raise UsageError for the first name that no account has."""
    for name in sorted(set(names) - set(known)):
        remedy = near(name, known, "See: baseline accounts")
        raise UsageError(f"there is no account {name!r}", where="--account", remedy=remedy)


def account_names(session: "Session | None") -> dict[str, str]:
    """Names by id, to be read by people; none where the organization cannot be asked."""
    from baseline.organization import discover  # noqa: PLC0415  # botocore is slow to import

    try:
        return {a.id: a.name for a in discover(session).accounts} if session else {}
    except BaselineError:
        return {}


def day(text: str) -> str:
    """``YYYY-MM-DD`` for an ISO date, or for ``7d``: so many days before today (UTC)."""
    if not text:
        return ""
    if ago := re.fullmatch(r"(\d{1,5})d", text, re.ASCII):
        return (datetime.now(UTC).date() - timedelta(days=int(ago[1]))).isoformat()
    with suppress(ValueError):
        found = date.fromisoformat(text)
        if found.year <= _LAST_YEAR:
            return found.isoformat()
    raise UsageError(f"{text!r} is no day", remedy="Write 2026-07-01, or 7d for a week ago.")


def printable(text: str) -> str:
    """``text`` on one line, without what could steer a terminal: logs hold what attackers write."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def name_objects(what: str, pairs: list[tuple[str, str]], rest: str = "-o json names all") -> None:
    """Say on stderr which objects do not count, and why; ``rest`` says where the others are."""
    for key, reason in pairs[:_NAMED]:
        talk(printable(f"{what}: {key} {reason}"))
    if len(pairs) > _NAMED:
        talk(f"{what}: {len(pairs) - _NAMED} more; {rest}.")
