"""``baseline logs validate``: prove that CloudTrail's logs are those that it delivered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baseline.cli import shared
from baseline.cli.logs_options import (
    account_names,
    expected_places,
    place_options,
    printable,
    refuse_unknown_regions,
    selection,
    source_option,
    trail_source,
)
from baseline.cli.opening import open_own
from baseline.cli.progress import watching
from baseline.cli.tables import where
from baseline.configuration import Configuration
from baseline.errors import LogFileError
from baseline.logs.integrity.keys import PublicKeys, default_cache, of_cloudtrail
from baseline.logs.integrity.validate import Result, Span, validate
from baseline.logs.integrity.verdict import Checked, Verdict
from baseline.logs.layout import Selection

if TYPE_CHECKING:
    from baseline.logs.integrity.chain import Silence
    from baseline.sessions import Session

_COLUMNS = (
    "account", "region", "trail", "state", "digests", "logs", "invalid", "unproven", "from", "to",
)  # fmt: skip
_SUMS = ("digests", "logs", "invalid", "unproven")
_TOGETHER = ("state", "where", "trail", *_SUMS, "from", "to")
_CAUSES = 50
_A_DAY = len("2026-07-01")  # the hour is in the other forms
_DOUBTS = (Verdict.UNPROVEN, Verdict.UNREAD)


@click.command("validate")
@shared.aws_options
@source_option
@place_options
@click.option("--all", "every", is_flag=True, help="With -o json: name the valid files, too.")
@shared.output_option
@shared.progress_option
def validate_logs(
    *,
    config_path: Path | None,
    profile: str | None,
    source: str | None,
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    since: str,
    until: str,
    every: bool,
    output: str,
    progress: bool,
) -> int:
    """Prove with CloudTrail's digests that no log file was changed or removed.

    \b
    Example:  baseline logs validate --since 7d
    Example:  baseline logs validate --source ./copy-of-the-bucket -o json

    Follows the chain of signed digests of every account and region, and compares every log file
    with its hash. A file has the verdict that `aws cloudtrail validate-logs` has. Public keys are
    asked for once and kept in ~/.cache/aws-baseline; after that a copy is proven offline.

    Chains that are alike share a row: all of them reach from the day `from` to the day `to`, some
    further. -o json has the first and the last digest of each.

    Every active account and region of the organization must have digests, and each chain must
    reach from the first day to the last: a period without digests is `unproven`.

    Exit code 0: all is valid. 1: something is not. 2: something could not be proven.
    """
    configuration = shared.load_configuration(config_path)
    here = source and not source.startswith("s3://")
    session = None if here else open_own(configuration, profile)
    wanted = selection(accounts, regions, since, until, session)
    places = expected_places(session, configuration.regions, wanted) if session else []
    place = trail_source(source, configuration, session)
    refuse_unknown_regions(wanted, [place], places)
    keys = PublicKeys(default_cache(), of_cloudtrail(_Clients(configuration, profile, session)))
    with watching(show=progress) as watch:
        found = validate(
            place, wanted, span(wanted), keys, watch.step, every=every, expected=places
        )
        results = list(found)
    if not results:
        raise LogFileError(
            "no digests and no logs are there that match",
            where=place.name,
            remedy="Check --source and the filters; digests come an hour after the trail is made.",
        )
    results.sort(key=lambda result: result.chain)
    names = account_names(session)
    _tell(results, names)
    rows = [_row(result, details=output == "json") for result in results]
    if output == "table":
        shared.show(_together(rows, names), output, _TOGETHER)
    else:
        shared.show(rows, output, None if output == "json" else _COLUMNS)
    states = {result.state for result in results}
    return 1 if "invalid" in states else 0 if states == {"valid"} else 2


def span(wanted: Selection) -> Span:
    """The days as times; without a first or last one since ever, or until now."""
    now = datetime.now(UTC)
    since = date.fromisoformat(wanted.since or "1970-01-01")
    until = date.fromisoformat(wanted.until) + timedelta(days=1) if wanted.until else None
    midnight = datetime.min.time().replace(tzinfo=UTC)
    end = datetime.combine(until, midnight) - timedelta(seconds=1) if until else now
    return Span(datetime.combine(since, midnight), end)


class _Clients:
    """CloudTrail's client of a region; AWS is spoken to only when a key is not kept yet."""

    def __init__(
        self, configuration: Configuration, profile: str | None, session: "Session | None"
    ) -> None:
        self._configuration = configuration
        self._profile = profile
        self._session = session

    def __call__(self, region: str) -> Any:
        self._session = self._session or open_own(self._configuration, self._profile)
        return self._session.client("cloudtrail", region)


def _tell(results: Sequence[Result], names: Mapping[str, str]) -> None:
    """Say on stderr what is wrong, file by file, and then what could not be proven."""
    problems = [problem for result in results for problem in result.problems]
    for problem in problems:
        if problem.verdict.invalid:
            shared.talk(_named(problem))
    _tell_doubts([problem for problem in problems if not problem.verdict.invalid])
    silent: dict[Silence, list[dict[str, Any]]] = defaultdict(list)
    for result in results:
        place = result.chain.place
        name = names.get(place.account, place.account)
        named = {"account": place.account, "account_name": name, "region": place.region}
        for silence in result.silences:
            silent[silence].append(named)
    for silence, places in silent.items():
        shared.talk(
            f"{where(places)}: no digests from {_time(silence.since)} to {_time(silence.until)}: "
            "the trail did not log, or did so without validation, or its digests were removed."
        )


def _tell_doubts(doubts: Sequence[Checked]) -> None:
    """A line for each cause: a copy without metadata leaves every chain open, and hides no file."""
    causes: dict[tuple[str, Verdict, str], list[Checked]] = defaultdict(list)
    for doubt in doubts:
        causes[doubt.kind, doubt.verdict, doubt.reason].append(doubt)
    for (kind, verdict, reason), files in list(causes.items())[:_CAUSES]:
        many = printable(f"{len(files)} {kind}s {verdict}: {reason}")
        shared.talk(_named(files[0]) if len(files) == 1 else many)
    if len(causes) > _CAUSES:
        left = sum(len(files) for files in list(causes.values())[_CAUSES:])
        shared.talk(f"{left} more could not be proven; -o json names all.")


def _named(problem: Checked) -> str:
    return printable(f"{problem.kind} {problem.place} {problem.verdict}: {problem.reason}")


def _row(result: Result, *, details: bool) -> dict[str, Any]:
    chain = result.chain
    counts = result.digests + result.logs
    row: dict[str, Any] = {
        "account": chain.place.account,
        "region": chain.place.region,
        "trail": chain.trail + (" (backfill)" if chain.backfill else ""),
        "state": result.state,
        "digests": result.digests.total(),
        "logs": result.logs.total(),
        "invalid": sum(number for verdict, number in counts.items() if verdict.invalid),
        "unproven": sum(counts[verdict] for verdict in _DOUBTS),
        "from": _time(result.first),
        "to": _time(result.last),
    }
    if details:
        row["files"] = [_file(found) for found in result.problems + result.valid]
        row["silences"] = [
            {"from": _time(silence.since), "to": _time(silence.until)}
            for silence in result.silences
        ]
    return row


def _together(rows: Iterable[dict[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """For people: the whole organization in a few rows, and one for each chain that is invalid."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        alone = (row["account"], row["region"]) if row["state"] == "invalid" else ()
        name = names.get(row["account"], row["account"])
        groups[row["state"], row["trail"], *alone].append(row | {"account_name": name})
    return [
        {
            "state": members[0]["state"],
            "where": where(members),
            "trail": members[0]["trail"],
            **{name: sum(member[name] for member in members) for name in _SUMS},
            **_reach(members),
        }
        for members in groups.values()
    ]


def _reach(members: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The days that all chains reach; none where one of them has no digest."""
    ends = [(member["from"], member["to"]) for member in members]
    first = max(since for since, _ in ends) if all(since for since, _ in ends) else ""
    return {"from": first[:_A_DAY], "to": min(until for _, until in ends)[:_A_DAY]}


def _file(found: Checked) -> dict[str, str]:
    return {
        "kind": found.kind,
        "object": found.place,
        "verdict": found.verdict.value,
        "reason": found.reason,
    }


def _time(time: datetime | None) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else ""
