"""The baseline file: a saved SuiteResult, made for review in git. No inputs, no transcripts.

Cases by id and one run a line, so that a diff shows the runs that changed and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from agent_runtime.agent.spec import FileModel
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import MAX_BYTES, Document, parse, read_text, read_yaml, strict_json
from agent_runtime.visible import exact_json
from evals.results.files import write_lines
from evals.results.records import CaseResult, Sample, SampleStatus, SuiteResult
from evals.results.samples import SCHEMA_VERSION, read_samples

MAX_OUTPUT = 500
"""Characters: what a reviewer reads in a diff. Chosen, not measured."""

Redact = Callable[[str], str]


class RunEntry(FileModel):
    """One run of a case."""

    model_config = ConfigDict(strict=True)

    run: int = Field(ge=0)
    passed: bool | None
    status: SampleStatus = Field(default=SampleStatus.COMPLETED, strict=False)
    latency_ms: float | None = Field(default=None, ge=0)
    cost_usd: float | None = None
    cached: bool = False


class FailureEntry(FileModel):
    """What the agent said in the first failing run of a case: redacted, and cut."""

    model_config = ConfigDict(strict=True)

    run: int = Field(ge=0)
    output: str


class AnchorEntry(FileModel):
    """How a case stood when a person last approved the baseline."""

    model_config = ConfigDict(strict=True)

    passed: int = Field(ge=0)
    runs: int = Field(ge=1, le=1_000_000)

    @model_validator(mode="after")
    def _no_more_than_all(self) -> AnchorEntry:
        if self.passed > self.runs:
            raise ValueError("has more passes than runs | save the baseline again")
        return self


class CaseEntry(FileModel):
    """One case, and every run of it."""

    model_config = ConfigDict(strict=True)

    case_hash: str = ""
    anchor: AnchorEntry | None = Field(
        default=None, description="Of the last approved baseline; without it, these runs are approved."
    )
    runs: Annotated[list[RunEntry], Field(min_length=1)]
    failing: FailureEntry | None = None

    @model_validator(mode="after")
    def _no_run_twice(self) -> CaseEntry:
        numbers = [run.run for run in self.runs]
        if len(set(numbers)) < len(numbers):
            raise ValueError("has a run twice | save the baseline again")
        return self


class BaselineFile(FileModel):
    """baselines/<suite>.json"""

    model_config = ConfigDict(strict=True)

    schema_version: Literal[1]
    kind: Literal["baseline"]
    suite: str
    fingerprint: str | None = None
    commit: str | None = None
    simulated: bool = False
    agent: str | None = None
    model: str | None = None
    cases: Annotated[dict[str, CaseEntry], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """How one case stood: runs that passed, and measured runs."""

    case_id: str
    passed: int
    runs: int

    @property
    def success_rate(self) -> float | None:
        """0..1; None if no run was measured."""
        return self.passed / self.runs if self.runs else None


def baseline_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a baseline file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **BaselineFile.model_json_schema()}


def save_baseline(path: Path, result: SuiteResult, redact: Redact, anchor: SuiteResult | None = None) -> None:
    """Write `result` to be committed; equal results make equal files, whatever the order of their cases.

    Args:
        anchor: what a person approved last; None if that is `result`.

    Raises:
        InvalidInput: if it has no runs, or the file cannot be written.
    """
    if not result.samples:
        raise InvalidInput.one(path, "would hold no runs", "evaluate the suite first")
    write_lines(path, _file_lines(result, redact, _anchors(result, anchor) if anchor is not None else {}))


def _anchors(result: SuiteResult, anchor: SuiteResult) -> dict[str, CaseSummary]:
    """What was approved of the cases that are still the same; a new case is approved as it comes."""
    same = {case.case_id: case.case_hash for case in result.cases}
    summaries = zip(anchor.cases, summarize(anchor), strict=True)
    return {
        summary.case_id: summary
        for case, summary in summaries
        if summary.runs and same.get(case.case_id) == case.case_hash
    }


def read_baseline(path: Path) -> SuiteResult:
    """The result that was saved.

    Raises:
        InvalidInput: with file and line, for anything but a baseline of this schema or an older one.
    """
    data = _json_of(path)
    _refuse_other_kinds(path, data)
    return _result(_checked(path, data))


def read_anchor(path: Path) -> SuiteResult:
    """What a person approved last, of a baseline that may have been refreshed since: passes and runs, no more.

    Raises:
        InvalidInput: as `read_baseline`.
    """
    data = _json_of(path)
    _refuse_other_kinds(path, data)
    file = _checked(path, data)
    result = _result(file)
    return replace(result, cases=tuple(_approved(case, file.cases[case.case_id]) for case in result.cases))


def _approved(case: CaseResult, written: CaseEntry) -> CaseResult:
    if written.anchor is None:
        return case
    # Which runs passed is not kept, only how many: the gate compares counts and does not mind.
    passes = (index < written.anchor.passed for index in range(written.anchor.runs))
    samples = (
        Sample(case.case_id, index, SampleStatus.COMPLETED, passed) for index, passed in enumerate(passes)
    )
    return replace(case, samples=tuple(samples))


def load_reference(path: Path, *, keep_text: bool = True) -> SuiteResult:
    """What a result is compared with: a baseline, a samples.jsonl, or a folder that Canary wrote.

    Args:
        keep_text: as in `read_samples`.

    Raises:
        InvalidInput
    """
    samples = samples_file(path)
    return read_samples(samples, keep_text=keep_text) if samples is not None else read_baseline(path)


def samples_file(path: Path) -> Path | None:
    """The samples.jsonl that `path` is or holds; None if it is a baseline file.

    Raises:
        InvalidInput: if it is a folder without one.
    """
    if path.is_dir():
        return _samples_within(path)
    return path if _holds_samples(path) else None


def summarize(result: SuiteResult) -> tuple[CaseSummary, ...]:
    """Each case's measured runs and passes, in the order of `result`."""
    return tuple(
        CaseSummary(
            case.case_id,
            passed=sum(sample.passed is True for sample in case.samples),
            runs=sum(sample.passed is not None for sample in case.samples),
        )
        for case in result.cases
    )


def _file_lines(result: SuiteResult, redact: Redact, anchors: Mapping[str, CaseSummary]) -> Iterator[str]:
    about = {
        "schema_version": SCHEMA_VERSION,
        "kind": "baseline",
        "suite": result.suite,
        "fingerprint": result.fingerprint,
        "commit": result.commit,
        "simulated": result.simulated,
        "agent": result.agent,
        "model": result.model,
    }
    yield "{"
    yield from (f"  {_json(key)}: {_json(value)}," for key, value in about.items())
    yield '  "cases": {'
    cases = sorted((case for case in result.cases if case.samples), key=lambda case: case.case_id)
    for case in cases:
        yield from _case_lines(case, redact, anchors.get(case.case_id), "" if case is cases[-1] else ",")
    yield "  }"
    yield "}"


def _case_lines(case: CaseResult, redact: Redact, anchor: CaseSummary | None, comma: str) -> Iterator[str]:
    failing = _failing(case, redact)
    yield f"    {_json(case.case_id)}: {{"
    yield f'      "case_hash": {_json(case.case_hash)},'
    if anchor is not None:
        yield f'      "anchor": {_json({"passed": anchor.passed, "runs": anchor.runs})},'
    yield '      "runs": ['
    yield from _separated(f"        {_json(run)}" for run in _runs(case))
    yield "      ]" if failing is None else "      ],"
    if failing is not None:
        yield f'      "failing": {_json(failing)}'
    yield f"    }}{comma}"


def _separated(lines: Iterable[str]) -> Iterator[str]:
    *before, last = lines
    yield from (f"{line}," for line in before)
    yield last


def _json(value: Any) -> str:
    """One line of JSON. What does not print is escaped: a reviewer must see what is there, in its order."""
    return exact_json(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _runs(case: CaseResult) -> Iterator[dict[str, Any]]:
    """The runs less what is as usual. A repeated response id is evidence of a cache, and kept as `cached`."""
    responses: set[str] = set()
    for sample in sorted(case.samples, key=lambda sample: sample.sample_index):
        repeated = sample.response_id is not None and sample.response_id in responses
        responses.add(sample.response_id or "")
        run = {
            "run": sample.sample_index,
            "passed": sample.passed,
            "status": None if sample.status is SampleStatus.COMPLETED else sample.status.value,
            # A tenth of a millisecond is below any jitter, and a diff should not show it.
            "latency_ms": _rounded(sample.latency_ms, 1),
            "cost_usd": _rounded(sample.cost_usd, 9),
            "cached": sample.cached or repeated or None,
        }
        yield {key: value for key, value in run.items() if value is not None or key == "passed"}


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)


def _failing(case: CaseResult, redact: Redact) -> dict[str, Any] | None:
    failed = (sample for sample in case.samples if sample.passed is False and sample.output)
    first = min(failed, key=lambda sample: sample.sample_index, default=None)
    if first is None or first.output is None:
        return None
    output = redact(first.output)  # before it is cut: half an address is not recognized
    return {
        "run": first.sample_index,
        "output": output if len(output) <= MAX_OUTPUT else f"{output[: MAX_OUTPUT - 1]}…",
    }


def _json_of(path: Path) -> Any:
    text = read_text(path)
    if not text.strip():
        raise InvalidInput.one(path, "is empty", _SAVE)
    try:
        return strict_json(text)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        # The usual way for this file to break: two branches recorded a baseline.
        conflict = any(part.startswith("<<<<<<< ") for part in text.splitlines())
        what = "has an unresolved merge conflict" if conflict else f"is not valid JSON: {error}"
        raise InvalidInput.one(path, what, "keep one side of it" if conflict else _SAVE, line) from None


def _refuse_other_kinds(path: Path, data: Any) -> None:
    if not isinstance(data, dict) or data.get("kind") != "baseline":
        raise InvalidInput.one(path, f"is not a baseline: {_what_it_is(data)}", _SAVE)
    version = data.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        what = f"has schema_version {version}, newer than {SCHEMA_VERSION}"
        raise InvalidInput.one(path, what, "upgrade agentcrewops", 2)


def _what_it_is(data: Any) -> str:
    if isinstance(data, dict) and "verdict" in data:
        return "it is a verdict.json, which has no single runs"
    return 'it has no  "kind": "baseline"'


_SAVE = "give a file written by  agentcrewops baseline save, or a samples.jsonl"


def _checked(path: Path, data: Any) -> BaselineFile:
    try:
        return parse(Document(str(path), data, {}), BaselineFile)
    except InvalidInput:
        # Only now are lines worth the time: JSON is YAML, and that reader knows them.
        return parse(read_yaml(path), BaselineFile)


def _result(file: BaselineFile) -> SuiteResult:
    return SuiteResult(
        suite=file.suite,
        cases=tuple(_case(case_id, case) for case_id, case in file.cases.items()),
        fingerprint=file.fingerprint,
        commit=file.commit,
        simulated=file.simulated,
        agent=file.agent,
        model=file.model,
    )


def _case(case_id: str, written: CaseEntry) -> CaseResult:
    outputs = {written.failing.run: written.failing.output} if written.failing is not None else {}
    runs = sorted(written.runs, key=lambda run: run.run)
    samples = tuple(_sample(case_id, run, outputs.get(run.run)) for run in runs)
    return CaseResult(case_id, samples, case_hash=written.case_hash)


def _sample(case_id: str, run: RunEntry, output: str | None) -> Sample:
    return Sample(
        case_id=case_id,
        sample_index=run.run,
        status=run.status,
        passed=run.passed,
        latency_ms=run.latency_ms,
        cost_usd=run.cost_usd,
        output=output,
        cached=run.cached,
    )


def _samples_within(folder: Path) -> Path:
    samples = folder / "samples.jsonl"
    if not samples.is_file():
        raise InvalidInput.one(folder, "is a folder without samples.jsonl", _SAVE)
    return samples


def _holds_samples(path: Path) -> bool:
    """Whether the first line is a whole JSON object, and not a baseline or verdict on one line."""
    try:
        with path.open("rb") as file:
            first = next((line for line in iter(lambda: file.readline(MAX_BYTES), b"") if line.strip()), b"")
        data = strict_json(first.decode("utf-8-sig"))
    except (OSError, ValueError):
        # Not readable as either: the name decides which reader tells what is wrong.
        return path.suffix == ".jsonl"
    return isinstance(data, Mapping) and ("case_id" in data or not {"kind", "verdict", "cases"} & set(data))
