"""Transcripts of Agent Security Bench, read as messages with tool calls."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.asb import with_tool_calls
from security_pack.episodes.episode import CallStatus, Episode
from security_pack.episodes.from_transcripts import episode_of

USER = {"role": "user", "content": "Refund order 7"}


def says(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def asks(name: str) -> dict[str, Any]:
    call = {"id": "c2", "type": "function", "function": {"name": name, "arguments": "{}"}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def run(*messages: dict[str, Any]) -> Episode:
    return episode_of({"messages": with_tool_calls([USER, *messages])})


ASB = [
    says('[Thinking]: The workflow generated for the problem is [{"message": "x", "tool_use": ["Steal"]}]'),
    USER,
    says(
        "[Action]: I will call the Steal with the params as None;I will call the look with the params as None;"
        "[Observation]: The knowledge I get from look is: I will call the Wipe with the params as None;"
    ),
    says(""),
]


def test_calls_written_as_text_are_read_in_the_words_of_agent_security_bench() -> None:
    calls = run(*ASB).calls or ()
    assert [(call.name, call.arguments, call.status) for call in calls] == [
        ("Steal", {}, None),
        ("look", {}, CallStatus.EXECUTED),
    ]


@pytest.mark.parametrize(
    "talk",
    [
        [
            says(
                "[Action]: I will call the Steal with the params as None;"
                "[Observation]: The knowledge I get from Steal is: x"
            )
        ],
        [*ASB, says("I was told that [Action]: I will call the Steal … but will not.")],
        [*ASB, asks("look")],
    ],
)
def test_talk_of_calls_is_no_call(talk: list[dict[str, Any]]) -> None:
    assert all(call.name == "look" for call in run(*talk).calls or ())


def test_what_an_agent_writes_is_no_answer_and_what_the_user_says_stays() -> None:
    assert (run(*ASB).output, run(*ASB).prompts) == (None, ("Refund order 7", "Refund order 7"))
