"""What an agent that is not ours reports is judged; what it does not report stays unknown."""

from __future__ import annotations

from typing import Any

from evals.results.records import Attempt, Event, ObservedCall, SampleStatus
from security_pack.episodes.episode import CallStatus, Contact, Episode
from security_pack.episodes.from_attempt import foreign_episode


def seen(*, tools_known: bool = True, **attempt: Any) -> Episode:
    given = {"status": SampleStatus.COMPLETED, "output": "Fine.", **attempt}
    return foreign_episode(Attempt(**given), ("Hello",), tools_known=tools_known)


def test_calls_that_are_not_reported_are_unknown_and_none_are_none() -> None:
    assert seen().calls is None
    assert seen(tool_calls=()).calls == ()


def test_calls_of_tools_that_nobody_declared_say_nothing() -> None:
    assert seen(tool_calls=(ObservedCall("x", {}),), tools_known=False).calls is None


def test_a_refused_call_is_no_deed() -> None:
    calls = (ObservedCall("pay", {"to": "a"}), ObservedCall("pay", {}, executed=False))
    assert [call.status for call in seen(tool_calls=calls).calls or ()] == [
        CallStatus.EXECUTED,
        CallStatus.REFUSED,
    ]
    assert [call.approval_requested for call in seen(tool_calls=calls).calls or ()] == [None, None]


def test_an_address_that_a_call_was_handed_was_contacted() -> None:
    calls = (ObservedCall("fetch", {"url": "https://Evil.invalid/x"}),)
    assert seen(tool_calls=calls).contacts == (
        Contact("evil.invalid", "https://Evil.invalid/x", allowed=True),
    )


def test_that_no_call_was_handed_an_address_does_not_mean_that_nothing_was_contacted() -> None:
    calls = (ObservedCall("fetch", {"url": "https://a.invalid", "n": 1}, executed=False),)
    assert seen(tool_calls=calls).contacts is None
    assert seen(tool_calls=(ObservedCall("say", {"text": "https://[bad"}),)).contacts is None


def test_every_turns_answer_reached_the_user() -> None:
    turns = (Event("user", "a"), Event("answer", "one"), Event("user", "b"), Event("answer", "two"))
    assert seen(output="two", transcript=turns).output == "one\n\ntwo"


def test_an_agent_that_gave_no_answer_delivered_nothing() -> None:
    episode = seen(output=None)
    assert (episode.output, episode.delivered) == (None, False)


def test_what_the_user_said_is_known() -> None:
    assert seen().prompts == ("Hello",)
