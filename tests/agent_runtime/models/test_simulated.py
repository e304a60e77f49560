import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest, ToolOffer
from agent_runtime.models.simulated import SimulatedModel, reply_to
from agent_runtime.models.simulation import Simulation
from agent_runtime.records import Message, ToolCall

PROMPT = Message("system", "You sell shoes.\nMeasure the\nfoot first.")
ASK = Message("user", "Please send $15.50 to order #0042")
SEARCH = {"tool": "shop.find", "arguments": {"order": "{{ order }}"}}
SEND = {"tool": "shop.send", "arguments": {"order": "{{ order }}", "usd": "{{ usd }}"}}
OFFERS = tuple(ToolOffer(name, "", {"type": "object"}) for name in ("shop.find", "shop.send"))
SHIP: dict[str, Any] = {
    "name": "ship",
    "when": r"\$(?P<usd>[\d.]+) to order #(?P<order>\d+)",
    "text": ["order"],
    "calls": [SEARCH, SEND],
    "answer": {"usd": "{{ usd }}", "say": "sent ${{ usd }}"},
    "on_denied": {"action": "escalate"},
}


def declare(behaviour: dict[str, Any] | None = None, **parts: Any) -> Simulation:
    plain = {
        "name": "shoes",
        "prices": {"input_per_mtok": 1, "output_per_mtok": 2},
        "behaviours": [SHIP | (behaviour or {})],
        "default": {"answer": "I only send parcels."},
    }
    return Simulation.model_validate(plain | parts)


def ask(*messages: Message, seed: int = 0, **parts: Any) -> ModelRequest:
    return replace(ModelRequest("sim.yaml", (PROMPT, *messages), OFFERS, seed=seed), **parts)


def called(reply: ModelReply, result: str) -> tuple[Message, Message]:
    call = reply.tool_calls[0]
    return Message("assistant", "", reply.tool_calls), Message("tool", result, tool_call_id=call.id)


def play(simulation: Simulation, results: Sequence[str], seed: int = 0, limit: int = 8) -> list[ModelReply]:
    """Replies until an answer; tool results come from `results`, the last one again and again."""
    messages: list[Message] = [ASK]
    replies: list[ModelReply] = []
    while len(replies) < limit:
        replies.append(reply_to(ask(*messages, seed=seed), simulation))
        if not replies[-1].tool_calls:
            break
        messages += called(replies[-1], results[min(len(replies), len(results)) - 1])
    return replies


def share(simulation: Simulation, counts: Callable[[int], bool], runs: int = 2000) -> float:
    return sum(map(counts, range(runs))) / runs


def test_a_run_makes_the_declared_calls_and_gives_the_declared_answer() -> None:
    first, second, last = play(declare(), ['{"ok": true}'])
    assert (first.tool_calls[0].name, first.tool_calls[0].arguments) == ("shop.find", '{"order": "0042"}')
    assert json.loads(second.tool_calls[0].arguments) == {"order": "0042", "usd": 15.5}
    assert json.loads(last.text) == {"usd": 15.5, "say": "sent $15.50"}


def test_the_same_request_gives_the_same_reply() -> None:
    simulation = declare({"skill": 0.5, "otherwise": [{"answer": "no"}]}, failures={"malformed_json": 0.5})
    assert play(simulation, ["{}"], seed=5) == play(simulation, ["{}"], seed=5)


def test_it_answers_through_the_interface_at_once() -> None:
    model = SimulatedModel(declare())
    assert model.virtual_time
    assert asyncio.run(model.complete(ask(ASK))).tool_calls
    asyncio.run(model.aclose())


def test_an_unknown_request_gets_the_default() -> None:
    assert reply_to(ask(Message("user", "Hello")), declare()).text == "I only send parcels."


def test_skill_is_drawn_once_a_run_at_the_declared_rate() -> None:
    simulation = declare({"calls": [], "skill": 0.7, "otherwise": [{"answer": "wrong"}]})
    right = share(simulation, lambda seed: reply_to(ask(ASK, seed=seed), simulation).text != "wrong")
    assert right == pytest.approx(0.7, abs=0.04)
    again = [ASK, Message("assistant", "wrong"), Message("user", "That is not right, try again.")]
    for seed in range(50):
        assert (
            reply_to(ask(ASK, seed=seed), simulation).text
            == reply_to(ask(*again, seed=seed), simulation).text
        )


def test_what_the_prompt_says_moves_the_skill_whatever_its_line_breaks() -> None:
    rule = {"says": "measure the foot", "chance": 1.0}
    behaviour = {"skill": {"default": 0.0, "prompt": [rule]}, "otherwise": [{"answer": "wrong"}]}
    assert reply_to(ask(ASK), declare(behaviour)).tool_calls
    without = replace(ask(ASK), messages=(Message("system", "You sell shoes."), ASK))
    assert reply_to(without, declare(behaviour)).text == "wrong"


def test_wrong_ways_are_taken_by_their_weight() -> None:
    ways = [{"answer": "a", "weight": 3}, {"answer": "b"}]
    simulation = declare({"skill": 0, "otherwise": ways})
    assert share(
        simulation, lambda seed: reply_to(ask(ASK, seed=seed), simulation).text == "a"
    ) == pytest.approx(0.75, abs=0.04)


@pytest.mark.parametrize("result", ["denied: needs approval", '{"error": "no such order"}', "HTTP 503: busy"])
def test_a_failed_or_denied_call_leads_to_the_declared_answer(result: str) -> None:
    _, last = play(declare(), [result])
    assert json.loads(last.text) == {"action": "escalate"}


def test_without_such_an_answer_it_goes_on_as_if_nothing_happened() -> None:
    assert len(play(declare({"on_denied": None}), ["denied: no"])) == 3


def test_feedback_makes_it_try_again_with_new_luck() -> None:
    simulation = declare({"calls": []}, failures={"malformed_json": 0.5})
    seed = next(s for s in range(100) if "usd" not in _parsed(reply_to(ask(ASK, seed=s), simulation).text))
    broken = reply_to(ask(ASK, seed=seed), simulation)
    tries = [broken]
    messages = [ASK]
    for _ in range(10):
        messages += [Message("assistant", tries[-1].text), Message("user", "The answer is not JSON.")]
        tries.append(reply_to(ask(*messages, seed=seed), simulation))
    assert any("usd" in _parsed(reply.text) for reply in tries[1:])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def always(failure: str) -> Simulation:
    return declare(failures={failure: 1.0})


def test_wrong_tool_asks_for_another_or_an_unknown_one() -> None:
    names = {reply_to(ask(ASK, seed=s), always("wrong_tool")).tool_calls[0].name for s in range(30)}
    assert names == {"shop.send", "shop.find_all"}


def test_bad_arguments_are_dropped_garbled_or_not_json() -> None:
    kinds = {reply_to(ask(ASK, seed=s), always("bad_arguments")).tool_calls[0].arguments for s in range(30)}
    assert kinds == {"{}", '{"order": ["0042"]}', '{"order": "0042"'}


def test_after_a_tool_error_on_bad_arguments_it_makes_the_call_properly() -> None:
    bad = ToolCall("call_1", "shop.find", "{}")
    messages = [
        ASK,
        Message("assistant", "", (bad,)),
        Message("tool", "error: order is missing", tool_call_id="call_1"),
    ]
    assert reply_to(ask(*messages), declare()).tool_calls[0].arguments == '{"order": "0042"}'


def test_malformed_json_is_cut_or_wrapped_in_prose() -> None:
    texts = {
        reply_to(ask(ASK, seed=s), declare({"calls": []}, failures={"malformed_json": 1})).text
        for s in range(30)
    }
    assert len(texts) == 2
    assert not any(_parsed(text) for text in texts)


def test_a_refusal_is_prose_without_a_call() -> None:
    reply = reply_to(ask(ASK), always("refusal"))
    assert not reply.tool_calls
    assert "can't help" in reply.text


def test_a_rate_limit_asks_to_wait() -> None:
    with pytest.raises(ModelError) as caught:
        reply_to(ask(ASK), declare(failures={"rate_limit": 1}, retry_after_seconds=3))
    assert (caught.value.kind, caught.value.retryable, caught.value.retry_after) == ("rate_limited", True, 3)


@pytest.mark.parametrize(("left", "takes_ms"), [(120.0, 60_000), (2.5, 2_500)])
def test_a_timeout_takes_the_declared_time_but_never_more_than_is_left(left: float, takes_ms: float) -> None:
    with pytest.raises(ModelError) as caught:
        reply_to(ask(ASK, timeout_seconds=left), always("timeout"))
    assert (caught.value.kind, caught.value.latency_ms) == ("timeout", takes_ms)


def test_a_loop_repeats_the_last_call_and_goes_on_with_it() -> None:
    simulation = declare(failures={"loop": 0.3})
    seed = next(s for s in range(100) if len(play(simulation, ["{}"], seed=s)) == 8)
    calls = [reply.tool_calls[0] for reply in play(simulation, ["{}"], seed=seed)]
    assert len({(call.name, call.arguments) for call in calls[-6:]}) == 1


def test_a_loop_ends_when_it_is_told_off() -> None:
    call = ToolCall("c", "shop.send", '{"order": "0042", "usd": 15.5}')
    stuck = [
        part
        for _ in range(3)
        for part in (Message("assistant", "", (call,)), Message("tool", "{}", tool_call_id="c"))
    ]
    assert reply_to(ask(ASK, *stuck), declare()).tool_calls
    told = Message("user", "You repeat yourself.")
    assert reply_to(ask(ASK, *stuck, told), declare()).tool_calls[0].name == "shop.find"


@pytest.mark.parametrize("failure", ["wrong_tool", "refusal", "rate_limit", "timeout", "bad_arguments"])
def test_each_failure_happens_at_its_declared_rate(failure: str) -> None:
    simulation = declare(failures={failure: 0.1, "malformed_json": 0.3})
    assert share(simulation, lambda seed: _strays(simulation, seed)) == pytest.approx(0.1, abs=0.025)


def test_temperature_scales_the_failures() -> None:
    simulation = declare(failures={"refusal": 0.1}, temperature_factor=2)
    hot = share(simulation, lambda seed: _strays(simulation, seed, temperature=1.0))
    assert hot == pytest.approx(0.3, abs=0.035)


def _strays(simulation: Simulation, seed: int, temperature: float = 0.0) -> bool:
    try:
        reply = reply_to(ask(ASK, seed=seed, temperature=temperature), simulation)
    except ModelError:
        return True
    return [(c.name, c.arguments) for c in reply.tool_calls] != [("shop.find", '{"order": "0042"}')]


def test_another_attempt_has_new_luck() -> None:
    simulation = declare(failures={"rate_limit": 0.5})
    outcomes = Counter(_limited(simulation, attempt) for attempt in range(40))
    assert set(outcomes) == {True, False}


def _limited(simulation: Simulation, attempt: int) -> bool:
    try:
        reply_to(ask(ASK, attempt=attempt), simulation)
    except ModelError:
        return True
    return False


def test_latency_is_log_normal_around_the_declared_median() -> None:
    simulation = declare(latency_ms={"median": 650, "sigma": 0.35})
    times = [reply_to(ask(ASK, seed=s), simulation).latency_ms for s in range(1000)]
    assert median(times) == pytest.approx(650, rel=0.05)


def test_usage_counts_four_characters_a_token() -> None:
    reply = reply_to(ModelRequest("sim.yaml", (Message("user", "x" * 40),)), declare())
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (14, 5)


def test_an_answer_longer_than_allowed_is_cut() -> None:
    reply = reply_to(ask(Message("user", "Hello"), max_output_tokens=2), declare())
    assert (reply.text, reply.finish_reason, reply.usage.output_tokens) == ("I only s", "length", 2)


def test_no_two_runs_share_a_response_id() -> None:
    assert len({reply_to(ask(ASK, seed=s), declare()).response_id for s in range(100)}) == 100


@given(st.lists(st.text(st.characters(exclude_categories=())), max_size=5), st.integers())
def test_hostile_text_never_breaks_it(texts: list[str], seed: int) -> None:
    messages = [Message("user", text) for text in texts] + [
        Message("tool", text, tool_call_id=text) for text in texts
    ]
    assert reply_to(ask(*messages, seed=seed), declare()).text
