"""Rules in Sigma's format as saved queries, by pySigma and a backend that writes Athena's SQL.

Sigma compares text in any case, and a field that is not there does not match; under NOT it then
does ["Sigma Rules Specification", Detection]. In SQL both have to be said.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import re2
from sigma.collection import SigmaCollection
from sigma.conditions import ConditionAND, ConditionNOT, ConditionOR
from sigma.conversion.base import TextQueryBackend
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RE2RegexEngine, RegexPattern
from sigma.rule import SigmaRule
from sigma.types import (
    CompareOperators,
    SigmaCasedString,
    SigmaRegularExpression,
    SigmaString,
    SpecialChars,
)

from baseline.errors import QueryError
from baseline.query import catalogue, statement
from baseline.query.sigma_fields import EVERYWHERE, text_of

_OPERATORS = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
    CompareOperators.NEQ: "<>",
}
_TOPICS = {
    "defense-evasion": "defence evasion",
    "stealth": "defence evasion",
    "defense-impairment": "defence evasion",
    "exfiltration": "exfiltration",
    "collection": "exfiltration",
    "persistence": "persistence",
    "execution": "persistence",
    "impact": "impact",
    "discovery": "discovery",
    "reconnaissance": "discovery",
}
_SQL = """SELECT
  eventtime AS time,
  account,
  region,
  coalesce(useridentity.arn, useridentity.principalid, useridentity.invokedby) AS principal,
  sourceipaddress AS sourceip,
  eventname AS event,
  coalesce(element_at(resources, 1).arn, eventsource) AS resource,
  coalesce(errormessage, requestparameters) AS detail,
  eventid,
  useragent,
  errorcode
FROM auditing.cloudtrail
WHERE date >= date_format(date_add('day', -:days, current_timestamp), '%Y-%m-%d')
  AND (
{condition}
  )
ORDER BY time DESC
"""


class _SilentRE2(RE2RegexEngine):
    """Google's library writes to stderr, past us, what its error says as well."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        """As RE2 does it, once it is known that it can be done."""
        silent = re2.Options()
        silent.log_errors = False
        re2.compile(pattern, silent)
        return super().compile(pattern, flags)


_POLICY = SigmaPolicy(regex_engine=_SilentRE2())


def read(file: Path, *, detection: bool) -> Iterator[catalogue.SavedQuery | QueryError]:
    """Each rule in ``file`` as a saved query, or the error that says why it cannot be one."""
    try:
        text = file.read_text(encoding="utf-8")
        collection = SigmaCollection.from_yaml(text, collect_errors=True, policy=_POLICY)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        yield QueryError(f"cannot be read: {reason}", where=str(file))
        return
    except Exception as error:  # noqa: BLE001  # pySigma lets errors of YAML, and its own, through
        yield _no_rule(error, file)
        return
    of_rules = [error for rule in collection.rules for error in rule.errors]
    yield from (_no_rule(error, file) for error in collection.errors if error not in of_rules)
    for rule in collection.rules:
        yield _query_or_error(rule, file, detection=detection)


def _query_or_error(rule: Any, file: Path, *, detection: bool) -> catalogue.SavedQuery | QueryError:
    try:
        return _query(rule, detection=detection)
    except QueryError as error:
        return QueryError(error.what, where=str(file), remedy=error.remedy)
    except Exception as error:  # noqa: BLE001  # one odd rule must not lose the others
        return _no_rule(error, file)


def _no_rule(error: Exception, file: Path) -> QueryError:
    first = str(error).strip().splitlines() or [type(error).__name__]
    return QueryError(f"is no rule that can be read: {first[0].rstrip('.')}", where=str(file))


def _query(rule: Any, *, detection: bool) -> catalogue.SavedQuery:
    if not isinstance(rule, SigmaRule):
        raise QueryError("correlates other rules, which is not supported")
    if rule.errors:
        raise rule.errors[0]
    source = rule.logsource
    if (source.product, source.service) != ("aws", "cloudtrail"):
        named = "/".join(part for part in (source.product, source.service, source.category) if part)
        raise QueryError(f"is about {named}", remedy="Rules about aws/cloudtrail can be used.")
    conditions = AthenaBackend().convert_rule(rule)
    whole = conditions[0] if len(conditions) == 1 else " OR ".join(f"({c})" for c in conditions)
    # Through sqlglot, for its layout, and to be sure that it is SQL.
    shape = statement.read(f"SELECT 1 FROM auditing.cloudtrail WHERE {whole}")
    condition = shape.args["where"].this.sql(dialect="athena", pretty=True)
    sql = _SQL.format(condition=textwrap.indent(condition, "    "))
    return catalogue.parse(f"{_header(rule, detection=detection)}{sql}")


def _header(rule: SigmaRule, *, detection: bool) -> str:
    words = re.findall(r"[A-Za-z0-9]+", rule.title)
    tags = [tag.name for tag in rule.tags if tag.namespace == "attack"]
    others = "; ".join(map(str, rule.falsepositives))
    level = rule.level.name.lower() if rule.level else "medium"
    fields = {
        "name": "".join(word[0].upper() + word[1:] for word in words),
        "title": rule.title,
        "description": rule.description or rule.title,
        "why": f"Also raised by: {others or 'nothing that is known'}.",
        "topic": next((_TOPICS[tag] for tag in tags if tag in _TOPICS), "identity"),
        "mitre": ", ".join(t.upper() for t in tags if re.fullmatch(r"t\d{4}(\.\d{3})?", t)),
        "severity": level if detection else "",
        # Who wrote it is to be named wherever it goes [Detection Rule License].
        "sigma": f"{rule.id or 'without id'} by {rule.author or 'unknown'}",
        "parameter": "days integer = 30: How many days to look back.",
    }
    lines = (f"-- {key}: {_one_line(value)}" for key, value in fields.items() if value)
    wrap = textwrap.TextWrapper(100, subsequent_indent="--   ", break_on_hyphens=False)
    return "".join(f"{wrap.fill(line)}\n" for line in lines)


def _one_line(text: str) -> str:
    """Without line breaks, which would end the comment, and what a terminal would obey."""
    return "".join(filter(str.isprintable, " ".join(text.split())))


class AthenaBackend(TextQueryBackend):
    """Conditions of rules as conditions of Athena's SQL."""

    name: ClassVar[str] = "Athena"
    precedence: ClassVar[Any] = (ConditionNOT, ConditionAND, ConditionOR)
    group_expression: ClassVar[str | None] = "({expr})"
    token_separator: str = " "
    or_token: ClassVar[str] = "OR"
    and_token: ClassVar[str] = "AND"
    not_token: ClassVar[str] = "NOT"
    eq_token: ClassVar[str] = "="
    convert_or_as_in: ClassVar[bool] = True

    def decide_convert_condition_as_in_expression(self, cond: Any, state: Any) -> bool:
        """Lists of plain text, where case does not matter."""
        return super().decide_convert_condition_as_in_expression(cond, state) and all(
            isinstance(argument.value, SigmaString)
            and not isinstance(argument.value, SigmaCasedString)
            for argument in cond.args
        )

    def convert_condition_as_in_expression(self, cond: Any, state: Any) -> str:
        """One of several texts."""
        values = ", ".join(_quoted(_plain(argument.value.lower())) for argument in cond.args)
        return f"lower({text_of(cond.args[0].field)}) IN ({values})"

    def convert_condition_not(self, cond: Any, state: Any) -> str:
        """What cannot be said of a field that is not there, does not hold."""
        return f"NOT coalesce({self.convert_condition(cond.args[0], state)}, false)"

    def convert_condition_field_eq_val_str(self, cond: Any, state: Any) -> str:
        """Text in any case; ``*`` and ``?`` stand for others."""
        return _like(f"lower({text_of(cond.field)})", cond.value.lower())

    def convert_condition_field_eq_val_str_case_sensitive(self, cond: Any, state: Any) -> str:
        """Text as it is written."""
        return _like(text_of(cond.field), cond.value)

    def convert_condition_field_eq_val_num(self, cond: Any, state: Any) -> str:
        """Numbers are text in the log."""
        return f"{text_of(cond.field)} = {_quoted(str(cond.value))}"

    def convert_condition_field_eq_val_bool(self, cond: Any, state: Any) -> str:
        """So are true and false."""
        return f"lower({text_of(cond.field)}) = '{str(cond.value.boolean).lower()}'"

    def convert_condition_field_eq_val_re(self, cond: Any, state: Any) -> str:
        """A regular expression, in the case that it says."""
        return f"regexp_like({text_of(cond.field)}, {_pattern(cond.value)})"

    def convert_condition_field_eq_val_cidr(self, cond: Any, state: Any) -> str:
        """An address in a network."""
        network = _quoted(str(cond.value.network))
        return f"contains({network}, try_cast({text_of(cond.field)} AS ipaddress))"

    def convert_condition_field_compare_op_val(self, cond: Any, state: Any) -> str:
        """Greater, less."""
        operator = _OPERATORS[cond.value.op]
        return f"try_cast({text_of(cond.field)} AS double) {operator} {cond.value.number}"

    def convert_condition_field_eq_field(self, cond: Any, state: Any) -> str:
        """Two fields with the same text."""
        if cond.value.starts_with or cond.value.ends_with:
            raise QueryError("compares the beginning or end of two fields, which is not supported")
        return f"lower({text_of(cond.field)}) = lower({text_of(cond.value.field)})"

    def convert_condition_field_eq_val_null(self, cond: Any, state: Any) -> str:
        """Not there, or null."""
        return f"coalesce({text_of(cond.field)}, 'null') = 'null'"

    def convert_condition_field_exists(self, cond: Any, state: Any) -> str:
        """There, with any value."""
        return f"{text_of(cond.field)} IS NOT NULL"

    def convert_condition_val_str(self, cond: Any, state: Any) -> str:
        """A keyword, anywhere in the event."""
        around = SigmaString("*") + cond.value.lower() + SigmaString("*")
        return _like(_everywhere(), around)

    def convert_condition_val_num(self, cond: Any, state: Any) -> str:
        """A number, anywhere in the event."""
        return _like(_everywhere(), SigmaString(f"*{cond.value}*"))

    def convert_condition_val_re(self, cond: Any, state: Any) -> str:
        """A regular expression, anywhere in the event, in any case."""
        return f"regexp_like({_everywhere()}, {_pattern(cond.value)})"

    def convert_condition_field_eq_val_timestamp_part(self, cond: Any, state: Any) -> str:
        """Not here."""
        raise QueryError("looks at parts of a time, which is not supported")

    def convert_condition_field_eq_query_expr(self, cond: Any, state: Any) -> str:
        """Not here."""
        raise QueryError("holds parts of a query of another system")


def _everywhere() -> str:
    return f"lower(concat_ws(' ', {', '.join(EVERYWHERE)}))"


def _plain(value: SigmaString) -> str:
    """The text that is meant: its str() would still hold the rule's escapes."""
    if value.contains_placeholder():
        raise QueryError("has a placeholder, for which nothing is given here")
    return "".join(map(str, value.s))


def _like(field: str, value: SigmaString) -> str:
    if not value.contains_special():
        return f"{field} = {_quoted(_plain(value))}"
    if value.contains_placeholder():
        raise QueryError("has a placeholder, for which nothing is given here")
    signs = {SpecialChars.WILDCARD_MULTI: "%", SpecialChars.WILDCARD_SINGLE: "_"}
    pattern = "".join(
        signs[part] if isinstance(part, SpecialChars) else re.sub(r"([%_\\])", r"\\\1", str(part))
        for part in value.s
    )
    escape = " ESCAPE '\\'" if "\\" in pattern else ""
    return f"{field} LIKE {_quoted(pattern)}{escape}"


def _pattern(value: SigmaRegularExpression) -> str:
    pattern = str(value.regexp)
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    return _quoted(f"(?{flags}){pattern}" if flags else pattern)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
