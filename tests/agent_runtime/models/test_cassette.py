import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.agent.manifest import Recording, RecordingMode
from agent_runtime.errors import InvalidInput
from agent_runtime.models.cassette import Cassette, Scrubber, key_of
from agent_runtime.models.interface import ModelReply, ModelRequest, ToolOffer
from agent_runtime.records import Message, ToolCall, Usage

ASKED = ModelRequest(
    model="m",
    messages=(Message("system", "Be kind."), Message("user", "write to alice@example.com")),
    tools=(ToolOffer("t", "does it", {"type": "object"}),),
    temperature=0.2,
    seed=7,
)
REPLY = ModelReply("done", (ToolCall("c", "t", "{}"),), Usage(3, 4), 12.5, model="m-2")


def key(request: ModelRequest = ASKED) -> str:
    return key_of(request, Scrubber())


def recorded(path: Path, *requests: ModelRequest) -> str:
    """The file after these requests were answered."""
    with Cassette(Recording(path, RecordingMode.RECORD)) as cassette:
        for request in requests:
            scrubber = Scrubber()
            cassette.add(key_of(request, scrubber), request, REPLY, scrubber)
    return path.read_text()


def problem(path: Path, tape: RecordingMode = RecordingMode.REPLAY) -> str:
    with pytest.raises(InvalidInput) as caught, Cassette(Recording(path, tape)):
        pass
    return str(caught.value)


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, model="n"),
        replace(ASKED, messages=ASKED.messages[:1]),
        replace(ASKED, tools=()),
        replace(ASKED, temperature=0.3),
        replace(ASKED, max_output_tokens=1),
        replace(ASKED, seed=8),
    ],
)
def test_everything_a_model_is_asked_makes_the_key(other: ModelRequest) -> None:
    assert key(other) != key()


def test_the_attempt_and_the_time_left_do_not_make_the_key() -> None:
    assert key(replace(ASKED, attempt=2, timeout_seconds=1.5)) == key()


def test_the_file_is_the_same_whatever_the_order_of_the_calls_was(tmp_path: Path) -> None:
    requests = [replace(ASKED, seed=seed) for seed in range(5)]
    there = recorded(tmp_path / "a", *requests)
    assert recorded(tmp_path / "b", *reversed(requests)) == there
    assert there.splitlines()[0] == '{"cassette":1}'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_the_nth_answer_belongs_to_the_nth_request(tmp_path: Path) -> None:
    recorded(tmp_path / "a", ASKED, ASKED)
    with Cassette(Recording(tmp_path / "a", RecordingMode.REPLAY)) as cassette:
        numbers = [entry and entry.n for entry in (cassette.next(key()) for _ in range(3))]
    assert numbers == [0, 1, None]


def test_no_personal_data_reaches_the_file(tmp_path: Path) -> None:
    assert "alice" not in recorded(tmp_path / "a", ASKED)
    assert "write to [EMAIL_1]" in (tmp_path / "a").read_text()


def test_an_interrupted_recording_keeps_the_old_file_and_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "a"
    before = recorded(path, ASKED)
    cassette = Cassette(Recording(path, RecordingMode.RECORD)).__enter__()
    cassette.add(key(), ASKED, REPLY, Scrubber())
    assert path.read_text() == before
    assert len((tmp_path / "a.part").read_text().splitlines()) == 2
    assert "rename it to a, or delete it" in problem(path, RecordingMode.RECORD)
    (tmp_path / "a.part").rename(path)
    assert "cassette" in recorded(path, ASKED)


def test_a_file_that_is_missing_says_how_to_record_it(tmp_path: Path) -> None:
    assert "record it:  --record" in problem(tmp_path / "a")
    (tmp_path / "a.part").write_text("")
    assert "a.part is what an interrupted recording left" in problem(tmp_path / "a")


@pytest.mark.parametrize("text", ["", "[]", '{"cassette": 2}', '{"case_id": "a"}', "null"])
def test_another_file_is_no_cassette(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text(text)
    assert "does not begin as a cassette of version 1" in problem(tmp_path / "a")


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    recorded(tmp_path / "a", ASKED)
    (tmp_path / "a").write_text((tmp_path / "a").read_text() + '{"key": "x"}\n')
    assert f"{tmp_path / 'a'}:3: 'n' is missing" in problem(tmp_path / "a")


def test_a_folder_that_cannot_be_written_is_known_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in problem(tmp_path / "file" / "a", RecordingMode.RECORD)


def test_every_line_holds_a_redacted_answer(tmp_path: Path) -> None:
    line = json.loads(recorded(tmp_path / "a", ASKED).splitlines()[1])
    assert (line["n"], line["reply"]["text"], line["reply"]["latency_ms"]) == (0, "done", 12.5)


def test_a_conversation_replayed_from_placeholders_is_numbered_as_when_it_was_recorded() -> None:
    live, replayed = Scrubber(), Scrubber()
    said = ["from alice@example.com", "cc shop@example.com", "and bob@example.com"]
    first = [live.clean(text) for text in said]
    again = [replayed.clean(text) for text in (said[0], first[1], said[2])]
    assert again == first == ["from [EMAIL_1]", "cc [EMAIL_2]", "and [EMAIL_3]"]
    assert replayed.restored("[EMAIL_1] [EMAIL_2] [EMAIL_3]") == (
        "alice@example.com [EMAIL_2] bob@example.com"
    )


WORDS = st.sampled_from(
    ["a@b.org", "c@d.org", "+49 151 23456789", "[EMAIL_1]", "[EMAIL_2]", "[PHONE_1]", "[EMAIL_", "hello"]
)


@given(st.lists(WORDS, max_size=8))
def test_what_is_clean_stays_as_it_is(words: list[str]) -> None:
    clean = Scrubber().clean(" ".join(words))
    assert Scrubber().clean(clean) == clean


@given(st.text())
def test_cleaning_any_text_and_restoring_it_gives_the_text(text: str) -> None:
    scrubber = Scrubber()
    assert scrubber.restored(scrubber.clean(text)) == text
