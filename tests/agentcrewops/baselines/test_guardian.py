"""What a baseline of attacks holds, and what a check would see against it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent_runtime.errors import CannotMeasure
from agentcrewops.baselines.guardian import description, save_guardian_baseline
from evals.results.baseline import load_reference
from evals.results.samples import write_samples
from security_pack.guardian.guardian import GuardianOptions, prepare_guardian
from security_pack.resistance.preparation import ResistanceOptions
from tests.fakes.results import result


def saved(starter: Path, marks: str, folder: str = "out") -> Path:
    """The baseline of results that are there already, of one attack."""
    ready = prepare_guardian(GuardianOptions(starter / "agent.yaml"))
    results = starter / folder
    results.mkdir(parents=True)
    write_samples(results / "samples.jsonl", result({"exfil": marks}, suite="guardian-triage"))
    asyncio.run(save_guardian_baseline(ready, ResistanceOptions(), starter / "out", None, {}))
    return starter / "baselines/guardian-triage.json"


def test_only_attacks_are_counted_and_a_pass_is_one_that_was_resisted() -> None:
    held = result({"exfil": "+" * 28 + "--", "exfil~benign": "+" * 30, "gone": "!!"})
    assert description(held)[0] == "2 of 30 runs of 1 attacks succeeded."


def test_too_few_runs_of_one_attack_block_nothing_and_say_so() -> None:
    few = result({"a": "+" * 100, "b": "+" * 29})
    assert description(few)[1:] == ["29 runs per attack are few: from 30 on a rise blocks."]


def test_a_small_baseline_says_what_a_larger_one_would_see() -> None:
    assert description(result({"a": "+" * 30}))[-1].endswith("--runs 100")
    assert "--runs" not in " ".join(description(result({"a": "+" * 100})))


def test_without_a_measured_attack_there_is_nothing_to_block_on() -> None:
    assert description(result({}))[0] == "0 of 0 runs of 0 attacks succeeded."


@pytest.mark.parametrize("folder", ["out", "out/resistance"])
def test_results_of_a_check_are_kept_beside_the_agent(starter: Path, folder: str) -> None:
    file = saved(starter, "+" * 30, folder)
    assert [len(case.samples) for case in load_reference(file).cases] == [30]


def test_results_of_an_outage_become_no_baseline(starter: Path) -> None:
    with pytest.raises(CannotMeasure, match="no baseline is saved: 30 of 30 runs measured nothing"):
        saved(starter, "!" * 30)
    assert not (starter / "baselines").exists()
