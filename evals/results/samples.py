"""samples.jsonl: one measured run a line, written by us, read from any harness."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import MAX_BYTES, Document, parse, strict_json
from evals.results.files import write_lines
from evals.results.records import (
    AttackJudgement,
    CaseResult,
    Event,
    Grade,
    GraderBroke,
    GradeResult,
    NoMajority,
    NotObserved,
    Sample,
    SampleStatus,
    SuiteResult,
)

SCHEMA_VERSION = 1
MAX_PROBLEMS = 20
"""A file of another format is wrong in each of a million lines."""
MAX_CASE_ID = 200
_LONGEST_REASON = 1_000
"""Characters of a reason that anybody is shown."""


def _text_of_integer(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


CaseId = Annotated[
    str,
    BeforeValidator(_text_of_integer, json_schema_input_type=str | int),
    Field(min_length=1, max_length=MAX_CASE_ID),
]
Amount = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Status = Annotated[SampleStatus, Field(strict=False)]


_STRICT = ConfigDict(strict=True, allow_inf_nan=False, defer_build=True)
"""Validators are built at the first line that is read: who only writes lines needs none."""


class GradeEntry(BaseModel):
    """What came of one grader."""

    model_config = _STRICT

    grader: str
    passed: bool | None
    reason: str = ""
    unmeasured: Literal["no_majority", "not_observed"] | None = Field(
        default=None, description="Why `passed` is null, if not because the grader broke."
    )


class JudgementEntry(BaseModel):
    """What an attack, or a harmless task, came to, as Guardian judges it."""

    model_config = ConfigDict(strict=True)

    outcome: str
    evidence: list[str] = Field(default_factory=list)
    unobserved: list[str] = Field(default_factory=list)


class EventEntry(BaseModel):
    """One line of a transcript."""

    model_config = _STRICT

    role: str
    text: str
    tool: str | None = None
    arguments: str | None = None
    flags: list[str] = Field(default_factory=list)
    latency_ms: float | None = None
    cost_usd: float | None = None
    tokens: int | None = None


class ForeignLine(BaseModel):
    """What any harness may write. Only the first three keys are needed; keys not named here are ignored."""

    model_config = ConfigDict(**_STRICT, title="One line of samples.jsonl")

    case_id: CaseId
    sample_index: Count
    passed: bool | None = Field(description="null is unmeasured: neither a pass nor a fail.")
    status: Status = SampleStatus.COMPLETED
    latency_ms: Amount | None = None
    cost_usd: float | None = Field(default=None, description="A negative cost is kept, and not measurable.")
    output_sha256: str | None = None
    cached: bool = False

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> ForeignLine:
        if self.passed and self.status not in {SampleStatus.COMPLETED, SampleStatus.INFRA_ERROR}:
            raise ValueError(
                f"passed is true, but status {self.status.value} is a failure | write passed: false"
            )
        return self


class SampleLine(ForeignLine):
    """What we write: a line stands for itself, so that files can be cut, joined and searched."""

    schema_version: int = SCHEMA_VERSION
    suite: str = ""
    fingerprint: str | None = None
    commit: str | None = None
    simulated: bool = False
    agent: str | None = None
    model: str | None = None
    case_hash: str = Field(default="", description="Results of a case compare only if this is equal.")
    tags: list[str] = Field(default_factory=list)
    must_pass: bool = False
    input_text: str = ""
    tokens: Count | None = None
    output: str | None = None
    grades: list[GradeEntry] = Field(default_factory=list)
    transcript: list[EventEntry] = Field(default_factory=list)
    error: str | None = None
    version: str | None = None
    response_id: str | None = None
    trace_url: str | None = None
    attempts: Count = 1
    seed: Count | None = Field(default=None, description="What the agent was given to draw from.")
    judgement: JudgementEntry | None = Field(
        default=None, description="Of Guardian, on an attack or a harmless task."
    )


def samples_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one line."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **SampleLine.model_json_schema()}


def sample_line(sample: Sample, case: CaseResult, result: SuiteResult) -> str:
    """One line, without its end. Of `case` and `result` only what describes them is used, not their samples."""
    about = {
        "schema_version": SCHEMA_VERSION,
        "suite": result.suite,
        "fingerprint": result.fingerprint,
        "commit": result.commit,
        "simulated": result.simulated,
        "agent": result.agent,
        "model": result.model,
        "case_hash": case.case_hash,
        "tags": case.tags,
        "must_pass": case.must_pass,
        "input_text": case.input_text,
    }
    return _JSON.encode(about | _named(sample))


def _named(record: Any) -> dict[str, Any]:
    """The fields of a record, those that are records themselves left as they are.

    Not `asdict`, which copies every value before it is written: four times the work.
    """
    if isinstance(record, GraderBroke | NoMajority | NotObserved):
        why = _UNMEASURED[type(record)]
        about = {"grader": record.grader, "passed": None, "reason": record.reason}
        return about | ({"unmeasured": why} if why else {})
    named = {name: getattr(record, name) for name in _names(record.__class__)}
    if isinstance(record, Sample) and record.judgement is None:
        del named["judgement"]  # a run of Canary has none
    return named


@cache
def _names(shape: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(shape))


# ASCII: half a surrogate pair in an output survives, and no reader splits at U+2028.
_JSON = json.JSONEncoder(default=_named, allow_nan=False, separators=(",", ":"))

_SHAPES: Mapping[str | None, type[GraderBroke | NoMajority | NotObserved]] = {
    None: GraderBroke,
    "no_majority": NoMajority,
    "not_observed": NotObserved,
}
_UNMEASURED = {shape: name for name, shape in _SHAPES.items()}


def _grade(entry: GradeEntry) -> GradeResult:
    if entry.passed is not None:
        return Grade(entry.grader, entry.passed, entry.reason)
    return _SHAPES[entry.unmeasured](entry.grader, entry.reason)


def _judgement(entry: JudgementEntry | None) -> AttackJudgement | None:
    if entry is None:
        return None
    return AttackJudgement(entry.outcome, tuple(entry.evidence), tuple(entry.unobserved))


def write_samples(path: Path, result: SuiteResult) -> None:
    """Write every sample, case by case in the order of `result`, replacing the file at once.

    Raises:
        InvalidInput: if it cannot be written.
    """
    write_lines(
        path,
        (sample_line(sample, case, result) for case in result.cases for sample in _in_order(case.samples)),
    )


def copy_samples(source: Path, to: Path) -> None:
    """Write the lines of `source` to `to` as they are, whatever their size.

    Raises:
        InvalidInput: if one cannot be read, or the other cannot be written.
    """
    write_lines(to, (text.rstrip("\r\n") for _, text in _lines(source)))


def read_samples(path: Path, *, keep_text: bool = True) -> SuiteResult:
    """Read the lines of any harness, one at a time; cases in the order they first appear.

    Args:
        keep_text: False keeps the texts that a report shows, of the first run of each case that failed and the
            first that passed, so that a file of any size is read in little memory.

    Raises:
        InvalidInput: with the line of everything that is wrong (at most `MAX_PROBLEMS`).
    """
    collected = _Collected(str(path))
    for number, text in _lines(path):
        try:
            collected.add(number, _read_line(str(path), number, text), keep_text)
        except InvalidInput as error:
            collected.problems.extend(error.problems)
        if len(collected.problems) >= MAX_PROBLEMS:
            break
    return collected.result()


@dataclass(slots=True)
class _Case:
    """One case while its lines come in."""

    first: SampleLine
    samples: dict[int, Sample] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    with_text: dict[bool, int] = field(default_factory=dict)

    def keeps_text_of(self, sample: Sample) -> bool:
        """Whether this is the first run so far that failed, or that passed; the one before it loses its text."""
        if sample.passed is None:
            return False
        first = self.with_text.setdefault(sample.passed, sample.sample_index)
        if first < sample.sample_index:
            return False
        if first > sample.sample_index:
            # Lines come in any order: an earlier run takes the place of the one that was kept so far.
            self.samples[first] = _thinned(self.samples[first])
            self.with_text[sample.passed] = sample.sample_index
        return True


class _Collected:
    """The lines so far: what they say, and what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.cases: dict[str, _Case] = {}
        self.first: SampleLine | None = None

    def add(self, number: int, line: SampleLine, keep_text: bool) -> None:
        """Take one line in, unless it contradicts the ones before."""
        self.first = self.first or line
        case = self.cases.setdefault(line.case_id, _Case(line))
        if problem := self._contradiction(line, self.first, case):
            self.problems.append(Problem(self.file, number, *problem))
            return
        case.lines[line.sample_index] = number
        sample = _sample(line)
        case.samples[line.sample_index] = (
            sample if keep_text or case.keeps_text_of(sample) else _thinned(sample)
        )

    def result(self) -> SuiteResult:
        """Everything, if nothing is wrong."""
        if self.first is None and not self.problems:
            self.problems.append(Problem(self.file, None, "has no samples", "write one JSON object a line"))
        if self.problems or self.first is None:
            raise InvalidInput(self.problems)
        about = self.first
        return SuiteResult(
            suite=about.suite,
            cases=tuple(_case_result(case) for case in self.cases.values()),
            fingerprint=about.fingerprint,
            commit=about.commit,
            simulated=about.simulated,
            agent=about.agent,
            model=about.model,
        )

    def _contradiction(self, line: SampleLine, first: SampleLine, case: _Case) -> tuple[str, str] | None:
        for key in ("suite", "fingerprint", "simulated"):
            here, before = getattr(line, key), getattr(first, key)
            if here != before:
                what = f"{key} is {here!r}, but {before!r} in the first line"
                return what, "one file holds one evaluation: write two files"
        if line.case_hash != case.first.case_hash:
            return f"case '{line.case_id}' has another case_hash than before", "write two files"
        if line.sample_index in case.lines:
            what = f"sample {line.sample_index} of case '{line.case_id}' is already on line "
            return f"{what}{case.lines[line.sample_index]}", "give each run of a case its own sample_index"
        return None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not blank. Ends only at newlines; U+2028 is part of a text."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_BYTES + 1):
                number += 1
                if len(line) > MAX_BYTES:
                    what = f"is longer than {MAX_BYTES // 1_000_000} MB"
                    raise InvalidInput.one(path, what, "is this one JSON object a line?", number)
                # A byte order mark alone is a blank line too: some editors begin files with one.
                if line.strip(b" \t\r\n\xef\xbb\xbf"):
                    yield number, _decoded(path, number, line)
    except FileNotFoundError:
        raise InvalidInput.one(path, "does not exist", "check the path") from None
    except OSError as error:
        raise InvalidInput.one(path, f"cannot be read: {error.strerror}") from None


def _decoded(path: Path, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start} of the line)"
        raise InvalidInput.one(path, what, "save it as UTF-8", number) from None


def _read_line(file: str, number: int, text: str) -> SampleLine:
    try:
        data = strict_json(text.rstrip("\r\n"))
    except ValueError as error:
        reason = f"{error.msg} (column {error.colno})" if isinstance(error, json.JSONDecodeError) else error
        fix = (
            "one JSON object a line" if text.endswith("\n") else "the file was cut off here: delete this line"
        )
        raise InvalidInput.one(file, f"is not valid JSON: {reason}", fix, number) from None
    document = Document(file, data, {(): number})
    if not isinstance(data, dict):
        raise InvalidInput([document.problem((), "is not a JSON object", 'write  {"case_id": …}')])
    if "schema_version" not in data:
        return _foreign(document, data)
    if _is_newer(data["schema_version"]):
        what = f"has schema_version {data['schema_version']}, newer than {SCHEMA_VERSION}"
        raise InvalidInput([document.problem((), what, "upgrade agentcrewops")])
    return parse(document, SampleLine)


def _is_newer(version: Any) -> bool:
    return isinstance(version, int) and version > SCHEMA_VERSION


def _foreign(document: Document, data: Mapping[str, Any]) -> SampleLine:
    """A foreign line less its nulls, and the keys that are ours by name but not by shape (`output: {…}`)."""
    # Many harnesses write null for what they did not measure; of `passed` it means unmeasured.
    known = {key: value for key, value in data.items() if value is not None or key == "passed"}
    try:
        return SampleLine.model_validate(known)
    except ValidationError as error:
        named = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
    wrong = named - set(ForeignLine.model_fields)
    ours = {key: value for key, value in known.items() if key not in wrong}
    return parse(replace(document, data=ours), SampleLine)


def _sample(line: SampleLine) -> Sample:
    return Sample(
        case_id=line.case_id,
        sample_index=line.sample_index,
        status=line.status,
        # What harnesses write as failed after a broken connection says nothing about the agent.
        passed=None if line.status is SampleStatus.INFRA_ERROR else line.passed,
        grades=tuple(map(_grade, line.grades)),
        latency_ms=line.latency_ms,
        tokens=line.tokens,
        cost_usd=line.cost_usd,
        output=line.output,
        output_sha256=line.output_sha256,
        transcript=tuple(_event(event) for event in line.transcript),
        error=line.error,
        version=line.version,
        response_id=line.response_id,
        cached=line.cached,
        trace_url=line.trace_url,
        attempts=line.attempts,
        seed=line.seed,
        judgement=_judgement(line.judgement),
    )


def _thinned(sample: Sample) -> Sample:
    """The run without its texts, but for the beginnings that say why it failed."""
    return replace(
        sample,
        output=None,
        transcript=(),
        error=sample.error and sample.error[:_LONGEST_REASON],
        grades=tuple(replace(grade, reason=grade.reason[:_LONGEST_REASON]) for grade in sample.grades),
    )


def _event(event: EventEntry) -> Event:
    return Event(**(event.model_dump() | {"flags": tuple(event.flags)}))


def _case_result(case: _Case) -> CaseResult:
    return CaseResult(
        case_id=case.first.case_id,
        samples=_in_order(case.samples.values()),
        case_hash=case.first.case_hash,
        tags=tuple(case.first.tags),
        must_pass=case.first.must_pass,
        input_text=case.first.input_text,
    )


def _in_order(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(sorted(samples, key=lambda sample: sample.sample_index))
