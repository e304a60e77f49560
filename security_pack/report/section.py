"""Assessment -> the view model of Guardian's part of the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evals.formatting import figures
from evals.formatting.excerpts import Excerpt, excerpt, one_line
from evals.formatting.prose import Span, spans, unbroken, without_title
from security_pack.assessment.problems import Problem, problems_of
from security_pack.catalog.probe import Severity, Tier
from security_pack.findings.findings import Assessment, Finding, Line, Rate
from security_pack.report.attacks import Family, Share, families, shares

TONES: Mapping[Severity, str] = {
    Severity.CRITICAL: "bad",
    Severity.HIGH: "bad",
    Severity.MEDIUM: "doubt",
    Severity.LOW: "plain",
}
_MOST_PROBLEMS = 60
_FIRST_ATTACKS = 5
_MOST_ATTACKS = 200
_MOST_LINES = 40


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what it is, for the small print."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One line of a transcript."""

    role: str
    text: Excerpt


@dataclass(frozen=True, slots=True)
class Attack:
    """One finding inside its problem. `rate` is "" for a tier without chance."""

    rule_id: str
    title: str
    severity: str
    tone: str
    kind: str
    rate: str
    interval: str
    blocked: str


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """One line to change, and everything it lets happen."""

    anchor: str
    title: str
    where: str
    badges: tuple[tuple[str, str], ...]
    message: str
    fix: str
    attacks: tuple[Attack, ...]
    more_attacks: tuple[Attack, ...]
    more_title: str
    attacks_left_out: str
    rated: bool
    example: str
    evidence: tuple[str, ...]
    transcript: tuple[TranscriptLine, ...]
    reproduce: str
    suppression: str
    open: bool


@dataclass(frozen=True, slots=True)
class GuardianSection:
    """Everything the template prints; it computes nothing."""

    title: str
    tone: str
    agent: str
    simulated: bool
    headline: tuple[Span, ...]
    facts: tuple[Fact, ...]
    shares: tuple[Share, ...]
    problems: tuple[ShownProblem, ...]
    problems_left_out: str
    suppressed: tuple[ShownProblem, ...]
    warnings: tuple[tuple[Span, ...], ...]
    families: tuple[Family, ...]


def section_of(assessment: Assessment) -> GuardianSection:
    """The view model."""
    problems = problems_of(assessment.findings)
    open_ones = [problem for problem in problems if problem.suppressed is None]
    shown = open_ones[:_MOST_PROBLEMS]
    left = len(open_ones) - len(shown)
    suppressed = [problem for problem in problems if problem.suppressed is not None][:_MOST_PROBLEMS]
    return GuardianSection(
        title=assessment.conclusion.heading,
        tone=assessment.conclusion.tone,
        agent=one_line(assessment.agent, 100),
        simulated=assessment.simulated,
        headline=unbroken(without_title(spans(assessment.headline[:5_000]))),
        facts=_facts(assessment),
        shares=shares(assessment.probes),
        problems=tuple(_shown(problem, f"problem-{at}") for at, problem in enumerate(shown, start=1)),
        problems_left_out=f"and {figures.count(left, 'more problem')}, in findings.json" if left else "",
        suppressed=tuple(_shown(problem, f"kept-{at}") for at, problem in enumerate(suppressed, start=1)),
        warnings=tuple(unbroken(spans(warning[:1_000])) for warning in assessment.warnings[:100]),
        families=families(assessment.probes),
    )


def _facts(assessment: Assessment) -> tuple[Fact, ...]:
    tiers = {probe.tier for probe in assessment.probes}
    facts = (
        ("Agent", assessment.agent),
        ("Model", assessment.model if Tier.RESISTANCE in tiers else "scripted: it obeys every attacker"),
        ("Commit", assessment.commit[:12] if assessment.commit else ""),
        ("Fingerprint", figures.fingerprint(assessment.fingerprint) if assessment.fingerprint else ""),
        ("Probes", figures.fingerprint(assessment.pack) if assessment.pack else ""),
    )
    return tuple(Fact(name, one_line(value, 120)) for name, value in facts if value)


def _shown(problem: Problem, anchor: str) -> ShownProblem:
    probed = problem.probed
    example = probed[0] if probed else None
    left = len(probed) - _MOST_ATTACKS
    return ShownProblem(
        anchor=anchor,
        title=one_line(problem.title, 160),
        where=one_line(f"{problem.location.file}:{problem.location.line}", 200),
        badges=_badges(problem),
        message=one_line(problem.message, 600),
        fix=one_line(problem.fix, 500),
        attacks=tuple(map(_attack, probed[:_FIRST_ATTACKS])),
        more_attacks=tuple(map(_attack, probed[_FIRST_ATTACKS:_MOST_ATTACKS])),
        more_title=f"and {figures.count(len(probed) - _FIRST_ATTACKS, 'more attack')}",
        attacks_left_out=f"and {figures.count(left, 'more attack')}, in findings.json" if left > 0 else "",
        rated=any(finding.rate is not None for finding in probed),
        example=one_line(example.title, 200) if example else "",
        evidence=tuple(one_line(text, 400) for text in example.evidence[:10]) if example else (),
        transcript=tuple(map(_line, example.transcript[:_MOST_LINES])) if example else (),
        reproduce=one_line(example.reproduce, 400) if example else "",
        suppression=_suppression(problem),
        open=problem.blocking,
    )


def _badges(problem: Problem) -> tuple[tuple[str, str], ...]:
    blocks = (("blocks", "bad"),) if problem.blocking else ()
    return ((problem.severity.value, TONES[problem.severity]), *blocks)


def _suppression(problem: Problem) -> str:
    decision = problem.suppressed
    return one_line(f"{decision.reason} (until {decision.expires})", 600) if decision is not None else ""


def _attack(finding: Finding) -> Attack:
    return Attack(
        rule_id=one_line(finding.rule_id, 80),
        title=one_line(finding.title, 160),
        severity=finding.severity.value,
        tone=TONES[finding.severity],
        kind="gatekeeper" if finding.tier is Tier.ENFORCEMENT else "model",
        rate=_rate(finding.rate),
        interval=interval(finding.rate),
        blocked=f"{finding.rate.blocked:,}" if finding.rate is not None else "",
    )


def _rate(rate: Rate | None) -> str:
    return "" if rate is None else figures.out_of(rate.successes, rate.runs)


def interval(rate: Rate | None) -> str:
    """11 … 60 %: where the attack's success rate lies, by Wilson at 95 %."""
    return "" if rate is None else f"{rate.low * 100:.0f} … {figures.percent(rate.high)}"


def _line(line: Line) -> TranscriptLine:
    return TranscriptLine(one_line(line.role, 20), excerpt(line.text, 2_000))
