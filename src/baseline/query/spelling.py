"""What sqlglot reads although Athena (Trino) would not, as far as the words of a statement tell.

Most of it is another program's SQL, DuckDB's too: it would be answered here, and refused there.
"""

import re

from sqlglot.tokens import Token, TokenType

from baseline.errors import QueryError

# [Trino 435: SqlBase.g4]; ":" is of our parameters.
_OPERATORS = frozenset({"=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||", "->",
                        "=>", "(", ")", "[", "]", ".", ",", ";", ":", "?"})  # fmt: skip
_INSTEAD = {
    "::": "Write cast(x as type).",
    "->>": "Write json_extract_scalar(text, '$.name').",
    "==": "Write =.",
    "&": "Write bitwise_and(a, b).",
    "|": "Write bitwise_or(a, b).",
    "^": "Write power(a, b) or bitwise_xor(a, b).",
    "~": "Write regexp_like(text, pattern).",
    "<<": "Write bitwise_left_shift(a, n).",
    ">>": "Write bitwise_right_shift(a, n).",
    "<=>": "Write IS NOT DISTINCT FROM.",
    "`": "Names go in double quotes.",
    "{": "Write map(array['a'], array[1]).",
    "ILIKE": "Write lower(text) LIKE 'pattern'.",
    "RLIKE": "Write regexp_like(text, pattern).",
    "REGEXP": "Write regexp_like(text, pattern).",
    "SIMILAR": "Write regexp_like(text, pattern).",
    "GLOB": "Write LIKE.",
    "DIV": "Write /: of whole numbers it is one.",
    "COLLATE": "Write lower(text).",
    "ISNULL": "Write IS NULL.",
    "NOTNULL": "Write IS NOT NULL.",
    "SEMI": "Write WHERE x IN (SELECT …).",
    "ANTI": "Write WHERE x NOT IN (SELECT …).",
    "ASOF": "Write a JOIN with a condition.",
    "NATURAL": "Write JOIN … USING (name).",
    "PIVOT": "Write sum(x) FILTER (WHERE …) for each column.",
    "UNPIVOT": "Write CROSS JOIN UNNEST.",
}
_WORDS = frozenset(word for word in _INSTEAD if word.isalpha())
_FOREIGN_TEXTS = frozenset({TokenType.NATIONAL_STRING, TokenType.HEREDOC_STRING,
                            TokenType.RAW_STRING, TokenType.BYTE_STRING})  # fmt: skip
_LITERALS = frozenset({TokenType.STRING, TokenType.IDENTIFIER, TokenType.NUMBER,
                       TokenType.HEX_STRING, TokenType.UNICODE_STRING})  # fmt: skip
_BEFORE_A_VALUE = {"SELECT", "WHERE", "HAVING", "ON", "BY", "AND", "OR", "NOT", "THEN", "ELSE"}
_AFTER_A_LIST = {")", ";", "FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT"}
_UNITS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"}
# [Trino 435: SqlBase.g4, INTEGER_VALUE and DECIMAL_VALUE]
_NUMBER = re.compile(
    r"0[xX](_?[0-9a-fA-F])+|0[oO](_?[0-7])+|0[bB](_?[01])+|\d+(_\d+)+(\.(\d+(_\d+)*)?)?"
)
_END = Token(TokenType.SEMICOLON, ";")  # before the first and after the last


def read_numbers(tokens: list[Token], sql: str) -> list[Token]:
    """``1_000``, ``0x1F``, ``0o7`` and ``0b1`` as numbers: sqlglot takes them for other things."""
    found: list[Token] = []
    for token in tokens:
        end = found[-1].end if found and found[-1].token_type is TokenType.NUMBER else -2
        if token.end <= end:
            continue  # a part of the number before it
        if token.start <= end + 1 and token.token_type is TokenType.VAR:
            raise _foreign(token, "a name begins with a digit", "Put it in double quotes.")
        written = _NUMBER.match(sql, token.start) if sql[token.start].isdigit() else None
        found.append(_number(token, written[0]) if written else token)
    return found


def _number(token: Token, written: str) -> Token:
    plain = str(int(written, 0)) if written[1:2].isalpha() else written
    col = token.col - (token.end - token.start) + len(written) - 1
    return Token(TokenType.NUMBER, plain.replace("_", ""), token.line, col,
                 token.start, token.start + len(written) - 1, token.comments)  # fmt: skip


def check(tokens: list[Token], sql: str) -> None:
    """Raise QueryError, with the position, for the first that is not Athena's."""
    for before, token, after in zip([_END, *tokens], tokens, [*tokens[1:], _END], strict=False):
        _check_word(before, token, sql)
        _check_text(before, token)
        _check_place(token, after)
        _check_top(before, token, after)
        if token.token_type is TokenType.INTERVAL:
            _check_interval(tokens, token)
        if token.token_type is TokenType.LIMIT:
            _check_limit(tokens, token)


def _foreign(token: Token, what: str, remedy: str = "") -> QueryError:
    where = f"line {token.line}, column {token.col - (token.end - token.start)}"
    return QueryError(what, where=where, remedy=remedy)


def _check_word(before: Token, token: Token, sql: str) -> None:
    if token.token_type in _LITERALS:
        return
    text = token.text.upper()
    if token.token_type is TokenType.DCOLON:
        raise _foreign(token, "x::type is not Athena's", _INSTEAD["::"])
    if token.token_type is TokenType.L_BRACKET and not _holds_elements(before):
        raise _foreign(token, "[…] is not Athena's", "Write array[…].")
    first = text.split()[0] if text else ""
    named = before.token_type in (TokenType.ALIAS, TokenType.DOT)
    if first in _WORDS and token.token_type is not TokenType.VAR and not named:
        raise _foreign(token, f"{text} is not Athena's", _INSTEAD[first])
    if token.token_type in _FOREIGN_TEXTS or sql[token.start] == "$":
        shown = sql[token.start : token.end + 1][:20]
        raise _foreign(token, f"{shown} is not Athena's", "Write 'text'.")
    if text in ("<", ">") and before.text == text and before.end + 1 == token.start:
        raise _foreign(before, f"{text * 2} is not Athena's", _INSTEAD[text * 2])
    if text and not re.match(r"[\w'\"$@]", text) and text not in _OPERATORS:
        raise _foreign(token, f"{text} is not Athena's", _INSTEAD.get(text, ""))


def _check_text(before: Token, token: Token) -> None:
    if token.token_type is not TokenType.STRING:
        return
    if before.token_type is TokenType.STRING:
        raise _foreign(token, "two texts without a comma", "Other programs would join them.")
    if before.token_type is TokenType.ALIAS:
        raise _foreign(token, "a text is no name", f'Write AS "{token.text}".')


def _check_place(token: Token, after: Token) -> None:
    following = "" if after.token_type in _LITERALS else after.text.upper()
    if token.token_type is TokenType.COMMA and following in _AFTER_A_LIST:
        raise _foreign(token, "a comma follows the last of the list", "Leave it out.")
    if token.token_type in (TokenType.ON, TokenType.GROUP_BY) and following in _AFTER_A_LIST:
        raise _foreign(token, f"nothing follows {token.text.upper()}")
    if token.token_type is TokenType.USING and following == "SAMPLE":
        raise _foreign(token, "USING SAMPLE is not Athena's", "Write TABLESAMPLE BERNOULLI (10).")


def _check_top(before: Token, token: Token, after: Token) -> None:
    if (before.token_type, after.token_type) != (TokenType.SELECT, TokenType.NUMBER):
        return
    if token.token_type is TokenType.VAR and token.text.upper() == "TOP":
        raise _foreign(token, "TOP is not Athena's", f"Write LIMIT {after.text} at the end.")


def _check_interval(tokens: list[Token], interval: Token) -> None:
    """``INTERVAL '1' DAY``: a number in quotes, and a unit outside of them."""
    amount, unit = _following(tokens, interval, 2)
    if amount.token_type is TokenType.NUMBER or (
        amount.token_type is TokenType.STRING and unit.text.upper() not in _UNITS
    ):
        remedy = "Write INTERVAL '1' DAY; YEAR, MONTH, HOUR, MINUTE or SECOND."
        raise _foreign(interval, "this INTERVAL is not Athena's", remedy)


def _check_limit(tokens: list[Token], limit: Token) -> None:
    """One number, and nothing after it: OFFSET stands before LIMIT."""
    count, *rest = _following(tokens, limit, 3)
    if count.token_type is TokenType.COLON:
        count, rest = rest[0], rest[1:]
    elif count.token_type not in (TokenType.NUMBER, TokenType.ALL, TokenType.PLACEHOLDER):
        return
    after = rest[0]
    if after.text.upper() == "OFFSET" or after.token_type is TokenType.COMMA:
        raise _foreign(after, "an offset after LIMIT is not Athena's", "Write OFFSET 5 LIMIT 1.")
    if after.text not in (")", ";"):
        raise _foreign(after, f"{after.text} stands after LIMIT", "LIMIT takes one number.")


def _following(tokens: list[Token], token: Token, number: int) -> list[Token]:
    at = next(i for i, other in enumerate(tokens) if other is token)
    found = tokens[at + 1 : at + 1 + number]
    return found + [_END] * (number - len(found))


def _holds_elements(token: Token) -> bool:
    if token is _END or token.text.upper() in _BEFORE_A_VALUE:
        return False
    closes = {TokenType.R_BRACKET, TokenType.R_PAREN, TokenType.IDENTIFIER}
    return token.token_type in closes or token.text[:1].isalpha()
