"""What the gate decided: the verdict, and `verdict.json`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import Document
from evals.results.facts import Facts, FailOn, facts_document, read_facts


class Tone(StrEnum):
    """How a result looks to a reader: the colour of a badge, an icon, a word at the terminal."""

    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"
    PLAIN = "plain"


class MetricVerdict(StrEnum):
    """What one metric says."""

    DRIFT = "drift"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    UNDECIDED = "undecided"
    NOT_MEASURABLE = "not_measurable"


class VerdictKind(StrEnum):
    """What the whole evaluation says; headings, tones and exit codes follow from it."""

    DRIFT = "drift"
    BELOW_FLOOR = "below_floor"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    UNDECIDED = "undecided"
    PROVIDER_DRIFT = "provider_drift"
    NO_BASELINE = "no_baseline"
    NOT_MEASURED = "not_measured"

    @property
    def heading(self) -> str:
        """Below the floor"""
        return _HEADINGS.get(self, self.value.replace("_", " ").capitalize())

    @property
    def tone(self) -> Tone:
        """How it looks to a reader."""
        return _TONES[self]

    def fails(self, fail_on: FailOn = FailOn.DRIFT) -> bool:
        """Whether it stops a change."""
        return self in _FAILING[fail_on]

    def exit_code(self, fail_on: FailOn = FailOn.DRIFT) -> int:
        """3 if nothing could be measured, whatever `fail_on` is; 1 if it stops a change, else 0."""
        return 3 if self is VerdictKind.NOT_MEASURED else int(self.fails(fail_on))


_HEADINGS = {VerdictKind.BELOW_FLOOR: "Below the floor"}
_TONES = {
    VerdictKind.DRIFT: Tone.BAD,
    VerdictKind.BELOW_FLOOR: Tone.BAD,
    VerdictKind.PASS: Tone.GOOD,
    VerdictKind.UNDECIDED: Tone.DOUBT,
    VerdictKind.PROVIDER_DRIFT: Tone.DOUBT,
    VerdictKind.NO_BASELINE: Tone.PLAIN,
    VerdictKind.NOT_MEASURED: Tone.DOUBT,
}
_FALLEN = frozenset({VerdictKind.DRIFT, VerdictKind.BELOW_FLOOR})
_FAILING: Mapping[FailOn, frozenset[VerdictKind]] = {
    FailOn.DRIFT: _FALLEN,
    FailOn.UNDECIDED: _FALLEN | {VerdictKind.UNDECIDED, VerdictKind.PROVIDER_DRIFT},
    FailOn.NEVER: frozenset(),
}


class CaseStatus(StrEnum):
    """Where a case is: in both results, in one of them, or in both with another input or other graders."""

    SHARED = "shared"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric, baseline against candidate.

    Attributes:
        baseline, candidate: success rate (0..1), milliseconds, or US dollars; None if not measurable.
        change: difference of rates for success_rate, ratio candidate/baseline for the others.
        ci_low, ci_high: 90 % interval of `change`.
    """

    verdict: MetricVerdict
    baseline: float | None = None
    candidate: float | None = None
    change: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseComparison:
    """One shared (or added, or removed) case, for the report.

    Attributes:
        *_passed, *_runs: measured runs that passed, and measured runs, per arm.
        p_broken: one-sided Fisher mid-p that the case got worse; None unless shared.
    """

    case_id: str
    status: CaseStatus
    baseline_passed: int = 0
    baseline_runs: int = 0
    candidate_passed: int = 0
    candidate_runs: int = 0
    p_broken: float | None = None
    broken: bool = False
    watch: bool = False
    baseline_p95_ms: float | None = None
    candidate_p95_ms: float | None = None
    baseline_usd_per_run: float | None = None
    candidate_usd_per_run: float | None = None
    unmeasured: int = 0


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Success on a part of the suite: the cases with one tag, or what one grader says of all cases.

    Attributes:
        kind: tag | grader
        cases: compared cases; without a comparison, the candidate's.
        baseline, candidate: success rates, 0..1; for a grader, of the runs that it judged.
        change, ci_low, ci_high: difference of rates and its 90 % interval; None if there is none.
        gates: whether a fall of it is a drift of the whole.
        p_fell: of a tag that gates: one-sided exact p of a fall, corrected (Holm) over all that gate.
    """

    kind: str
    name: str
    cases: int
    baseline: float | None = None
    candidate: float | None = None
    change: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    gates: bool = False
    p_fell: float | None = None
    fell: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a team acts on. `verdict.json` is this, and holds no timestamps.

    Attributes:
        headline: one paragraph in plain words, markdown bold allowed, no p-values.
        reasons: why, in plain words, most important first.
        metrics: success_rate, p95_latency_ms, usd_per_success.
        breakdowns: by tag and by grader; they only describe, but for tags that the suite lets gate.
        facts: further numbers (pass^k, minimum detectable drop, $/run, exact p, …), and what the suite's gate says
            stops a change.
    """

    verdict: VerdictKind
    headline: str
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    metrics: Mapping[str, Comparison] = field(default_factory=dict)
    broken_cases: tuple[str, ...] = ()
    watch_cases: tuple[str, ...] = ()
    shared_cases: tuple[str, ...] = ()
    added_cases: tuple[str, ...] = ()
    removed_cases: tuple[str, ...] = ()
    cases: tuple[CaseComparison, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    infra_errors: int = 0
    grader_errors: int = 0
    seed: int = 0
    suite: str = ""
    simulated: bool = False
    agent: str | None = None
    model: str | None = None
    fingerprint: str | None = None
    baseline_fingerprint: str | None = None
    commit: str | None = None
    margin: float = 0.10
    facts: Facts = field(default_factory=Facts)


SCHEMA_VERSION = 2
"""1 said `standing` for the `status` of a case."""


_DIGITS = 6
"""Figures that matter: the last ones differ between processors, and equal runs must make equal files."""


_METRICS = ("success_rate", "p95_latency_ms", "usd_per_success")


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON-ready data, in the order of its fields."""
    document = {**asdict(verdict), "facts": facts_document(verdict.facts)}
    return {"schema_version": SCHEMA_VERSION, **_plain(document)}


def _plain(value: Any) -> Any:
    """Only what JSON can hold: names of enums, rounded numbers, null for what is not finite."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") + 0.0 if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


def read_verdict(document: Document) -> Verdict:
    """The verdict that `document` holds.

    Raises:
        InvalidInput: if it is not a verdict.json of this version or an older one.
    """
    _refuse_newer(document)
    document = replace(document, data=_in_this_version(document.data))
    _refuse_unless_valid(document)
    data = {key: value for key, value in document.data.items() if key != "schema_version"}
    names = (
        "reasons",
        "warnings",
        "broken_cases",
        "watch_cases",
        "shared_cases",
        "added_cases",
        "removed_cases",
    )
    return Verdict(
        **data
        | {name: tuple(data[name]) for name in names}
        | {
            "verdict": VerdictKind(data["verdict"]),
            "metrics": {name: _comparison(metric) for name, metric in data["metrics"].items()},
            "cases": tuple(_case(case) for case in data["cases"]),
            "breakdowns": tuple(Breakdown(**part) for part in data["breakdowns"]),
            "facts": read_facts(data["facts"]),
        }
    )


def _comparison(metric: Mapping[str, Any]) -> Comparison:
    return Comparison(**{**metric, "verdict": MetricVerdict(metric["verdict"])})


def _case(case: Mapping[str, Any]) -> CaseComparison:
    return CaseComparison(**{**case, "status": CaseStatus(case["status"])})


def _in_this_version(data: Any) -> Any:
    """A document of version 1 in the words of this one; anything else as it is."""
    if not isinstance(data, dict) or data.get("schema_version") != 1:
        return data
    cases = data.get("cases")
    renamed = [_renamed_case(case) for case in cases] if isinstance(cases, list) else cases
    return {**data, "schema_version": SCHEMA_VERSION, "cases": renamed}


def _renamed_case(case: Any) -> Any:
    if not isinstance(case, dict):
        return case
    return {"status" if key == "standing" else key: value for key, value in case.items()}


def _refuse_newer(document: Document) -> None:
    # Before the schema, which would only say that 3 is not 2.
    version = document.data.get("schema_version") if isinstance(document.data, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        what = f"has schema_version {version}, newer than {SCHEMA_VERSION}"
        raise InvalidInput([document.problem(("schema_version",), what, "upgrade agentcrewops")])


def _refuse_unless_valid(document: Document) -> None:
    # On this path only: jsonschema costs a tenth of a second at start.
    from jsonschema import Draft202012Validator

    errors = Draft202012Validator(verdict_schema()).iter_errors(document.data)
    problems = [
        Problem(
            document.file,
            document.line_of(tuple(error.absolute_path)),
            f"is not a verdict: {'.'.join(map(str, error.absolute_path)) or 'the file'}: {error.message[:200]}",
            "pass the verdict.json that canary or compare wrote",
        )
        for error in errors
    ]
    if problems:
        raise InvalidInput(problems)


def verdict_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of verdict.json."""
    properties = {
        "schema_version": {"const": SCHEMA_VERSION},
        "verdict": {"enum": [kind.value for kind in VerdictKind]},
        "metrics": _object({name: {"$ref": "#/$defs/metric"} for name in _METRICS}),
        "cases": {"type": "array", "items": {"$ref": "#/$defs/case"}},
        "breakdowns": {"type": "array", "items": {"$ref": "#/$defs/breakdown"}},
        "facts": {"type": "object", "description": "Further numbers by name; a new one may appear."},
        **_simple(Verdict, {"verdict", "metrics", "cases", "breakdowns", "facts"}),
    }
    order = ["schema_version", *(field.name for field in fields(Verdict))]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "verdict.json",
        "description": "What agentcrewops says of one evaluation.",
        **_object({name: properties[name] for name in order}),
        "$defs": {
            "metric": _object(
                {
                    "verdict": {"enum": [verdict.value for verdict in MetricVerdict]},
                    **_simple(Comparison, {"verdict"}),
                }
            ),
            "case": _object(
                {
                    "case_id": {"type": "string"},
                    "status": {"enum": [status.value for status in CaseStatus]},
                    **_simple(CaseComparison, {"case_id", "status"}),
                }
            ),
            "breakdown": _object({"kind": {"enum": ["tag", "grader"]}, **_simple(Breakdown, {"kind"})}),
        },
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_TYPES: Mapping[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str | None": {"type": ["string", "null"]},
    "float | None": {"type": ["number", "null"]},
    "tuple[str, ...]": {"type": "array", "items": {"type": "string"}},
}


def _simple(shape: type[Any], special: set[str]) -> dict[str, Any]:
    """Schemas of the fields of plain type, by their annotation."""
    return {field.name: _TYPES[str(field.type)] for field in fields(shape) if field.name not in special}
