"""The results of other harnesses as samples: a team keeps its harness, and uses our gate and report.

A new importer is a file with a `Reader`, and a verb with its options in `agentcrewops/verbs/import_results.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agent_runtime.errors import InvalidInput
from agent_runtime.guard.redact import ALL_KINDS, Redactor
from evals.importers.interface import Imported, ImportedRun, short_id
from evals.results.records import CaseResult, Sample, SuiteResult
from evals.results.texts import redacted

Reader = Callable[[Path], Imported]


@dataclass(frozen=True, slots=True)
class Import:
    """Everything that was read, as one result; `left_out` counts the runs that the harness skipped."""

    result: SuiteResult
    left_out: int

    @property
    def summary(self) -> str:
        """What was read, in one line."""
        samples = self.result.samples
        passed, failed = (sum(sample.passed is word for sample in samples) for word in (True, False))
        parts = [
            f"{len(samples)} runs of {len(self.result.cases)} cases",
            f"{passed} passed, {failed} failed",
        ]
        if lost := len(samples) - passed - failed:
            parts.append(f"{lost} not measured")
        if self.left_out:
            parts.append(f"{self.left_out} skipped and left out")
        return " · ".join(parts)


def import_results(files: Sequence[Path], read: Reader, suite: str | None = None) -> Import:
    """Read files of one harness as one evaluation, without personal data.

    A case that is in several files, or several times in one, was repeated: its runs are numbered in that order.

    Args:
        suite: a name for the result; by default the harness's, made fit for a file name.

    Raises:
        InvalidInput: if a file cannot be used, or the files are not of the same evaluation.
    """
    if suite is not None and suite != suite_name(suite):
        raise InvalidInput.one(
            "--suite", f"{suite[:60]!r} is no name", f"write {suite_name(suite) or 'support'!r}"
        )
    contents = {file: read(file) for file in files}
    _refuse_other_arms(contents)
    first = next(iter(contents.values()))
    result = SuiteResult(
        suite=suite or suite_name(first.suite),
        cases=tuple(_redacted(case) for case in _cases(contents)),
        commit=first.commit,
        agent=first.agent,
        model=first.model,
    )
    return Import(result, sum(content.left_out for content in contents.values()))


def suite_name(text: str) -> str:
    """A name that may become a file name: what is not a letter, digit, dot, dash or underscore is a dash."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).lstrip("._-")[:100]


def _refuse_other_arms(contents: Mapping[Path, Imported]) -> None:
    (first_file, first), *others = contents.items()
    for file, content in others:
        if content.arm != first.arm:
            what = f"holds {content.arm}, but {first_file} holds {first.arm}"
            raise InvalidInput.one(file, what, "import them one by one: two candidates are not repeats")


def _cases(contents: Mapping[Path, Imported]) -> Iterable[CaseResult]:
    """The cases in the order they first appear, their runs numbered from 0."""
    cases: dict[str, CaseResult] = {}
    samples: dict[str, list[Sample]] = {}
    for file, content in contents.items():
        if not content.runs:
            raise InvalidInput.one(file, "holds no results that were run", "is this the right file?")
        for run in content.runs:
            case = _same_case(file, cases, run)
            numbered = samples.setdefault(case.case_id, [])
            numbered.append(replace(run.sample, case_id=case.case_id, sample_index=len(numbered)))
    return [replace(case, samples=tuple(samples[name])) for name, case in cases.items()]


def _same_case(file: Path, cases: dict[str, CaseResult], run: ImportedRun) -> CaseResult:
    """The case of a run, as far as it is known; a run that was never made has no hash of its case."""
    case = replace(run.case, case_id=short_id(run.case.case_id))
    known = cases.get(case.case_id, case)
    if known.case_hash and case.case_hash not in {"", known.case_hash}:
        what = f"case '{case.case_id}' has another input or another way of judging than before"
        raise InvalidInput.one(file, what, "import the files one by one: these runs are not repeats")
    cases[case.case_id] = known if known.case_hash else case
    return cases[case.case_id]


def _redacted(case: CaseResult) -> CaseResult:
    return replace(
        case,
        input_text=Redactor(ALL_KINDS).redact(case.input_text),
        samples=tuple(redacted(sample, ALL_KINDS) for sample in case.samples),
    )
