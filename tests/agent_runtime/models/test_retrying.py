import asyncio
from collections.abc import Sequence

import pytest

from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest
from agent_runtime.models.retrying import Completion, complete_with_retries
from agent_runtime.records import Usage

GOOD = ModelReply("ok", (), Usage(1, 1), latency_ms=40.0)


def busy(**parts: float | None) -> ModelError:
    return ModelError("busy", kind="rate_limited", latency_ms=100.0, retry_after=parts.get("retry_after"))


class Scripted:
    """Gives its outcomes one after another; a call takes a tenth of a second of its clock."""

    def __init__(self, *outcomes: ModelReply | ModelError, virtual_time: bool = False) -> None:
        self.outcomes = list(outcomes)
        self.virtual_time = virtual_time
        self.requests: list[ModelRequest] = []
        self.slept: list[float] = []
        self.time = 0.0

    async def complete(self, request: ModelRequest) -> ModelReply:
        self.requests.append(request)
        self.time += 0.1
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, ModelError):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        """Nothing to close."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def run(self, retries: int = 2, timeout_seconds: float = 120.0, seed: int = 1) -> Completion:
        request = ModelRequest("m", (), seed=seed, timeout_seconds=timeout_seconds)
        return asyncio.run(
            complete_with_retries(self, request, retries=retries, sleep=self.sleep, clock=lambda: self.time)
        )


def pauses(model: Scripted, outcomes: Sequence[float]) -> None:
    assert model.slept == pytest.approx(outcomes)


def test_a_good_answer_is_not_repeated() -> None:
    model = Scripted(GOOD)
    assert model.run() == Completion(GOOD, 0, 0.0)
    assert model.slept == []


def test_what_failed_is_tried_again_as_the_next_attempt() -> None:
    model = Scripted(busy(), busy(), GOOD)
    done = model.run()
    assert done.retry_count == 2
    assert [request.attempt for request in model.requests] == [0, 1, 2]
    assert done.waited_ms == pytest.approx((0.2 + sum(model.slept)) * 1000)


def test_pauses_are_jittered_below_a_doubling_ceiling_and_replay_alike() -> None:
    slept = [0.0, 0.0]
    for seed in range(50):
        model = Scripted(busy(), busy(), GOOD)
        model.run(seed=seed)
        slept = [max(pair) for pair in zip(slept, model.slept, strict=True)]
    assert 0.4 < slept[0] <= 0.5
    assert 0.8 < slept[1] <= 1.0
    again = Scripted(busy(), busy(), GOOD)
    again.run(seed=49)
    pauses(again, model.slept)


def test_the_provider_is_given_the_time_it_asked_for() -> None:
    model = Scripted(busy(retry_after=20.0), GOOD)
    model.run()
    assert 20.0 <= model.slept[0] <= 20.5


def test_a_pause_that_leaves_no_time_is_not_begun() -> None:
    model = Scripted(busy(retry_after=20.0), GOOD)
    with pytest.raises(ModelError, match="busy"):
        model.run(timeout_seconds=10.0)
    assert model.slept == []


def test_the_time_left_shrinks_with_every_attempt() -> None:
    model = Scripted(busy(retry_after=5.0), GOOD)
    model.run(timeout_seconds=10.0)
    assert model.requests[1].timeout_seconds == pytest.approx(10.0 - 0.1 - model.slept[0])


def test_when_retries_are_used_up_the_last_error_carries_the_whole() -> None:
    model = Scripted(busy(), busy(), busy())
    with pytest.raises(ModelError) as caught:
        model.run()
    assert (caught.value.kind, caught.value.retry_count) == ("rate_limited", 2)
    assert caught.value.latency_ms == pytest.approx((0.3 + sum(model.slept)) * 1000)


def test_what_cannot_succeed_is_not_repeated() -> None:
    model = Scripted(ModelError("no", retryable=False, kind="rejected"), GOOD)
    with pytest.raises(ModelError) as caught:
        model.run()
    assert (caught.value.retry_count, len(model.requests)) == (0, 1)


def test_with_virtual_time_pauses_are_counted_and_nobody_sleeps() -> None:
    model = Scripted(busy(retry_after=7.0), GOOD, virtual_time=True)
    done = model.run()
    assert model.slept == []
    assert 7_100 <= done.waited_ms <= 7_600
    assert model.requests[1].timeout_seconds == pytest.approx(120 - done.waited_ms / 1000)


def test_virtual_time_also_runs_out() -> None:
    model = Scripted(busy(retry_after=7.0), GOOD, virtual_time=True)
    with pytest.raises(ModelError) as caught:
        model.run(timeout_seconds=5.0)
    assert caught.value.latency_ms == 100.0
