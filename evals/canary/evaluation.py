"""An evaluation at work: its folder, its journal, its sampler, and what happens to each run as it ends.

Canary and Guardian run the same one. What each of them concludes from the runs is its own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent_runtime.agent.manifest import Manifest, RecordingMode
from agent_runtime.agent.policy import PiiKind
from agent_runtime.guard.redact import Redactor
from agent_runtime.progress import Stretch
from evals.graders import Grader, grade
from evals.results.files import prepare_folder
from evals.results.records import Attempt, CaseResult, GradeResult, Sample, SuiteResult
from evals.results.texts import LongTexts, redacted
from evals.sampling.caller import Caller
from evals.sampling.journal import Journal, Start, locked, open_journal
from evals.sampling.pacing import Pace
from evals.sampling.protocol import StudyProtocol
from evals.sampling.sampler import Grading, Sampler
from evals.sampling.schedule import Schedule
from evals.sampling.spending import SpendingCap
from evals.sampling.tally import Tally
from evals.suite.suite import EvalCase, Suite
from evals.targets.interface import Target


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is run, how often, and where the runs are kept; nothing is started yet.

    Attributes:
        manifest: of our own runtime's agent; None for any other target.
        baseline: what the runs will be compared with; None if there is nothing.
        schedule: how far to run and where to look, unless `folder` holds an evaluation that began otherwise.
        max_usd: the spending cap; None is none.
        pii_kinds: what is redacted in everything that is written down.
        start: whether `folder` begins afresh, goes on where it stopped, or is added to.
    """

    suite: Suite
    manifest: Manifest | None
    target: Target
    baseline: SuiteResult | None
    schedule: Schedule
    concurrency: int
    seed: int
    max_usd: float | None
    pii_kinds: tuple[PiiKind, ...]
    commit: str | None
    start: Start
    folder: Path

    @property
    def samples(self) -> int:
        """Runs per case that are planned."""
        return self.schedule.planned

    @property
    def frame(self) -> SuiteResult:
        """The result before the first run: what is known without running anything."""
        return SuiteResult(
            suite=self.suite.name,
            cases=tuple(_case_frame(case, self.pii_kinds) for case in self.suite.cases),
            fingerprint=self.target.fingerprint,
            commit=self.commit,
            simulated=self.target.simulated,
            agent=self.target.agent,
            model=self.target.model,
        )


def _case_frame(case: EvalCase, kinds: tuple[PiiKind, ...]) -> CaseResult:
    return CaseResult(
        case_id=case.case_id,
        samples=(),
        case_hash=case.case_hash,
        tags=case.tags,
        must_pass=case.must_pass,
        input_text=Redactor(kinds).redact(case.input_text),
    )


@contextmanager
def open_evaluation(evaluation: Evaluation, *, any_schedule: bool = False) -> Iterator[Journal]:
    """The runs that are kept in its folder, which is held against other evaluations until the block ends.

    None yet, or those of the evaluation that goes on there.

    Args:
        any_schedule: take the schedule that is there, whatever this one plans.
    """
    prepare_folder(evaluation.folder)
    with locked(evaluation.folder):
        frame = evaluation.frame
        protocol = StudyProtocol.of(frame, evaluation.seed, evaluation.baseline, evaluation.schedule)
        journal = open_journal(
            evaluation.folder, frame, protocol, evaluation.start, any_schedule=any_schedule
        )
        try:
            yield journal
        finally:
            journal.close()


@contextmanager
def sampling(
    evaluation: Evaluation, target: Target, journal: Journal, calls: int, grading: Grading, caller: Caller
) -> Iterator[Sampler]:
    """A sampler on the opened `target`: it keeps each run in the journal, and tells the caller of it among `calls`."""
    pace = Pace(evaluation.concurrency, evaluation.suite.limits)
    with caller.progress.stretch(calls, "runs") as stretch:
        sampler = Sampler(
            target,
            grading,
            _keeper(evaluation, journal, stretch, pace),
            pace=pace,
            cap=_cap(evaluation, journal),
            seed=evaluation.seed,
            fingerprint=target.fingerprint,
        )
        with caller.cancellation.listen(sampler.interrupt):
            yield sampler


def expense(evaluation: Evaluation, calls: int, about: str = "about ", judges: str = "") -> Iterator[str]:
    """What `calls` runs may cost, in words.

    Args:
        judges: what those who judge them may cost, in words; "" if they cost nothing.
    """
    if judges:
        yield judges
    if evaluation.suite.target.recorded is not None:
        yield "as recorded: no agent is called, no money is spent"
        return
    if (source := _free_answers(evaluation)) is not None:
        free = "the agent costs no money" if judges else "no money is spent"
        yield f"{source}, {free}"
        return
    if (mean := _mean_cost(evaluation.baseline)) is not None:
        yield f"{about}${mean * calls:.2f} going by the baseline"
    if evaluation.target.worst_case_usd is not None:
        yield f"at most ${evaluation.target.worst_case_usd * calls:.2f}"
    if evaluation.max_usd is not None:
        yield f"stops before ${evaluation.max_usd:.2f}"


def _free_answers(evaluation: Evaluation) -> str | None:
    """Where answers come from that cost nothing; None if a real model may be asked."""
    manifest = evaluation.manifest
    recording = manifest.recording if manifest is not None else None
    if recording is not None and recording.tape is RecordingMode.REPLAY:
        return "recorded answers"
    simulated = evaluation.target.simulated if manifest is None else manifest.spec.simulated
    return "simulated model" if simulated else None


def _mean_cost(baseline: SuiteResult | None) -> float | None:
    costs = (
        [sample.cost_usd for sample in baseline.samples if sample.cost_usd is not None] if baseline else []
    )
    return sum(costs) / len(costs) if costs else None


def _cap(evaluation: Evaluation, journal: Journal) -> SpendingCap:
    """What was spent before counts too: the cap is that of the whole evaluation."""
    cap = SpendingCap(evaluation.max_usd, evaluation.target.worst_case_usd)
    for sample in journal.samples.values():
        cap.charge(sample)
    return cap


def _keeper(
    evaluation: Evaluation, journal: Journal, stretch: Stretch, pace: Pace
) -> Callable[[Sample], None]:
    """What is done with each run as it ends: redacted, cut, written down, shown."""
    long_texts, tally = LongTexts(evaluation.folder), Tally()
    # Runs kept from before are part of what the bar shows: it counts the evaluation, not this call.
    for sample in journal.samples.values():
        tally.show(stretch, sample)

    def keep(sample: Sample) -> None:
        # Redacted before it is cut: half an address is not recognized.
        journal.keep(long_texts.cut(redacted(sample, evaluation.pii_kinds)))
        tally.show(stretch, sample, pace.slowed_to)

    return keep


async def grade_attempt(
    graders: Mapping[str, tuple[Grader, ...]], case: EvalCase, attempt: Attempt
) -> tuple[bool | None, tuple[GradeResult, ...]]:
    """Passed and grades of one attempt, by the graders of its case."""
    return await grade(graders[case.case_id], attempt)
