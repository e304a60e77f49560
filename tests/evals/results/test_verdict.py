"""verdict.json: valid JSON whatever the numbers, and the same verdict when read again."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document, strict_json
from evals.gate.gate import decide
from evals.results.facts import Facts, FailOn, facts_document, read_facts
from evals.results.verdict import (
    Comparison,
    MetricVerdict,
    Verdict,
    VerdictKind,
    read_verdict,
    verdict_document,
    verdict_schema,
)
from evals.suite.suite_file import GateSettings
from tests.fakes.results import result

GOOD = result({f"case_{index}": "++++++++++" for index in range(5)})
BROKEN = result({f"case_{index}": "++++++++++" if index else "----------" for index in range(5)})


def verdicts() -> list[Verdict]:
    """One of each kind that the gate gives."""
    settings = GateSettings()
    return [
        decide(GOOD, BROKEN, settings),
        decide(GOOD, GOOD, settings),
        decide(None, GOOD, settings),
        decide(None, BROKEN, GateSettings(min_success_rate=0.9)),
        decide(GOOD, result({"case_0": "!!!!!"}), settings),
        decide(result({"a": "+-"}), result({"a": "-+"}), settings),
        decide(result({"a": "+"}), result({"a": "-"}), settings),
    ]


def written(verdict: Verdict) -> Document:
    return Document("verdict.json", strict_json(json.dumps(verdict_document(verdict))), {})


@pytest.mark.parametrize("verdict", verdicts(), ids=lambda verdict: verdict.headline[:20])
def test_every_verdict_follows_its_schema(verdict: Verdict) -> None:
    Draft202012Validator(verdict_schema()).validate(verdict_document(verdict))


@pytest.mark.parametrize("verdict", verdicts(), ids=lambda verdict: verdict.headline[:20])
def test_a_verdict_read_again_is_written_the_same(verdict: Verdict) -> None:
    again = read_verdict(written(verdict))
    assert verdict_document(again) == verdict_document(verdict)
    assert (again.verdict, again.cases[0].status) == (verdict.verdict, verdict.cases[0].status)


def test_the_schema_itself_is_valid() -> None:
    Draft202012Validator.check_schema(verdict_schema())


def test_the_fields_that_scripts_rely_on_are_there() -> None:
    document = verdict_document(decide(GOOD, BROKEN, GateSettings()))
    assert document["verdict"] == "drift"
    assert document["broken_cases"] == ["case_0"]
    assert set(document["metrics"]) == {"success_rate", "p95_latency_ms", "usd_per_success"}
    for metric in document["metrics"].values():
        assert {"verdict", "baseline", "candidate", "change", "ci_low", "ci_high"} <= set(metric)
    for name in (
        "reasons",
        "watch_cases",
        "warnings",
        "shared_cases",
        "added_cases",
        "removed_cases",
        "seed",
    ):
        assert name in document


@given(st.floats(), st.floats())
def test_no_number_makes_the_file_invalid_json(one: float, other: float) -> None:
    metric = Comparison(MetricVerdict.UNDECIDED, one, other, math.inf, -math.inf, math.nan)
    verdict = Verdict(
        VerdictKind.DRIFT, "", metrics={"success_rate": metric}, facts=Facts(more={"x": [one, (other,)]})
    )
    strict_json(json.dumps(verdict_document(verdict), allow_nan=False))


def test_numbers_are_rounded_to_six_figures() -> None:
    verdict = Verdict(
        VerdictKind.PASS,
        "",
        facts=Facts(more={"small": 0.000123456789, "large": 123456.789, "count": 12345678}),
    )
    assert verdict_document(verdict)["facts"] == {"small": 0.000123457, "large": 123457.0, "count": 12345678}


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "fine"},
        {"schema_version": "2"},
        {"metrics": {}},
        {"cases": [{"case_id": "a"}]},
        {"unknown": 1},
        {"seed": "1"},
    ],
)
def test_a_file_that_is_no_verdict_is_refused_with_its_place(change: dict[str, Any]) -> None:
    data = verdict_document(decide(GOOD, GOOD, GateSettings())) | change
    with pytest.raises(InvalidInput, match=r"v\.json.*is not a verdict"):
        read_verdict(Document("v.json", data, {(): 1}))


@pytest.mark.parametrize("data", [None, [], "drift", {}])
def test_anything_else_is_refused(data: object) -> None:
    with pytest.raises(InvalidInput):
        read_verdict(Document("v.json", data, {}))


def test_the_document_keeps_no_trace_of_the_time() -> None:
    verdict = decide(GOOD, BROKEN, GateSettings())
    assert verdict_document(verdict) == verdict_document(replace(verdict))
    assert not any("time" in key or key.endswith("_ts") for key in verdict_document(verdict))


def test_a_verdict_of_a_newer_version_says_upgrade() -> None:
    with pytest.raises(InvalidInput, match="schema_version 3, newer than 2") as error:
        read_verdict(Document("verdict.json", {"schema_version": 3}, {(): 1}))
    assert error.value.problems[0].fix == "upgrade agentcrewops"


def test_a_verdict_of_version_1_is_read_in_the_words_of_this_one() -> None:
    verdict = decide(GOOD, BROKEN, GateSettings())
    data = verdict_document(verdict) | {"schema_version": 1}
    data["cases"] = [
        {"standing" if key == "status" else key: case[key] for key in case} for case in data["cases"]
    ]
    assert read_verdict(Document("verdict.json", data, {})) == read_verdict(written(verdict))


@pytest.mark.parametrize("verdict", verdicts(), ids=lambda verdict: verdict.headline[:20])
def test_every_fact_that_we_write_is_read_into_its_type(verdict: Verdict) -> None:
    assert read_verdict(written(verdict)).facts.more == {}


def test_facts_of_another_version_or_of_no_known_type_are_kept_as_they_are() -> None:
    known = {"pass_k": 5, "fail_on": "never"}
    strange = {"pass_k": "five", "look": 3, "from_tomorrow": [1]}
    assert read_facts(known) == Facts(pass_k=5, fail_on=FailOn.NEVER)
    assert read_facts(strange) == Facts(more=strange)
    assert facts_document(read_facts(known | strange)) == known | strange


def test_a_fact_that_is_too_large_for_a_number_is_kept_as_it_is() -> None:
    facts = facts_document(decide(None, GOOD, GateSettings()).facts) | {"pass_rate_candidate": 10**400}
    read = read_facts(facts)
    assert (read.candidate.rates, read.more["pass_rate_candidate"]) == (None, 10**400)
