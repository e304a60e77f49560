"""A baseline that is refreshed may not slide below what a person approved."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import CannotMeasure, InvalidInput
from evals.canary.baselines import compare_refresh, slow_slide
from evals.results.baseline import read_anchor, read_baseline, save_baseline, summarize
from evals.results.records import SuiteResult
from evals.results.verdict import VerdictKind
from tests.fakes.results import result


def arm(passes: int, cases: int = 10, runs: int = 30) -> SuiteResult:
    return result({str(number): "+" * passes + "-" * (runs - passes) for number in range(cases)})


def test_small_steps_that_sum_up_to_a_drop_are_a_slow_slide() -> None:
    refresh = compare_refresh(arm(25), arm(28), arm(24), 0.10)
    assert refresh.against_baseline.verdict is not VerdictKind.DRIFT
    assert "a slow slide" in str(slow_slide(refresh))


def test_a_step_up_or_none_may_replace_the_baseline() -> None:
    assert slow_slide(compare_refresh(arm(27), arm(27), arm(28), 0.10)) is None


def test_results_that_compare_with_nothing_replace_nothing() -> None:
    with pytest.raises(InvalidInput, match="does not compare with what was approved"):
        compare_refresh(arm(28), arm(28), result({"0": "++"}, simulated=True), 0.10)


def test_results_that_measured_nothing_replace_nothing() -> None:
    with pytest.raises(CannotMeasure, match="not refreshed"):
        compare_refresh(arm(28), arm(28), result({str(number): "!!!" for number in range(10)}), 0.10)


def test_the_anchor_outlives_every_refresh_and_a_new_case_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    save_baseline(path, arm(28, cases=2), str)
    save_baseline(path, arm(27, cases=3), str, read_anchor(path))
    save_baseline(path, arm(26, cases=3), str, read_anchor(path))
    assert [case.passed for case in summarize(read_anchor(path))] == [28, 28, 27]
    assert [case.passed for case in summarize(read_baseline(path))] == [26, 26, 26]


def test_saving_approves_and_a_changed_case_is_approved_as_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    save_baseline(path, arm(20), str)
    assert '"anchor"' not in path.read_text()
    changed = result({"0": "+" * 30}, case_hash="other")
    save_baseline(path, changed, str, arm(20))
    assert '"anchor"' not in path.read_text()


def test_an_anchor_with_more_passes_than_runs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    save_baseline(path, arm(20), str, arm(28))
    path.write_text(path.read_text().replace('"passed": 28, "runs": 30', '"passed": 31, "runs": 30'))
    with pytest.raises(InvalidInput, match="more passes than runs"):
        read_anchor(path)
