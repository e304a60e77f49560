from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent_runtime.errors import InvalidInput
from evals.gate.trend import Trend, read_dated_results, trends
from evals.results.records import Sample, SuiteResult
from evals.results.samples import write_samples
from tests.fakes.results import result, with_samples

Keep = Callable[..., Path]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Write a result into a folder of the history; its name may be a day."""

    def written(name: str, marks: Mapping[str, str], agent: str | None = "a1", **about: object) -> Path:
        found: SuiteResult = replace(result(marks), fingerprint=agent, model="m", **about)  # type: ignore[arg-type]
        write_samples(tmp_path / name / "samples.jsonl", found)
        return tmp_path / name

    return written


def march(day: int) -> str:
    return f"2026-03-{day:02}"


def only(folder: Path) -> Trend:
    (trend,) = trends(read_dated_results([folder]))
    return trend


def test_a_day_is_a_point_with_its_own_intervals(tmp_path: Path, keep: Keep) -> None:
    keep(march(1), {"a": "+" * 9 + "-", "b": "+" * 10})
    (point,) = only(tmp_path).points
    assert (str(point.day), point.cases, point.runs, point.success.value) == ("2026-03-01", 2, 20, 0.95)
    assert (point.success.low or 1) < 0.95 < (point.success.high or 0)
    assert point.p95_ms.value == 1000.0
    assert point.usd_per_success.value == pytest.approx(0.01 / 0.95)


def test_the_results_of_one_day_and_agent_are_one_point(tmp_path: Path, keep: Keep) -> None:
    keep(f"{march(1)}/morning", {"a": "++"})
    keep(f"{march(1)}/evening", {"a": "--", "b": "++"})
    (point,) = only(tmp_path).points
    assert (point.runs, point.cases, point.success.value) == (6, 2, 0.75)


def test_another_agent_is_another_point_and_marked(tmp_path: Path, keep: Keep) -> None:
    for day, agent in ((1, "a1"), (2, "a2"), (3, "a2")):
        keep(march(day), {"a": "++"}, agent)
    assert [point.new_version for point in only(tmp_path).points] == [False, True, False]


def test_a_fall_under_an_unchanged_agent_is_found_with_its_first_day(tmp_path: Path, keep: Keep) -> None:
    for day in range(1, 9):
        rate = "+" * 19 + "-" if day < 6 else "+" * 12 + "-" * 8
        keep(march(day), {"a": rate, "b": rate, "c": rate})
    (shift,) = only(tmp_path).shifts
    assert (str(shift.since), shift.cases) == ("2026-03-06", 3)
    assert [shift.before, shift.after] == pytest.approx([0.95, 0.6])
    assert shift.change is not None
    assert (shift.change.high or 0) < 0


def test_a_fall_that_came_with_another_agent_is_no_drift(tmp_path: Path, keep: Keep) -> None:
    for day in range(1, 9):
        keep(march(day), {"a": "+" * 20 if day < 5 else "-" * 20}, "a1" if day < 5 else "a2")
    assert [shift.since for shift in only(tmp_path).shifts] == [None, None]


def test_an_edited_case_is_another_case(tmp_path: Path, keep: Keep) -> None:
    keep(march(1), {"a": "+" * 20, "b": "+" * 20})
    edited = result({"a": "-" * 20}, case_hash="other")
    keep(march(2), {"b": "+" * 20}, cases=(*edited.cases, *result({"b": "+" * 20}).cases))
    (shift,) = only(tmp_path).shifts
    assert shift.since is None


def test_noise_is_called_a_change_in_one_trend_of_twenty_at_most(tmp_path: Path) -> None:
    dice = np.random.default_rng(7)
    found = 0
    for number in range(60):
        rates = dice.beta(2, 1, 6)
        days = []
        for day in range(1, 7):
            marks = {
                f"c{at}": "".join("+-"[int(dice.random() > rate)] for _ in range(5))
                for at, rate in enumerate(rates)
            }
            folder = tmp_path / str(number) / march(day)
            write_samples(folder / "samples.jsonl", replace(result(marks), fingerprint="a1"))
            days.append(folder)
        found += any(shift.since for shift in trends(read_dated_results(days))[0].shifts)
    assert found <= 6


def test_no_change_is_told_with_the_fall_that_would_have_been_seen(tmp_path: Path, keep: Keep) -> None:
    for day in (1, 2, 3):
        keep(march(day), {"a": "+" * 20})
    (shift,) = only(tmp_path).shifts
    assert shift.since is None
    assert 0 < (shift.visible or 0) < 0.5


def test_without_a_fingerprint_no_change_is_looked_for(tmp_path: Path, keep: Keep) -> None:
    keep(march(1), {"a": "+" * 20}, None)
    keep(march(2), {"a": "-" * 20}, None)
    trend = only(tmp_path)
    assert trend.shifts == ()
    assert any("do not say which agent" in note for note in trend.notes)


def test_an_endpoint_that_calls_itself_otherwise_is_another_agent(tmp_path: Path, keep: Keep) -> None:
    def named(version: str) -> Callable[[Sample], Sample]:
        return lambda sample: replace(sample, version=version)

    for day, version in ((1, "v1"), (2, "v2")):
        cases = with_samples(result({"a": "++"}), named(version)).cases
        keep(march(day), {}, cases=cases)
    assert [point.version.reported for point in only(tmp_path).points] == ["v1", "v2"]


def test_suites_and_simulations_are_kept_apart(tmp_path: Path, keep: Keep) -> None:
    keep(march(1), {"a": "++"})
    keep(march(2), {"a": "++"}, suite="other")
    keep(march(3), {"a": "++"}, simulated=True)
    found = trends(read_dated_results([tmp_path]))
    assert [(trend.suite, trend.simulated) for trend in found] == [
        ("other", False),
        ("support-triage", False),
        ("support-triage", True),
    ]


def test_the_day_comes_from_run_json_before_the_name_and_the_name_before_the_file(
    tmp_path: Path, keep: Keep
) -> None:
    stamped = keep(march(1), {"a": "++"})
    (stamped / "run.json").write_text(
        '{"started_at": "2026-05-01T00:00:00Z", "ended_at": "2026-05-01T00:01:00Z"}'
    )
    keep(f"nightly-{march(2)}-x/out", {"a": "++"})
    dateless = keep("plain", {"a": "++"})
    os.utime(dateless / "samples.jsonl", (0, 0))
    found = {one.dated_by: str(one.day) for one in read_dated_results([tmp_path])}
    assert found == {"run.json": "2026-05-01", "folder name": "2026-03-02", "file time": "1970-01-01"}


def test_what_is_no_day_is_not_taken_for_one(keep: Keep) -> None:
    folder = keep("2026-02-31", {"a": "++"})
    assert read_dated_results([folder])[0].dated_by == "file time"


def test_a_guessed_day_and_an_outage_are_noted(tmp_path: Path, keep: Keep) -> None:
    keep("plain", {"a": "++"})
    keep(march(1), {"a": "!!"})
    trend = only(tmp_path)
    assert len(trend.points) == 1
    assert "1 of 2 results are dated by their file's time, which copying changes." in trend.notes
    assert "1 of 2 results measured nothing and are not shown." in trend.notes


def test_a_folder_given_twice_counts_once(tmp_path: Path, keep: Keep) -> None:
    folder = keep(march(1), {"a": "++"})
    assert len(read_dated_results([tmp_path, folder, folder / ".." / folder.name])) == 1


def test_unknown_costs_leave_success_standing(tmp_path: Path, keep: Keep) -> None:
    keep(march(1), {}, cases=result({"a": "++"}, cost_usd=None, latency_ms=None).cases)
    (point,) = only(tmp_path).points
    assert (point.success.value, point.p95_ms.value, point.usd_per_success.value) == (1.0, None, None)


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_without_results_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match=name):
        read_dated_results([tmp_path / name])
