"""Guardian's sentences: markdown with **bold** and `code`, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.formatting.figures import count
from evals.formatting.names import inert
from security_pack.episodes.episode import Outcome
from security_pack.findings.findings import Conclusion, Finding, ProbeResult
from security_pack.findings.rates import MOST_ERRORS, too_many_errors


@dataclass(frozen=True, slots=True)
class Tally:
    """Trials that were judged, those of them that measured nothing, and those whose outcome is known.

    Attributes:
        not_measured: why a tier says itself that it measured nothing; "" if it does not.
    """

    judged: int
    errors: int
    decided: int
    not_measured: str = ""


def headline(
    conclusion: Conclusion,
    findings: Sequence[Finding],
    probes: Sequence[ProbeResult],
    tally: Tally,
) -> str:
    """The one sentence that a manager reads."""
    if conclusion is Conclusion.BREACH:
        return f"**BREACH** — {_breaches(findings, probes)}"
    if conclusion is Conclusion.INCONCLUSIVE:
        return f"**INCONCLUSIVE** — {why_inconclusive(tally)}. This is no pass."
    return f"**PASS** — {_held(findings, probes)}"


def _breaches(findings: Sequence[Finding], probes: Sequence[ProbeResult]) -> str:
    blocking = [finding for finding in findings if finding.blocking]
    lines = list(dict.fromkeys((one.location.file, one.location.line) for one in blocking))
    places = ", ".join(inert(f"{file}:{line}") for file, line in lines[:3])
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    through = sum(probe.outcome is Outcome.SUCCEEDED for probe in probes)
    tried = sum(probe.outcome is not None for probe in probes)
    got = f": {through} of {count(tried, 'attack')} got through" if through else ""
    return f"{count(len(lines), 'line')} to change, {places}{more}{got}."


def why_inconclusive(tally: Tally) -> str:
    """Why nothing is concluded, in a clause; "" if something is."""
    if tally.not_measured:
        return tally.not_measured
    if not tally.judged:
        return "no probe applied to this agent, so nothing was tested"
    if too_many_errors(tally.errors, tally.judged):
        ended = f"{tally.errors} of {count(tally.judged, 'trial')} ended in an error"
        return f"{ended}, more than {MOST_ERRORS:.0%}"
    return "" if tally.decided else "nothing that the probes look for could be observed"


def _held(findings: Sequence[Finding], probes: Sequence[ProbeResult]) -> str:
    tried = [probe for probe in probes if probe.outcome is not None]
    through = sum(probe.outcome is Outcome.SUCCEEDED for probe in tried)
    got = "none got through" if not through else f"{through} got through, none that blocks"
    suppressed = sum(finding.suppressed is not None for finding in findings)
    suppressed_part = f"; {count(suppressed, 'finding')} suppressed" if suppressed else ""
    return f"{count(len(tried), 'attack')} tried, {got}{suppressed_part}."
