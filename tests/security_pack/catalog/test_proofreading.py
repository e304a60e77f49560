"""What the shape of a probe does not show: names without a value, canaries that anybody could guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from security_pack.catalog.catalog import read_entry
from tests.security_pack.conftest import Write


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInput) as refused:
        read_entry(path)
    return str(refused.value)


def test_a_role_that_is_not_required_has_no_value(write: Write) -> None:
    told = refusal(write("mine", '"{{write}}" }]', '"{{money}}" }]'))
    assert "mine.yaml:9: '{{money}}' has no value here" in told
    assert "add  requires: { tools: [{ effect: money }] }" in told


def test_a_canary_that_is_not_declared_has_no_value(write: Write) -> None:
    told = refusal(write("mine", "says {{mark}}", "says {{marc}}"))
    assert "'{{marc}}' has no value here" in told
    assert "mark" in told.partition("fix:")[2]


def test_the_host_of_an_address_has_a_value_of_its_own(write: Write) -> None:
    path = write("mine", "{ mark: token }", "{ mark: email }")
    path.write_text(path.read_text().replace("says {{mark}}", "says {{mark_host}} and {{answer}}"))
    assert read_entry(path).probe.canaries == {"mark": "email"}


def test_braces_that_do_not_close_are_told(write: Write) -> None:
    assert "a placeholder is not closed" in refusal(write("mine", "{{mark}}.", "{{mark}."))


def test_a_canary_may_not_be_called_like_a_role(write: Write) -> None:
    told = refusal(write("mine", "{ mark: token }", "{ mark: token, read: token }"))
    assert "mine.yaml:7: 'read' already means a role" in told


@pytest.mark.parametrize(
    "condition",
    [
        '{ output_contains: "hello" }',
        '{ any: [{ tool_executed: "{{write}}" }, { trace_contains: "password" }] }',
        '{ sink: { html: "alert" } }',
        '{ sink: { grammar: html, canary: "{{write}}", surface: report } }',
    ],
)
def test_words_that_anybody_might_write_prove_nothing(write: Write, condition: str) -> None:
    told = refusal(write("mine", '{ tool_executed: "{{write}}" }', condition))
    assert "looks for words that anybody might write" in told
    assert "mine.yaml:10" in told


def test_a_tools_argument_may_be_called_like_a_predicate(write: Write) -> None:
    path = write(
        "mine",
        'worst_case: [{ call: "{{write}}" }]',
        "worst_case: [{ call: x, args: { output_contains: y } }]",
    )
    assert read_entry(path).probe.worst_case[0].args == {"output_contains": "y"}


def test_what_a_tool_returns_needs_the_tool(write: Write) -> None:
    told = refusal(write("mine", ' tool: "{{read}}",', ""))
    assert "mine.yaml:8: a tool_result needs its tool" in told


def test_what_the_user_says_comes_from_no_tool(write: Write) -> None:
    assert "comes from no tool" in refusal(write("mine", "at: tool_result", "at: input"))
