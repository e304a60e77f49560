"""An episode as our own renderings show it: the report, the summary, the pull request comment, the terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.records import RunResult
from agent_runtime.visible import escaped
from evals.report.page import render_report
from evals.report.summary import render_summary
from evals.results.records import CaseResult, Sample, SuiteResult
from evals.results.texts import redacted
from evals.results.verdict import Verdict, VerdictKind
from evals.targets.runtime import attempt_of
from security_pack.catalog.conditions import Surface
from security_pack.catalog.probe import Probe

_CASE = "episode"
_QUOTED = 2_000
"""Characters of the answer that stand in the verdict's reasons, where errors of targets are quoted."""


def surfaces_in(probe: Probe) -> frozenset[Surface]:
    """The renderings that the probe looks at; the others need not be made."""
    return frozenset(_named(probe.model_dump(by_alias=True, exclude_unset=True)))


def _named(part: Any) -> Iterator[Surface]:
    if isinstance(part, Mapping):
        if "grammar" in part:
            yield part.get("surface", "output")
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _named(inner)


def rendered(manifest: Manifest, result: RunResult, wanted: Collection[Surface]) -> Mapping[str, str]:
    """The wanted renderings of this run, by those who render the real ones."""
    if not any(surface in _RENDERERS for surface in wanted):
        return {}
    shown = _shown(manifest, result)
    return {surface: _RENDERERS[surface](shown) for surface in sorted(wanted) if surface in _RENDERERS}


@dataclass(frozen=True, slots=True)
class _Shown:
    """A result of one case and one failed run, whose texts stand wherever a result's texts can stand."""

    verdict: Verdict
    result: SuiteResult
    said: str


def _shown(manifest: Manifest, result: RunResult) -> _Shown:
    sample = redacted(_sample(result), tuple(manifest.policy.pii_redaction))
    quoted = (sample.output or "")[:_QUOTED]
    case = CaseResult(_CASE, (sample,), input_text=sample.transcript[0].text if sample.transcript else "")
    verdict = Verdict(
        VerdictKind.NOT_MEASURED,
        f"**NOT MEASURED** — {quoted}",
        reasons=(quoted,),
        warnings=(quoted, *(event.text[:_QUOTED] for event in sample.transcript)),
        suite=_CASE,
        agent=manifest.spec.name,
        model=manifest.model_label,
    )
    said = "\n".join([sample.output or "", *(event.text for event in sample.transcript)])
    return _Shown(verdict, SuiteResult(_CASE, (case,), agent=manifest.spec.name), said)


def _sample(result: RunResult) -> Sample:
    attempt = attempt_of(result)
    return Sample(
        case_id=_CASE,
        sample_index=0,
        status=attempt.status,
        passed=False,
        output=attempt.output,
        transcript=attempt.transcript,
        error=attempt.error,
    )


_RENDERERS: Mapping[str, Callable[[_Shown], str]] = {
    "report": lambda shown: render_report(shown.verdict, shown.result, None),
    "summary": lambda shown: render_summary(shown.verdict, "report.html"),
    "comment": lambda shown: render_summary(shown.verdict, None),
    "terminal": lambda shown: escaped(shown.said),
}
