"""SQL: text that goes on after the literal it was put into. Read as sqlglot's tokens; never parsed further.

The attack: https://owasp.org/www-community/attacks/SQL_Injection

A value lands in one of three places: `= 'text'`, `= "text"` or `= text`. Whatever ends its literal there and
goes on as SQL (an operator with an operand, another statement, a comment) is live. Prose with an apostrophe
ends the literal too, and is no SQL after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlglot import Token, Tokenizer, TokenType
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import TokenError

from security_pack.sinks.interface import Part, Sink

LIMIT = 100_000
"""Characters that are read: the tokenizer takes 2 microseconds for each, in up to five readings."""

_LITERALS = frozenset([TokenType.STRING, TokenType.NUMBER, TokenType.NATIONAL_STRING, TokenType.RAW_STRING])
_LOGIC = frozenset([TokenType.AND, TokenType.OR, TokenType.XOR, TokenType.DAMP, TokenType.DPIPE])
_COMPARING = frozenset(
    [
        TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.GT, TokenType.LTE, TokenType.GTE, TokenType.LIKE,
        TokenType.RLIKE, TokenType.BETWEEN, TokenType.IN, TokenType.IS, TokenType.NULLSAFE_EQ, TokenType.ILIKE,
    ]
)  # fmt: skip
_JOINING = frozenset([TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT])
_ARITHMETIC = frozenset(
    [TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH, TokenType.MOD, TokenType.CARET, TokenType.AMP,
     TokenType.PIPE]
)  # fmt: skip
_CLAUSES = frozenset([TokenType.WHERE, TokenType.HAVING])
_SORTING = frozenset([TokenType.ORDER_BY, TokenType.GROUP_BY])
# A statement and what must come next, so that "select a seat" and "update the booking" are prose.
_SECOND_WORD = {
    "insert": {"into", "ignore"},
    "replace": {"into"},
    "delete": {"from"},
    "drop": {"table", "database", "function", "view", "index", "user", "schema", "procedure", "column"},
    "create": {"table", "database", "function", "view", "user", "trigger", "or", "procedure"},
    "alter": {"table", "database", "user", "login", "role"},
    "truncate": {"table"},
    "waitfor": {"delay", "time"},
    "grant": {"all", "select", "insert", "update", "execute"},
    "merge": {"into"},
    "copy": {"("},
}
_ALONE = frozenset(["exec", "execute", "shutdown", "declare", "attach", "pragma", "xp_cmdshell", "load_file"])
_UNLIKE_PROSE = _LITERALS | {TokenType.DOT, TokenType.PARAMETER, TokenType.EQ}
_SIGNS = frozenset([TokenType.DASH, TokenType.PLUS])
_COMMENT = re.compile(r"\s*\)*\s*(?:--|#|/\*)")


def parts(text: str) -> Iterator[Part]:
    """What lies outside every literal of a text that goes on as SQL."""
    for quote in ("'", '"'):
        if quote in text:
            yield from _after_literal(text, quote)
    yield from _bare(text)


def _after_literal(text: str, quote: str) -> Iterator[Part]:
    """The text inside a literal that the statement closes itself, or that nobody closes any more."""
    whole = f"{quote}{text}{quote}"
    for read in (whole, whole[:-1], whole[:-1].partition("/*")[0]):
        for tokenizer in (MySQL.Tokenizer, Tokenizer):
            tokens = _tokens(tokenizer, read)
            if not tokens or tokens[0].start != 0 or tokens[0].end >= len(text):
                continue
            if _COMMENT.match(whole, tokens[0].end + 1) or _goes_on(tokens[1:]):
                yield Part("ends_its_literal", _outside_literals(whole, tokens[1:]))
                return


def _bare(text: str) -> Iterator[Part]:
    """The text where a number or a name stands, or a statement of its own."""
    tokens = _tokens(MySQL.Tokenizer, text)
    if tokens is None and text.lstrip()[:1] not in {"'", '"'}:
        # A literal that opens in the text is closed by what stands behind the value.
        tokens = _tokens(MySQL.Tokenizer, text + "'") or _tokens(MySQL.Tokenizer, text + '"')
    if not tokens:
        return
    if _is_statement(tokens) or _is_call(tokens):
        yield Part("statement", _outside_literals(text, tokens))
    elif _goes_on(tokens):
        yield Part("goes_on", _outside_literals(text, tokens))
    elif (rest := _after_value(tokens)) and _goes_on(rest, after_a_word=True):
        yield Part("goes_on", _outside_literals(text, rest))


def _after_value(tokens: Sequence[Token]) -> Sequence[Token]:
    """What follows a number, with its sign, a text or a name; nothing if there is none of them."""
    at = 1 if tokens[0].token_type in _SIGNS else 0
    is_value = at < len(tokens) and tokens[at].token_type in _LITERALS | {TokenType.VAR}
    return tokens[at + 1 :] if is_value else ()


def _tokens(tokenizer: type[Tokenizer], text: str) -> list[Token] | None:
    try:
        return tokenizer().tokenize(text)
    except TokenError:
        return None


def _goes_on(tokens: Sequence[Token], *, after_a_word: bool = False) -> bool:
    """Whether these tokens continue an expression, a condition or a script after a value."""
    rest = _without_closing(tokens)
    if not rest:
        return False
    head, after = rest[0].token_type, rest[1:]
    if head is TokenType.SEMICOLON:
        return _is_statement(after)
    if head in _LOGIC:
        return _is_condition(after)
    if head in _CLAUSES:
        return _is_condition(after)
    if head in _JOINING:
        return bool(after) and (after[0].token_type in {TokenType.ALL, TokenType.SELECT, TokenType.DISTINCT})
    if head in _SORTING:
        return _is_column(after)
    if head in _COMPARING and not after_a_word:
        return _is_subquery(after) or (_is_literal(after) and not _words_follow(after[1:]))
    if head in _ARITHMETIC:
        return _is_call(after) or (_is_text(after) and not after_a_word)
    return _is_script(rest)


def _is_condition(tokens: Sequence[Token]) -> bool:
    """An operand that says something: a literal, a call, a comparison, a subquery."""
    rest = _without_opening(tokens)
    if not rest:
        return False
    first, after = rest[0], rest[1:]
    if first.token_type in {
        TokenType.TRUE,
        TokenType.FALSE,
        TokenType.NULL,
        TokenType.SELECT,
        TokenType.EXISTS,
    }:
        return True
    if first.token_type is TokenType.NOT:
        return _is_condition(after)
    if first.token_type in _LITERALS:
        return not after or not _words_follow(after)
    return _is_call(rest) or _compares(after)


def _compares(tokens: Sequence[Token]) -> bool:
    """A comparison; "is" and "in" are words too, unless NULL, NOT or a bracket follows."""
    if not tokens:
        return False
    second = tokens[1].token_type if len(tokens) > 1 else None
    if tokens[0].token_type is TokenType.IS:
        return second in {TokenType.NULL, TokenType.NOT}
    if tokens[0].token_type is TokenType.IN:
        return second is TokenType.L_PAREN
    return tokens[0].token_type in _COMPARING


def _is_column(tokens: Sequence[Token]) -> bool:
    """What ORDER BY and GROUP BY take: a number, a call, or a name that HAVING follows."""
    if _is_literal(tokens):
        return not _words_follow(tokens[1:])
    return _is_call(tokens) or any(token.token_type is TokenType.HAVING for token in tokens[1:8])


def _is_literal(tokens: Sequence[Token]) -> bool:
    return bool(tokens) and tokens[0].token_type in _LITERALS


def _is_subquery(tokens: Sequence[Token]) -> bool:
    inner = _without_opening(tokens)
    selects = bool(inner) and inner[0].token_type is TokenType.SELECT
    return selects and len(inner) < len(tokens) and _is_query(inner[1:])


def _is_statement(tokens: Sequence[Token]) -> bool:
    if not tokens:
        return False
    if tokens[0].token_type is TokenType.SELECT:
        return _is_query(tokens[1:])
    if _is_subquery(tokens) or tokens[0].token_type is TokenType.SESSION_PARAMETER:
        return True
    if tokens[0].text.lower() == "update":
        return any(token.text.lower() == "set" for token in tokens[2:5])
    return _is_script(tokens)


def _is_script(tokens: Sequence[Token]) -> bool:
    """A statement that needs no semicolon before it where the server speaks T-SQL."""
    first = tokens[0].text.lower()
    second = tokens[1].text.lower() if len(tokens) > 1 else ""
    if first in _ALONE:
        return len(tokens) <= 2 or any(
            "_" in token.text or token.token_type in _UNLIKE_PROSE for token in tokens[1:5]
        )
    if first == "if":
        return second == "(" and any(token.token_type in _COMPARING for token in tokens[2:8])
    return second in _SECOND_WORD.get(first, ())


def _is_query(tokens: Sequence[Token]) -> bool:
    """A select list that prose does not write (`*`, a literal, a call, commas), or `name FROM name`."""
    if not tokens:
        return False
    first = tokens[0].token_type
    if first in _LITERALS or first in {
        TokenType.STAR,
        TokenType.PARAMETER,
        TokenType.NULL,
        TokenType.L_PAREN,
    }:
        return True
    listed = [token.token_type for token in tokens[:40]]
    if TokenType.FROM not in listed:
        return _is_call(tokens)
    names = listed[: listed.index(TokenType.FROM)]
    return len(names) == 1 or TokenType.COMMA in names or TokenType.L_PAREN in names


def _is_call(tokens: Sequence[Token]) -> bool:
    """`name(…)`, written as one: prose leaves a blank before its brackets."""
    if len(tokens) < 3 or tokens[1].token_type is not TokenType.L_PAREN:
        return False
    named = tokens[0].text.replace("_", "").isalnum() and not tokens[0].text.isdigit()
    return named and tokens[0].end + 1 == tokens[1].start


def _is_text(tokens: Sequence[Token]) -> bool:
    return len(tokens) == 1 and tokens[0].token_type is TokenType.STRING


def _words_follow(tokens: Sequence[Token]) -> bool:
    """Two names in a row: prose."""
    names = [token.token_type is TokenType.VAR for token in tokens[:3]]
    return names[:1] == [True] or names[1:3] == [True, True]


def _without_closing(tokens: Sequence[Token]) -> Sequence[Token]:
    at = next(
        (at for at, token in enumerate(tokens) if token.token_type is not TokenType.R_PAREN), len(tokens)
    )
    return tokens[at:]


def _without_opening(tokens: Sequence[Token]) -> Sequence[Token]:
    at = next(
        (at for at, token in enumerate(tokens) if token.token_type is not TokenType.L_PAREN), len(tokens)
    )
    return tokens[at:]


def _outside_literals(text: str, tokens: Sequence[Token]) -> str:
    """The source of these tokens, every text literal left empty."""
    if not tokens:
        return text
    pieces, at = [], tokens[0].start
    for token in tokens:
        if token.token_type in _LITERALS and token.token_type is not TokenType.NUMBER:
            pieces.append(text[at : token.start] + "''")
            at = token.end + 1
    return "".join(pieces) + text[at:]


SINK = Sink("sql", parts, limit=LIMIT)
