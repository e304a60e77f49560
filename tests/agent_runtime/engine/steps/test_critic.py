"""Whether an answer is accepted, and what is said of one that is not."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from agent_runtime.engine.loop import Retry, Stop
from agent_runtime.engine.steps.context import StepContext
from agent_runtime.engine.steps.critic import criticise, retry
from agent_runtime.models.interface import ModelError
from agent_runtime.records import Role, RunStatus, Step
from agent_runtime.tools.interface import ToolResult
from tests.agent_runtime.engine.scripted import (
    CONTRACT,
    RecordingTool,
    ScriptedModel,
    before,
    calls,
    crew_of,
    finish,
    manifest_of,
    says,
)

BROKEN = Step(
    "run-1", 1, Role.TOOL, tool="kb.search", text="ValueError: no index", ok=False, failure="tool_error"
)
ANSWER = Step("run-1", 2, Role.PLAN, text="it says 42")


def criticised(answer: str, context: StepContext | None = None) -> Step:
    return asyncio.run(criticise(answer, context or before()))


def reviewed(*said: str) -> Step:
    """A good answer, as a second model sees it that answers so."""
    return criticised("42", before(deps=crew_of(critic=ScriptedModel([says(text) for text in said]))))


def test_an_answer_that_breaks_nothing_is_accepted() -> None:
    step = criticised("42")
    assert (step.role, step.ok, step.policy_flags) == (Role.CRITIC, True, ())


def test_an_empty_answer_is_called_empty_though_it_breaks_the_contract_too() -> None:
    step = criticised(" \n", before(contract=CONTRACT))
    assert (step.ok, step.failure) == (False, Stop.EMPTY_ANSWER)
    assert step.policy_flags == ("critic:empty_answer",)


def test_an_answer_after_a_broken_tool_is_refused_in_the_tools_own_words() -> None:
    step = criticised("it says 42", before(BROKEN, ANSWER))
    assert step.failure == Stop.CRITIC
    assert step.text.startswith("kb.search failed: ValueError: no index\n")


@pytest.mark.parametrize(
    "since",
    [
        pytest.param(replace(BROKEN, role=Role.RETRY, ok=True), id="the model was told to repair it"),
        pytest.param(replace(BROKEN, ok=True, failure=None), id="another call went well"),
        pytest.param(replace(BROKEN, failure="approval_denied"), id="a person declined the next one"),
    ],
)
def test_a_tool_that_broke_earlier_is_held_against_no_answer(since: Step) -> None:
    assert criticised("not found", before(BROKEN, since, ANSWER)).ok


def test_all_that_an_answer_breaks_of_the_contract_is_told_at_once() -> None:
    contract = {**CONTRACT, "required": ["amount", "reason"]}
    step = criticised("{}", before(contract=contract))
    assert step.failure == Stop.CONTRACT
    assert [line for line in step.text.splitlines() if line.startswith("- ") and "required" in line]
    assert all(name in step.text for name in contract["required"])


def test_a_refused_answer_costs_no_review() -> None:
    reviewer = ScriptedModel([])
    criticised("", before(deps=crew_of(critic=reviewer)))
    assert reviewer.asked == []


def test_a_reviewer_reads_the_whole_conversation_and_then_what_to_do() -> None:
    reviewer = ScriptedModel([says('{"ok": true}')])
    critic = {"model": "openai:gpt-4.1"}
    criticised("it says 42", before(ANSWER, deps=crew_of(critic=reviewer), critic=critic))
    [asked] = reviewer.asked
    assert asked.model == "gpt-4.1"
    assert [message.role for message in asked.messages] == ["system", "user", "assistant", "user"]
    assert asked.messages[-1].content.startswith("You review the last answer")


@pytest.mark.parametrize(
    "text",
    ["looks fine", "[true]", '{"ok": "no"}', '{"feedback": "cite it"}', '{"ok": false, "ok": true}', "{"],
)
def test_a_review_that_is_not_exactly_one_word_on_it_decides_nothing(text: str) -> None:
    step = reviewed(text)
    assert (step.ok, step.policy_flags, step.text) == (True, ("critic:unreadable",), "")


def test_a_review_that_gives_no_reason_still_sends_the_answer_back() -> None:
    step = reviewed('{"ok": false}')
    assert (step.failure, step.text) == (Stop.CRITIC, "The reviewer was not satisfied.")


def test_a_review_is_cut_before_it_floods_the_conversation() -> None:
    assert len(reviewed(f'{{"ok": false, "feedback": "{"x" * 9_000}"}}').text) == 2_000


def test_what_a_review_costs_is_on_the_step_and_its_words_are_not() -> None:
    step = reviewed('{"ok": true}')
    assert (step.usage.total, step.cost_micros, step.text) == (15, 20, "")


def test_a_reviewer_that_cannot_be_had_accepts_nothing() -> None:
    gone = ModelError("no such model", retryable=False)
    step = criticised("42", before(deps=crew_of(critic=ScriptedModel([gone]))))
    assert (step.ok, step.failure) == (False, Stop.MODEL_REJECTED)


def test_a_retry_says_what_was_wrong_and_nothing_else() -> None:
    refused = replace(
        ANSWER, role=Role.CRITIC, ok=False, failure=Stop.CONTRACT, policy_flags=("critic:contract",)
    )
    step = retry(Retry("not JSON"), before(ANSWER, refused))
    assert (step.role, step.index, step.text, step.policy_flags) == (Role.RETRY, 2, "not JSON", ())


def test_the_contract_binds_the_last_answer_of_a_conversation_only() -> None:
    deps = crew_of(says("which order?"), says('{"amount": 15}'))
    result = finish(deps, manifest_of(contract=CONTRACT), "order 7")
    assert result.status is RunStatus.SUCCEEDED


def test_an_answer_right_after_a_tool_error_is_sent_back_once() -> None:
    broken = RecordingTool(ToolResult("ValueError: no index", ok=False))
    deps = crew_of(
        calls("kb.search", '{"query": "vpn"}'), says("it says 42"), says("not found"), search=broken
    )
    result = finish(deps)
    assert (result.status, result.output) == (RunStatus.SUCCEEDED, "not found")
    assert [step.role for step in result.steps].count(Role.RETRY) == 1


def test_a_reviewing_model_can_send_an_answer_back() -> None:
    reviewer = ScriptedModel([says('{"ok": false, "feedback": "cite the article"}'), says('{"ok": true}')])
    result = finish(crew_of(says("42"), says("42, see KB-1"), critic=reviewer))
    assert (result.status, result.output) == (RunStatus.SUCCEEDED, "42, see KB-1")


def test_an_unreadable_review_blocks_nothing_and_is_noted() -> None:
    result = finish(crew_of(says("42"), critic=ScriptedModel([says("looks fine to me")])))
    assert result.steps[-1].policy_flags == ("critic:unreadable",)
    assert result.status is RunStatus.SUCCEEDED
