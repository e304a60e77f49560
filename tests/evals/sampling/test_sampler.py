"""Sampling a suite: order, retries, stopping, and what is kept."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.results.records import Attempt, Grade, GraderBroke, Sample, SampleStatus
from evals.sampling.caller import StopSignals
from evals.sampling.pacing import Pace
from evals.sampling.plan import plan_runs, sample_seed
from evals.sampling.sampler import (
    LONGEST_WAIT_SECONDS,
    PROBATION,
    Grading,
    Sampler,
    Stopped,
    wait_before_retry,
)
from evals.sampling.spending import SpendingCap
from evals.suite.suite import EvalCase
from tests.fakes.scripted_target import Behave, ScriptedTarget, always, broken, cases, completed


def by_output(case: EvalCase, attempt: Attempt) -> tuple[bool | None, tuple[Grade, ...]]:
    passed = attempt.output == "ok"
    return passed, (Grade("exact", passed),)


async def no_wait(seconds: float) -> None:
    await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sampling left behind; the samples by case and index."""

    samples: tuple[Sample, ...]
    stopped: Stopped | None
    reason: str
    warnings: tuple[str, ...]


def sampled(
    target: ScriptedTarget,
    of: Sequence[EvalCase],
    samples: int,
    concurrency: int = 4,
    *,
    judge: Grading = by_output,
    keep: Callable[[Sample], None] = lambda sample: None,
    max_usd: float | None = None,
) -> Outcome:
    """The outcome of a sampling whose waits take no time."""
    kept: list[Sample] = []

    def note(sample: Sample) -> None:
        kept.append(sample)
        keep(sample)

    sampler = Sampler(
        target,
        judge,
        note,
        pace=Pace(concurrency, sleep=no_wait),
        cap=SpendingCap(max_usd, target.worst_case_usd),
        seed=1,
        fingerprint="f",
        sleep=no_wait,
    )

    async def go() -> None:
        with StopSignals().listen(sampler.interrupt):
            await sampler.run(plan_runs(of, 0, samples), concurrency)

    asyncio.run(go())
    ordered = sorted(kept, key=lambda sample: (int(sample.case_id[1:]), sample.sample_index))
    return Outcome(tuple(ordered), sampler.stopped, sampler.reason, sampler.warnings)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9))
def test_the_order_of_the_samples_does_not_depend_on_the_timing(chance: int, concurrency: int) -> None:
    timing = random.Random(chance)

    async def at_random(case_id: str, index: int, earlier: int) -> Attempt:
        for _ in range(timing.randrange(4)):
            await asyncio.sleep(0)
        return completed(f"{case_id} {index}")

    outcome = sampled(ScriptedTarget(at_random), cases(4), 3, concurrency)
    assert [sample.output for sample in outcome.samples] == [f"c{c} {i}" for c in range(4) for i in range(3)]


def test_the_first_run_of_every_case_starts_before_any_second_one() -> None:
    target = ScriptedTarget(always(completed()))
    sampled(target, cases(3), 2)
    assert [index for _, index in target.started] == [0, 0, 0, 1, 1, 1]


def test_no_more_runs_are_in_flight_than_allowed() -> None:
    target = ScriptedTarget(always(completed()))
    assert len(sampled(target, cases(20), 5, concurrency=7).samples) == 100
    assert target.most_at_once == 7


def test_ten_thousand_runs_need_no_ten_thousand_tasks() -> None:
    most = 0

    async def count_tasks(case_id: str, index: int, earlier: int) -> Attempt:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()))
        return completed()

    assert len(sampled(ScriptedTarget(count_tasks), cases(100), 100, concurrency=10).samples) == 10_000
    assert most <= 11


def test_every_run_has_its_own_seed_that_a_repetition_gives_again() -> None:
    target = ScriptedTarget(always(completed()))
    sampled(target, cases(5), 5)
    assert len(set(target.seeds.values())) == 25
    assert target.seeds[("c2", 3)] == sample_seed(1, "f", "c2", 3)
    assert all(0 <= seed < 2**63 for seed in target.seeds.values())


def test_a_sample_carries_what_the_attempt_said_and_the_grades() -> None:
    [sample] = sampled(ScriptedTarget(always(completed(cost_usd=0.5))), cases(1), 1).samples
    assert (sample.passed, sample.cost_usd, sample.tokens, sample.latency_ms) == (True, 0.5, 3, 1.0)
    assert sample.output_sha256 == "2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df"
    assert sample.grades == (Grade("exact", True),)


def test_an_infrastructure_error_is_tried_again_and_forgotten_once_it_works() -> None:
    async def third_time(case_id: str, index: int, earlier: int) -> Attempt:
        return completed() if earlier == 2 else broken()

    [sample] = sampled(ScriptedTarget(third_time), cases(1), 1).samples
    assert (sample.passed, sample.attempts, sample.error) == (True, 3, None)


def test_an_infrastructure_error_that_stays_is_unmeasured_and_never_judged() -> None:
    def judge(case: EvalCase, attempt: Attempt) -> tuple[bool | None, tuple[Grade, ...]]:
        raise AssertionError("judged")

    [sample] = sampled(ScriptedTarget(always(broken())), cases(1), 1, judge=judge).samples
    assert (sample.status, sample.passed, sample.grades) == (SampleStatus.INFRA_ERROR, None, ())
    assert (sample.attempts, sample.error) == (3, "answered 503")


def test_a_judge_that_asks_somebody_is_awaited() -> None:
    async def judge(case: EvalCase, attempt: Attempt) -> tuple[bool | None, tuple[Grade, ...]]:
        await asyncio.sleep(0)
        return False, (Grade("judge", False, "rude"),)

    [sample] = sampled(ScriptedTarget(always(completed())), cases(1), 1, judge=judge).samples
    assert (sample.passed, sample.grades[0].reason) == (False, "rude")


def test_an_agent_that_failed_is_not_tried_again() -> None:
    for attempt in (completed("wrong"), Attempt(SampleStatus.AGENT_TIMEOUT)):
        [sample] = sampled(ScriptedTarget(always(attempt)), cases(1), 1).samples
        assert (sample.passed, sample.attempts) == (False, 1)


@pytest.mark.parametrize(
    ("attempt", "tries", "expected"),
    [
        (broken(), 1, 0.5),
        (broken(), 2, 1.0),
        (broken(), 3, None),
        (broken(retry_after=7), 1, 7.0),
        (broken(retry_after=0), 2, 1.0),
        (broken(retry_after=LONGEST_WAIT_SECONDS + 1), 1, None),
        (broken(retryable=False), 1, None),
        (completed(), 1, None),
    ],
)
def test_how_long_to_wait(attempt: Attempt, tries: int, expected: float | None) -> None:
    assert wait_before_retry(attempt, tries, 2, seed=0) == expected


@given(st.integers(0, 2**63 - 1))
def test_runs_refused_together_come_back_at_most_a_quarter_later(seed: int) -> None:
    wait = wait_before_retry(broken(retry_after=8), 1, 2, seed)
    assert wait is not None
    assert 8 <= wait < 10


def test_a_target_that_raises_is_broken_infrastructure() -> None:
    async def odd(case_id: str, index: int, earlier: int) -> Attempt:
        if case_id == "c1":
            raise KeyError("oops")
        return completed()

    samples = sampled(ScriptedTarget(odd), cases(3), 1).samples
    assert [sample.passed for sample in samples] == [True, None, True]
    assert samples[1].error == "the target raised KeyError: 'oops'"


def test_a_judge_that_raises_leaves_the_run_unmeasured() -> None:
    def judge(case: EvalCase, attempt: Attempt) -> tuple[bool | None, tuple[Grade, ...]]:
        raise ZeroDivisionError("no")

    [sample] = sampled(ScriptedTarget(always(completed())), cases(1), 1, judge=judge).samples
    assert (sample.status, sample.passed) == (SampleStatus.COMPLETED, None)
    assert sample.grades == (GraderBroke("judge", "raised ZeroDivisionError: no"),)


def test_what_the_listener_raises_ends_the_sampling() -> None:
    def full_disk(sample: Sample) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        sampled(ScriptedTarget(always(completed())), cases(50), 10, keep=full_disk)


def test_an_unreachable_target_is_given_up_after_ten_runs() -> None:
    target = ScriptedTarget(always(broken("answered 404: no such agent", retryable=False)))
    outcome = sampled(target, cases(50), 100)
    assert outcome.stopped is Stopped.UNREACHABLE
    assert outcome.reason == "none of the first 10 runs reached the agent: answered 404: no such agent"
    assert len(target.started) < PROBATION + 4


def test_one_run_that_reaches_the_agent_keeps_the_evaluation_going() -> None:
    async def only_c9(case_id: str, index: int, earlier: int) -> Attempt:
        return completed() if case_id == "c9" else broken(retryable=False)

    outcome = sampled(ScriptedTarget(only_c9), cases(20), 3)
    assert (outcome.stopped, len(outcome.samples)) == (None, 60)


def test_slow_first_runs_are_awaited_before_giving_up() -> None:
    async def refuse_all_but_the_first(case_id: str, index: int, earlier: int) -> Attempt:
        if case_id != "c0":
            return broken(retryable=False)
        for _ in range(200):
            await asyncio.sleep(0)
        return completed()

    assert sampled(ScriptedTarget(refuse_all_but_the_first), cases(60), 1, concurrency=50).stopped is None


def dear(cost_usd: float | None) -> Behave:
    return always(completed(cost_usd=cost_usd))


def test_the_cap_holds_with_a_known_worst_case_and_is_used_up() -> None:
    outcome = sampled(ScriptedTarget(dear(0.10), worst_case_usd=0.25), cases(10), 10, max_usd=1.0)
    spent = sum(sample.cost_usd or 0 for sample in outcome.samples)
    assert outcome.stopped is Stopped.BUDGET
    assert 0.75 < spent <= 1.0
    assert "of $1.00 is spent" in outcome.reason


def test_without_a_worst_case_the_first_run_goes_alone_and_names_the_price() -> None:
    target = ScriptedTarget(dear(0.40))
    outcome = sampled(target, cases(10), 10, concurrency=50, max_usd=1.0)
    assert (len(outcome.samples), target.most_at_once, outcome.stopped) == (2, 1, Stopped.BUDGET)


def test_an_evaluation_within_its_cap_is_not_stopped() -> None:
    outcome = sampled(ScriptedTarget(dear(0.01), worst_case_usd=0.01), cases(10), 10, max_usd=1.0)
    assert (outcome.stopped, outcome.warnings, len(outcome.samples)) == (None, (), 100)


def test_a_cap_on_a_target_that_names_no_cost_is_said_once() -> None:
    outcome = sampled(ScriptedTarget(dear(None)), cases(5), 2, max_usd=1.0)
    assert (outcome.stopped, len(outcome.samples)) == (None, 10)
    assert outcome.warnings == ("The cap of $1.00 could not be kept: no run reported its cost.",)


def test_an_interrupt_keeps_what_is_done_and_drops_what_is_in_flight() -> None:
    async def hang_on_second(case_id: str, index: int, earlier: int) -> Attempt:
        if index == 0:
            return completed()
        if case_id == "c0":
            os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
        raise AssertionError("not interrupted")

    before = signal.getsignal(signal.SIGINT)
    outcome = sampled(ScriptedTarget(hang_on_second), cases(3), 5)
    assert outcome.stopped is Stopped.INTERRUPTED
    assert [sample.sample_index for sample in outcome.samples] == [0, 0, 0]
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_is_heard_though_the_target_never_waits() -> None:
    async def at_once(case_id: str, index: int, earlier: int) -> Attempt:
        if (case_id, index) == ("c0", 0):
            os.kill(os.getpid(), signal.SIGINT)
        return completed()

    outcome = sampled(ScriptedTarget(at_once), cases(3), 200)
    assert outcome.stopped is Stopped.INTERRUPTED
    assert 0 < len(outcome.samples) < 600


def test_a_second_interrupt_ends_the_process_though_the_target_will_not_stop() -> None:
    script = textwrap.dedent(
        """
        import asyncio
        from evals.sampling.caller import StopSignals
        from evals.sampling.pacing import Pace
        from evals.sampling.plan import plan_runs
        from evals.sampling.sampler import Sampler
        from evals.sampling.spending import SpendingCap
        from tests.fakes.scripted_target import ScriptedTarget, cases
        async def stubborn(*_):
            try:
                print("busy", flush=True)
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                print("still busy", flush=True)
                await asyncio.sleep(60)
        target = ScriptedTarget(stubborn)
        async def go():
            sampler = Sampler(target, None, print, pace=Pace(1), cap=SpendingCap(None, None), seed=1,
                              fingerprint=None)
            with StopSignals().listen(sampler.interrupt):
                await sampler.run(plan_runs(cases(1), 0, 1), 1)
        asyncio.run(go())
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "still busy\n"
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=10)
    assert "KeyboardInterrupt" in stderr
