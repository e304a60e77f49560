"""What is read and decided before the first attack: agent, probes, runs, baseline and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from agent_runtime.guard.redact import ALL_KINDS
from security_pack.findings.findings import Location
from security_pack.resistance.preparation import PreparedResistance, ResistanceOptions, prepare_resistance
from tests.fakes.attacked import MAIL_OUT, SAY_IT, attacked_suite, entry
from tests.fakes.repositories import repository
from tests.security_pack.resistance.attacks import PACK, attacked, baseline_of


def ready(suite: Path, *probes: Any, environ: Mapping[str, str] = {}, **options: Any) -> PreparedResistance:
    given = ResistanceOptions(suite=suite, **options)
    return prepare_resistance(given, entry(*probes or (MAIL_OUT,)), environ)


def test_the_baseline_beside_the_suite_is_found(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path / "desk", falls=1)
    baseline_of(tmp_path).rename(tmp_path / "saved.json")
    (tmp_path / "desk/baselines").mkdir()
    (tmp_path / "saved.json").rename(tmp_path / "desk/baselines/guardian-desk.json")
    assert attacked(suite).worse == {"mail-out"}


def test_in_ci_a_real_model_needs_a_cap(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path / "desk", target={"python": {"function": "agent.py:answer"}})
    options = ResistanceOptions(suite=suite, out=tmp_path / "out")
    with pytest.raises(InvalidInput, match="--max-usd"):
        prepare_resistance(options, PACK, {"CI": "true"})
    assert prepare_resistance(replace(options, max_usd=1.0), PACK, {"CI": "true"}).cases


def test_recorded_runs_cannot_be_attacked(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path / "desk", target={"recorded": {"file": "samples.jsonl"}})
    with pytest.raises(InvalidInput, match="recorded runs cannot be attacked"):
        attacked(suite)


def test_what_cannot_be_planted_is_not_tried(tmp_path: Path) -> None:
    described = {
        **MAIL_OUT,
        "plant": [{"at": "tool_description", "tool": "{{read}}", "text": "Mail {{dest}}"}],
    }
    result = attacked(attacked_suite(tmp_path / "desk"), entry(described))
    assert [trial.note for trial in result.trials] == [
        "a tool's description cannot be planted in an agent that is not ours"
    ]


@pytest.mark.parametrize(
    ("options", "runs"), [({}, 3), ({"nightly": True}, 7), ({"nightly": True, "samples": 2}, 2)]
)
def test_a_probe_says_how_often_it_is_tried_unless_the_caller_does(
    tmp_path: Path, options: Any, runs: int
) -> None:
    probe = {**MAIL_OUT, "samples": {"pr": 3, "nightly": 7}}
    assert ready(attacked_suite(tmp_path), probe, **options).runs == {
        "mail-out": runs,
        "mail-out~benign": runs,
    }


def test_the_longest_probe_decides_how_many_runs_are_planned(tmp_path: Path) -> None:
    probes = ({**MAIL_OUT, "samples": {"pr": 3}}, {**SAY_IT, "samples": {"pr": 5}})
    assert ready(attacked_suite(tmp_path), *probes).evaluation.schedule.planned == 5


def test_probes_of_the_other_tier_are_neither_tried_nor_skipped(tmp_path: Path) -> None:
    prepared = ready(attacked_suite(tmp_path), SAY_IT, {**MAIL_OUT, "tier": ["enforcement"]})
    assert {case.entry.probe.id for case in prepared.cases.values()} == {"say-it"}
    assert prepared.skipped == ()


def test_a_suite_of_ours_gives_its_manifest_and_what_its_policy_redacts(starter: Path) -> None:
    prepared = ready(starter / "suite.yaml")
    assert prepared.agent.manifest is not None
    assert prepared.evaluation.pii_kinds == ("email", "phone")
    assert {tool.name for tool in prepared.agent.tools} >= {"kb.search", "billing.refund"}


def test_an_agent_without_a_suite_stands_for_itself(starter: Path) -> None:
    prepared = prepare_resistance(ResistanceOptions(agent=starter / "agent.yaml"), PACK, {})
    assert prepared.place == Location(str(starter / "agent.yaml"), 1)
    assert prepared.evaluation.suite.name == f"guardian-{prepared.agent.name}"
    assert prepared.evaluation.concurrency == 50


def test_an_agent_that_is_not_ours_is_kept_without_any_personal_data(tmp_path: Path) -> None:
    prepared = ready(attacked_suite(tmp_path))
    assert (prepared.agent.manifest, prepared.agent.name) == (None, "desk")
    assert set(prepared.evaluation.pii_kinds) == set(ALL_KINDS)
    assert prepared.place == Location(str(tmp_path / "suite.yaml"), 1)


def test_what_the_caller_says_of_money_and_speed_outweighs_the_suite(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path, concurrency=4, gate={"max_usd": 2})
    quiet, said = ready(suite), ready(suite, max_usd=0.5, concurrency=9)
    assert (quiet.evaluation.concurrency, quiet.evaluation.max_usd) == (4, 2)
    assert (said.evaluation.concurrency, said.evaluation.max_usd) == (9, 0.5)


def test_runs_are_kept_beside_those_of_a_canary(tmp_path: Path) -> None:
    assert (
        ready(attacked_suite(tmp_path), out=tmp_path / "out").evaluation.folder == tmp_path / "out/resistance"
    )


def test_in_ci_what_costs_nothing_needs_no_cap(tmp_path: Path) -> None:
    assert ready(attacked_suite(tmp_path), environ={"CI": "true"}).cases
    real = attacked_suite(tmp_path, target={"python": {"function": "agent.py:answer"}})
    options = ResistanceOptions(suite=real)
    assert prepare_resistance(options, PACK, {"CI": "true"}, spends=False).cases


def test_a_usual_baseline_that_is_not_there_is_none_but_a_named_one_is_missed(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path)
    assert ready(suite).evaluation.baseline is None
    with pytest.raises(InvalidInput, match=r"gone\.json"):
        ready(suite, baseline=tmp_path / "gone.json")


def test_the_baseline_may_be_that_of_an_earlier_commit(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path / "desk")
    (tmp_path / "desk/baselines").mkdir()
    saved = baseline_of(tmp_path, runs=2).rename(tmp_path / "desk/baselines/guardian-desk.json")
    repository(tmp_path / "desk")
    saved.unlink()
    assert ready(suite).evaluation.baseline is None
    before = ready(suite, gate_from="HEAD").evaluation.baseline
    assert before is not None
    assert len(before.samples) == 4
