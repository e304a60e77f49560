"""inspect_ai's logs: the mapping on a recorded log, and (make test-importers) with inspect_ai itself."""

from __future__ import annotations

import copy
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput, MissingExtra
from evals.canary.saved import compare_files
from evals.importers import import_results
from evals.importers.inspect_log import open_log, read_inspect
from evals.importers.interface import Imported
from evals.report.folder import render_results
from evals.results.records import SampleStatus, SuiteResult
from evals.results.samples import write_samples
from evals.suite.suite_file import GateSettings

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "imports"
RECORDED = json.loads((FIXTURES / "inspect-after.json").read_text(encoding="utf-8"))
LOG = Path("log.eval")


def read(log: dict[str, Any], **options: Any) -> Imported:
    return read_inspect(LOG, open_log=lambda _: log, **options)


def outcomes(log: dict[str, Any], **options: Any) -> dict[str, list[bool | None]]:
    result = import_results([LOG], lambda _: read(log, **options)).result
    return _outcomes(result)


def _outcomes(result: SuiteResult) -> dict[str, list[bool | None]]:
    return {case.case_id: [sample.passed for sample in case.samples] for case in result.cases}


def scored(**scores: Any) -> dict[str, Any]:
    """A log of one sample with these scores."""
    log: dict[str, Any] = copy.deepcopy(RECORDED)
    log["samples"] = log["samples"][:1]
    log["samples"][0]["scores"] = {name: {"value": value} for name, value in scores.items()}
    return log


def passed(log: dict[str, Any], **options: Any) -> bool | None:
    return read(log, **options).runs[0].sample.passed


EXPECTED = {
    "invoice": [True, True, True],
    "parcel": [True, False, True],
    "password": [True, None, True],
    "refund": [True, True, True],
}


def test_epochs_are_runs_and_an_error_is_infrastructure() -> None:
    assert outcomes(RECORDED) == EXPECTED
    lost = next(run.sample for run in read(RECORDED).runs if run.sample.passed is None)
    assert lost.status is SampleStatus.INFRA_ERROR
    assert lost.error == "<HTTPError 500: 'Internal Server Error'>"


def test_the_task_the_model_and_what_was_asked_and_said_come_along() -> None:
    content = read(RECORDED)
    first = content.runs[0]
    assert (content.suite, content.model) == ("support", "mockllm/model")
    assert first.case.input_text == "send me the invoice again"
    assert first.sample.output == "the invoice is attached"
    assert first.sample.latency_ms == pytest.approx(4.0)


def test_tokens_and_cost_are_summed_over_the_models_of_a_sample() -> None:
    log = scored(includes="C")
    usage = {"a": {"total_tokens": 30, "total_cost": 0.25}, "b": {"total_tokens": 12, "total_cost": 0.5}}
    log["samples"][0]["model_usage"] = usage
    sample = read(log).runs[0].sample
    assert (sample.tokens, sample.cost_usd) == (42, 0.75)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("C", True),
        ("I", False),
        ("N", False),
        (1, True),
        (0.0, False),
        (True, True),
        ("yes", True),
        ("0", False),
    ],
)
def test_a_score_is_right_or_wrong_as_inspect_means_it(value: object, expected: bool) -> None:
    assert passed(scored(includes=value)) is expected


@pytest.mark.parametrize(("value", "expected"), [(0.7, True), (0.69, False), ("P", False), ("C", True)])
def test_a_graded_score_passes_from_where_it_is_said_to(value: object, expected: bool) -> None:
    assert passed(scored(quality=value), pass_at=0.7) is expected


@pytest.mark.parametrize("value", [0.7, "P", 2, -1])
def test_a_graded_score_without_a_limit_is_asked_about(value: object) -> None:
    with pytest.raises(
        InvalidInput, match=r"sample 'invoice', epoch 1: score 'quality' is .*neither right nor"
    ):
        read(scored(quality=value))


@pytest.mark.parametrize("value", [[1, 0], "maybe", None])
def test_a_score_that_is_no_number_is_told_or_not_measured(value: object) -> None:
    if value is None:
        assert passed(scored(quality=None)) is None
        return
    with pytest.raises(InvalidInput, match="no single number"):
        read(scored(quality=value))


def test_a_run_passes_if_every_score_does_and_one_can_be_chosen() -> None:
    log = scored(facts="C", tone="I")
    assert passed(log) is False
    assert passed(log, scorer="facts") is True


def test_the_parts_of_a_score_are_scores() -> None:
    log = scored(judge={"facts": 1, "tone": 0})
    assert passed(log) is False
    assert passed(log, scorer="judge.facts") is True


def test_a_score_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(InvalidInput, match=r"no score 'tone'\n    fix: it has facts"):
        read(scored(facts="C"), scorer="tone")


def test_a_sample_that_was_not_scored_measured_nothing() -> None:
    assert passed(scored()) is None


@pytest.mark.parametrize(
    ("limit", "value", "status"),
    [
        ("time", "I", SampleStatus.AGENT_TIMEOUT),
        ("token", "I", SampleStatus.CAP_HIT),
        ("message", "C", SampleStatus.COMPLETED),
        ("operator", "C", SampleStatus.INFRA_ERROR),
    ],
)
def test_a_limit_is_the_agents_own_unless_it_had_the_answer_or_a_person_stopped_it(
    limit: str, value: str, status: SampleStatus
) -> None:
    log = scored(includes=value)
    log["samples"][0]["limit"] = {"type": limit, "limit": 1}
    assert read(log).runs[0].sample.status is status


def test_a_sample_that_was_invalidated_does_not_count() -> None:
    log = scored(includes="C")
    log["samples"][0]["invalidation"] = {"author": "a", "reason": "leak"}
    assert passed(log) is None


def test_runs_that_a_cancelled_evaluation_never_came_to_measured_nothing() -> None:
    log = copy.deepcopy(RECORDED)
    log["status"] = "cancelled"
    log["samples"] = [
        sample for sample in log["samples"] if sample["epoch"] == 1 and sample["id"] != "refund"
    ]
    assert outcomes(log) == {
        "invoice": [True, None, None],
        "parcel": [True, None, None],
        "password": [True, None, None],
        "refund": [None, None, None],
    }


def test_a_cancelled_evaluation_that_does_not_say_what_it_planned_is_refused() -> None:
    log = {**copy.deepcopy(RECORDED), "status": "error"}
    log["eval"]["dataset"]["sample_ids"] = None
    with pytest.raises(InvalidInput, match="status 'error' that does not say what it planned"):
        read(log)


def test_a_log_without_samples_is_told_how_to_have_them() -> None:
    with pytest.raises(InvalidInput, match="without --no-log-samples"):
        read({**RECORDED, "samples": None})


def test_a_chat_is_shown_by_what_the_user_said() -> None:
    log = scored(includes="C")
    log["samples"][0]["input"] = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "hello"}]},
    ]
    assert read(log).runs[0].case.input_text == "hello"


@pytest.mark.skipif(find_spec("inspect_ai") is not None, reason="inspect_ai is there")
def test_without_inspect_ai_the_extra_is_named() -> None:
    with pytest.raises(MissingExtra, match=r"agentcrewops\[inspect\]"):
        read_inspect(FIXTURES / "inspect-after.eval")


@pytest.mark.importers
@pytest.mark.parametrize("suffix", ["eval", "json"])
def test_a_real_log_is_read_by_inspects_own_reader(suffix: str) -> None:
    result = import_results([FIXTURES / f"inspect-after.{suffix}"], read_inspect).result
    assert _outcomes(result) == EXPECTED


@pytest.mark.importers
def test_two_real_logs_go_through_to_a_report(tmp_path: Path) -> None:
    for name in ("before", "after"):
        result = import_results([FIXTURES / f"inspect-{name}.eval"], read_inspect).result
        write_samples(tmp_path / f"{name}.jsonl", result)
    out = tmp_path / "out"
    found = compare_files(tmp_path / "before.jsonl", tmp_path / "after.jsonl", out, GateSettings())
    render_results(out, found)
    assert "parcel" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.importers
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b'{"version": 2'])
def test_a_file_that_inspects_reader_refuses_is_named(tmp_path: Path, content: bytes) -> None:
    for suffix in ("eval", "json"):
        path = tmp_path / f"x.{suffix}"
        path.write_bytes(content)
        with pytest.raises(InvalidInput, match="is not a log that inspect_ai can read"):
            open_log(path)


@pytest.mark.importers
def test_a_missing_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        open_log(tmp_path / "gone.eval")
