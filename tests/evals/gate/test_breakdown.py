from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.gate.gate import decide
from evals.results.records import Grade, GraderBroke, Sample, SuiteResult
from evals.results.verdict import Breakdown, Verdict, VerdictKind
from evals.suite.suite import load_suite
from evals.suite.suite_file import GateSettings
from tests.fakes.results import result, with_samples

GOOD, BAD, ODD = "+" * 20, "-" * 20, "+" * 19 + "-"


def tagged(cases: Mapping[str, str], tags: Mapping[str, Collection[str]]) -> SuiteResult:
    plain = result(cases)
    return replace(
        plain, cases=tuple(replace(case, tags=tuple(tags.get(case.case_id, ()))) for case in plain.cases)
    )


def verdict_on(baseline: SuiteResult | None, candidate: SuiteResult, *gate: str) -> Verdict:
    return decide(baseline, candidate, GateSettings(tags=gate))


def part(verdict: Verdict, name: str) -> Breakdown:
    return next(row for row in verdict.breakdowns if row.name == name)


MANY = {f"case_{number:02}": GOOD for number in range(20)}
ONE_FELL = {**MANY, "case_00": BAD}
TAGS = {name: ("refund" if name == "case_00" else "rest",) for name in MANY}


def test_a_tag_is_the_cases_that_have_it() -> None:
    verdict = verdict_on(tagged(MANY, {}), tagged(ONE_FELL, TAGS))
    assert part(verdict, "refund").cases == 1
    assert (part(verdict, "refund").baseline, part(verdict, "refund").candidate) == (1.0, 0.0)
    assert (part(verdict, "rest").cases, part(verdict, "rest").change) == (19, 0.0)


def test_a_breakdown_decides_nothing_unless_asked() -> None:
    slight = {**MANY, "case_00": "+" * 13 + "-" * 7}
    before, after = tagged(MANY, {}), tagged(slight, TAGS)
    alone = verdict_on(before, after)
    assert part(alone, "refund").p_fell is None
    plain = decide(before, tagged(slight, {}), GateSettings())
    assert (alone.verdict, alone.headline) == (plain.verdict, plain.headline)


def test_a_tag_that_gates_makes_its_fall_a_drift_and_is_named() -> None:
    improved = dict.fromkeys(MANY, "-" * 10 + "+" * 10)
    fell = {**MANY, "case_00": "+" * 8 + "-" * 12}
    verdict = verdict_on(tagged({**improved, "case_00": GOOD}, {}), tagged(fell, TAGS), "refund")
    assert verdict.metrics["success_rate"].verdict == "pass"
    assert verdict.verdict is VerdictKind.DRIFT
    assert verdict.reasons[0].startswith("Success of the one case tagged `refund` fell 100 % → 40 %")
    assert verdict.headline.startswith("**DRIFT** — success of the one case tagged `refund`")


def test_a_tag_that_gates_is_a_further_reason_when_the_suite_drifts_itself() -> None:
    verdict = verdict_on(tagged(MANY, {}), tagged(dict.fromkeys(MANY, BAD), TAGS), "refund")
    assert "on the 20 shared cases" in verdict.reasons[0]
    assert any("tagged `refund`" in reason for reason in verdict.reasons[1:])


def test_an_unchanged_tag_that_gates_blocks_nobody() -> None:
    verdict = verdict_on(tagged(MANY, {}), tagged(MANY, TAGS), "refund", "rest")
    assert verdict.verdict is VerdictKind.PASS
    assert not any(row.fell for row in verdict.breakdowns)


def test_tags_that_gate_are_corrected_for_their_number() -> None:
    fell = {**MANY, "case_00": "+" * 8 + "-" * 12}
    several = {name: (name,) for name in MANY}
    one = part(verdict_on(tagged(MANY, {}), tagged(fell, several), "case_00"), "case_00").p_fell
    all_of_them = part(verdict_on(tagged(MANY, {}), tagged(fell, several), *MANY), "case_00").p_fell
    assert one is not None
    assert all_of_them == pytest.approx(20 * one)


def test_a_tag_that_gates_without_a_case_to_compare_is_a_warning() -> None:
    new = {**MANY, "new": GOOD}
    verdict = verdict_on(tagged(MANY, {}), tagged(new, {"new": ("fresh",)}), "fresh")
    assert "No case of these tags could be compared, so they gate nothing: `fresh`." in verdict.warnings


def test_what_is_not_trusted_is_not_made_drift_by_a_tag() -> None:
    broken = {**dict.fromkeys(MANY, "!" * 20), "case_00": BAD}
    verdict = verdict_on(tagged(MANY, {}), tagged(broken, TAGS), "refund")
    assert verdict.verdict is VerdictKind.NOT_MEASURED


def graded(outcomes: Mapping[str, str], *words: tuple[str, bool | None]) -> SuiteResult:
    grades = tuple(GraderBroke(name) if passed is None else Grade(name, passed) for name, passed in words)

    def judged(sample: Sample) -> Sample:
        return replace(sample, grades=grades)

    return with_samples(result(outcomes), judged)


def test_a_grader_is_counted_where_it_said_something() -> None:
    before = graded({"a": "++++"}, ("schema", True), ("tone", True))
    after = graded({"a": "++++"}, ("schema", True), ("tone", None))
    verdict = verdict_on(before, after)
    assert [row.name for row in verdict.breakdowns] == ["schema"]


def test_a_grader_used_twice_has_to_say_yes_twice() -> None:
    after = graded({"a": "++++"}, ("contains", True), ("contains", False))
    assert part(verdict_on(None, after), "contains").candidate == 0.0


def test_without_a_comparison_the_candidate_stands_alone() -> None:
    row = part(verdict_on(None, tagged(ONE_FELL, TAGS), "refund"), "refund")
    assert (row.candidate, row.baseline, row.change, row.p_fell) == (0.0, None, None, None)


def test_only_the_largest_tags_are_told_and_those_that_gate() -> None:
    cases = {f"case_{number:03}": "++" for number in range(80)}
    own = {name: (f"tag_{name}",) for name in cases}
    verdict = verdict_on(None, tagged(cases, own), "tag_case_079")
    assert len(verdict.breakdowns) == 50
    assert part(verdict, "tag_case_079").gates


def test_a_gate_on_a_tag_that_no_case_has_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(
        'suite: "s"\ngate: { tags: ["refund", "refnud"] }\n'
        "cases: [{ case_id: a, input: hi, tags: [refund], success: \"contains('x')\" }]\n"
    )
    with pytest.raises(InvalidInput, match=r"suite.yaml:2: .*no case has the tag 'refnud'"):
        load_suite(path)
