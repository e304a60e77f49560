"""Judge saved samples again, without calling the agent: what a changed grader would have said.

What was saved is redacted, so graders see placeholders where the agent wrote personal data.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent_runtime.agent.policy import PiiKind
from agent_runtime.errors import InvalidInput
from agent_runtime.guard.redact import ALL_KINDS
from evals.canary.preparation import CanaryOptions, default_baseline, manifest_of
from evals.formatting.names import listed
from evals.graders import Grader, GraderContext, grade, graders_of
from evals.graders.llm_judge.panel import JudgePanel
from evals.report.folder import write_results
from evals.report.result import CanaryResult
from evals.results.baseline import load_reference
from evals.results.files import prepare_folder
from evals.results.records import Attempt, CaseResult, Sample, SuiteResult
from evals.results.samples import read_samples
from evals.results.texts import LongTexts, redacted, whole_sample
from evals.results.verdict import Verdict
from evals.suite.suite import EvalCase, Suite, load_suite
from evals.targets.recorded import recorded_attempt, same_text

_PLACEHOLDER = re.compile(r"\[(EMAIL|PHONE|CARD|IBAN|API_KEY)_\d+\]")


@dataclass(frozen=True, slots=True)
class MatchedCases:
    """Which saved cases can be judged by the suite.

    Attributes:
        pairs: the suite's case and what was saved of it.
        warnings: what was left out, and why.
    """

    pairs: tuple[tuple[EvalCase, CaseResult], ...]
    warnings: tuple[str, ...]


async def regrade(results: Path, options: CanaryOptions, environ: Mapping[str, str]) -> CanaryResult:
    """Judge the samples in `results` by the suite's graders, compare, and write both into `options.out`.

    Raises:
        InvalidInput: also if none of the saved cases is in the suite with the same input.
    """
    source = results / "samples.jsonl" if results.is_dir() else results
    # Before anything is written: it would replace the runs that it is read from.
    if source.parent.resolve() == options.out.resolve():
        raise InvalidInput.one(
            options.out, "holds the samples to grade", "write to another folder with --out"
        )
    suite, saved = load_suite(options.suite), _read_whole(source)
    manifest = manifest_of(suite, options)
    kinds = tuple(manifest.policy.pii_redaction) if manifest else ALL_KINDS
    judges = JudgePanel(suite.root, environ, kinds)
    graders = graders_of(
        suite.cases, GraderContext(suite.root, judges, manifest.contract if manifest else None)
    )
    matched = match_cases(suite, saved, source)
    reference = options.baseline or default_baseline(suite)
    baseline = load_reference(reference) if reference else None
    prepare_folder(options.out)
    cases = await _grade_all(matched, graders, judges, suite, attempts_of(saved))
    clean = partial(_redacted_and_cut, kinds=kinds, long_texts=LongTexts(options.out))
    result = replace(saved, suite=suite.name, cases=tuple(map(clean, cases)))
    verdict = _conclude(
        baseline, result, suite, (*_regrading_note(saved, result), *matched.warnings, *judges.warnings)
    )
    write_results(options.out, verdict, result)
    return CanaryResult(verdict, result, baseline)


def match_cases(suite: Suite, saved: SuiteResult, source: Path) -> MatchedCases:
    """Pair the suite's cases with the saved ones, by id; one whose input changed was never run.

    Raises:
        InvalidInput: if no pair is left, or nothing that an agent said was saved.
    """
    if all(sample.output is None for sample in saved.samples):
        raise InvalidInput.one(
            source, "holds no outputs, so there is nothing to grade", "give the samples.jsonl"
        )
    known = {case.case_id: case for case in saved.cases}
    asked = {case.case_id: case.input_text for case in suite.cases}
    changed = [
        name
        for name in asked
        if name in known and known[name].input_text and not same_text(known[name].input_text, asked[name])
    ]
    pairs = tuple(
        (case, known[case.case_id])
        for case in suite.cases
        if case.case_id in known and case.case_id not in changed
    )
    if not pairs:
        what = "has no case of the suite with the same input"
        raise InvalidInput.one(source, what, "run the canary: the agent has not answered these cases")
    gone = [name for name in known if name not in asked]
    absent = [name for name in asked if name not in known]
    return MatchedCases(
        pairs,
        (
            *_note_about(changed, "Not graded, since their input changed: {}; run the canary for them."),
            *_note_about(gone, "Not graded, since the suite no longer has them: {}."),
            *_note_about(absent, "Without a saved run: {}; run the canary for them."),
            *_placeholders(saved),
        ),
    )


def attempts_of(saved: SuiteResult) -> dict[tuple[str, int], Attempt]:
    """What each saved run was, by case and index.

    A transcript without a tool call says "none was made" only where other runs of the file show some.
    """
    attempts = {(sample.case_id, sample.sample_index): recorded_attempt(sample) for sample in saved.samples}
    if all(attempt.tool_calls is None for attempt in attempts.values()):
        return attempts
    return {run: replace(attempt, tool_calls=attempt.tool_calls or ()) for run, attempt in attempts.items()}


def _read_whole(source: Path) -> SuiteResult:
    """The saved samples, long texts and all: half an answer is not what was judged."""
    saved = read_samples(source)
    try:
        cases = tuple(
            replace(case, samples=tuple(whole_sample(sample, source.parent) for sample in case.samples))
            for case in saved.cases
        )
    except ValueError as error:
        raise InvalidInput.one(
            source, f"a long text was cut, and {error}", "bring its artifacts/ too"
        ) from None
    return replace(saved, cases=cases)


async def _grade_all(
    matched: MatchedCases,
    graders: Mapping[str, Sequence[Grader]],
    judges: JudgePanel,
    suite: Suite,
    attempts: Mapping[tuple[str, int], Attempt],
) -> list[CaseResult]:
    # Graders may ask a model, which has the same limits as the agent's.
    places = asyncio.Semaphore(suite.concurrency)

    async def regrade_sample(case: EvalCase, sample: Sample) -> Sample:
        async with places:
            attempt = attempts[case.case_id, sample.sample_index]
            passed, grades = await grade(graders[case.case_id], attempt)
        return replace(sample, passed=passed, grades=grades)

    async with judges:
        return [
            replace(
                saved,
                samples=tuple(
                    await asyncio.gather(*(regrade_sample(case, sample) for sample in saved.samples))
                ),
                case_hash=case.case_hash,
                tags=case.tags,
                must_pass=case.must_pass,
            )
            for case, saved in matched.pairs
        ]


def _conclude(
    baseline: SuiteResult | None, result: SuiteResult, suite: Suite, warnings: Sequence[str]
) -> Verdict:
    from evals.gate.gate import decide as judge_result  # numpy is heavy

    verdict = judge_result(baseline, result, suite.gate)
    return replace(verdict, warnings=(*warnings, *verdict.warnings))


def _redacted_and_cut(case: CaseResult, kinds: Sequence[PiiKind], long_texts: LongTexts) -> CaseResult:
    """Redacted, for the sake of what graders said, and cut again."""
    clean = (long_texts.cut(redacted(sample, tuple(kinds))) for sample in case.samples)
    return replace(case, samples=tuple(clean))


def _regrading_note(before: SuiteResult, after: SuiteResult) -> list[str]:
    earlier = {(sample.case_id, sample.sample_index): sample.passed for sample in before.samples}
    otherwise = sum(
        earlier[sample.case_id, sample.sample_index] is not sample.passed for sample in after.samples
    )
    runs = len(after.samples)
    return [f"Graded again from saved samples: {otherwise} of {runs} runs are judged otherwise than before."]


def _note_about(case_ids: Sequence[str], words: str) -> list[str]:
    return [words.format(listed(case_ids))] if case_ids else []


def _placeholders(saved: SuiteResult) -> list[str]:
    if not any(_PLACEHOLDER.search(sample.output or "") for sample in saved.samples):
        return []
    return [
        "Saved outputs hold placeholders such as [EMAIL_1]: a grader that looks for the data itself fails."
    ]
