"""inspect_ai's logs (.eval or .json), read by its own reader: a sample is a case, each epoch of it a run.

The format: https://inspect.aisi.org.uk/eval-logs.html and https://inspect.aisi.org.uk/reference/inspect_ai.log.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from agent_runtime.errors import InvalidInput, MissingExtra
from agent_runtime.files.documents import Document, parse
from evals.importers.interface import Imported, ImportedRun, case_hash, cut, texts_within
from evals.results.records import CaseResult, Grade, GraderBroke, GradeResult, Sample, SampleStatus, text_hash

_WORD_SCORES = {"c": 1.0, "p": 0.5, "i": 0.0, "n": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""The number of a score that is a word (correct, partial, incorrect, no answer, …), as inspect_ai reads it:
value_to_float in https://inspect.aisi.org.uk/reference/inspect_ai.scorer.html"""
_TIME_LIMITS = {"time", "working"}
_OPERATOR = "operator"
"""Types of limit: EvalSampleLimit in https://inspect.aisi.org.uk/reference/inspect_ai.log.html"""
_NOT_NEEDED = {"messages", "events", "timelines", "store"}
"""Parts of a log that are large, and say nothing about its scores."""


class _Score(BaseModel):
    value: Any = None
    explanation: str | None = None


class _Message(BaseModel):
    message: str = ""


class _Limit(BaseModel):
    type: str


class _Output(BaseModel):
    completion: str = ""


class _Usage(BaseModel):
    total_tokens: int = 0
    total_cost: float | None = None


class _Sample(BaseModel):
    id: str | int
    epoch: int = 1
    input: Any = None
    target: Any = None
    output: _Output = _Output()
    scores: dict[str, _Score] | None = None
    error: _Message | None = None
    invalidation: Any = None
    limit: _Limit | None = None
    total_time: float | None = None
    working_time: float | None = None
    model_usage: dict[str, _Usage] = {}


class _Dataset(BaseModel):
    sample_ids: list[str | int] | None = None


class _Config(BaseModel):
    epochs: int | None = None


class _Revision(BaseModel):
    commit: str | None = None


class _Eval(BaseModel):
    task: str
    model: str | None = None
    dataset: _Dataset = _Dataset()
    config: _Config = _Config()
    revision: _Revision | None = None


class _Log(BaseModel):
    status: str
    eval: _Eval
    samples: list[_Sample] | None = None


def open_log(path: Path) -> Mapping[str, Any]:
    """The log as plain data, by inspect_ai's own reader.

    Raises:
        MissingExtra: without inspect_ai.
        InvalidInput: if its reader refuses the file.
    """
    try:
        from inspect_ai.log import read_eval_log
    except ImportError:
        raise MissingExtra("reading inspect logs", "inspect") from None
    if not path.is_file():
        raise InvalidInput.one(path, "does not exist, or is no file", "give the .eval or .json file of a log")
    try:
        log = read_eval_log(path, resolve_attachments="core", exclude_fields=_NOT_NEEDED)
        plain: Mapping[str, Any] = log.model_dump(mode="json")
    except Exception as error:  # noqa: BLE001 - a reader of another project may raise anything on a broken file
        what = f"is not a log that inspect_ai can read: {type(error).__name__}: {str(error)[:200]}"
        raise InvalidInput.one(path, what, "give the .eval or .json file of a log") from None
    return plain


def read_inspect(
    path: Path,
    pass_at: float | None = None,
    scorer: str | None = None,
    open_log: Callable[[Path], Mapping[str, Any]] = open_log,
) -> Imported:
    """Every sample and epoch of a log. Runs that a stopped evaluation never came to measured nothing.

    Args:
        pass_at: a run passes if its score is at least this; without it, a score must be right or wrong.
        scorer: only this score counts; without it, a run passes if every score does.

    Raises:
        InvalidInput: naming the file, and the sample that is wrong.
    """
    log = parse(Document(str(path), dict(open_log(path)), {}), _Log)
    if log.samples is None:
        raise InvalidInput.one(path, "holds no samples", "log them: inspect eval without --no-log-samples")
    samples = sorted(log.samples, key=lambda sample: sample.epoch)
    runs = tuple(_run(path, sample, pass_at, scorer) for sample in samples)
    return Imported(
        runs=(*runs, *_missing_runs(path, log, runs)),
        suite=log.eval.task,
        arm=f"task '{log.eval.task}' with model '{log.eval.model}'",
        agent=log.eval.task,
        model=log.eval.model,
        commit=log.eval.revision.commit if log.eval.revision else None,
    )


def _run(path: Path, sample: _Sample, pass_at: float | None, scorer: str | None) -> ImportedRun:
    place = f"sample '{sample.id}', epoch {sample.epoch}"
    case = CaseResult(
        str(sample.id),
        (),
        case_hash(sample.input, sample.target, pass_at, scorer),
        input_text=cut("\n".join(_user_texts(sample.input))),
    )
    seconds = sample.working_time if sample.working_time is not None else sample.total_time
    costs = [usage.total_cost for usage in sample.model_usage.values() if usage.total_cost is not None]
    output = sample.output.completion
    measured = Sample(
        case.case_id,
        0,
        SampleStatus.COMPLETED,
        None,
        latency_ms=None if seconds is None else seconds * 1000,
        tokens=sum(usage.total_tokens for usage in sample.model_usage.values()) or None,
        cost_usd=sum(costs) if costs else None,
        output=cut(output),
        output_sha256=text_hash(output),
    )
    if (lost := _why_unmeasured(sample)) is not None:
        return ImportedRun(case, replace(measured, status=SampleStatus.INFRA_ERROR, error=cut(lost)))
    grades = tuple(_grades(path, place, sample, pass_at, scorer))
    passed = _passed(grades)
    return ImportedRun(case, replace(measured, status=_status(sample, passed), passed=passed, grades=grades))


def _user_texts(case_input: Any) -> Iterator[str]:
    """The texts of the user in an input, which is a text or a list of messages."""
    if not isinstance(case_input, list):
        yield from texts_within(case_input)
        return
    for message in case_input:
        if isinstance(message, Mapping) and message.get("role") == "user":
            content = message.get("content")
            parts = content if isinstance(content, list) else [{"text": content}]
            yield from texts_within([part.get("text") for part in parts if isinstance(part, Mapping)])


def _why_unmeasured(sample: _Sample) -> str | None:
    """Why a run says nothing about the agent; None if it does."""
    if sample.error is not None:
        return sample.error.message or "the sample ended with an error"
    if sample.invalidation is not None:
        return "the sample was invalidated"
    if sample.limit is not None and sample.limit.type == _OPERATOR:
        return "an operator stopped the sample"
    return None


def _status(sample: _Sample, passed: bool | None) -> SampleStatus:
    """A limit ends a run; whether it had the answer by then is for its scorer to say."""
    if sample.limit is None or passed is not False:
        return SampleStatus.COMPLETED
    return SampleStatus.AGENT_TIMEOUT if sample.limit.type in _TIME_LIMITS else SampleStatus.CAP_HIT


def _grades(
    path: Path, place: str, sample: _Sample, pass_at: float | None, scorer: str | None
) -> Iterator[GradeResult]:
    scores = dict(_scores_by_name(sample.scores or {}))
    if scorer is not None and scores and scorer not in scores:
        what = f"{place} has no score '{scorer}'"
        raise InvalidInput.one(path, what, f"it has {', '.join(scores)}")
    for name, score in scores.items():
        if scorer is None or name == scorer:
            try:
                passed = _is_pass(score.value, pass_at)
            except ValueError as error:
                what, _, fix = str(error).partition(" | ")
                raise InvalidInput.one(path, f"{place}: score '{name}' {what}", fix) from None
            why = cut(score.explanation or "")
            yield GraderBroke(name, why) if passed is None else Grade(name, passed, why)


def _scores_by_name(scores: Mapping[str, _Score]) -> Iterator[tuple[str, _Score]]:
    """Each score by its scorer; the parts of a score that has several are `scorer.part`."""
    for name, score in scores.items():
        if isinstance(score.value, Mapping):
            for part, value in score.value.items():
                yield f"{name}.{part}", _Score(value=value, explanation=score.explanation)
        else:
            yield name, score


def _is_pass(value: Any, pass_at: float | None) -> bool | None:
    """Right or wrong; None if the scorer gave no score.

    Raises:
        ValueError: if it is neither, with the repair behind a bar.
    """
    number = _number(value)
    if math.isnan(number):
        return None
    if pass_at is not None:
        return number >= pass_at
    if number not in (0, 1):
        raise ValueError(
            f"is {value!r}, neither right nor wrong | say from where on it passes: --pass-at 0.7"
        )
    return number == 1


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    try:
        return (
            _WORD_SCORES[value.lower()]
            if isinstance(value, str) and value.lower() in _WORD_SCORES
            else float(value)
        )
    except (TypeError, ValueError):
        shown = repr(value)[:60]
        raise ValueError(f"is {shown}, which is no single number | choose another: --scorer NAME") from None


def _passed(grades: tuple[GradeResult, ...]) -> bool | None:
    """A wrong answer stays wrong, whatever another scorer could not say."""
    results = {grade.passed for grade in grades}
    if False in results:
        return False
    return None if None in results or not results else True


def _missing_runs(path: Path, log: _Log, runs: tuple[ImportedRun, ...]) -> Iterator[ImportedRun]:
    """The runs that a stopped evaluation planned and never made, as runs that measured nothing."""
    if log.status == "success":
        return
    if log.eval.dataset.sample_ids is None:
        what = f"is the log of an evaluation with status '{log.status}' that does not say what it planned"
        raise InvalidInput.one(path, what, "finish it: inspect eval-retry LOG")
    done: dict[str, int] = {}
    cases: dict[str, CaseResult] = {}
    for run in runs:
        done[run.case.case_id] = done.get(run.case.case_id, 0) + 1
        cases[run.case.case_id] = run.case
    why = f"never ran: the evaluation ended with status '{log.status}'"
    for case_id in map(str, log.eval.dataset.sample_ids):
        for _ in range((log.eval.config.epochs or 1) - done.get(case_id, 0)):
            lost = Sample(case_id, 0, SampleStatus.INFRA_ERROR, None, error=why)
            yield ImportedRun(cases.get(case_id, CaseResult(case_id, ())), lost)
