from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.message.annotations import Annotation, Level
from bot.message.checks import MOST_BYTES, CheckRun, check_of, first_body, next_body, status_body
from bot.message.conclusions import Conclusion
from bot.message.links import Links
from tests.bot.inert import what_acts
from tests.bot.samples import HOSTILE, SHA, drift, hostile

LINKS = Links(SHA, None, "https://ci.example/runs/1")


def check(lines: int = 0, **changes: object) -> CheckRun:
    notes = [Annotation("suite.yaml", n + 1, Level.FAILURE, f"case {n}", "broke") for n in range(lines)]
    return replace(check_of(drift(), "crew", Conclusion.FAILURE, notes, LINKS), **changes)  # type: ignore[arg-type]


def test_a_check_of_few_lines_is_one_call_that_concludes() -> None:
    body = first_body(check(50))
    assert (body["status"], body["conclusion"], len(body["output"]["annotations"])) == (
        "completed",
        "failure",
        50,
    )


def test_120_lines_are_three_calls_and_only_the_last_concludes() -> None:
    run = check(120)
    bodies = [first_body(run), next_body(run, 50), next_body(run, 100)]
    assert [len(body["output"]["annotations"]) for body in bodies] == [50, 50, 20]
    assert [body["status"] for body in bodies] == ["in_progress", "in_progress", "completed"]
    assert "conclusion" not in bodies[1]


def test_lines_beyond_the_most_are_counted_in_the_text() -> None:
    run = check(612)
    assert len(run.annotations) == 500
    assert run.text.startswith("*112 more lines not annotated.*")


def test_the_same_content_has_the_same_id_and_other_content_another() -> None:
    assert check(3).external_id == check(3).external_id
    assert check(3).external_id != check(4).external_id
    assert check().external_id != check(conclusion=Conclusion.NEUTRAL).external_id


def test_a_long_text_is_cut_on_whole_cases_and_says_so() -> None:
    results = drift()
    assert results.samples is not None
    long = [
        replace(
            case, input_text="𝄞" * 600, samples=tuple(replace(s, output="𝄞" * 5_000) for s in case.samples)
        )
        for case in results.samples.cases
    ] * 4
    text = check_of(
        replace(results, samples=replace(results.samples, cases=tuple(long))),
        "crew",
        Conclusion.FAILURE,
        (),
        LINKS,
    ).text
    assert len(text.encode()) <= MOST_BYTES
    assert text.rstrip().endswith("did not fit here: the report has them all.*")
    assert text.count("> ```") % 2 == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_in_summary_and_text(text: str) -> None:
    run = check_of(hostile(text), "crew", Conclusion.FAILURE, (), LINKS)
    assert what_acts(run.summary, ("https://ci.example",)) == []
    assert what_acts(run.text) == []


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_is_inert_and_within_limits(text: str) -> None:
    run = check_of(hostile(text), "crew", Conclusion.FAILURE, (), LINKS)
    assert what_acts(run.text) == []
    assert max(len(run.summary.encode()), len(run.text.encode())) <= MOST_BYTES
    assert len(run.title) <= 255


@pytest.mark.parametrize(
    ("conclusion", "state"),
    [
        (Conclusion.SUCCESS, "success"),
        (Conclusion.NEUTRAL, "success"),
        (Conclusion.FAILURE, "failure"),
        (Conclusion.ACTION_REQUIRED, "error"),
    ],
)
def test_a_status_says_the_same_in_one_line(conclusion: Conclusion, state: str) -> None:
    body = status_body(check(conclusion=conclusion, title="x" * 300))
    assert (body["state"], body["context"], len(body["description"])) == (state, "crew", 140)
    assert body["target_url"] == "https://ci.example/runs/1"
