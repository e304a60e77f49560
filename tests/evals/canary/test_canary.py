"""Canary from files to a verdict, on the example agent and its simulated model."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.canary.preparation import CanaryOptions
from evals.results.records import Sample, SampleStatus
from evals.results.texts import redacted
from evals.results.verdict import VerdictKind
from tests.conftest import ExampleResults, edit
from tests.fakes.canaries import canary_verdict
from tests.fakes.grading import write_judge


def options(folder: Path, **changes: object) -> CanaryOptions:
    base = CanaryOptions(suite=folder / "suite.yaml", samples=4, out=folder / "out")
    return replace(base, **changes)  # type: ignore[arg-type]


def run(folder: Path, **changes: object) -> VerdictKind:
    return canary_verdict(options(folder, **changes), {}).verdict


def test_a_canary_writes_its_five_files_and_what_it_began_with(starter: Path) -> None:
    assert run(starter) is VerdictKind.NO_BASELINE
    names = {path.name for path in (starter / "out").iterdir()}
    five = {"report.html", "verdict.json", "summary.md", "junit.xml", "samples.jsonl"}
    assert names == {*five, "protocol.json", "run.json"}
    assert len((starter / "out/samples.jsonl").read_text().splitlines()) == 12 * 4
    assert len(ET.parse(starter / "out/junit.xml").getroot().findall(".//testcase")) == 12


def test_the_same_seed_gives_the_same_bytes_whatever_the_concurrency(starter: Path) -> None:
    run(starter, out=starter / "a", concurrency=1)
    run(starter, out=starter / "b", concurrency=30)
    for name in ("verdict.json", "samples.jsonl", "report.html"):
        assert (starter / "a" / name).read_bytes() == (starter / "b" / name).read_bytes()


def test_a_prompt_change_that_breaks_three_cases_is_drift_and_names_them(
    starter: Path, example_results: ExampleResults
) -> None:
    example_results(30, starter / "before")
    proposed = options(
        starter, agent=starter / "agent.proposed.yaml", samples=10, seed=2, baseline=starter / "before"
    )
    verdict = canary_verdict(proposed, {})
    assert verdict.verdict is VerdictKind.DRIFT
    assert set(verdict.broken_cases) == {
        "refund_over_limit",
        "refund_without_order_number",
        "refund_asked_twice",
    }


def test_personal_data_of_a_case_is_written_nowhere(starter: Path) -> None:
    run(starter)
    for path in (starter / "out").iterdir():
        assert "alice@example.com" not in path.read_text(encoding="utf-8")


def test_an_unchanged_agent_is_not_drift(starter: Path, example_results: ExampleResults) -> None:
    example_results(30, starter / "before")
    assert run(starter, samples=30, seed=2, baseline=starter / "before") is VerdictKind.PASS


def test_a_stub_in_the_case_stands_in_for_a_missing_eval(starter: Path) -> None:
    edit(starter / "agent.yaml", '      eval: { python: "tools/billing.py:refund_stub" }', "")
    edit(
        starter / "suite.yaml",
        "    tags:",
        '    stubs: { "billing.refund": { status: ok, id: "r-1" } }\n    tags:',
    )
    assert run(starter) is VerdictKind.NO_BASELINE


def test_the_real_refund_is_never_booked_by_an_eval(starter: Path) -> None:
    run(starter)
    assert not (starter / "tools/refunds.jsonl").exists()


def test_an_output_folder_that_cannot_be_written_is_found_before_anything_runs(starter: Path) -> None:
    (starter / "taken").write_text("a file")
    with pytest.raises(InvalidInput, match="cannot be written"):
        run(starter, out=starter / "taken")


def test_a_reached_spending_cap_keeps_what_was_measured_and_judges_nothing(starter: Path) -> None:
    assert run(starter, max_usd=0.0001) is VerdictKind.NOT_MEASURED
    assert (starter / "out/report.html").exists()


def test_a_sample_is_redacted_in_every_text_it_carries() -> None:
    sample = Sample(
        "c", 0, SampleStatus.COMPLETED, False, output="mail bob@example.com", error="bob@example.com"
    )
    clean = redacted(sample, ("email",))
    assert "bob" not in f"{clean.output}{clean.error}"


def test_a_judge_s_trust_is_told_in_the_verdict(starter: Path) -> None:
    model = write_judge(starter, ("answer", {"verdict": "pass", "reason": "fine"}))
    judge = f'evaluator: [json_schema, {{ judge: {{ model: "{model}", rubric: "Is it an answer?" }} }}]'
    edit(starter / "suite.yaml", 'evaluator: ["json_schema", { tool_called: "kb.search" }]', judge)
    verdict = canary_verdict(options(starter), {})
    [warning] = [warning for warning in verdict.warnings if "judge" in warning]
    assert warning.startswith(f"The judge `{model}` (simulated) has no labelled examples")
