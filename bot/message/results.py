"""What there is to publish: a verdict of Canary, an assessment of Guardian, or both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_runtime.errors import InvalidInput
from evals.report.folder import read_results as read_canary
from evals.results.records import CaseResult, SuiteResult
from evals.results.verdict import Verdict
from security_pack.findings.findings import Assessment

VERDICT_FILE, FINDINGS_FILE = "verdict.json", "findings.json"


@dataclass(frozen=True, slots=True)
class Results:
    """At least one of the two. `samples` are the runs behind the verdict, with the texts of failed ones.

    Attributes:
        trusted: False if a fork's own run measured this: its figures are a claim, its links are not shown.
    """

    verdict: Verdict | None = None
    samples: SuiteResult | None = None
    assessment: Assessment | None = None
    trusted: bool = True

    @property
    def commits(self) -> frozenset[str]:
        """The commits that were measured, as far as they are known."""
        parts = (self.verdict, self.assessment)
        return frozenset(part.commit for part in parts if part is not None and part.commit)

    def case(self, case_id: str) -> CaseResult | None:
        """The runs of one case."""
        cases = self.samples.cases if self.samples else ()
        return next((case for case in cases if case.case_id == case_id), None)


def read_results(folders: Sequence[Path]) -> Results:
    """What the folders hold together.

    Raises:
        InvalidInput: a folder holds nothing of ours, two hold the same, or a file cannot be read.
    """
    found = [part for folder in folders for part in _parts(folder)]
    merged = Results()
    for folder, part in found:
        merged = _joined(merged, part, folder)
    return merged


def _parts(folder: Path) -> Iterator[tuple[Path, Results]]:
    names = [name for name in (VERDICT_FILE, FINDINGS_FILE) if (folder / name).is_file()]
    if not names:
        what = f"holds no {VERDICT_FILE} and no {FINDINGS_FILE}"
        raise InvalidInput.one(folder, what, "give the --out folder of  agentcrewops canary  or  guardian")
    if VERDICT_FILE in names:
        verdict, samples = read_canary(folder)
        yield folder, Results(verdict, samples)
    if FINDINGS_FILE in names:
        from security_pack.findings.findings_file import read_assessment

        yield folder, Results(assessment=read_assessment(folder))


def _joined(first: Results, second: Results, folder: Path) -> Results:
    if (first.verdict and second.verdict) or (first.assessment and second.assessment):
        fix = "publish each under its own --check-name"
        raise InvalidInput.one(folder, "holds a second result of the same kind", fix)
    return Results(
        first.verdict or second.verdict,
        first.samples or second.samples,
        first.assessment or second.assessment,
    )
