"""promptfoo's JSON output."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from evals.importers import import_results
from evals.importers.promptfoo import read_promptfoo
from evals.results.records import CaseResult, SampleStatus

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "imports"
RECORDED = json.loads((FIXTURES / "promptfoo-after.json").read_text(encoding="utf-8"))
Change = Callable[[list[dict[str, Any]]], object]


def changed(folder: Path, change: Change) -> Path:
    """The recorded output after `change` to its results."""
    document = copy.deepcopy(RECORDED)
    change(document["results"]["results"])
    path = folder / "results.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def cases(path: Path) -> dict[str, CaseResult]:
    return {case.case_id: case for case in import_results([path], read_promptfoo).result.cases}


def problem(path: Path, **choice: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_promptfoo(path, **choice)
    return str(caught.value)


def test_a_real_output_comes_through_with_its_repeats_as_runs() -> None:
    found = cases(FIXTURES / "promptfoo-after.json")
    assert {name: [run.passed for run in case.samples] for name, case in found.items()} == {
        "refund": [True, True, True],
        "parcel": [True, False, True],
        "password": [True, None, True],
        "invoice": [True, True, True],
    }


def test_an_error_is_infrastructure_without_a_stack_and_without_a_price() -> None:
    lost = cases(FIXTURES / "promptfoo-after.json")["password"].samples[1]
    assert lost.status is SampleStatus.INFRA_ERROR
    assert lost.cost_usd is None
    assert lost.error == (
        'Error: HTTP call failed with status 500 Internal Server Error: {"error": "the model did not answer"}'
    )


def test_a_run_keeps_its_price_latency_output_and_the_assertion_that_failed() -> None:
    wrong = cases(FIXTURES / "promptfoo-after.json")["parcel"].samples[1]
    assert (wrong.cost_usd, wrong.output) == (0.0021, "I do not know")
    assert wrong.latency_ms is not None
    assert [(grade.grader, grade.passed, grade.reason) for grade in wrong.grades] == [
        ("contains", False, 'Expected output to contain "Tuesday"')
    ]


def test_the_suite_and_the_question_are_known_by_name() -> None:
    result = import_results([FIXTURES / "promptfoo-after.json"], read_promptfoo).result
    assert (result.suite, result.agent) == ("support", "support")
    assert result.cases[1].input_text == "where is my parcel?"


def test_two_evaluations_of_the_same_tests_have_comparable_cases() -> None:
    before, after = (cases(FIXTURES / f"promptfoo-{name}.json") for name in ("before", "after"))
    assert [case.case_hash for case in before.values()] == [case.case_hash for case in after.values()]


def test_another_assertion_makes_another_case(tmp_path: Path) -> None:
    def stricter(results: list[dict[str, Any]]) -> None:
        for result in results:
            result["testCase"]["assert"][0]["type"] = "equals"

    strict, plain = cases(changed(tmp_path, stricter)), cases(FIXTURES / "promptfoo-after.json")
    assert strict["refund"].case_hash != plain["refund"].case_hash


def test_a_cached_answer_is_marked(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda results: results[1]["response"].update(cached=True))
    assert [run.cached for run in cases(path)["refund"].samples] == [False, True, False]


def test_tests_without_a_description_are_named_by_what_they_ask(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda results: [result["testCase"].pop("description") for result in results])
    assert "where is my parcel?" in cases(path)


def test_tests_that_share_a_description_are_told_apart(tmp_path: Path) -> None:
    path = changed(
        tmp_path, lambda results: [result["testCase"].update(description="x" * 500) for result in results]
    )
    found = cases(path)
    assert len(found) == 4
    assert all(len(case.samples) == 3 for case in found.values())


def test_what_promptfoo_adds_to_the_variables_does_not_make_another_case(tmp_path: Path) -> None:
    path = changed(
        tmp_path,
        lambda results: [
            result["vars"].update(sessionId=str(number)) for number, result in enumerate(results)
        ],
    )
    assert len(cases(path)) == 4


def test_an_output_that_is_no_text_is_kept_as_json(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda results: results[0]["response"].update(output={"amount": 15}))
    assert cases(path)["refund"].samples[0].output == '{"amount": 15}'


def test_old_outputs_that_give_no_reason_are_read_by_their_response(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda results: [result.pop("failureReason") for result in results])
    found = cases(path)
    assert [run.passed for run in found["parcel"].samples] == [True, False, True]
    assert [run.passed for run in found["password"].samples] == [True, None, True]


def two_providers(results: list[dict[str, Any]]) -> None:
    for number, result in enumerate(results):
        result["provider"] = {"id": f"http-{number % 2}", "label": "ab"[number % 2]}


def test_several_providers_are_several_candidates_and_one_is_chosen(tmp_path: Path) -> None:
    path = changed(tmp_path, two_providers)
    assert "holds the results of 2: 'a'; 'b'" in problem(path)
    assert len(read_promptfoo(path, provider="b").runs) == 6
    assert len(read_promptfoo(path, provider="http-0").runs) == 6
    assert "has no results for --provider 'c'" in problem(path, provider="c")


def test_several_prompts_are_several_candidates_and_one_is_chosen(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda results: [result.update(promptIdx=1) for result in results[:3]])
    assert "choose one: --prompt" in problem(path)
    assert len(read_promptfoo(path, prompt="2").runs) == 3


def test_a_result_of_the_wrong_shape_is_named(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda results: results[4].update(success="perhaps"))
    assert "'results.results.4.success' is 'perhaps'" in problem(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not valid JSON"),
        ('{"results": {"results": [', "is not valid JSON"),
        ("[]", "must be a mapping"),
        ("{}", "'results' is missing"),
        ('{"results": {"results": []}}', "holds no results"),
        ('{"results": {"results": [{"success": true, "latencyMs": NaN}]}}', "NaN is not a JSON number"),
    ],
)
def test_what_is_no_output_of_promptfoo_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "x.json").write_text(text)
    assert words in problem(tmp_path / "x.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["results", "success", "vars", "response", "cost", "error"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused_without_a_crash(
    tmp_path_factory: pytest.TempPathFactory, value: Any
) -> None:
    path = tmp_path_factory.mktemp("promptfoo") / "x.json"
    path.write_text(json.dumps({"results": {"results": [{"success": True}, value]}}), encoding="utf-8")
    with suppress(InvalidInput):
        import_results([path], read_promptfoo)
