"""Results of ten cases with ten runs each, and the gate's verdict on them."""

from __future__ import annotations

from evals.gate.gate import decide
from evals.results.records import SuiteResult
from evals.results.verdict import Verdict
from evals.suite.suite_file import GateSettings
from tests.fakes.results import result

ALL = "+" * 10
NONE = "-" * 10


def suite(*marks: str, cases: int = 10) -> dict[str, str]:
    """`cases` cases: the first with the given marks, the others with ten passes."""
    every = [*marks, *[ALL] * (cases - len(marks))]
    return {f"case_{index:03}": each for index, each in enumerate(every)}


def verdict_of(
    baseline: SuiteResult | None, candidate: SuiteResult, *, gate: GateSettings | None = None
) -> Verdict:
    return decide(baseline, candidate, gate or GateSettings())


GOOD = result(suite(cases=30))
"""Perfect, and large enough to pass against itself."""
