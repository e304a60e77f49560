import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.agent.manifest import Recording, RecordingMode
from agent_runtime.models.cassette import Cassette
from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest
from agent_runtime.models.recorded import RecordedModel
from agent_runtime.records import Message, ToolCall
from tests.agent_runtime.engine.scripted import ScriptedModel, calls, says

ASKED = ModelRequest(model="m", messages=(Message("user", "mail alice@example.com"),))


def ask(
    path: Path, tape: RecordingMode, live: ScriptedModel | None, requests: Sequence[ModelRequest]
) -> list[ModelReply]:
    """The answers to these requests, one after the other."""

    async def run() -> list[ModelReply]:
        with Cassette(Recording(path, tape)) as cassette:
            model = RecordedModel(live, cassette)
            return [await model.complete(request) for request in requests]

    return asyncio.run(run())


def test_a_replay_gives_the_same_answers_and_asks_nobody(tmp_path: Path) -> None:
    two = [ASKED, ASKED]
    first = ask(tmp_path / "a", RecordingMode.RECORD, ScriptedModel([says("one", 1.25), says("two")]), two)
    assert ask(tmp_path / "a", RecordingMode.REPLAY, None, two) == first


def test_a_request_that_was_not_recorded_fails_for_good(tmp_path: Path) -> None:
    ask(tmp_path / "a", RecordingMode.RECORD, ScriptedModel([says("one")]), [ASKED])
    with pytest.raises(ModelError, match="holds no answer to this request") as caught:
        ask(tmp_path / "a", RecordingMode.REPLAY, None, [replace(ASKED, seed=1)])
    assert not caught.value.retryable


def test_replay_or_record_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    ask(tmp_path / "a", RecordingMode.RECORD, ScriptedModel([says("one")]), [ASKED])
    live = ScriptedModel([says("new")])
    answers = ask(tmp_path / "a", RecordingMode.REPLAY_OR_RECORD, live, [ASKED, replace(ASKED, seed=1)])
    assert ([answer.text for answer in answers], len(live.asked)) == (["one", "new"], 1)
    assert len(ask(tmp_path / "a", RecordingMode.REPLAY, None, [ASKED, replace(ASKED, seed=1)])) == 2


def test_recording_anew_forgets_what_was_there(tmp_path: Path) -> None:
    ask(tmp_path / "a", RecordingMode.RECORD, ScriptedModel([says("one")]), [ASKED])
    ask(tmp_path / "a", RecordingMode.RECORD, ScriptedModel([says("two")]), [ASKED])
    assert [answer.text for answer in ask(tmp_path / "a", RecordingMode.REPLAY, None, [ASKED])] == ["two"]


def test_a_failed_call_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="busy"):
        ask(tmp_path / "a", RecordingMode.RECORD, ScriptedModel([ModelError("busy")]), [ASKED])
    with pytest.raises(ModelError, match="holds no answer"):
        ask(tmp_path / "a", RecordingMode.REPLAY, None, [ASKED])


def test_a_tool_is_replayed_with_the_values_of_its_own_conversation(tmp_path: Path) -> None:
    """The file holds a placeholder, the tool gets the address that stands in the request."""
    live = ScriptedModel([calls("send", '{"to": "alice@example.com"}')])
    ask(tmp_path / "a", RecordingMode.RECORD, live, [ASKED])
    assert "alice" not in (tmp_path / "a").read_text()
    (answer,) = ask(tmp_path / "a", RecordingMode.REPLAY, None, [ASKED])
    assert answer.tool_calls == (ToolCall("c1", "send", '{"to": "alice@example.com"}'),)


def test_a_conversation_goes_on_after_an_answer_whose_own_data_was_redacted(tmp_path: Path) -> None:
    """What the model made up comes back as a placeholder, and the next request still is the recorded one."""

    def second(reply: ModelReply) -> ModelRequest:
        said = Message("assistant", reply.text), Message("user", "and bob@example.com?")
        return replace(ASKED, messages=(*ASKED.messages, *said))

    live = ScriptedModel([says("ask shop@example.com"), says("bob@example.com: yes")])
    ask(tmp_path / "a", RecordingMode.RECORD, live, [ASKED, second(says("ask shop@example.com"))])
    (first,) = ask(tmp_path / "a", RecordingMode.REPLAY, None, [ASKED])
    assert first.text == "ask [EMAIL_2]"
    assert ask(tmp_path / "a", RecordingMode.REPLAY, None, [second(first)])[0].text == "bob@example.com: yes"


def test_a_full_disk_fails_the_call_and_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        with Cassette(Recording(tmp_path / "a", RecordingMode.RECORD)) as cassette:
            (tmp_path / "a.part").unlink()
            (tmp_path / "a.part").mkdir()
            await RecordedModel(ScriptedModel([says("one")]), cassette).complete(ASKED)

    with pytest.raises(ModelError, match="cannot be recorded: Is a directory"):
        asyncio.run(run())


def test_a_replay_takes_no_time(tmp_path: Path) -> None:
    ask(tmp_path / "a", RecordingMode.RECORD, ScriptedModel([says("one")], virtual_time=False), [ASKED])
    cassette = Cassette(Recording(tmp_path / "a", RecordingMode.REPLAY))
    assert RecordedModel(None, cassette).virtual_time
    assert not RecordedModel(ScriptedModel([], virtual_time=False), cassette).virtual_time
