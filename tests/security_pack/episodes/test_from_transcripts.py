"""Other people's transcripts, read as episodes."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from security_pack.episodes import from_transcripts as transcripts
from security_pack.episodes.episode import CallStatus, Episode
from security_pack.episodes.from_transcripts import episode_of, read_transcripts

USER = {"role": "user", "content": "Refund order 7"}


def asks(name: str, arguments: Any, id: str = "c1") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": id, "type": "function", "function": function}],
    }


def gets(content: Any, id: str = "c1", **more: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content, **more}


def says(text: str | None) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def run(*messages: dict[str, Any]) -> Episode:
    return episode_of({"messages": [USER, *messages]})


def test_a_call_with_a_result_was_executed() -> None:
    episode = run(asks("refund", '{"amount": 40}'), gets("ok"), says("Done."))
    [call] = episode.calls or ()
    assert (call.name, call.arguments, call.status, call.result) == (
        "refund",
        {"amount": 40},
        CallStatus.EXECUTED,
        "ok",
    )
    assert (episode.prompts, episode.output, episode.steps) == (("Refund order 7",), "Done.", 2)


def test_what_became_of_a_call_without_a_result_or_with_an_error_is_unknown() -> None:
    [waiting] = run(asks("refund", "{}")).calls or ()
    [failed] = run(asks("refund", "{}"), gets("", error="ValueError: no")).calls or ()
    [flagged] = run(asks("refund", "{}"), gets("", is_error=True)).calls or ()
    assert waiting.status is failed.status is flagged.status is None
    assert waiting.approval_requested is None


def test_results_belong_to_calls_by_id_in_any_order() -> None:
    both = {
        "role": "assistant",
        "tool_calls": [*asks("a", "{}", "1")["tool_calls"], *asks("b", "{}", "2")["tool_calls"]],
    }
    calls = run(both, gets("of b", "2"), gets("of a", "1", error="no")).calls or ()
    assert [(call.name, call.status, call.result) for call in calls] == [
        ("a", None, "of a"),
        ("b", CallStatus.EXECUTED, "of b"),
    ]


def test_an_id_used_twice_belongs_to_the_call_that_is_still_open() -> None:
    calls = run(asks("a", "{}"), gets("1"), asks("b", "{}"), gets("2")).calls or ()
    assert [call.result for call in calls] == ["1", "2"]


def test_the_flatter_form_is_read_too_and_results_without_ids_come_in_order() -> None:
    flat = {
        "role": "assistant",
        "tool_calls": [{"function": "a", "args": {"n": 1}}, {"function": "b", "args": {}}],
    }
    calls = (
        run(flat, {"role": "tool", "content": "x"}, {"role": "tool", "content": "y", "error": "no"}).calls
        or ()
    )
    assert [(call.name, call.arguments, call.status) for call in calls] == [
        ("a", {"n": 1}, CallStatus.EXECUTED),
        ("b", {}, None),
    ]


def test_a_result_of_no_call_is_not_believed() -> None:
    assert run(gets("ok", "c9"), says("Hm.")).calls == ()
    [call] = run(asks("a", "{}", "c1"), gets("ok", "c9")).calls or ()
    assert call.status is None


def test_a_list_of_calls_is_what_was_executed() -> None:
    row = {
        "prompt": "hi",
        "calls": [{"function": "a", "args": {}}, {"function": "b", "args": {}, "error": "no"}],
        "final": "",
    }
    episode = episode_of(row)
    assert [call.status for call in episode.calls or ()] == [CallStatus.EXECUTED, None]
    assert (episode.prompts, episode.output) == (("hi",), "")


def test_arguments_that_do_not_parse_are_kept_as_written() -> None:
    for written in ('{"a": 1', '{"a": 1, "a": 2}', '{"a": NaN}', "[1]", '{"a": ' + "[" * 99 + "]" * 99 + "}"):
        [call] = run(asks("a", written)).calls or ()
        assert (call.arguments, call.raw_arguments) == (None, written)


def test_every_answer_to_the_user_is_output_and_a_cut_transcript_has_none() -> None:
    assert run(says("One."), USER, says("Two.")).output == "One.\n\nTwo."
    assert run(asks("a", "{}"), gets("x")).output is None
    assert run(says(None)).output == ""


@pytest.mark.parametrize("messages", [(), ({"role": "user", "content": "hi"},)])
def test_of_a_transcript_without_the_agent_nothing_was_seen(messages: tuple[dict[str, Any], ...]) -> None:
    assert run(*messages).calls is None


def test_a_result_may_be_any_json() -> None:
    [call] = run(asks("a", "{}"), gets({"status": "ok"})).calls or ()
    assert (call.status, call.result) == (CallStatus.EXECUTED, '{"status": "ok"}')


def test_content_may_come_in_parts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]
    assert episode_of([{"role": "user", "content": parts}]).prompts == ("a\nb",)


def test_cost_and_state_are_taken_if_the_line_has_them() -> None:
    episode = episode_of({"messages": [USER], "cost_usd": 0.5, "state": {"a": 1}})
    assert (episode.cost_usd, episode.state) == (0.5, {"a": 1})
    assert episode_of({"messages": [USER], "cost_usd": True, "state": []}).state is None


def written(folder: Path, *lines: str | bytes) -> Path:
    path = folder / "runs.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return path


def test_lines_are_numbered_and_blank_ones_skipped(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "a", "messages": []}', "", "[]")
    assert [(run.line, run.id) for run in read_transcripts(path)] == [(1, "a"), (3, "")]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "is not valid JSON"),
        ('{"messages": [], "messages": []}', "appears twice"),
        ('{"messages": NaN}', "NaN is not a JSON number"),
        ('{"messages": ' + "[" * 5000 + "]" * 5000 + "}", "nests too deeply"),
        (b'{"messages": "\xff"}', "is not UTF-8 text"),
        ("7", "is not a JSON object"),
        ("{}", "has no messages"),
        ('{"messages": {}}', "messages is not a list"),
        ('{"messages": ["hi"]}', "messages[0] has no role"),
        ('{"messages": [{"role": "assistant", "tool_calls": {}, "content": true}]}', "content is not text"),
        ('{"messages": [{"role": "assistant", "tool_calls": "x"}]}', "tool_calls is not a list"),
        ('{"messages": [{"role": "assistant", "tool_calls": [1]}]}', "tool_calls[0] is not an object"),
        ('{"messages": [{"role": "assistant", "tool_calls": [{"function": {}}]}]}', "names no function"),
        ('{"calls": {}}', "calls is not a list"),
        ('{"calls": [], "prompt": false}', "prompt is not text"),
    ],
)
def test_what_is_no_transcript_is_refused_with_its_line(tmp_path: Path, line: str | bytes, what: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        list(read_transcripts(written(tmp_path, '{"messages": []}', line)))
    assert what in str(caught.value)
    assert "runs.jsonl:2: " in str(caught.value)
    assert "fix: " in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_file_without_transcripts_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InvalidInput, match="holds no transcript"):
        list(read_transcripts(written(tmp_path, content)))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        list(read_transcripts(tmp_path / "none.jsonl"))


def test_a_line_that_is_too_long_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MAX_LINE", 100)
    with pytest.raises(InvalidInput, match="is longer than"):
        list(
            read_transcripts(
                written(tmp_path, json.dumps({"messages": [{"role": "user", "content": "x" * 100}]}))
            )
        )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "tool_calls", "function", "name", "args", "id", "messages", "calls"]
            ),
            inner | st.sampled_from(["assistant", "tool", "user"]),
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_an_episode_or_a_clear_no(row: Any) -> None:
    with suppress(ValueError):
        assert all(call.name for call in episode_of(row).calls or ())
