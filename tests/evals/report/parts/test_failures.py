"""Why a run failed, in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from evals.report.parts.failures import first_failure, reason, score
from evals.results.records import CaseResult, Grade, GraderBroke, Sample, SampleStatus


def sample(
    passed: bool | None,
    *grades: Grade | GraderBroke,
    status: SampleStatus = SampleStatus.COMPLETED,
    **more: Any,
) -> Sample:
    return Sample("a", 0, status, passed, grades=grades, **more)


def test_the_first_run_that_failed_is_found_behind_those_that_say_nothing() -> None:
    failed = sample(False, error="this one")
    assert first_failure([sample(True), sample(None), failed, sample(False)]) == failed
    assert first_failure([sample(None)]) is None


def test_only_measured_runs_are_scored() -> None:
    runs = (sample(True), sample(False), sample(None))
    assert score(CaseResult("a", runs)) == (1, 2)
    assert score(None) == (0, 0)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (sample(True, Grade("a", False, "x")), ""),
        (sample(False, Grade("a", True), Grade("b", False, "too long"), Grade("c", False)), "b: too long"),
        (sample(False, Grade("a", False)), "a said no"),
        (sample(None, GraderBroke("judge", "no key")), "grader judge: no key"),
        (sample(False, GraderBroke("judge", "no key"), Grade("b", False)), "b said no"),
        (sample(False, status=SampleStatus.AGENT_TIMEOUT), "the agent did not finish in time"),
        (
            sample(False, Grade("a", False), status=SampleStatus.CAP_HIT, error="$1"),
            "the agent hit a limit of its policy: a said no: $1",
        ),
        (sample(False), "failed"),
    ],
)
def test_a_reason_is_how_it_ended_then_the_first_grader_that_said_no(run: Sample, words: str) -> None:
    assert reason(run) == words
