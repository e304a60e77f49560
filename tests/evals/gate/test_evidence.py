"""Which runs count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evals.gate.evidence import gather, outcome, pair, repeated_word_for_word
from evals.results.records import Sample, SampleStatus, SuiteResult
from evals.results.verdict import CaseStatus
from tests.fakes.results import result, with_samples


def arm(marks: str, **numbers: Mapping[int, object]) -> SuiteResult:
    """One case; `latency_ms={3: 5.0}` sets a field of the fourth run."""

    def change(sample: Sample) -> Sample:
        own = {
            name: values[sample.sample_index]
            for name, values in numbers.items()
            if sample.sample_index in values
        }
        return replace(sample, **own)  # type: ignore[arg-type]

    return with_samples(result({"a": marks}), change)


def kept(target: SuiteResult, other: SuiteResult | None = None) -> list[int]:
    """The sample_index of the runs that count."""
    return [run.sample_index for run in gather(target, other)["a"].runs]


def test_infrastructure_and_grader_errors_are_left_out_and_counted_apart() -> None:
    case = gather(result({"a": "+!?-!"}))["a"]
    assert (case.passed, len(case.runs), case.infra_errors, case.grader_errors) == (1, 2, 2, 1)


def test_a_timeout_a_cap_and_a_broken_contract_are_failures_even_if_nobody_graded_them() -> None:
    for status in (SampleStatus.AGENT_TIMEOUT, SampleStatus.CAP_HIT, SampleStatus.CONTRACT_VIOLATION):
        assert outcome(Sample("a", 0, status, passed=None)) is False
        assert outcome(Sample("a", 0, status, passed=True)) is False


def test_an_infrastructure_error_is_no_pass_even_if_marked_as_one() -> None:
    assert outcome(Sample("a", 0, SampleStatus.INFRA_ERROR, passed=True)) is None


def test_runs_marked_as_cached_are_left_out() -> None:
    assert kept(arm("+++++", cached=dict.fromkeys((1, 3), True))) == [0, 2, 4]


def test_of_a_fully_cached_case_one_run_stays() -> None:
    assert kept(arm("+++++", cached=dict.fromkeys(range(5), True))) == [0]


def test_a_repeated_response_id_counts_once() -> None:
    assert kept(arm("++++", response_id={0: "x", 1: "y", 2: "x", 3: "y"})) == [0, 1]


def test_runs_far_below_the_median_latency_are_repeats() -> None:
    assert kept(arm("+++++", latency_ms={3: 5.0, 4: 99.0})) == [0, 1, 2]


def test_where_answers_take_milliseconds_their_jitter_is_no_sign_of_a_cache() -> None:
    quick = {0: 90.0, 1: 90.0, 2: 90.0, 3: 1.0, 4: 1.0}
    assert kept(arm("+++++", latency_ms=quick)) == [0, 1, 2, 3, 4]


def test_a_tenth_of_the_median_latency_is_still_an_answer() -> None:
    assert kept(arm("+++++", latency_ms={4: 100.0})) == [0, 1, 2, 3, 4]


def test_one_real_answer_and_nine_from_a_cache_are_seen_beside_an_honest_arm() -> None:
    fast = dict.fromkeys(range(1, 10), 4.0)
    assert kept(arm("+" * 10, latency_ms=fast), arm("+" * 10)) == [0]


def test_an_agent_that_fails_fast_keeps_its_failures() -> None:
    fast = dict.fromkeys(range(6, 10), 4.0)
    assert len(kept(arm("++++++----", latency_ms=fast))) == 10


def test_an_agent_that_became_fast_keeps_its_runs() -> None:
    assert len(kept(arm("+" * 10, latency_ms=dict.fromkeys(range(10), 4.0)), arm("+" * 10))) == 10


def test_a_fast_run_with_an_output_of_its_own_is_no_repeat() -> None:
    outputs = {index: str(index) for index in range(5)}
    assert len(kept(arm("+++++", latency_ms={4: 4.0}, output_sha256=outputs))) == 5
    assert len(kept(arm("+++++", latency_ms={4: 4.0}, output_sha256=outputs | {4: "0"}))) == 4


def test_equal_outputs_alone_are_only_noticed() -> None:
    same = arm("+++", output_sha256=dict.fromkeys(range(3), "h"))
    assert len(kept(same)) == 3
    assert repeated_word_for_word(gather(same)) == (1, 1)


def test_different_outputs_are_not_noticed() -> None:
    assert repeated_word_for_word(gather(arm("++", output_sha256={0: "h", 1: "i"}))) == (0, 1)


def test_cases_pair_up_by_id_and_comparability() -> None:
    old = result({"a": "+", "b": "+", "c": "+"}, case_hash="1")
    new = result({"b": "+", "c": "+", "d": "+"}, case_hash="1")
    new = replace(new, cases=(new.cases[0], replace(new.cases[1], case_hash="2"), new.cases[2]))
    assert pair(gather(old), gather(new)).status == {
        "a": "removed",
        "b": "shared",
        "c": "changed",
        "d": "added",
    }


def test_an_unknown_comparability_compares_with_any() -> None:
    known, unknown = result({"a": "+"}, case_hash="1"), result({"a": "+"})
    assert pair(gather(known), gather(unknown)).of(CaseStatus.SHARED) == ("a",)
    assert pair(gather(unknown), gather(known)).of(CaseStatus.SHARED) == ("a",)
