"""The words: exact, plain, and safe in the hands of hostile case ids."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.formatting.names import inert
from evals.gate import wording
from evals.gate.gate import decide
from evals.results.records import SuiteResult
from evals.results.verdict import Comparison, MetricVerdict
from evals.suite.suite_file import GateSettings
from tests.fakes.results import comparison, result, with_samples

ALL, NONE = "+" * 10, "-" * 10


def headline(baseline: SuiteResult | None, candidate: SuiteResult) -> str:
    return decide(baseline, candidate, GateSettings()).headline


def ten(*marks: str) -> SuiteResult:
    every = [*marks, *["+++++++++-"] * (10 - len(marks))]
    return result({f"case_{index:03}": each for index, each in enumerate(every)})


def success(baseline: float, candidate: float, low: float | None, high: float | None) -> Comparison:
    return Comparison(MetricVerdict.PASS, baseline, candidate, candidate - baseline, low, high)


def test_drift_says_from_where_to_where_and_which_case_broke() -> None:
    said = headline(ten(ALL, ALL, ALL), ten(NONE, ALL, ALL))
    figures = r"\(−10 points, 90 % interval −\d+ … −\d+\)"
    broken = r"`case_000` went 10/10 → 0/10\."
    assert re.fullmatch(
        rf"\*\*DRIFT\*\* — success fell 93 % → 83 % on the 10 shared cases {figures}\. {broken}", said
    )


def test_pass_says_which_drop_is_ruled_out() -> None:
    same = result({str(index): ALL for index in range(30)})
    said = headline(same, same)
    assert said == "**PASS** — 100 % → 100 % (0, 0 … 0). A drop of 10 points or more is ruled out."


def test_undecided_says_what_is_visible_and_what_would_settle_it() -> None:
    base, candidate = (result({str(i): marks for i in range(5)}) for marks in ("+++--", "++---"))
    said = headline(base, candidate)
    assert re.search(
        r"^\*\*UNDECIDED\*\* — 60 % → 40 % \(−20, −\d+ … \+?\d+\)\. With 5 × 5 runs only drops above \d+ points "
        r"are visible; \d+ more runs per case( in both arms)? would settle it\.$",
        said,
    )


def test_undecided_is_never_called_no_drift() -> None:
    base, candidate = result({"a": "+-"}), result({"a": "-+"})
    assert "no drift" not in headline(base, candidate).lower()


def test_simulated_results_say_so() -> None:
    simulated = replace(ten(), simulated=True)
    assert headline(simulated, simulated).startswith("**PASS** (simulated) — ")


def test_more_than_three_broken_cases_are_counted() -> None:
    said = headline(ten(*[ALL] * 5), ten(*[NONE] * 5))
    assert "`case_002` went 10/10 → 0/10, and 2 more broke." in said
    assert "case_003" not in said


def test_latency_drift_gives_milliseconds_and_the_ratio() -> None:
    fast = result({str(index): ALL for index in range(30)})
    slow = with_samples(fast, lambda sample: replace(sample, latency_ms=2500.0))
    assert "p95 latency rose 1 s → 2.5 s (×2.50, 90 % interval ×2.50 … ×2.50)." in headline(fast, slow)


def test_cost_drift_shows_what_a_run_costs() -> None:
    cheap = result({str(index): ALL for index in range(30)})
    dear = with_samples(cheap, lambda sample: replace(sample, cost_usd=0.02))
    said = headline(cheap, dear)
    assert "cost per successful task rose $0.010 → $0.020" in said
    assert "cost per run: $0.010 → $0.020" in said


def test_a_small_change_gets_a_decimal_instead_of_reading_as_none() -> None:
    assert (
        wording.brief_success(success(0.930, 0.926, -0.011, 0.003)) == "93.0 % → 92.6 % (−0.4, −1.1 … +0.3)"
    )


def test_one_run_each_has_no_interval_to_print() -> None:
    assert wording.brief_success(success(0.9, 0.7, None, None)) == "90 % → 70 % (−20)"


@pytest.mark.parametrize(
    ("factor", "text"), [(1234.5, "$1,234.50"), (0.5, "$0.50"), (0.00034, "$0.00034"), (0, "$0")]
)
def test_dollars_keep_two_figures_that_matter(factor: float, text: str) -> None:
    usd = Comparison(MetricVerdict.DRIFT, factor, factor, 1.0, 1.0, None)
    said = wording.usd_drift(usd, factor, None)
    assert f"rose {text} → {text} (×1.00, 90 % interval ×1.00 … ×∞)" in said
    assert said.endswith(f"{text} → –.")


def test_unequal_designs_are_spelled_out() -> None:
    assert wording.design(30, (30, 30), (9, 10)) == "30 × 9–10 runs against 30 × 30"


def test_what_no_number_of_runs_settles_is_said() -> None:
    facts = comparison(minimum_detectable_drop=1.0, runs_to_settle=None, runs_to_settle_in="both")
    design = wording.design(1, (2, 2), (2, 2))
    assert "no affordable number of runs would settle it" in wording.undecided(design, facts)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("case_005", "`case_005`"),
        ("a`b", "`a'b`"),
        ("a\n# heading", "`a�# heading`"),
        ("a|b", "`a¦b`"),
        ("\x1b[31mred", "`�[31mred`"),
        ("left\u202eright", "`left�right`"),
        ("line\u2028end", "`line end`"),
        ("", "`(no name)`"),
        ("x" * 100, "`" + "x" * 59 + "…`"),
    ],
)
def test_case_ids_are_made_inert(name: str, shown: str) -> None:
    assert inert(name) == shown


@given(st.text())
def test_no_name_can_leave_its_code_span(name: str) -> None:
    shown = inert(name)
    assert shown[0] == shown[-1] == "`"
    assert shown.count("`") == 2
    assert shown.splitlines() == [shown]
    assert "|" not in shown
    assert len(shown) <= 62


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_a_hostile_id_stays_inside_its_span_in_every_sentence(name: str) -> None:
    verdict = decide(result({name: ALL}), result({name: NONE}, must_pass=[name]), GateSettings())
    for sentence in (verdict.headline, *verdict.reasons):
        outside = re.sub(r"`[^`]*`", "", sentence)
        assert sentence.splitlines() == [sentence]
        assert sentence.count("`") % 2 == 0
        assert re.fullmatch(r"[A-Za-z0-9 .,:*%/→−+…()–—_;×$'?]*", outside)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("+-", min_size=1, max_size=12), min_size=1, max_size=6),
    st.lists(st.text("+-", min_size=1, max_size=12), min_size=1, max_size=6),
)
def test_no_headline_holds_a_p_value(old: list[str], new: list[str]) -> None:
    said = headline(
        result({str(index): marks for index, marks in enumerate(old)}),
        result({str(index): marks for index, marks in enumerate(new)}),
    )
    assert not re.search(r"\bp ?[=<>≤]", said)
    assert "nan" not in said.lower()
