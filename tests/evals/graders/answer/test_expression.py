from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput, Problem
from evals.graders.answer.expression import MAX_LENGTH, compile_condition, success
from evals.results.records import Attempt, SampleStatus
from tests.evals.graders.answer.expressions import JSON, holds, reason

OPERANDS = st.sampled_from(
    [
        "a",
        "b.c",
        "$",
        "a[0]",
        "c[-1].a",
        "output",
        "'x'",
        "15",
        "-2.5",
        "true",
        "null",
        "[1, 'x']",
        "[]",
        "contains('x')",
        "contains(a, 'x')",
        "regex('x+')",
        "regex(b, '^x')",
        "len(a)",
        "len($)",
    ]
)
SYMBOLS = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", " in ", " not in "])
EXPRESSIONS = st.recursive(
    OPERANDS | st.builds("{}{}{}".format, OPERANDS, SYMBOLS, OPERANDS),
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("not {}".format, inner)
        | st.builds("({}) == {}".format, inner, OPERANDS)
    ),
    max_leaves=6,
)


def refused(source: str) -> Problem:
    with pytest.raises(InvalidInput) as caught:
        compile_condition(source)
    return caught.value.problems[0]


def test_the_articles_expression_holds_for_the_right_answer() -> None:
    answer = {"amount": 15, "message": "Refund processed for order #123"}
    assert holds("amount==15 and contains('refund processed')", answer)


@pytest.mark.parametrize(
    "source",
    [
        "amount == 15",
        "amount==15.0",
        "amount != 16",
        "10 < amount <= 15",
        "amount in [1, 15]",
        "amount not in [1, 2]",
        "'vip' in tags",
        "'rde' in status",
        "'amount' in $",
        "status == 'ordered'",
        'status == "ordered"',
        "status > 'a'",
        "items[0].price == 9.5 and items[-1].price == 2",
        "$.items[0].price==9.5",
        "approved == true and approved == True",
        "nothing == null and nothing == None",
        "approved",
        "not nothing",
        "not missing",
        "not (amount == 16 or status == 'x')",
        "amount == 16 or approved",
        "len(items) == 2",
        "len(status) > 3 and len($) == 8",
        "contains('ORDERED')",
        "contains(status, 'Order')",
        "contains(tags, 'VIP')",
        "contains('absent') == false",
        "regex('order(ed|s)')",
        r"regex(status, '^\w+$')",
        "tags == ['vip', 'new']",
        "order-id == 7",
        "from == 'a@b.example'",
        "amount > -3 and amount < 1e3",
        "items[0] != items[1]",
        "contains('it\\'s') or true",
    ],
)
def test_what_holds(source: str) -> None:
    answer = {
        "amount": 15.0,
        "status": "ordered",
        "approved": True,
        "nothing": None,
        "tags": ["vip", "new"],
        "items": [{"price": 9.5}, {"price": 2}],
        "order-id": 7,
        "from": "a@b.example",
    }
    assert reason(source, answer) == ""


@pytest.mark.parametrize(
    ("source", "column", "advice"),
    [
        ("amount=15", 7, "write =="),
        ("a && b", 3, "write and"),
        ("a || b", 3, "write or"),
        ("a == 'x", 6, "close the quote"),
        ("(a == 1", 8, "write ) here"),
        ("contians('a')", 1, "did you mean 'contains'?"),
        ("__import__('os')", 1, "there are contains, regex, len"),
        ("contains(a)", 1, "write contains('refund processed')"),
        ("contains('')", 1, "write contains('refund processed')"),
        ("contains(a, b)", 1, "write contains('refund processed')"),
        ("len(a, b)", 1, "write len(items) > 0"),
        ("regex('(?=a)')", 1, "write the condition as two checks"),
        (r"regex('(a)\1')", 1, "write out what may repeat"),
        ("regex('(')", 1, "see github.com/google/re2"),
        ("a == ", 6, "use ==, !="),
        ("", 1, "use ==, !="),
        ("a b", 3, "use ==, !="),
        ("a + 1 == 2", 3, "use ==, !="),
        ("a if b else c", 3, "use ==, !="),
        ("lambda: 1", 7, "use ==, !="),
        ("a == and", 6, "use ==, !="),
        ("1e999 == a", 1, "write a smaller one"),
        ("not " * 50 + "a", 165, "take the parts apart"),
        ("(" * 50 + "a" + ")" * 50, 42, "take the parts apart"),
        ("[" * 50 + "]" * 50, 42, "take the parts apart"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_column_and_the_repair(
    source: str, column: int, advice: str
) -> None:
    problem = refused(source)
    assert problem.what.startswith(f"column {column}: ")
    assert problem.fix.startswith(advice)


def test_an_expression_longer_than_the_cap_is_refused() -> None:
    assert "more than 2000" in refused("a" * (MAX_LENGTH + 1)).what


def test_an_attribute_of_python_is_only_a_key_that_is_missing() -> None:
    assert reason("a.__class__", {"a": 1}) == "a.__class__ is missing"


def test_a_missing_expression_is_refused() -> None:
    with pytest.raises(InvalidInput, match="nothing to match"):
        success(None)


def test_the_grader_takes_a_missing_output_for_an_empty_text() -> None:
    grade = success("amount==15").grade(Attempt(SampleStatus.COMPLETED, output=None))
    assert (grade.grader, grade.passed, grade.reason) == (
        "success",
        False,
        "amount==15: the output is not JSON",
    )


@given(st.text(max_size=60) | EXPRESSIONS)
@example("a\x00b")
@example("'\\")
@example("\ud800 == '\ud800'")
@example("9" * 1999)
@example("٣ == 3")
def test_any_text_is_an_expression_or_invalid_input(source: str) -> None:
    with contextlib.suppress(InvalidInput):
        compile_condition(source)("{}")


@given(EXPRESSIONS, JSON.map(json.dumps) | st.text(max_size=30))
@example("a == a", '{"a":' + "[" * 100_000)
@example("a.b == $", '{"a":' * 900 + "1" + "}" * 900)
@example("a == a", '{"a": ' + "[" * 900 + "]" * 900 + "}")
@example("a > 1.5", '{"a": 1' + "0" * 400 + "}")
@example("contains(a, 'x')", '{"a": "\\ud800"}')
@example("regex('x')", "\ud800")
def test_evaluation_never_raises_and_not_turns_it_round(source: str, output: str) -> None:
    why = compile_condition(source)(output)
    why_not = compile_condition(f"not ({source})")(output)
    assert (why is None) != (why_not is None)
