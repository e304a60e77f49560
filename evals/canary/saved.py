"""Results that are on disk already, compared."""

from __future__ import annotations

from pathlib import Path

from evals.report.folder import write_verdict
from evals.report.result import CanaryResult
from evals.results.baseline import load_reference, samples_file
from evals.results.files import prepare_folder
from evals.results.samples import copy_samples, write_samples
from evals.suite.suite_file import GateSettings


def compare_files(
    baseline: Path, candidate: Path, out: Path, settings: GateSettings, seed: int | None = None
) -> CanaryResult:
    """Judge two saved results, of any harness, and write what a canary would have written."""
    from evals.gate.gate import decide

    before, after = load_reference(baseline, keep_text=False), load_reference(candidate, keep_text=False)
    prepare_folder(out)
    verdict = decide(before, after, settings, seed=seed)
    samples, copy = samples_file(candidate), out / "samples.jsonl"
    if samples is None:
        write_samples(copy, after)
    else:
        copy_samples(samples, copy)
    write_verdict(out, verdict)
    return CanaryResult(verdict, after, before)
