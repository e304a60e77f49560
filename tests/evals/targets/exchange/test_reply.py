"""Reading what an endpoint answered: every byte is hostile."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.results.records import ObservedCall
from evals.targets.exchange.reply import (
    Received,
    Reply,
    ReplyPaths,
    UnusableAnswer,
    read_reply,
    tokens_of,
    tool_calls_of,
)

EVERYTHING = ReplyPaths(
    output=("a",),
    usage=("a",),
    cost_usd=("a",),
    version=("a",),
    response_id=("a",),
    cached=("a",),
    tool_calls=("a",),
    trace_url=("a",),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["a", "name", "arguments", "tokens"]), inner)
    ),
)


def said(body: bytes, status: int = 200) -> Reply | str:
    """The reply to everything there is to read, or the words of the refusal."""
    try:
        return read_reply(received(body, status), EVERYTHING, now=0.0)
    except UnusableAnswer as error:
        return str(error)


def received(body: bytes, status: int = 200) -> Received:
    return Received(status, "application/json", body)


@given(st.binary() | st.binary().map(lambda inner: b'{"a": "' + inner + b'"}'), st.integers(200, 599))
def test_any_bytes_are_an_answer_or_a_clear_refusal(body: bytes, status: int) -> None:
    reply = said(body, status)
    if isinstance(reply, str):
        assert reply.startswith(f"answered {status}")
    else:
        assert reply.output is not None or b"null" in body


@given(JSON)
def test_any_json_is_an_answer_that_a_file_can_hold(value: Any) -> None:
    reply = said(json.dumps({"a": value}).encode())
    if isinstance(reply, str):
        assert "is not a JSON number" in reply
    else:
        assert "\n".join([reply.output or "", reply.version or "", str(reply.tool_calls)]).encode()


def test_null_as_output_is_an_agent_that_said_nothing() -> None:
    assert read_reply(received(b'{"a": null}'), ReplyPaths(output=("a",)), now=0.0).output is None


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (48, 48),
        ({"total_tokens": 5, "tokens": 9}, 5),
        ({"tokens": 9}, 9),
        ({"input_tokens": 2, "output_tokens": 3}, 5),
        ({"prompt_tokens": 40, "completion_tokens": 8}, 48),
        ({"input_tokens": 2}, None),
        ({"total_tokens": "many"}, None),
        (True, None),
        (-1, None),
        (10**400, None),
        ("48", None),
        (None, None),
    ],
)
def test_tokens_are_read_in_every_customary_form(usage: Any, tokens: int | None) -> None:
    assert tokens_of(usage) == tokens


@pytest.mark.parametrize(
    "listed",
    [
        [{"name": "t", "arguments": {"x": 1}}],
        [{"name": "t", "arguments": '{"x": 1}'}],
        [{"id": "1", "type": "function", "function": {"name": "t", "arguments": '{"x": 1}'}}],
    ],
)
def test_tool_calls_are_read_in_both_customary_forms(listed: Any) -> None:
    assert tool_calls_of(listed) == (ObservedCall("t", {"x": 1}),)


def test_a_refused_tool_call_is_remembered_as_refused() -> None:
    assert tool_calls_of([{"name": "t", "executed": False}]) == (ObservedCall("t", {}, executed=False),)


@pytest.mark.parametrize(
    "listed", ["t", 3, [3], [{"name": 3}], [{"name": "t", "arguments": "{"}], {"name": "t"}]
)
def test_a_list_of_calls_that_cannot_be_read_is_not_an_empty_one(listed: Any) -> None:
    assert tool_calls_of(listed) is None


def test_a_missing_list_of_calls_is_unknown_and_null_is_empty() -> None:
    paths = ReplyPaths(output=("a",), tool_calls=("calls",))
    assert read_reply(received(b'{"a": 1}'), paths, now=0.0).tool_calls is None
    assert read_reply(received(b'{"a": 1, "calls": null}'), paths, now=0.0).tool_calls == ()
