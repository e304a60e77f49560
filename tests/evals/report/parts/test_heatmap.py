from __future__ import annotations

from evals.report.parts.heatmap import strip
from evals.results.records import CaseResult
from tests.evals.sample_results import sample


def runs(*outcomes: bool | None) -> CaseResult:
    return CaseResult("c", tuple(sample("c", index, passed, 1, 1) for index, passed in enumerate(outcomes)))


def test_each_state_has_a_shape_of_its_own() -> None:
    cells = strip(runs(True, False, None))
    assert len({cells.passed, cells.failed, cells.crosses, cells.unmeasured}) == 4


def test_the_cells_are_told_in_words() -> None:
    assert strip(runs(True, False, None)).description == "1 passed, 1 failed, 1 not measured"


def test_a_strip_of_any_length_fits_a_phone() -> None:
    assert all(strip(runs(*[True] * number)).width <= 300 for number in (1, 10, 18, 19, 30, 61, 1_000))


def test_a_case_without_runs_has_an_empty_strip() -> None:
    assert (strip(runs()).width, strip(runs()).description) == (0, "0 passed, 0 failed")
