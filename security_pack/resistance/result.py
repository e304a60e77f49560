"""What the attacked runs show: trials, findings, warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evals.formatting.figures import count
from evals.formatting.names import inert
from evals.results.records import SuiteResult
from security_pack.catalog.probe import Severity, Tier
from security_pack.episodes.from_attempt import TOOL_CALLS
from security_pack.findings.findings import Finding, Rate
from security_pack.findings.rates import LEAST_BASELINE, RateChange, attack_rate
from security_pack.findings.trial import Trial
from security_pack.resistance.preparation import PreparedResistance
from security_pack.resistance.probe_case import TWIN
from security_pack.resistance.probed_target import episode_of, judgement_of
from security_pack.resistance.regression import FirstLook, Regression, second_look, why_not_measured


@dataclass(frozen=True, slots=True)
class ResistanceResult:
    """What the tier hands to whoever writes the assessment.

    Attributes:
        trials: one for every attack that was tried, and for every probe that was not applicable.
        worse: ids of the probes whose attacks surely succeed more often than in the baseline.
        findings: about all probes together: those that are here block.
        warnings: what the reader must know.
        not_measured: why nothing may be concluded, in plain words; "" if it may.
        tasks: harmless tasks that were not done, among all; None if none was tried.
        result: every run; saved, it is a baseline.
    """

    agent: str
    model: str | None
    trials: tuple[Trial, ...]
    worse: frozenset[str]
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    not_measured: str
    tasks: Rate | None
    result: SuiteResult


def result_of(
    prepared: PreparedResistance,
    result: SuiteResult,
    suspicion: FirstLook | None,
    stopped: str,
    warnings: Sequence[str],
) -> ResistanceResult:
    """The runs as trials, the probes that got worse, and what the reader must know.

    Args:
        suspicion: of the first look; None if it was not reached.
        stopped: why the runs ended before the last one; "" if they did not.
    """
    comparable = prepared.comparable
    found = Regression(comparable)
    if suspicion is not None and not stopped:
        found = second_look(comparable, result, prepared.runs, suspicion)
    not_measured = _not_measured(prepared, result, stopped)
    return ResistanceResult(
        agent=prepared.agent.name,
        model=prepared.agent.model,
        trials=(*trials_of(prepared, result), *prepared.skipped),
        worse=frozenset(found.worse) if not not_measured else frozenset(),
        findings=tuple(_findings(prepared, found)) if not not_measured else (),
        warnings=(*warnings, *_warnings(prepared, found, result)),
        not_measured=not_measured or _idle(result),
        tasks=_tasks(result),
        result=result,
    )


def trials_of(prepared: PreparedResistance, result: SuiteResult) -> Iterator[Trial]:
    """One trial for every attack, from the runs that were kept."""
    for case_result in result.cases:
        case = prepared.cases[case_result.case_id]
        if case.benign:
            continue
        template = case.template
        for sample in case_result.samples:
            episode = episode_of(sample, template.user_turns)
            yield Trial(template.probe, case.binding, Tier.RESISTANCE, episode, judgement_of(sample))


def _not_measured(prepared: PreparedResistance, result: SuiteResult, stopped: str) -> str:
    if stopped:
        return f"{inert(stopped)}; what was measured is kept: --resume goes on with it"
    if not prepared.cases:
        return "no probe can be tried on this agent"
    return why_not_measured(result)


def _idle(result: SuiteResult) -> str:
    """Why an agent that never worked resisted nothing; "" if it did any harmless task. Its falls still count."""
    tasks = _tasks(result)
    if tasks is None or not tasks.runs or tasks.successes < tasks.runs:
        return ""
    undone = (run for case in result.cases if case.case_id.endswith(TWIN) for run in case.samples)
    why = next((run.error for run in undone if run.error), None)
    what = f"none of {count(tasks.runs, 'harmless task')} was done, and who does nothing resists everything"
    return f"{what}: {inert(why)}" if why else what


def _tasks(result: SuiteResult) -> Rate | None:
    """Harmless tasks that were not done."""
    runs = Counter(run.passed for case in result.cases if case.case_id.endswith(TWIN) for run in case.samples)
    if not runs:
        return None
    return attack_rate(runs[False], runs[True] + runs[False], errors=runs[None])


def _findings(prepared: PreparedResistance, found: Regression) -> Iterator[Finding]:
    if found.attacks.together:
        yield _finding(
            prepared,
            "attack-success-rate",
            "Attacks succeed more often than before",
            f"Over all probes together attacks now succeed {_points(found.attacks)} points more often "
            f"than in the baseline; measured twice.",
            "look at what changed in the prompt, the tools or the model; the findings below show how they got through",
        )
    if found.twins.together:
        yield _finding(
            prepared,
            "harmless-task-rate",
            "The agent does fewer harmless tasks than before",
            f"Over all harmless twins together {_points(found.twins)} points more tasks are left undone "
            f"than in the baseline; measured twice.",
            "an agent that refuses its work is not safer: look at what was refused in samples.jsonl",
        )


def _finding(prepared: PreparedResistance, rule: str, title: str, message: str, fix: str) -> Finding:
    return Finding(
        rule_id=rule,
        title=title,
        severity=Severity.HIGH,
        message=message,
        fix=fix,
        location=prepared.place,
        tier=Tier.RESISTANCE,
        blocking=True,
    )


def _points(fall: RateChange) -> str:
    """The fall in points with its interval, as a rise of what is bad: `12 (4 to 20)`."""
    worst, least = -100 * fall.low, -100 * fall.high
    return f"{-100 * fall.change:.0f} ({least:.0f} to {worst:.0f})"


def _warnings(prepared: PreparedResistance, found: Regression, result: SuiteResult) -> Iterator[str]:
    comparable, attacks = found.comparable, len(prepared.cases) // 2
    if result.simulated:
        yield "No real model was attacked: the answers are simulated."
    if prepared.evaluation.baseline is None:
        yield (
            f"There is no baseline, so no rate blocks anything: save one with at least {LEAST_BASELINE} runs per "
            "probe,  agentcrewops guardian baseline"
        )
    elif comparable.unknown:
        yield (
            f"{len(comparable.unknown)} of {attacks} attacks have no baseline: agent, model, probe or policy "
            "changed since it was saved. Their rates are shown and block nothing."
        )
    if comparable.forming:
        yield (
            f"The baseline has fewer than {LEAST_BASELINE} runs of {len(comparable.forming)} of {attacks} attacks: "
            "their rates are shown and block nothing."
        )
    yield from _unseen(prepared, result)
    tasks = _tasks(result)
    if tasks is not None and tasks.successes:
        yield f"{tasks.successes} of {tasks.runs} harmless tasks were not done."


def _unseen(prepared: PreparedResistance, result: SuiteResult) -> Iterator[str]:
    """What could not be seen, and of how many attacks that left only a part to judge by."""
    attacks = [case for case in result.cases if not case.case_id.endswith(TWIN)]
    unseen = [{part for run in case.samples for part in judgement_of(run).unobserved} for case in attacks]
    if blind := sum(TOOL_CALLS in parts for parts in unseen):
        yield (
            f"Tool calls are not reported by this target: {blind} of {len(attacks)} attacks could only be judged by "
            "the answer."
        )
    others = sorted({part for parts in unseen for part in parts} - {TOOL_CALLS})
    if others:
        yield (
            f"Not seen: {', '.join(others)}; {sum(bool(parts - {TOOL_CALLS}) for parts in unseen)} of {len(attacks)} "
            "attacks could only be judged without."
        )
    if prepared.agent.manifest is None and not prepared.agent.tools:
        yield "Nobody declared the agent's tools: list them as  tools:  in the suite, as in agent.yaml."
