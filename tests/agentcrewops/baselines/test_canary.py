"""What may become a baseline, where it goes, and what it can see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from agentcrewops.baselines.canary import (
    advice,
    default_file,
    enough_runs,
    print_baseline,
    refuse_unfit,
    verdict_beside,
)
from evals.results.samples import write_samples
from evals.results.verdict import VerdictKind, verdict_document
from tests.bot.samples import drift
from tests.fakes.results import result


@pytest.mark.parametrize(("samples", "runs"), [(1, 30), (10, 30), (11, 33)])
def test_a_baseline_has_three_times_the_runs_of_a_canary_and_never_few(samples: int, runs: int) -> None:
    assert enough_runs(samples) == runs


@pytest.mark.parametrize(("suite", "name"), [("support-triage", "support-triage.json"), ("", "suite.json")])
def test_a_baseline_is_kept_by_the_name_of_its_suite(suite: str, name: str) -> None:
    assert default_file(Path("agents"), suite) == Path("agents/baselines", name)


def test_a_name_that_leads_elsewhere_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot be a file name"):
        default_file(Path(), "../outside")


def test_the_verdict_beside_the_samples_is_found_from_either(tmp_path: Path) -> None:
    write_samples(tmp_path / "samples.jsonl", result({"a": "+"}))
    assert verdict_beside(tmp_path) is None
    verdict = drift().verdict
    assert verdict is not None
    (tmp_path / "verdict.json").write_text(json.dumps(verdict_document(verdict)))
    assert verdict_beside(tmp_path) is verdict_beside(tmp_path / "samples.jsonl") is VerdictKind.DRIFT


def test_a_verdict_that_is_none_is_refused(tmp_path: Path) -> None:
    write_samples(tmp_path / "samples.jsonl", result({"a": "+"}))
    (tmp_path / "verdict.json").write_text("{")
    with pytest.raises(InvalidInput, match="is not valid JSON"):
        verdict_beside(tmp_path)


@pytest.mark.parametrize("kind", [*VerdictKind, None])
def test_what_fell_or_measured_nothing_is_no_baseline(kind: VerdictKind | None) -> None:
    unfit = {VerdictKind.DRIFT, VerdictKind.BELOW_FLOOR, VerdictKind.NOT_MEASURED}
    if kind not in unfit:
        refuse_unfit(Path("out"), kind)
        return
    with pytest.raises(InvalidInput, match=rf"verdict\.json says {kind}"):
        refuse_unfit(Path("out"), kind)


def test_the_case_with_the_fewest_runs_says_whether_they_are_few() -> None:
    assert advice(result({"a": "+" * 30, "b": "+" * 30}), 10) is None
    few = advice(result({"a": "+" * 30, "b": "+" * 29}), 10)
    assert few is not None
    assert few.startswith("29 runs per case are few")


def test_a_baseline_is_shown_with_each_case(capsys: pytest.CaptureFixture[str]) -> None:
    print_baseline(result({"a": "+++-", "b": "++++"}, simulated=True), 0.1)
    said = capsys.readouterr().out
    assert said.startswith("support-triage · 2 cases · 8 measured runs · simulated\n\n     3 of 4    a\n")
    assert "With 10 runs per case the gate finds a drop of" in said


def test_of_a_baseline_that_measured_nothing_nothing_can_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_baseline(result({"a": "!!!"}), 0.1)
    assert "Nothing was measured, so nothing can be compared with it." in capsys.readouterr().out


def test_as_json_it_says_what_it_sees(capsys: pytest.CaptureFixture[str]) -> None:
    print_baseline(result({"a": "+++-"}), 0.2, as_json=True)
    facts = json.loads(capsys.readouterr().out)
    assert (facts["suite"], facts["margin"], facts["cases"][0]["passed"]) == ("support-triage", 0.2, 3)
