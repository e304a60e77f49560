"""Results that are on disk already: compared, and rendered again."""

from __future__ import annotations

from pathlib import Path

from evals.report.folder import write_judgement
from evals.report.sections import Section
from evals.results.baseline import load_reference, samples_file
from evals.results.files import prepare_folder
from evals.results.samples import copy_samples, write_samples
from evals.results.verdict import Verdict
from evals.suite.suite_file import GateSettings


def compare_files(
    baseline: Path, candidate: Path, out: Path, settings: GateSettings, seed: int | None = None
) -> Verdict:
    """Judge two saved results, of any harness, and write the same files as a canary."""
    from evals.gate.gate import decide as judge_result

    before, after = load_reference(baseline, keep_text=False), load_reference(candidate, keep_text=False)
    prepare_folder(out)
    verdict = judge_result(before, after, settings, seed=seed)
    samples, copy = samples_file(candidate), out / "samples.jsonl"
    if samples is None:
        write_samples(copy, after)
    else:
        copy_samples(samples, copy)
    write_judgement(out, verdict, after, before)
    return verdict


def render_again(folder: Path, baseline: Path | None, sections: tuple[Section, ...] = ()) -> Path:
    """Render the report of a canary folder again; returns its path."""
    from evals.report.folder import read_results, render_results

    verdict, result = read_results(folder)
    reference = load_reference(baseline, keep_text=False) if baseline else None
    render_results(folder, verdict, result, reference, sections=sections)
    return folder / "report.html"
