"""The result folder: what is measured is kept, what people read is made from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.canary.preparation import CanaryOptions
from evals.gate.trend import DatedResult, dated_result
from evals.report.folder import read_results, render_results, write_results
from evals.report.result import CanaryResult
from evals.results.records import SuiteResult
from evals.results.samples import read_samples
from evals.results.verdict import Verdict
from tests.evals.sample_results import baseline_result, candidate_result, verdict_of
from tests.fakes.canaries import canary_verdict

RUNS = candidate_result(2)
VERDICT = verdict_of(RUNS, baseline_result(2))


def written(folder: Path, verdict: Verdict = VERDICT) -> Path:
    folder.mkdir(exist_ok=True)
    write_results(folder, verdict, RUNS)
    return folder


def over_time(folder: Path, *history: DatedResult) -> bool:
    """Whether the report of these results shows how they moved."""
    page = render_results(folder, CanaryResult(VERDICT, RUNS, history=history))
    return "Over time" in page.read_text(encoding="utf-8")


def earlier(folder: Path, runs: SuiteResult = RUNS) -> DatedResult:
    return dated_result(written(folder).resolve(), runs)


def test_a_verdict_and_its_runs_are_read_back(tmp_path: Path) -> None:
    verdict, runs = read_results(written(tmp_path))
    assert (verdict.headline, verdict.broken_cases) == (VERDICT.headline, VERDICT.broken_cases)
    assert runs == read_samples(tmp_path / "samples.jsonl", keep_text=False)


def test_a_verdict_that_is_no_json_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (written(tmp_path) / "verdict.json").write_text('{"verdict": NaN}')
    with pytest.raises(InvalidInput, match="is not valid JSON") as caught:
        read_results(tmp_path)
    assert caught.value.problems[0].fix == "run the canary again"


def test_people_get_three_files_and_the_path_of_the_first_to_open(tmp_path: Path) -> None:
    page = render_results(tmp_path, CanaryResult(VERDICT, RUNS))
    assert page == tmp_path / "report.html"
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "summary.md", "junit.xml"}


def test_the_summary_names_the_report_without_a_path_of_this_machine(tmp_path: Path) -> None:
    render_results(tmp_path, CanaryResult(VERDICT, RUNS))
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "`report.html`" in summary
    assert str(tmp_path) not in summary


def test_a_report_can_be_rendered_again_from_its_folder(starter: Path) -> None:
    canary_verdict(CanaryOptions(suite=starter / "suite.yaml", samples=4, out=starter / "out"), {})
    before = (starter / "out/report.html").read_bytes()
    (starter / "out/report.html").unlink()
    found = CanaryResult(*read_results(starter / "out"))
    assert render_results(starter / "out", found).read_bytes() == before


def test_earlier_results_of_the_suite_are_shown_over_time(tmp_path: Path) -> None:
    assert over_time(written(tmp_path / "now"), earlier(tmp_path / "2026-03-01"))
    assert not over_time(written(tmp_path / "now"))


@pytest.mark.parametrize("other", [replace(RUNS, suite="billing"), replace(RUNS, simulated=False)])
def test_the_history_of_another_suite_or_of_real_models_is_not_this_ones(
    tmp_path: Path, other: SuiteResult
) -> None:
    here = written(tmp_path / "2026-03-02")
    histories = (earlier(tmp_path / "2026-03-01", other), earlier(here))
    foreign, own = (
        render_results(here, CanaryResult(VERDICT, RUNS, history=(one,))).read_bytes() for one in histories
    )
    assert foreign == own


def test_a_folder_that_is_in_its_own_history_counts_once(tmp_path: Path) -> None:
    here, before = tmp_path / "2026-03-02", earlier(tmp_path / "2026-03-01")
    page = render_results(written(here), CanaryResult(VERDICT, RUNS, history=(before,))).read_bytes()
    again = CanaryResult(VERDICT, RUNS, history=(before, earlier(here)))
    assert render_results(here, again).read_bytes() == page
