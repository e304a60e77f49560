"""A run as a reader of the report wants it."""

from __future__ import annotations

from typing import Any

import pytest

from evals.formatting import figures
from evals.report.transcripts import measures, transcript
from evals.results.records import Event, Grade, GraderBroke, Sample, SampleStatus


def sample(*steps: Event, **more: Any) -> Sample:
    return Sample("a", 0, SampleStatus.COMPLETED, False, transcript=steps, **more)


def test_runs_are_counted_from_one() -> None:
    assert transcript(sample()).number == 1


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ((840.0, 0.0004, 120), f"{figures.milliseconds(840)} · {figures.usd(0.0004)} · 120 tokens"),
        ((None, None, 1), "1 token"),
        ((None, None, None), ""),
    ],
)
def test_only_what_is_known_is_measured(known: tuple[Any, Any, Any], words: str) -> None:
    assert measures(*known) == words


def test_an_answer_that_the_steps_end_with_is_not_shown_twice() -> None:
    assert transcript(sample(Event("answer", "done"), output="done")).output is None


def test_an_answer_that_no_step_shows_is_shown() -> None:
    shown = transcript(sample(Event("user", "hi"), output="done")).output
    assert shown is not None
    assert shown.text == "done"


def test_steps_beyond_forty_are_counted() -> None:
    shown = transcript(sample(*(Event("tool", str(number)) for number in range(43))))
    assert (len(shown.steps), shown.steps_left_out) == (40, "3 more steps left out")


def test_a_system_prompt_is_cut_earlier_than_a_tools_text() -> None:
    system, tool = transcript(sample(Event("system", "x" * 1_500), Event("tool", "x" * 1_500))).steps
    assert system.text.left_out
    assert not tool.text.left_out


def test_a_grader_passes_fails_or_breaks() -> None:
    grades = (Grade("a", True), Grade("b", False), GraderBroke("c", ""))
    assert [one.state for one in transcript(sample(grades=grades)).judgements] == ["pass", "fail", "broke"]


def test_only_an_address_that_a_browser_may_follow_is_a_trace() -> None:
    assert transcript(sample(trace_url="javascript:alert(1)")).trace_url is None
    assert transcript(sample(trace_url="https://a.example/t")).trace_url == "https://a.example/t"
