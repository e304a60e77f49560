"""What is read and decided before the first attack: agent, probes, runs, baseline and money."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from security_pack.resistance.preparation import ResistanceOptions, prepare_resistance
from tests.fakes.attacked import MAIL_OUT, attacked_suite, entry
from tests.security_pack.resistance.attacks import PACK, attacked, baseline_of


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
