import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.models.chat_completions import (
    NotACompletion,
    WireNames,
    messages_of,
    names_of,
    reply_of,
    tools_of,
)
from agent_runtime.models.interface import ModelReply, ModelRequest, ToolOffer
from agent_runtime.records import Message, ToolCall, Usage

NAMES = WireNames.of(["kb.search"])
BOUND = Usage(900, 100)


def reply(message: Any, **parts: Any) -> ModelReply:
    data = {"choices": [{"message": message, "finish_reason": "stop"}], **parts}
    return reply_of(data, NAMES, latency_ms=1.0, upper_bound=BOUND)


@given(st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_.\-]{0,80}", fullmatch=True)))
def test_wire_names_are_safe_distinct_and_reversible(names: list[str]) -> None:
    wire = WireNames.of(names)
    written = [wire.to_wire(name) for name in set(names)]
    assert len(set(written)) == len(set(names))
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in written)
    assert all(wire.from_wire(wire.to_wire(name)) == name for name in names)


def test_a_name_that_is_safe_already_keeps_it() -> None:
    wire = WireNames.of(["kb.search", "kb_search"])
    assert (wire.to_wire("kb_search"), wire.to_wire("kb.search")) == ("kb_search", "kb_search_2")


def test_a_name_never_offered_is_left_for_the_gate_to_refuse() -> None:
    assert NAMES.from_wire("rm_rf") == "rm_rf"


def test_a_conversation_keeps_its_calls_and_results() -> None:
    call = ToolCall("c1", "kb.search", '{"q": 1}')
    messages = [Message("assistant", "", (call,)), Message("tool", "[]", tool_call_id="c1")]
    asked, answered = messages_of(messages, NAMES)
    assert asked["tool_calls"][0]["function"] == {"name": "kb_search", "arguments": '{"q": 1}'}
    assert answered == {"role": "tool", "content": "[]", "tool_call_id": "c1"}


def test_a_tool_called_earlier_but_no_longer_offered_still_has_a_name() -> None:
    gone = Message("assistant", "", (ToolCall("c1", "old.tool", "{}"),))
    assert names_of(ModelRequest("m", (gone,))).to_wire("old.tool") == "old_tool"


def test_a_tool_without_a_schema_takes_an_object() -> None:
    function = tools_of([ToolOffer("kb.search", "Search.", {})], NAMES)[0]["function"]
    assert function["parameters"] == {"type": "object", "properties": {}}


def test_a_completion_is_read_whole() -> None:
    got = reply(
        {"content": "hi"},
        id="r1",
        model="m-2",
        system_fingerprint="fp",
        usage={"prompt_tokens": 3, "completion_tokens": 1},
    )
    assert got == ModelReply("hi", (), Usage(3, 1), 1.0, "stop", "m-2", "r1", system_fingerprint="fp")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": None}, ""),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, 7]}, "ab"),
        ({"content": None, "refusal": "No."}, "No."),
        ({"content": "x\ud800"}, "x?"),
    ],
)
def test_text_comes_in_several_forms(message: Any, text: str) -> None:
    assert reply(message).text == text


def test_tool_calls_get_our_names_back() -> None:
    call = {"id": "c1", "function": {"name": "kb_search", "arguments": '{"q": "x"}'}}
    assert reply({"content": None, "tool_calls": [call]}).tool_calls == (
        ToolCall("c1", "kb.search", '{"q": "x"}'),
    )


def test_sloppy_tool_calls_are_made_whole() -> None:
    calls = [
        {"function": {"name": "kb_search", "arguments": {"q": 1}}},
        {"function": {"name": "x", "arguments": ""}},
        5,
    ]
    assert reply({"tool_calls": calls}).tool_calls == (
        ToolCall("call_0", "kb.search", '{"q": 1}'),
        ToolCall("call_1", "x", "{}"),
        ToolCall("call_2", "", "{}"),
    )


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": -1, "completion_tokens": 1},
        {"prompt_tokens": "3", "completion_tokens": True},
    ],
)
def test_usage_that_says_nothing_is_taken_at_its_upper_bound_and_says_so(usage: Any) -> None:
    got = reply({"content": "x"}, usage=usage)
    assert (got.usage, got.usage_estimated) == (BOUND, True)


@pytest.mark.parametrize(
    "data", [{}, {"choices": []}, {"choices": [None]}, {"choices": [{}]}, {"choices": 3}, []]
)
def test_json_without_a_message_is_no_completion(data: Any) -> None:
    with pytest.raises(NotACompletion):
        reply_of(data, NAMES, latency_ms=1.0, upper_bound=BOUND)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["content", "tool_calls", "function", "name", "arguments", "id", "refusal"]),
            inner,
        )
    ),
    max_leaves=15,
)


@given(JSON)
def test_no_message_of_any_form_breaks_the_reader(message: Any) -> None:
    if isinstance(message, dict):
        got = reply(message)
        assert json.dumps([got.text, [call.arguments for call in got.tool_calls]])
