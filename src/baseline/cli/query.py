"""``baseline query``: ask the logs with SQL, by saved queries or of one's own."""

import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, filterfalse, islice
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from baseline.cli import query_kept, query_lake, shared
from baseline.cli.athena import athena_options, open_athena
from baseline.cli.detecting import Detecting, Question, detecting_options
from baseline.cli.opening import open_own
from baseline.cli.progress import patience
from baseline.cli.sigma_rules import import_sigma
from baseline.cli.signals import ended_by_signals
from baseline.errors import QueryError, UsageError
from baseline.query import catalogue

COLUMNS = (
    "name", "title", "description", "parameters", "why", "topic", "mitre", "severity", "path",
)  # fmt: skip
_TABLE = ("topic", "name", "severity", "title")
_FIRST = 10_000  # rows that are held before the first of them is written
_SCREENFULS = 200  # rows that a person at a terminal still looks at
Row = dict[str, Any]
_OF_DUCKDB = ("--source", "--lake")
_OF_ATHENA = ("--workgroup", "--max-bytes")


@click.group()
def query() -> None:
    """Ask the logs with SQL."""


query.add_command(import_sigma)


def _queries_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--queries",
        "queries_path",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        envvar="BASELINE_QUERIES",
        help="Saved queries of your own.  [default: queries, of the configuration]",
    )(command)


@query.command("list")
@click.option("--topic", type=click.Choice(catalogue.TOPICS), help="Only this topic.")
@click.option("--detections", is_flag=True, help="Only detections.")
@_queries_option
@shared.config_option
@shared.output_option
def list_queries(
    *,
    topic: str | None,
    detections: bool,
    queries_path: Path | None,
    config_path: Path | None,
    output: str,
) -> None:
    """The saved queries, yours among them.

    \b
    Example:  baseline query list --topic identity
    Example:  baseline query list -o json
    """
    rows = [
        _entry(saved)
        for saved in catalogue.saved(_directory(queries_path, config_path), _leave_out)
        if topic in (None, saved.topic) and (saved.severity or not detections)
    ]
    if output == "table":
        rows.sort(key=lambda row: (catalogue.TOPICS.index(row["topic"]), row["name"]))
    shared.show(rows, output, COLUMNS if output != "table" else _TABLE)


def _entry(saved: catalogue.SavedQuery) -> dict[str, Any]:
    return {
        "name": saved.name,
        "title": saved.title,
        "description": saved.description,
        "parameters": [
            {
                "name": parameter.name,
                "type": parameter.type,
                "default": parameter.default,
                "description": parameter.description,
            }
            for parameter in saved.parameters
        ],
        "why": saved.why,
        "topic": saved.topic,
        "mitre": list(saved.mitre),
        "severity": saved.severity or None,
        "path": saved.path or None,
    }


def _leave_out(error: QueryError) -> None:
    """A file that is no query takes none of the others away."""
    shared.talk(shared.printable(f"Left out: {error}"))


def _directory(path: Path | None, config_path: Path | None) -> Path:
    return path or shared.load_configuration(config_path).queries


@query.command("show")
@click.argument("name")
@_queries_option
@shared.config_option
def show_query(name: str, queries_path: Path | None, config_path: Path | None) -> None:
    """The text of a saved query.

    \b
    Example:  baseline query show RootLogin30Days
    """
    found = catalogue.find(name, _directory(queries_path, config_path), _leave_out)
    click.echo(shared.printable(found.sql.rstrip()))


@query.command("run")
@click.argument("name", required=False)
@click.option("--sql", help="A query in Athena's dialect.")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="A file with a query; - reads stdin.",
)
@click.option(
    "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="Bind :NAME. Repeatable."
)
@click.option(
    "--engine",
    type=click.Choice(["duckdb", "athena"]),
    default="duckdb",
    show_default=True,
    help="What answers: this machine, or Athena in the main account.",
)
@athena_options
@click.option("--source", help="Raw logs: a directory or s3://bucket/prefix that holds AWSLogs/.")
@click.option(
    "--lake",
    "lake_path",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="BASELINE_LAKE",
    help="The lake to ask.  [default: lake, of the configuration]",
)
@click.option("--limit", type=click.IntRange(min=0), help="At most so many rows.")
@detecting_options
@_queries_option
@shared.reports_option
@shared.aws_options
@shared.output_option
@shared.progress_option
@click.pass_context
def run_query(
    context: click.Context,
    *,
    name: str | None,
    sql: str | None,
    file: Path | None,
    parameters: tuple[str, ...],
    engine: str,
    workgroup: str | None,
    max_bytes: int | None,
    source: str | None,
    lake_path: Path | None,
    limit: int | None,
    detecting: Detecting,
    queries_path: Path | None,
    reports: Path | None,
    config_path: Path | None,
    profile: str | None,
    output: str,
    progress: bool,
) -> int:
    """Run a saved query, or one of your own, over the lake, straight over raw logs, or on Athena.

    \b
    Example:  baseline query run TrailStopped --since 7d --region eu-west-1
    Example:  baseline query run --sql "select count(*) from auditing.cloudtrail"
    Example:  baseline query run RootLogin30Days --engine athena --max-bytes 5GB
    Example:  baseline query run --detections --since 7d --fail-on high
    Example:  baseline query run --sql "select * from auditing.findings where status = 'FAIL'"

    Tables: auditing.cloudtrail, auditing.cloudtrail_distinct (each event once), auditing.flowlogs;
    on this machine also auditing.findings and auditing.coverage, which are kept among the reports.
    """
    detecting.check(name, sql, file, parameters)
    if detecting.accounts:
        detecting = _by_id(detecting, reports or shared.load_configuration(config_path).reports)
    own = _directory(queries_path, config_path) if name or detecting.detections else None
    left_out: list[QueryError] = []
    question = detecting.asked(own, left_out.append, here=engine == "duckdb") or _asked(
        name, sql, file, _values(parameters), own=own, detecting=detecting
    )
    statement = question.statement
    for error in left_out:
        _leave_out(error)
    lake_is_given = context.get_parameter_source("lake_path") is ParameterSource.COMMANDLINE
    given = {
        "--source": bool(source),
        "--lake": lake_is_given,
        "--workgroup": bool(workgroup),
        "--max-bytes": max_bytes is not None,
    }
    _check_engine(engine, [option for option, is_given in given.items() if is_given])
    kept = query_kept.open_kept(statement, engine, reports, config_path)
    missing, looked = 0, True
    alarms = detecting.alarms()
    with _terminated_like_interrupted(), ExitStack() as stack:
        # What it waits for ends with the first rows.
        waiting = stack.enter_context(ExitStack())
        waiting.enter_context(patience("Still reading", show=progress))
        if engine == "athena":
            configuration = shared.load_configuration(config_path)
            answer = open_athena(configuration, profile, workgroup, max_bytes).run(question.text())
        else:
            if source:
                lake, missing, looked = _staged(stack, source, statement, config_path, profile)
            else:
                lake = query_lake.open_lake(lake_path, config_path, statement)
            ask = partial(_ask, stack, lake, statement, limit)
            try:
                duckdb, answer = ask(kept)
            except QueryError:
                if not (kept and (damaged := query_kept.damaged(kept))):
                    raise
                sound = query_kept.open_kept(statement, engine, reports, config_path, damaged)
                duckdb, answer = ask(sound)
        rows = _begun(islice(answer.rows, limit))
        waiting.close()
        columns = detecting.columns(answer.columns, output)
        records, most = detecting.records(), limit or _SCREENFULS
        shared.show(alarms.hear(rows), output, columns, records=records, most=most)
        # Only now: what else the engine is asked would end the answer.
        if engine == "duckdb" and lake and not source:
            missing, looked = query_lake.missing(lake, statement, duckdb)
    if detecting.fail_on and not looked:
        return 2
    return 1 if missing or left_out or alarms.rung else 0


def _begun(rows: Iterator[Row]) -> Iterator[Row]:
    """``rows``, of which the first were taken: what goes wrong until then leaves no half answer."""
    return chain(list(islice(rows, _FIRST)), rows)


def _by_id(detecting: Detecting, reports: Path) -> Detecting:
    """Accounts by their ids, where the organization is kept; one that it has not got is said."""
    from baseline.cli.logs_options import check_account_names, is_account_id  # noqa: PLC0415  # slow to import
    from baseline.findings import accounts  # noqa: PLC0415  # only where an account is named

    kept = accounts.known(reports)
    if kept is None:
        return detecting
    ids = {account.name: account.id for account in kept.accounts}
    check_account_names(filterfalse(is_account_id, detecting.accounts), ids)
    found = tuple(ids.get(name, name) for name in detecting.accounts)
    for unknown in sorted(set(found) - set(ids.values())):
        shared.talk(
            f"Account {unknown} was not in organization {kept.id or '(none)'} when it was last "
            "read. See: baseline accounts"
        )
    return replace(detecting, accounts=found)


def _check_engine(engine: str, given: list[str]) -> None:
    """Refuse options that mean nothing to the engine, or contradict each other."""
    if {"--source", "--lake"} <= set(given):
        raise UsageError("--source and --lake exclude each other", remedy="Give one of them.")
    foreign = _OF_DUCKDB if engine == "athena" else _OF_ATHENA
    if wrong := [option for option in given if option in foreign]:
        raise UsageError(f"{wrong[0]} means nothing to --engine {engine}", remedy="Leave it out.")


def _values(parameters: tuple[str, ...]) -> dict[str, str]:
    values = {}
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if not equals or not name or not value:
            raise UsageError(f"{parameter!r} has no value", remedy="Write --param name=value.")
        values[name] = value
    return values


def _asked(
    name: str | None,
    sql: str | None,
    file: Path | None,
    values: dict[str, str],
    *,
    own: Path | None,
    detecting: Detecting,
) -> Question:
    """The one query that was asked for, refused before anything else is done if it is none."""
    from baseline.query import statement  # noqa: PLC0415  # sqlglot is slow to import

    if [name, sql, file].count(None) != 2:  # noqa: PLR2004  # two of three
        raise UsageError("give one of NAME, --sql and --file", remedy="See: baseline query list")
    if name is not None:
        return detecting.of_saved(catalogue.find(name, own, _leave_out), values)
    text = sql if sql is not None else _read(file or Path("-"))
    return Question.read(text, statement.literals(values))


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"cannot be read: {reason}", where=str(file)) from None


def _staged(
    stack: ExitStack,
    source: str,
    statement: Any,
    config_path: Path | None,
    profile: str | None,
) -> tuple[Any, int, bool]:
    """A passing lake of what the query can touch.

    And how many objects could not be used, and whether there was anything to look at.
    """
    from baseline.logs.source import open_source  # noqa: PLC0415  # slow to import
    from baseline.query import pruning, raw  # noqa: PLC0415  # slow to import

    session = None
    if source.startswith("s3://"):
        session = open_own(shared.load_configuration(config_path), profile)
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="baseline-raw-"))
    lake, done = raw.stage(open_source(source, session), statement, Path(directory))
    query_lake.name_missing("Set aside", done.set_aside)
    query_lake.name_missing("Not read", done.unread)
    missing = len(done.set_aside) + len(done.unread)
    looked = bool(done.objects or missing or not pruning.tables(statement))
    if not looked:
        shared.talk(f"No log object in {source} matches the query's account, region and date.")
    return lake, missing, looked


def _ask(stack: ExitStack, lake: Any, statement: Any, limit: int | None, kept: Any) -> Any:
    """The engine and its answer."""
    from baseline.query.duckdb import DuckDB  # noqa: PLC0415  # duckdb is slow to import

    engine = DuckDB(lake, kept)
    stack.callback(engine.close)
    # A recursion without an end never comes back to Python.
    stack.enter_context(ended_by_signals(engine.interrupt))
    answer = engine.run(statement)
    # Only the last row tells that no file of what is kept is damaged; and those are not many.
    return engine, replace(answer, rows=iter(list(islice(answer.rows, limit)))) if kept else answer


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM, too, leaves no copies of logs behind; of a query there is nothing to be kept."""

    def interrupt(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        shared.talk("Interrupted.")
        raise click.exceptions.Exit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)
