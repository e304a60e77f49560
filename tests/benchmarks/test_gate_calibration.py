"""The calibration on a handful of suites: the rows are there, and the pictures are drawn from them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.gate_calibration import (
    Design,
    Row,
    drift_row,
    few,
    look_on,
    look_rows,
    spread,
    tally,
    unchanged,
)
from benchmarks.gate_pictures import FINDINGS, draw_pictures
from evals.results.verdict import MetricVerdict


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def row(value: float, low: float | None, high: float | None) -> Row:
    return Row("power", "any", value, low, high, (0.9, 1), {})


def test_a_row_holds_by_its_value_and_in_a_quick_run_by_its_interval() -> None:
    near = row(0.89, 0.85, 0.93)
    assert (near.holds(), near.holds(quick=True)) == (False, True)
    assert row(0.80, 0.75, 0.85).holds(quick=True) is False
    assert row(0.95, None, None).holds(quick=True) is True


@pytest.mark.parametrize("truth", [spread(0.1), few(0.1)])
def test_a_simulated_drop_is_as_large_as_it_says(truth: object) -> None:
    rates = rng().beta(8, 2, 50)
    assert truth(rates, rng()).mean() == pytest.approx(rates.mean() - 0.1)  # type: ignore[operator]


def test_stopping_is_at_the_first_look_that_decides() -> None:
    seen = look_on(30, spread(1.0), 6, rng())
    assert seen.stops(10) == [(3, MetricVerdict.DRIFT)] * 6


def test_every_row_about_looks_is_measured_and_both_pictures_show_the_rows(tmp_path: Path) -> None:
    rows = list(look_rows(6, 1))
    for goal, what in FINDINGS.values():
        truth = unchanged if goal == "false alarm" else spread(0.1)
        rows.append(drift_row(goal, what, tally(Design(10, 10), truth, 6, rng()), (0, 1)))
    draw_pictures([asdict(each) for each in rows], tmp_path)
    pictures = sorted(tmp_path.glob("*.svg"))
    assert [path.name for path in pictures] == ["gate-against-usual-methods.svg", "when-looking-stops.svg"]
    texts = {text for path in pictures for text in ElementTree.parse(path).getroot().itertext()}
    assert {"no change", "breakage", "70 % of runs saved"} <= texts
