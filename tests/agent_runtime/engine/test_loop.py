"""What comes next, from the recorded steps alone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.engine.loop import Criticise, Finish, Plan, Retry, Stop, UseTool, conversation, next_action
from agent_runtime.records import Role, Step, ToolCall
from tests.agent_runtime.engine.scripted import manifest_of, task_of

MANIFEST = manifest_of(temperature=[0.0, 0.4], max_steps=3, timeout_seconds=10)
TASK = task_of()
SEARCH = ToolCall("c1", "kb.search", '{"query": "vpn"}')
ANSWER = Step("run-1", 0, Role.PLAN, text="done")
ASKED = Step("run-1", 0, Role.PLAN, calls=(SEARCH,))
FOUND = Step("run-1", 1, Role.TOOL, tool="kb.search", call=SEARCH, text="[]")
ACCEPTED = Step("run-1", 1, Role.CRITIC)
REFUSED = Step("run-1", 1, Role.CRITIC, ok=False, failure=Stop.CONTRACT, text="not JSON")
AGAIN = Step("run-1", 2, Role.RETRY, text="not JSON")


def test_a_run_begins_with_a_plan_at_the_low_end_of_the_temperature_band() -> None:
    assert next_action(MANIFEST, TASK, []) == Plan(0.0)


def test_a_tool_call_goes_to_the_gate_and_its_result_back_to_the_model() -> None:
    assert next_action(MANIFEST, TASK, [ASKED]) == UseTool(SEARCH)
    assert next_action(MANIFEST, TASK, [ASKED, FOUND]) == Plan(0.0)


def test_several_calls_of_one_plan_are_made_one_after_the_other() -> None:
    second = ToolCall("c2", "kb.search", '{"query": "mail"}')
    asked = replace(ASKED, calls=(SEARCH, second))
    assert next_action(MANIFEST, TASK, [asked, FOUND]) == UseTool(second)


def test_an_answer_goes_to_the_critic_and_an_accepted_one_ends_the_run() -> None:
    assert next_action(MANIFEST, TASK, [ANSWER]) == Criticise("done")
    assert next_action(MANIFEST, TASK, [ANSWER, ACCEPTED]) == Finish(Stop.ANSWERED, "done")


def test_a_refused_answer_is_retried_at_a_higher_temperature() -> None:
    assert next_action(MANIFEST, TASK, [ANSWER, REFUSED]) == Retry("not JSON")
    assert next_action(MANIFEST, TASK, [ANSWER, REFUSED, AGAIN]) == Plan(0.2)


def test_after_two_retries_the_critics_reason_is_how_the_run_ends() -> None:
    round_trip = [ANSWER, REFUSED, AGAIN]
    assert next_action(MANIFEST, TASK, [*round_trip, *round_trip, ANSWER, REFUSED]) == Finish(
        Stop.CONTRACT, "done"
    )


def test_max_steps_bounds_the_model_calls() -> None:
    steps = [ASKED, FOUND] * 3
    varied = [replace(s, calls=(), call=None) if s.role is Role.TOOL else s for s in steps]
    assert next_action(MANIFEST, TASK, varied) == Finish(Stop.MAX_STEPS)


def test_the_same_call_four_times_is_a_loop() -> None:
    manifest = manifest_of(max_steps=10)
    assert next_action(manifest, TASK, [ASKED, FOUND] * 3 + [ASKED]) == Finish(Stop.IDENTICAL_CALLS)


def test_time_used_by_the_steps_bounds_the_run() -> None:
    slow = replace(ASKED, latency_ms=10_000)
    assert next_action(MANIFEST, TASK, [slow]) == Finish(Stop.TIMEOUT)


def test_a_step_that_ran_out_of_money_ends_the_run() -> None:
    broke = replace(ANSWER, ok=False, failure=Stop.SPEND_RUN)
    assert next_action(MANIFEST, TASK, [broke]) == Finish(Stop.SPEND_RUN)


def test_a_denied_tool_call_is_told_to_the_model_rather_than_ending_the_run() -> None:
    denied = replace(FOUND, ok=False, failure="approval_denied", text="Refused")
    assert next_action(MANIFEST, TASK, [ASKED, denied]) == Plan(0.0)
    assert conversation(MANIFEST, TASK, [ASKED, denied])[-1].content == "Refused"


def test_a_scripted_turn_follows_each_accepted_answer() -> None:
    task = task_of("hello", "and now?")
    steps = [ANSWER, ACCEPTED]
    assert next_action(MANIFEST, task, steps) == Plan(0.0)
    assert conversation(MANIFEST, task, steps)[-1].content == "and now?"
    assert next_action(MANIFEST, task, [*steps, ANSWER, ACCEPTED]) == Finish(Stop.ANSWERED, "done")


def test_the_model_reads_prompt_task_calls_results_and_feedback_in_order() -> None:
    said = conversation(MANIFEST, TASK, [ASKED, FOUND, ANSWER, REFUSED, AGAIN])
    assert [message.role for message in said] == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert said[3].tool_call_id == "c1"


@given(st.lists(st.sampled_from([ANSWER, ASKED, FOUND, ACCEPTED, REFUSED, AGAIN]), max_size=12))
def test_any_history_has_exactly_one_next_action(steps: list[Step]) -> None:
    assert next_action(MANIFEST, TASK, steps) == next_action(MANIFEST, TASK, tuple(steps))
