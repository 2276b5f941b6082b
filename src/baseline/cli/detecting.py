"""``query run --detections``, and days and places of saved queries: the options' meaning."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from baseline.errors import UsageError
from baseline.query.catalogue import SEVERITIES, Refuse, SavedQuery, saved

F = TypeVar("F", bound=Callable[..., Any])

# What a terminal has room for side by side; -o json has all.
TABLE = (
    "severity", "time", "detection", "account", "region", "principal", "sourceip", "event",
    "resource",
)  # fmt: skip
RECORD = (*TABLE[:3], "title", *TABLE[3:], "detail")


@dataclass(frozen=True)
class Question:
    """A statement that was read and found to be a query, and its text for Athena."""

    statement: Any
    text: Callable[[], str]

    @classmethod
    def read(cls, text: str, literals: Mapping[str, Any]) -> "Question":
        """The query in ``text`` as it was written, parameters filled in; raises QueryError."""
        from baseline.query import statement  # noqa: PLC0415  # sqlglot is slow to import

        return cls(statement.read(text, literals), lambda: statement.filled(text, literals))


@dataclass(frozen=True)
class Detecting:
    """What was asked: ``detections`` says whether at all."""

    detections: bool
    since: str
    until: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    severity: str
    fail_on: str | None

    @property
    def narrows(self) -> bool:
        """Whether days, accounts or regions were given."""
        return bool(self.since or self.until or self.accounts or self.regions)

    def check(self, name: str | None, *others: Any) -> None:
        """Raise UsageError when options contradict each other; ``others`` belong to one query."""
        if self.narrows and not self.detections and not name:
            raise UsageError(
                "--since, --until, --account and --region need a saved query, or --detections",
                remedy="Write other queries' limits into their SQL.",
            )
        if self.fail_on and not self.detections:
            raise UsageError("--fail-on needs --detections", remedy="Leave it out.")
        if self.detections and any((name, *others)):
            raise UsageError(
                "--detections runs without NAME, --sql, --file and --param",
                remedy="Give the days with --since and --until.",
            )
        if self.regions:
            from baseline.cli.logs_options import check_regions  # noqa: PLC0415  # slow to import

            check_regions(self.regions)

    def asked(self, own: Path | None, refuse: Refuse, *, here: bool) -> Question | None:
        """One query for all detections, those in ``own`` too; None when they were not asked for.

        One of ``own`` that cannot run is told to ``refuse``; ``here`` is whether DuckDB answers.
        """
        if not self.detections:
            return None
        from baseline.query import detections  # noqa: PLC0415  # sqlglot is slow to import

        scope = self.scope()
        wanted = detections.at_least(saved(own, refuse), self.severity)
        if any(query.path for query in wanted):
            wanted = _runnable(wanted, refuse, here=here)
        query = detections.together(wanted, scope)
        return Question(query, lambda: str(query.sql(dialect="athena")))

    def of_saved(self, query: SavedQuery, values: dict[str, str]) -> Question:
        """One saved query, with values for its parameters, over the days and places asked for."""
        if not self.narrows:
            return Question.read(query.sql, query.literals(values))
        from baseline.query import detections  # noqa: PLC0415  # sqlglot is slow to import

        return Question.read(detections.narrowed(query, values, self.scope()), {})

    def scope(self) -> Any:
        """The days, accounts and regions; raises UsageError when they are none."""
        from baseline.cli.logs_options import day, is_account_id  # noqa: PLC0415  # slow to import
        from baseline.query import detections  # noqa: PLC0415  # sqlglot is slow to import

        for account in self.accounts:
            if not is_account_id(account):
                raise UsageError(
                    f"{account!r} is no account id",
                    remedy="Give its 12 digits; names are known once an audit, a reading or a "
                    "proof is kept.",
                )
        scope = detections.Scope(day(self.since), day(self.until), self.accounts, self.regions)
        if scope.until and scope.since > scope.until:
            raise UsageError("--since is after --until", remedy="Swap them.")
        return scope

    def columns(self, all_columns: Sequence[str], output: str) -> Sequence[str]:
        """What is shown: all of it, but of detections on a terminal what there is room for."""
        short = self.detections and output == "table" and sys.stdout.isatty()
        return TABLE if short else all_columns

    def records(self) -> Sequence[str] | None:
        """What is shown of a detection on lines of its own, where there is room for more."""
        return RECORD if self.detections else None

    def alarms(self) -> "Alarms":
        """What sees whether a row is as severe as ``--fail-on``, or more."""
        fail_on = self.fail_on if self.detections else None
        return Alarms(SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on else ())


class Alarms:
    """Rows that pass by, and whether one of them had one of the severities that are ``bad``."""

    def __init__(self, bad: Sequence[str]) -> None:
        self._bad = bad
        self.rung = False

    def hear(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The same ``rows``; ``rung`` is known when all have passed."""
        for row in rows:
            self.rung = self.rung or (bool(self._bad) and row["severity"] in self._bad)
            yield row


def _runnable(
    wanted: Iterable[SavedQuery], refuse: Refuse, *, here: bool
) -> tuple[SavedQuery, ...]:
    from baseline.query import detections  # noqa: PLC0415  # sqlglot is slow to import
    from baseline.query.duckdb import DuckDB  # noqa: PLC0415  # duckdb is slow to import

    with closing(DuckDB()) as empty:
        check = empty.check if here else lambda _: None
        return tuple(detections.runnable(wanted, check, refuse))


def detecting_options(command: F) -> F:
    """``--detections`` and what narrows them, handed over as one value ``detecting``."""

    @wraps(command)
    def gathered(*arguments: Any, **options: Any) -> Any:
        values = {field.name: options.pop(field.name) for field in fields(Detecting)}
        return command(*arguments, detecting=Detecting(**values), **options)

    severities = click.Choice(SEVERITIES)
    added = gathered
    for option in (
        click.option(
            "--fail-on", type=severities, help="Exit 1 when a detection is as bad, or worse."
        ),
        click.option(
            "--severity",
            type=severities,
            default="low",
            show_default=True,
            help="Only detections as severe, or more.",
        ),
        click.option("--region", "regions", multiple=True, help="Only this region. Repeatable."),
        click.option(
            "--account",
            "accounts",
            multiple=True,
            help="Only this account, by id; by name once an audit, a reading or a proof is kept."
            " Repeatable.",
        ),
        click.option("--until", default="", help="Last day, in the same forms."),
        click.option(
            "--since",
            default="",
            help="First day: 2026-07-01, or 7d for a week ago.  [default: 30 days, as each says]",
        ),
        click.option(
            "--detections", is_flag=True, help="All saved queries that are detections, together."
        ),
    ):
        added = option(added)
    return added  # type: ignore[return-value]  # click's decorators keep the function
