"""What Guardian found: the one shape that reports, SARIF, comments and the bot read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from evals.results.facts import FailOn
from evals.results.verdict import Tone
from security_pack.catalog.probe import Control, Family, Severity, TaxonomyIds, Tier
from security_pack.episodes.episode import Outcome


class Conclusion(StrEnum):
    """What a team acts on; headings, tones and exit codes follow from it."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    BREACH = "breach"
    INCONCLUSIVE = "inconclusive"

    @property
    def heading(self) -> str:
        """Breach"""
        return self.value.capitalize()

    @property
    def summary(self) -> str:
        """What was found, in a few words."""
        return "no way in found" if self is Conclusion.PASS else self.value

    @property
    def tone(self) -> Tone:
        """How it looks to a reader."""
        return _TONES[self]

    def exit_code(self, fail_on: FailOn = FailOn.DRIFT) -> int:
        """3 if nothing can be concluded, whatever `fail_on` is; 1 for a breach that stops a change, else 0."""
        if self is Conclusion.INCONCLUSIVE:
            return 3
        return int(self is Conclusion.BREACH and fail_on is not FailOn.NEVER)


_TONES = {Conclusion.PASS: Tone.GOOD, Conclusion.BREACH: Tone.BAD, Conclusion.INCONCLUSIVE: Tone.DOUBT}


@dataclass(frozen=True, slots=True)
class Location:
    """The line to change. `file` is relative to where Guardian was called; `line` counts from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Successes among judged runs, with the Wilson 95 % interval of the attack success rate."""

    successes: int
    runs: int
    low: float
    high: float
    blocked: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the shown transcript. Hostile text, already redacted; escape at the sink."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """A finding somebody decided to live with, until a day (ISO date)."""

    reason: str
    expires: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in.

    Attributes:
        rule_id: the probe's id, or `static/NAME`; stable, the SARIF ruleId.
        subject: what it is about: the tool's name, or a policy key; with rule_id and agent it names the
            finding over time.
        tier: None for a static check.
        control: the setting that should have stopped it; findings of one line and control are one problem to a
            reader. None where it is no setting, as for a line of guardian.yaml.
        message: what happened or could, in one sentence.
        fix: what to write, and where.
        blocking: it fails the check: severe enough, sure enough, and not suppressed.
        reproduce: the command that shows it again.
    """

    rule_id: str
    title: str
    severity: Severity
    message: str
    fix: str
    location: Location
    subject: str = ""
    tier: Tier | None = None
    family: Family | None = None
    control: Control | None = None
    maps: TaxonomyIds = field(default_factory=TaxonomyIds)
    blocking: bool = False
    rate: Rate | None = None
    evidence: tuple[str, ...] = ()
    transcript: tuple[Line, ...] = ()
    reproduce: str = ""
    suppressed: Suppression | None = None


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe came to against one agent, in one tier.

    Attributes:
        subject: the attacked tool; "" if none.
        outcome: None if it was not applicable, or could not be observed.
        observed: False if what the target reports does not decide it.
        note: why not, in plain words.
    """

    probe_id: str
    title: str
    family: Family
    severity: Severity
    tier: Tier
    subject: str = ""
    outcome: Outcome | None = None
    rate: Rate | None = None
    observed: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything of one Guardian run; `findings.json` is this.

    Attributes:
        headline: one sentence in plain words, markdown bold allowed.
        warnings: what the reader must know, such as what could not be observed.
        fingerprint: of the manifest; None for a foreign agent.
        simulated: True if the resistance tier asked no real model.
    """

    conclusion: Conclusion
    headline: str
    agent: str
    model: str
    findings: tuple[Finding, ...] = ()
    probes: tuple[ProbeResult, ...] = ()
    warnings: tuple[str, ...] = ()
    fingerprint: str | None = None
    commit: str | None = None
    simulated: bool = False
    pack: str = ""
    """Hash of the probes that were run."""
