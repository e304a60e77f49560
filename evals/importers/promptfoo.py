"""promptfoo's JSON output (`promptfoo eval -o results.json`): a test is a case, each `--repeat` of it a run.

The format: https://www.promptfoo.dev/docs/configuration/outputs/, and EvaluateSummary, EvaluateResult in
https://github.com/promptfoo/promptfoo/blob/main/src/types/index.ts
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document, parse, read_text, strict_json
from evals.importers.interface import (
    Imported,
    ImportedRun,
    case_hash,
    cut,
    short_id,
    texts_within,
)
from evals.results.records import CaseResult, Grade, Sample, SampleStatus, text_hash

MAX_BYTES = 200_000_000
_FAILED_BY_ERROR = 2
"""0 none, 1 an assertion, 2 an error: ResultFailureReason in
https://github.com/promptfoo/promptfoo/blob/main/src/types/index.ts"""
_VARIABLES_OF_PROMPTFOO = {"sessionId"}
"""Variables that promptfoo adds, with other values in every run."""


class _Model(BaseModel):
    """Only what is read; everything else that promptfoo writes is ignored."""

    model_config = ConfigDict(allow_inf_nan=False)


class _Provider(_Model):
    id: str = ""
    label: str | None = None


class _Prompt(_Model):
    label: str | None = None


class _Assertion(_Model):
    type: str = "assertion"


class _Component(_Model):
    passed: bool = Field(alias="pass")
    reason: str | None = None
    assertion: _Assertion | None = None


class _Grading(_Model):
    reason: str | None = None
    components: list[_Component] | None = Field(default=None, alias="componentResults")


class _Usage(_Model):
    total: int | None = None


class _Response(_Model):
    output: Any = None
    error: str | None = None
    cost: float | None = None
    cached: bool | None = None
    usage: _Usage | None = Field(default=None, alias="tokenUsage")


class _Test(_Model):
    description: str | None = None
    assertions: Any = Field(default=None, alias="assert")


class _Result(_Model):
    success: bool
    failure_reason: int | None = Field(default=None, alias="failureReason")
    error: str | None = None
    latency_ms: float | None = Field(default=None, alias="latencyMs")
    variables: dict[str, Any] = Field(default_factory=dict, alias="vars")
    provider: _Provider | str = ""
    prompt: _Prompt = _Prompt()
    prompt_index: int = Field(default=0, alias="promptIdx")
    test: _Test = Field(default=_Test(), alias="testCase")
    response: _Response | None = None
    grading: _Grading | None = Field(default=None, alias="gradingResult")


class _Results(_Model):
    results: list[_Result]


class _Config(_Model):
    description: str | None = None


class _File(_Model):
    results: _Results
    config: _Config = _Config()


@dataclass(frozen=True, slots=True)
class _Question:
    """What a test asks. It is equal for the repeats of a test; promptfoo numbers each of them anew."""

    name: str
    content: str
    text: str


def read_promptfoo(path: Path, provider: str | None = None, prompt: str | None = None) -> Imported:
    """Every result of one provider with one prompt, which must be named if there are several.

    Args:
        provider: its label or id.
        prompt: its label, or its number counted from 1.

    Raises:
        InvalidInput: naming the file, and the result that is wrong.
    """
    file = parse(Document(str(path), _json_of(path), {}), _File)
    results = _one_arm(path, "--provider", file.results.results, provider, _provider_names)
    results = _one_arm(path, "--prompt", results, prompt, _prompt_names)
    ids = _case_ids(_question(result) for result in results)
    agent, wording = (cut(names(results[0])[0], 200) for names in (_provider_names, _prompt_names))
    return Imported(
        runs=tuple(_run(ids[_question(result)], result) for result in results),
        suite=file.config.description or "",
        arm=f"provider '{agent}' with prompt '{wording}'",
        agent=agent,
    )


def _json_of(path: Path) -> Any:
    try:
        return strict_json(read_text(path, MAX_BYTES))
    except ValueError as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        fix = "write it with  promptfoo eval -o results.json"
        raise InvalidInput.one(path, f"is not valid JSON: {error}", fix, line) from None


def _one_arm(
    path: Path,
    flag: str,
    results: Sequence[_Result],
    choice: str | None,
    names: Callable[[_Result], tuple[str, str]],
) -> Sequence[_Result]:
    """The results of one provider, or with one prompt. Two providers or prompts are two candidates, never repeats."""
    if not results:
        raise InvalidInput.one(path, "holds no results", "is this the right file?")
    there = list(dict.fromkeys(cut(names(result)[0], 60) for result in results))
    listed = "; ".join(repr(name) for name in there[:10])
    arms = {names(result) for result in results}
    if choice is None and len(arms) > 1:
        raise InvalidInput.one(path, f"holds the results of {len(arms)}: {listed}", f"choose one: {flag} …")
    selected = [result for result in results if choice is None or choice in names(result)]
    if not selected:
        raise InvalidInput.one(path, f"has no results for {flag} {choice!r}", f"it has {listed}")
    return selected


def _provider_names(result: _Result) -> tuple[str, str]:
    """Label and id."""
    provider = result.provider
    return (provider, provider) if isinstance(provider, str) else (provider.label or provider.id, provider.id)


def _prompt_names(result: _Result) -> tuple[str, str]:
    """Label and number."""
    number = str(result.prompt_index + 1)
    return result.prompt.label or number, number


def _question(result: _Result) -> _Question:
    variables = {
        name: value
        for name, value in result.variables.items()
        if name not in _VARIABLES_OF_PROMPTFOO and not name.startswith("_")
    }
    text = "\n".join(texts_within(variables))
    name = result.test.description or text or "without variables"
    return _Question(name, case_hash(variables, result.test.assertions), text)


def _case_ids(tests: Iterable[_Question]) -> dict[_Question, str]:
    """Each test by its description; tests that share one are told apart by a hash of what they ask."""
    different: defaultdict[str, set[_Question]] = defaultdict(set)
    for test in tests:
        different[test.name].add(test)
    return {
        test: name if len(same) == 1 else f"{short_id(name, room=7)}~{test.content[:6]}"
        for name, same in different.items()
        for test in same
    }


def _run(case_id: str, result: _Result) -> ImportedRun:
    question, response = _question(result), result.response or _Response()
    is_error = _is_error(result)
    passed = None if is_error else result.success
    output = _text(response.output)
    error = (result.error or response.error or "").partition("\n    at ")[0]  # less JavaScript's stack
    sample = Sample(
        case_id,
        0,
        SampleStatus.INFRA_ERROR if is_error else SampleStatus.COMPLETED,
        passed,
        grades=() if is_error else _grades(result),
        latency_ms=result.latency_ms,
        tokens=(response.usage.total or None) if response.usage else None,
        cost_usd=response.cost,
        output=None if output is None else cut(output),
        output_sha256=None if output is None else text_hash(output),
        error=cut(error) if is_error else None,
        cached=bool(response.cached),
    )
    return ImportedRun(CaseResult(case_id, (), question.content, input_text=cut(question.text)), sample)


def _is_error(result: _Result) -> bool:
    """True if the run measured nothing; old files do not give the reason of a failure."""
    if result.failure_reason is not None:
        return result.failure_reason == _FAILED_BY_ERROR
    return not result.success and (result.response is None or result.response.error is not None)


def _grades(result: _Result) -> tuple[Grade, ...]:
    grading = result.grading or _Grading()
    parts = [
        Grade(part.assertion.type if part.assertion else "assertion", part.passed, cut(part.reason or ""))
        for part in grading.components or ()
    ]
    return tuple(parts) or (Grade("promptfoo", result.success, cut(grading.reason or result.error or "")),)


def _text(output: Any) -> str | None:
    return output if output is None or isinstance(output, str) else json.dumps(output, ensure_ascii=False)
