"""The detections together: one statement, which reads the log once for all that look at events.

A detection that looks at single events is a condition and some columns; those with the same
predicates on account, region and date share one reading. One that counts reads for itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from sqlglot import exp

from baseline.errors import QueryError
from baseline.query import statement, tables
from baseline.query.catalogue import SEVERITIES, SHAPE, Refuse, SavedQuery

COLUMNS = ("detection", "title", "severity", "mitre", *SHAPE)

_PARTITIONS = frozenset(("account", "region", "date"))
_ABOUT = COLUMNS[:4]
_SHORT_LIST = 4
_FOREVER = "36500"
_DEAR = (exp.JSONExtract, exp.JSONExtractScalar, exp.Anonymous, exp.Lambda)
_COMPLEX = (
    "joins",
    "laterals",
    "group",
    "having",
    "distinct",
    "limit",
    "offset",
    "qualify",
    "with_",
)


@dataclass(frozen=True)
class Scope:
    """Days as ``YYYY-MM-DD``, both included; what is empty does not narrow.

    Given a day, it holds instead of the days that a detection looks back.
    """

    since: str = ""
    until: str = ""
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Detection:
    saved: SavedQuery
    query: exp.Query

    @property
    def looks_at_events(self) -> bool:
        """Whether each row is one event of ``auditing.cloudtrail``, chosen by a condition."""
        query = self.query
        if not isinstance(query, exp.Select) or any(query.args.get(key) for key in _COMPLEX):
            return False
        source = query.args["from_"].this if query.args.get("from_") else None
        return (
            isinstance(source, exp.Table)
            and source.name == "cloudtrail"
            and not source.alias
            and query.args.get("where") is not None
            and not any(query.find_all(exp.AggFunc, exp.Window, exp.Subquery))
        )

    @cached_property
    def conditions(self) -> list[exp.Expression]:
        """The parts of WHERE that all must hold."""
        return _parts(self.query.args["where"].this)

    @cached_property
    def partitions(self) -> str:
        """What it asks of account, region and date, as text."""
        return " AND ".join(sorted(part.sql() for part in self.conditions if _prunes(part)))

    @cached_property
    def condition(self) -> exp.Expression:
        """What it asks of an event besides."""
        rest = [part for part in self.conditions if not _prunes(part)]
        return exp.and_(*rest, copy=False) if rest else exp.true()

    def column(self, name: str) -> exp.Expression:
        """The expression behind a column of the shape."""
        found: exp.Expression = next(
            select.unalias()
            for select in self.query.selects
            if select.alias_or_name.lower() == name
        )
        return found


def at_least(queries: Iterable[SavedQuery], severity: str) -> tuple[SavedQuery, ...]:
    """The detections among ``queries`` that are as severe, or more."""
    wanted = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return tuple(query for query in queries if query.severity in wanted)


def runnable(
    queries: Iterable[SavedQuery], check: Callable[[exp.Query], None], refuse: Refuse
) -> list[SavedQuery]:
    """``queries`` without those of the user's own that would keep all others from running.

    ``check`` raises QueryError when the engine would; ``refuse`` is told which are left out.
    """
    found = []
    for saved in queries:
        try:
            if saved.path:
                check(_read(saved, Scope()).query)
        except QueryError as error:
            refuse(QueryError(str(error), where=saved.path))
        else:
            found.append(saved)
    return found


def together(queries: Sequence[SavedQuery], scope: Scope) -> exp.Query:
    """One query, read from Athena's SQL, for the rows of all detections in ``COLUMNS``.

    The most severe come first, of those the newest; an event that was delivered twice is told
    once. Raises QueryError.
    """
    read = [_read(saved, scope) for saved in queries]
    events = sorted((d for d in read if d.looks_at_events), key=lambda d: d.partitions)
    branches = [_of_events(list(group)) for _, group in groupby(events, lambda d: d.partitions)]
    branches += [_of_its_own(detection) for detection in read if not detection.looks_at_events]
    if not branches:
        raise QueryError("there are no detections to run", remedy="Name a lower --severity.")
    # Without copies, here and below: they would take longer than all else.
    several = len(branches) > 1
    rows = exp.union(*branches, copy=False) if several else branches[0].distinct(copy=False)
    ranks = exp.Array(expressions=[exp.Literal.string(name) for name in SEVERITIES])
    rank = exp.Anonymous(this="array_position", expressions=[ranks, exp.column("severity")])
    keys = {rank: False, exp.column("time"): True, exp.column("detection"): False}
    order = (exp.Ordered(this=key, desc=newest) for key, newest in keys.items())
    found = exp.select(*map(_named, COLUMNS)).from_(rows.subquery("found", copy=False), copy=False)
    return found.order_by(*order, copy=False)


def narrowed(saved: SavedQuery, values: Mapping[str, str], scope: Scope) -> str:
    """A saved query in Athena's SQL, asked of ``scope`` alone; raises QueryError."""
    names = {parameter.name for parameter in saved.parameters}
    given = dict(values)
    if scope.since or scope.until:
        if "days" not in names or "before" in names:
            raise QueryError(
                f"{saved.name} has days of its own, and takes no --since and --until",
                remedy="See: baseline query show" if "days" not in names else "Give --param days=…",
            )
        if "days" in given:
            raise QueryError("days and --since or --until are two answers", remedy="Give one.")
        given["days"] = _FOREVER
    query = statement.read(saved.sql, saved.literals(given))
    _narrow(query, scope)
    return str(query.sql(dialect="athena"))


def _read(saved: SavedQuery, scope: Scope) -> _Detection:
    days = any(parameter.name == "days" for parameter in saved.parameters)
    given = {"days": _FOREVER} if days and (scope.since or scope.until) else {}
    query = statement.read(saved.sql, saved.literals(given))
    known = {name.lower() for name in query.named_selects}
    if missing := [name for name in SHAPE if name not in known]:
        raise QueryError(
            f"does not give the column {missing[0]}",
            where=saved.name,
            remedy=f"A detection gives {', '.join(SHAPE)}.",
        )
    _narrow(query, scope)
    return _Detection(saved, query)


def _narrow(query: exp.Query, scope: Scope) -> None:
    """Ask ``scope`` of every table that ``query`` reads."""
    for table in list(query.find_all(exp.Table)):
        select = table.find_ancestor(exp.Select)
        if table.db == tables.SCHEMA and select is not None:
            qualifier = table.alias_or_name if select.args.get("joins") else None
            select.where(*_conditions(scope, qualifier), copy=False)


def _conditions(scope: Scope, table: str | None) -> list[exp.Expression]:
    day = exp.column("date", table=table)
    conditions: list[exp.Expression] = []
    if scope.since:
        conditions.append(day >= exp.Literal.string(scope.since))
    if scope.until:
        conditions.append(day <= exp.Literal.string(scope.until))
    for name, values in (("account", scope.accounts), ("region", scope.regions)):
        if values:
            conditions.append(exp.column(name, table=table).isin(*map(exp.Literal.string, values)))
    return conditions


def _parts(condition: exp.Expression) -> list[exp.Expression]:
    """What AND joins, however it is put in brackets."""
    if isinstance(condition.unnest(), exp.And):
        both = condition.unnest()
        return [*_parts(both.left), *_parts(both.right)]
    return [condition]


def _prunes(part: exp.Expression) -> bool:
    columns = {column.name.lower() for column in part.find_all(exp.Column)}
    return bool(columns) and columns <= _PARTITIONS


def _of_events(detections: list[_Detection]) -> exp.Select:
    """Rows of detections that ask the same of account, region and date: one reading for all."""
    first = detections[0]
    table = first.query.find(exp.Table).copy()
    shared = [part.copy() for part in first.conditions if _prunes(part)]
    some = _any_of([detection.condition for detection in detections])
    # The names of all that tell of an event, and NULL for the others.
    told = exp.Array(expressions=[_name_if_told(detection) for detection in detections])
    events = exp.select("*", exp.alias_(told, "told", copy=False), copy=False)
    events.from_(table, copy=False).where(*shared, some, copy=False)
    each = exp.Unnest(
        expressions=[exp.column("told")],
        alias=exp.TableAlias(this=exp.to_identifier("t"), columns=[exp.to_identifier("name")]),
    )
    about = exp.values([_about(d.saved) for d in detections], alias="d", columns=_ABOUT)
    columns = [exp.alias_(_chosen(detections, name), name, quoted=True) for name in SHAPE]
    return (
        exp.select(*map(_named, _ABOUT), *columns, copy=False)
        .from_(events.subquery("events", copy=False), copy=False)
        .join(each, join_type="cross", copy=False)
        .join(about, on="t.name = d.detection", copy=False)
    )


def _name_if_told(detection: _Detection) -> exp.Case:
    name = exp.Literal.string(detection.saved.name)
    return exp.Case().when(_looked_up(detection.condition), name, copy=False)


def _looked_up(condition: exp.Expression) -> exp.Expression:
    """``condition`` with long lists as arrays: DuckDB would make a join of each, for few events."""
    for found in list(condition.find_all(exp.In)):
        if len(found.expressions) > _SHORT_LIST:
            array = exp.Array(expressions=found.expressions)
            place = exp.Anonymous(this="array_position", expressions=[array, found.this])
            found.replace(exp.Paren(this=place > 0))
    return condition


def _any_of(conditions: list[exp.Expression]) -> exp.Expression:
    """What can be said of all ``conditions`` in few words: true wherever one of them is.

    It leaves a few events of many, before each detection looks at those with its whole condition.
    """
    names = {condition: _names(condition) for condition in conditions}
    rest = [_cheaply(condition) for condition, known in names.items() if known is None]
    every = sorted(frozenset[str]().union(*filter(None, names.values())))
    if every:
        rest.append(exp.column("eventname").isin(*map(exp.Literal.string, every)))
    return exp.true() if exp.true() in rest else exp.or_(exp.false(), *rest, copy=False)


def _names(condition: exp.Expression) -> frozenset[str] | None:
    """The names of the events of which alone it can be true; None where it does not say."""
    match condition:
        case exp.Paren():
            return _names(condition.this)
        case exp.And():
            known = [names for names in map(_names, _parts(condition)) if names is not None]
            return frozenset.intersection(*known) if known else None
        case exp.Or():
            either = [_names(part) for part in condition.flatten()]
            return None if None in either else frozenset().union(*filter(None, either))
        case exp.EQ(this=exp.Column(name="eventname")):
            return _texts([condition.right])
        case exp.In(this=exp.Column(name="eventname"), expressions=[_, *_] as listed):
            return _texts(listed)
    return None


def _texts(values: list[exp.Expression]) -> frozenset[str] | None:
    """The texts that ``values`` are; None when one of them is none that is known."""
    known = all(isinstance(value, exp.Literal) and value.is_string for value in values)
    return frozenset(value.name for value in values) if known else None


def _cheaply(condition: exp.Expression) -> exp.Expression:
    """What can be said of ``condition`` without a look into JSON: true wherever it is true."""
    match condition:
        case exp.Paren():
            return _cheaply(condition.this)
        case exp.And():
            parts = [part for part in map(_cheaply, _parts(condition)) if part != exp.true()]
            return exp.and_(*parts, copy=False) if parts else exp.true()
        case exp.Or():
            parts = list(map(_cheaply, condition.flatten()))
            return exp.true() if exp.true() in parts else exp.or_(*parts, copy=False)
    return exp.true() if any(condition.find_all(*_DEAR)) else condition.copy()


def _chosen(detections: list[_Detection], name: str) -> exp.Expression:
    """A column of the shape: what all agree on, or what each detection says of it."""
    expressions = [detection.column(name) for detection in detections]
    if len(set(expressions)) == 1:
        return expressions[0].copy()
    case = exp.Case(this=exp.column("detection"))
    for detection, expression in zip(detections, expressions, strict=True):
        name_of = exp.Literal.string(detection.saved.name)
        case = case.when(name_of, expression.copy(), copy=False)
    return case


def _of_its_own(detection: _Detection) -> exp.Select:
    """Rows of a detection that counts, or joins: it reads for itself."""
    about = [
        exp.alias_(exp.Literal.string(value), name)
        for name, value in zip(_ABOUT, _about(detection.saved), strict=True)
    ]
    columns: list[exp.Expression] = [_named(name) for name in SHAPE]
    if detection.saved.path:
        # Of ours all are text.
        columns = [exp.alias_(exp.cast(c, "varchar"), c.name, quoted=True) for c in columns]
    detection.query.set("order", None)
    counted = detection.query.subquery("counted", copy=False)
    return exp.select(*about, *columns, copy=False).from_(counted, copy=False)


def _about(saved: SavedQuery) -> tuple[str, str, str, str]:
    return saved.name, saved.title, saved.severity, ", ".join(saved.mitre)


def _named(name: str) -> exp.Column:
    return exp.column(name, quoted=True)
