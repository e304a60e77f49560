from __future__ import annotations

from dataclasses import replace

from evals.report.cases import MOST_BYTES, MOST_CASES, CaseView, case_list
from evals.results.records import CaseResult, Event, SuiteResult
from evals.results.verdict import Verdict, VerdictKind
from tests.evals.sample_results import baseline_result, candidate_result, case, sample, verdict_of


def view(case_id: str) -> CaseView:
    candidate, baseline = candidate_result(), baseline_result()
    listed = case_list(verdict_of(candidate, baseline), candidate, baseline)
    return next(row for row in listed.cases if row.name == case_id)


def test_a_case_tells_both_arms() -> None:
    broken = view("refund_over_limit")
    assert (broken.before, broken.after, broken.badges) == ("10/10", "2/10", (("broken", "bad"),))


def test_a_failing_case_shows_what_a_passing_run_of_the_baseline_answered() -> None:
    good = view("refund_over_limit").good_output
    assert good
    assert good.text == '{"action": "refund", "amount": 15}'


def test_an_improved_case_is_changed_but_not_broken() -> None:
    assert view("angry_customer").filters == ("failing", "changed")


def test_a_case_with_an_unmeasured_run_says_so_and_is_not_failing() -> None:
    late = view("shipping_late")
    assert (late.after, late.badges, late.filters) == ("9/9", (("1 not measured", "plain"),), ())


def test_a_must_pass_case_that_failed_is_below_its_floor() -> None:
    result = SuiteResult("s", (case("invoice_copy", 0.9),))
    row = case_list(verdict_of(result, None), result, None).cases[0]
    assert row.badges == (("below floor", "bad"),)


def test_a_case_that_the_verdict_does_not_know_is_still_counted() -> None:
    result = SuiteResult("s", (case("c", 0.5),))
    row = case_list(Verdict(VerdictKind.NOT_MEASURED, ""), result, None).cases[0]
    assert (row.before, row.after) == ("", "5/10")


def long_winded(cases: int, name: str = "c") -> SuiteResult:
    run = replace(sample("c", 0, False, 1, 1), transcript=(Event("tool", "x" * 2_000),) * 40)
    return SuiteResult("s", tuple(CaseResult(f"{name}{number}", (run,)) for number in range(cases)))


def test_cases_beyond_the_page_s_room_are_shown_in_brief() -> None:
    result = long_winded(MOST_BYTES // 80_000 + 5)
    rows = case_list(verdict_of(result, None), result, None).cases
    assert len(rows) == len(result.cases)
    assert rows[0].failed_run
    assert not rows[0].brief
    assert (rows[-1].failed_run, rows[-1].runs, rows[-1].brief) == (None, (), True)


def test_cases_that_do_not_even_fit_in_brief_are_counted() -> None:
    runs = (sample("c", 0, False, 1, 1),) * 400
    cases = tuple(CaseResult(f"{number}{'<' * 160}", runs) for number in range(MOST_CASES))
    listed = case_list(Verdict(VerdictKind.NOT_MEASURED, ""), SuiteResult("s", cases), None)
    more = MOST_CASES - len(listed.cases)
    assert more > 0
    assert listed.left_out.startswith(f"{more:,} more cases not listed here")


def test_a_case_the_baseline_does_not_have_is_new_but_only_beside_a_baseline() -> None:
    result, before = SuiteResult("s", (case("a", 1.0), case("b", 1.0))), SuiteResult("s", (case("a", 1.0),))
    compared = case_list(verdict_of(result, before), result, before).cases
    alone = case_list(verdict_of(result, None), result, None).cases
    assert [row.badges for row in compared] == [(), (("new case", "plain"),)]
    assert [row.badges for row in alone] == [(), ()]
