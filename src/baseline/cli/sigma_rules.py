"""``baseline query import-sigma``: rules of others become saved queries of one's own."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from baseline.cli import shared
from baseline.errors import QueryError, UsageError
from baseline.query import catalogue


@click.command("import-sigma")
@click.argument(
    "sources",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(path_type=Path, exists=True),
)
@click.option(
    "--queries",
    "queries_path",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BASELINE_QUERIES",
    help="Where the queries are written.  [default: queries, of the configuration]",
)
@click.option(
    "--detections/--no-detections",
    default=True,
    show_default=True,
    help="Whether they run with --detections, by their level.",
)
@click.option("--replace", is_flag=True, help="Write over queries that are there and differ.")
@shared.config_option
@shared.output_option
def import_sigma(
    *,
    sources: tuple[Path, ...],
    queries_path: Path | None,
    detections: bool,
    replace: bool,
    config_path: Path | None,
    output: str,
) -> int:
    """Bring Sigma rules about AWS CloudTrail in as saved queries.

    FILE is a rule, or a directory of rules. A rule that cannot be brought in is named with the
    reason, and makes the exit code 1; the others are there.

    \b
    Example:  baseline query import-sigma sigma/rules/cloud/aws/cloudtrail
    """
    directory = queries_path or shared.load_configuration(config_path).queries
    taken = {query.name.lower() for query in catalogue.saved()}
    rows, refused = [], 0
    for found in _read(sources, detections=detections):
        error = found if isinstance(found, QueryError) else _kept(found, directory, taken, replace)
        if error:
            shared.talk(f"Refused: {error}")
            refused += 1
        elif isinstance(found, catalogue.SavedQuery):
            taken.add(found.name.lower())
            rows.append(_row(found, directory))
    shared.show(rows, output, ("name", "severity", "title", "path"))
    brought = "1 rule was" if len(rows) == 1 else f"{len(rows)} rules were"
    shared.talk(f"{brought} brought in, {refused} refused.")
    return 1 if refused else 0


def _read(sources: Iterable[Path], *, detections: bool) -> Iterator[Any]:
    try:
        from baseline.query import sigma  # noqa: PLC0415  # pySigma is slow to import, and optional
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("sigma"):
            raise
        raise UsageError(
            "pySigma is not installed", remedy="Install it: pip install 'aws-baseline[sigma]'"
        ) from None
    for file in _files(sources):
        yield from sigma.read(file, detection=detections)


def _files(sources: Iterable[Path]) -> Iterator[Path]:
    for source in sources:
        inside = (file for file in source.rglob("*") if re.fullmatch(r"\.ya?ml", file.suffix))
        yield from sorted(inside) if source.is_dir() else [source]


def _kept(
    query: catalogue.SavedQuery, directory: Path, taken: set[str], replace: bool
) -> QueryError | None:
    """Write the query to its file; or say why not."""
    file = directory / f"{query.name}.sql"
    if query.name.lower() in taken:
        return QueryError(f"there is another query called {query.name}", where=query.title)
    try:
        if file.exists() and file.read_text(encoding="utf-8") != query.sql and not replace:
            return QueryError("is there, and differs", where=str(file), remedy="Add --replace.")
        directory.mkdir(parents=True, exist_ok=True)
        file.write_text(query.sql, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(file)) from None
    return None


def _row(query: catalogue.SavedQuery, directory: Path) -> dict[str, Any]:
    return {
        "name": query.name,
        "severity": query.severity or None,
        "title": query.title,
        "path": str(directory / f"{query.name}.sql"),
    }
