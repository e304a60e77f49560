"""The `success` expression: `amount==15 and contains('refund processed')`, read by our own small grammar.

    condition   either ("or" either)*            either   each ("and" each)*
    each        "not" each | comparison           comparison  operand (operator operand)*
    operator    ==  !=  <  <=  >  >=  in  not in  (chained as in Python)
    operand     "text"  'text'  number  true  false  null  [list]  path  call  ( condition )
    call        contains("text")  contains(operand, "text")  regex("…")  regex(operand, "…")  len(operand)

A path such as `order.items[0].price` looks into the output read as JSON; `output` is the trimmed raw text,
unless the JSON has a key of that name. A comparison with something missing is false, even `!=`; so is one
that makes no sense, such as 'a' < 3. An operand alone holds unless it is missing, null, false, 0 or empty.

Not Python's own parser: `from`, `class` and `order-id` are good JSON keys, `regex('\\d+')` must not warn,
and the words of an error must not depend on the version of Python. Nothing is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, NoReturn

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document
from agent_runtime.files.json_path import PATTERN
from evals.graders.answer.conditions import (
    Part,
    all_of,
    answer_text,
    any_of,
    call,
    comparison,
    list_of,
    literal,
    negation,
    path,
)
from evals.graders.kind import GraderKind, no_settings
from evals.graders.quote import quote
from evals.results.records import Attempt, Grade

MAX_LENGTH = 2_000
MAX_DEPTH = 40

ALLOWED = (
    "use ==, !=, <, <=, >, >=, in, and, or, not, (…), [lists], 'text', numbers, true, false, null, "
    "paths like a.b[0], contains('…'), contains(path, '…'), regex('…'), len(path)"
)


Condition = Callable[[str], str | None]
"""Applied to a final text: None if it holds, else why it does not."""


@dataclass(frozen=True, slots=True)
class Success:
    """The final text makes the expression true."""

    condition: Condition
    name: str = "success"

    def grade(self, attempt: Attempt) -> Grade:
        """Pass, or name the part that failed and what it found."""
        reason = self.condition(attempt.output or "")
        return Grade(self.name, reason is None, reason or "")


def success(written: str | None) -> Success:
    """From the case's `success:`.

    Raises:
        InvalidInput: if the case has none, or it cannot be read.
    """
    if written is None:
        raise InvalidInput.one("success", "has nothing to match", "add  success: \"contains('…')\"")
    return Success(compile_condition(written))


def compile_condition(source: str) -> Condition:
    """Read `source` once; the result never raises, whatever text it is applied to.

    Raises:
        InvalidInput: with the column and what may be written there.
    """
    if len(source) > MAX_LENGTH:
        raise InvalidInput.one("success", f"has {len(source)} characters, more than {MAX_LENGTH}", "split it")
    why_not = _Parser(source).condition_to_the_end().why_not
    return lambda text: why_not(answer_text(text))


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


_TOKEN: Final = re.compile(
    rf"""\s*(?:
      (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d{{1,3}})?(?![\w.]))
    | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<operator>==|!=|<=|>=|<|>)
    | (?P<path>(?!\[)(?:{PATTERN}))
    | (?P<mark>[()\[\],])
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_MISTAKES = {"=": "==", "&": "and", "|": "or", "!": "not", "“": "straight quotes", "‘": "straight quotes"}
_WORDS: Final = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_RESERVED = frozenset({"and", "or", "not", "in"})


def _tokens(source: str) -> Iterator[_Token]:
    position = 0
    while True:
        found = _TOKEN.match(source, position)
        if found is None:
            start = position + len(source[position:]) - len(source[position:].lstrip())
            _refuse(start, f"{quote(source[start])} is not understood", _advice(source[start]))
        kind = str(found.lastgroup)
        position = found.end()
        yield _Token(kind, found[kind], found.start(kind), position)
        if kind == "end":
            return


def _advice(character: str) -> str:
    if character in "'\"":
        return "close the quote"
    return f"write {_MISTAKES[character]}" if character in _MISTAKES else ALLOWED


def _refuse(start: int, what: str, fix: str = ALLOWED) -> NoReturn:
    raise InvalidInput.one("success", f"column {start + 1}: {what}", fix)


class _Parser:
    """Recursive descent; every method reads one rule of the grammar above."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = list(_tokens(source))
        self.position = 0
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.position]

    def condition_to_the_end(self) -> Part:
        part = self._condition()
        if self.next.kind != "end":
            _refuse(self.next.start, f"{quote(self.next.text)} is not expected here")
        return part

    def _condition(self) -> Part:
        return self._joined("or", self._either, any_of)

    def _either(self) -> Part:
        return self._joined("and", self._each, all_of)

    def _joined(self, word: str, inner: Callable[[], Part], join: Callable[[str, list[Part]], Part]) -> Part:
        start = self.next.start
        parts = [inner()]
        while self._took(word):
            parts.append(inner())
        return parts[0] if len(parts) == 1 else join(self._since(start), parts)

    def _each(self) -> Part:
        start = self.next.start
        if not self._took("not"):
            return self._comparison()
        inner = self._deeper(self._each)
        return negation(self._since(start), inner)

    def _comparison(self) -> Part:
        start = self.next.start
        operands = [self._operand()]
        operators: list[str] = []
        while (symbol := self._operator()) is not None:
            operators.append(symbol)
            operands.append(self._operand())
        return comparison(self._since(start), operands, operators) if operators else operands[0]

    def _operator(self) -> str | None:
        if self.next.kind == "operator":
            return self._take().text
        if self._took("in"):
            return "in"
        following = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        if self.next.text == "not" and self.next.kind == following.kind == "path" and following.text == "in":
            self.position += 2
            return "not in"
        return None

    def _operand(self) -> Part:
        token = self._take()
        if token.kind == "string":
            return literal(token.text, _unquoted(token.text))
        if token.kind == "number":
            return literal(token.text, _number(token))
        if token.kind == "path" and token.text not in _RESERVED:
            return self._named(token)
        if token.text == "[" and token.kind == "mark":
            return self._list(token)
        if token.text == "(" and token.kind == "mark":
            part = self._deeper(self._condition)
            self._expect(")", token)
            return part
        found = "the end" if token.kind == "end" else quote(token.text)
        return _refuse(token.start, f"a value is missing before {found}")

    def _named(self, token: _Token) -> Part:
        if self.next.text == "(" and self.next.kind == "mark":
            return self._call(token)
        if token.text in _WORDS:
            return literal(token.text, _WORDS[token.text])
        try:
            return path(token.text)
        except ValueError as error:
            _refuse(token.start, str(error))

    def _list(self, opening: _Token) -> Part:
        items = self._items("]", opening)
        return list_of(self._since(opening.start), items)

    def _call(self, name: _Token) -> Part:
        arguments = self._items(")", self._take())
        source = self._since(name.start)
        try:
            return call(name.text, source, arguments)
        except InvalidInput as error:
            problem = error.problems[0]
            _refuse(name.start, f"{name.text} {problem.what}", problem.fix)

    def _items(self, closing: str, opening: _Token) -> list[Part]:
        items: list[Part] = []
        while not (self.next.text == closing and self.next.kind == "mark"):
            items.append(self._deeper(self._condition))
            if not (self.next.text == "," and self.next.kind == "mark"):
                break
            self._take()
        self._expect(closing, opening)
        return items

    def _deeper(self, inner: Callable[[], Part]) -> Part:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            _refuse(self.next.start, f"nests deeper than {MAX_DEPTH}", "take the parts apart")
        part = inner()
        self.depth -= 1
        return part

    def _take(self) -> _Token:
        token = self.next
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def _took(self, word: str) -> bool:
        took = self.next.kind == "path" and self.next.text == word
        if took:
            self.position += 1
        return took

    def _expect(self, mark: str, opening: _Token) -> None:
        if self.next.kind != "mark" or self.next.text != mark:
            what = f"'{opening.text}' of column {opening.start + 1} is not closed"
            _refuse(self.next.start, what, f"write {mark} here")
        self._take()

    def _since(self, start: int) -> str:
        return self.source[start : self.tokens[self.position - 1].end]


def _unquoted(text: str) -> str:
    """Only the quotes and the backslash are escaped, so that patterns are written as they are."""
    return re.sub(r"\\(['\"\\])", r"\1", text[1:-1])


def _number(token: _Token) -> int | float:
    digits = token.text
    number = int(digits) if digits.lstrip("-").isdigit() else float(digits)
    if number in (float("inf"), float("-inf")):
        _refuse(token.start, f"{digits} is too large for a number", "write a smaller one")
    return number


def _text(document: Document) -> str:
    if not isinstance(document.data, str):
        what = f"needs an expression, not {quote(document.data)}"
        raise InvalidInput.one("expression", what, "write  expression: \"contains('…')\"")
    return document.data


SUCCESS = GraderKind(
    name="success",
    read=no_settings("success", 'success: "…"'),
    build=lambda _, context: success(context.case.success),
    checks="The `success:` of the case holds. It counts without being listed, too.",
    example="success",
    # The article that this tool comes from writes `json_schema + string match`.
    aliases=("string_match",),
)
EXPRESSION = GraderKind(
    name="expression",
    read=_text,
    build=lambda source, _: Success(compile_condition(source), "expression"),
    checks="The same as `success:`, at a place where that cannot stand: inside a combination.",
    example="expression: \"amount == 15 and currency in ['USD', 'EUR']\"",
)
