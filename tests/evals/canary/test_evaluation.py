"""An evaluation at work: what is known before it, what it may cost, and what happens to each run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.agent.manifest import Recording, RecordingMode, load_manifest
from agent_runtime.errors import InvalidInput
from agent_runtime.progress import Stretch
from evals.canary.evaluation import Evaluation, expense, grade_attempt, open_evaluation, sampling
from evals.graders import graders_of
from evals.results.samples import read_samples
from evals.sampling.caller import Caller, CancelSwitch
from evals.sampling.journal import Start
from evals.sampling.plan import plan_runs
from evals.sampling.schedule import fixed_schedule
from tests.fakes.grading import means
from tests.fakes.results import result
from tests.fakes.scripted_target import ScriptedTarget, always, completed
from tests.fakes.suites import HI, suite_of

FREE = "as recorded: no agent is called, no money is spent"


def evaluation(folder: Path, **changes: Any) -> Evaluation:
    """Of a command and one case, with a run of it that answers ok at a cent."""
    suite = suite_of(folder, {"command": {"run": "cat"}}, [{**HI, "input": "mail bob@example.com"}])
    target = ScriptedTarget(always(completed("mail bob@example.com x", cost_usd=0.01)))
    target.simulated = False
    planned = Evaluation(
        suite=suite,
        manifest=None,
        target=target,
        baseline=None,
        schedule=fixed_schedule(3),
        concurrency=1,
        seed=1,
        max_usd=None,
        pii_kinds=("email",),
        commit="c" * 40,
        start=Start.AFRESH,
        folder=folder / "out",
    )
    return replace(planned, **changes)


class Watching:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[tuple[int, str]] = []

    def announce(self, text: str) -> None:
        pass

    @contextmanager
    def stretch(self, total: int, unit: str, *, steady: bool = True) -> Iterator[Stretch]:
        yield self

    def note(self, done: int, words: str = "") -> None:
        self.said.append((done, words))


def run(planned: Evaluation, runs: int, caller: Caller | None = None) -> str:
    """Make runs up to so many; returns why it stopped, if it did."""
    suite = planned.suite
    grading = partial(grade_attempt, graders_of(suite.cases, means()))

    async def go() -> str:
        with (
            open_evaluation(planned) as journal,
            sampling(planned, planned.target, journal, runs, grading, caller or Caller()) as sampler,
        ):
            made = len(journal.samples)
            await sampler.run(plan_runs(suite.cases, made, runs), planned.concurrency)
            return sampler.reason or ""

    return asyncio.run(go())


# --- before the first run


def test_the_frame_of_a_result_is_known_without_running_anything(tmp_path: Path) -> None:
    planned = evaluation(tmp_path)
    [case] = planned.frame.cases
    assert (planned.frame.suite, planned.frame.fingerprint, planned.frame.commit) == ("s", "f", "c" * 40)
    assert (case.case_hash, case.samples) == (planned.suite.cases[0].case_hash, ())


def test_personal_data_in_a_question_is_not_in_the_frame(tmp_path: Path) -> None:
    assert evaluation(tmp_path).frame.cases[0].input_text == "mail [EMAIL_1]"


def test_a_folder_holds_one_evaluation_at_a_time(tmp_path: Path) -> None:
    planned = evaluation(tmp_path)
    with open_evaluation(planned), pytest.raises(InvalidInput), open_evaluation(planned):
        pytest.fail("both were let in")
    with open_evaluation(planned) as journal:
        assert journal.samples == {}


# --- what it may cost


def test_a_cost_is_expected_by_the_baseline_and_bounded_by_the_worst_run_and_the_cap(tmp_path: Path) -> None:
    dear = ScriptedTarget(always(completed()), worst_case_usd=0.5)
    dear.simulated = False
    planned = evaluation(tmp_path, target=dear, baseline=result({"a": "++"}, cost_usd=0.02), max_usd=3)
    assert list(expense(planned, 10)) == [
        "about $0.20 going by the baseline",
        "at most $5.00",
        "stops before $3.00",
    ]


def test_what_nobody_knows_of_the_cost_is_not_said(tmp_path: Path) -> None:
    unpriced = result({"a": "++"}, cost_usd=None)
    assert list(expense(evaluation(tmp_path, baseline=unpriced), 10)) == []


def test_a_simulated_agent_costs_nothing_but_its_judges_may(tmp_path: Path) -> None:
    planned = evaluation(tmp_path, target=ScriptedTarget(always(completed())), max_usd=3)
    assert list(expense(planned, 10)) == ["simulated model, no money is spent"]
    assert list(expense(planned, 10, judges="judged by a")) == [
        "judged by a",
        "simulated model, the agent costs no money",
    ]


def test_a_recorded_target_calls_nobody(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, {"recorded": {"file": "samples.jsonl"}})
    assert list(expense(evaluation(tmp_path, suite=suite, max_usd=3), 10)) == [FREE]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (RecordingMode.REPLAY, "recorded answers, no money is spent"),
        (RecordingMode.REPLAY_OR_RECORD, "simulated model, no money is spent"),
    ],
)
def test_only_a_replay_that_records_nothing_is_of_recorded_answers(
    starter: Path, mode: RecordingMode, words: str
) -> None:
    agent = load_manifest(starter / "agent.yaml", starter / "policy.yaml", None)
    manifest = replace(agent, recording=Recording(starter / "tape.jsonl", mode))
    assert list(expense(evaluation(starter, manifest=manifest), 10)) == [words]


# --- each run as it ends


def test_a_run_is_graded_and_written_down_without_personal_data(tmp_path: Path) -> None:
    planned = evaluation(tmp_path)
    run(planned, 1)
    [sample] = read_samples(tmp_path / "out/samples.partial.jsonl").samples
    assert (sample.passed, sample.output) == (True, "mail [EMAIL_1] x")


def test_the_caller_is_told_of_every_run(tmp_path: Path) -> None:
    watching = Watching()
    run(evaluation(tmp_path), 2, Caller(progress=watching))
    assert watching.said == [(1, "1 passed, $0.0100"), (2, "2 passed, $0.0200")]


def test_runs_that_were_kept_before_are_shown_and_not_made_again(tmp_path: Path) -> None:
    run(evaluation(tmp_path), 2)
    again, watching = evaluation(tmp_path, start=Start.RESUME), Watching()
    run(again, 3, Caller(progress=watching))
    assert [done for done, _ in watching.said] == [1, 2, 3]
    assert isinstance(again.target, ScriptedTarget)
    assert again.target.started == [("a", 2)]


def test_what_was_spent_before_counts_for_the_cap(tmp_path: Path) -> None:
    run(evaluation(tmp_path), 2)
    again = evaluation(tmp_path, start=Start.RESUME, max_usd=0.025)
    assert "$0.0" in run(again, 3)
    assert isinstance(again.target, ScriptedTarget)
    assert again.target.started == []


def test_a_caller_that_has_had_enough_ends_it(tmp_path: Path) -> None:
    switch = CancelSwitch()
    switch.press("changed my mind")
    planned = evaluation(tmp_path)
    assert "changed my mind" in run(planned, 3, Caller(cancellation=switch))
