"""Recording and replaying from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agentcrewops.conftest import Shell
from tests.conftest import edit


def samples(folder: Path) -> list[tuple[object, ...]]:
    lines = map(json.loads, (folder / "samples.jsonl").read_text().splitlines())
    return [(line["case_id"], line["sample_index"], line["passed"], line["output"]) for line in lines]


def test_a_canary_replays_to_the_same_samples_and_says_that_it_is_recorded(
    shell: Shell, starter: Path
) -> None:
    shell("canary", "-n", 3, "--record", "a.jsonl", "--out", "live", cwd=starter)
    said = shell("canary", "-n", 3, "--replay", "a.jsonl", "--out", "again", cwd=starter)
    assert (said.code, samples(starter / "again")) == (0, samples(starter / "live"))
    assert said.out.startswith("NO BASELINE (recorded)")
    assert "recorded answers, no money is spent" in said.err
    verdict = json.loads((starter / "again/verdict.json").read_text())
    assert (verdict["simulated"], verdict["model"]) == (True, "recorded:sim:simulation.yaml")


def test_a_replay_needs_no_key(shell: Shell, starter: Path) -> None:
    """A cassette recorded on one machine judges the rest of the change on another."""
    shell("run", "cancel my coffee subscription", "--record", "a.jsonl", cwd=starter)
    lines = (starter / "a.jsonl").read_text()
    edit(starter / "agent.yaml", 'model: "sim:simulation.yaml"', 'model: "openai:gpt-4.1-mini"')
    said = shell("run", "cancel my coffee subscription", "--replay", "a.jsonl", cwd=starter)
    assert said.code == 1
    assert "OPENAI_API_KEY" not in said.err
    assert "model_rejected" in said.err
    assert (starter / "a.jsonl").read_text() == lines


def test_a_replay_is_never_compared_with_what_is_not_one(shell: Shell, starter: Path) -> None:
    shell("canary", "-n", 3, "--record", "a.jsonl", "--out", "live", cwd=starter)
    shell("canary", "-n", 3, "--replay", "a.jsonl", "--out", "again", cwd=starter)
    one = shell("compare", "live", "again", "--out", "x", cwd=starter)
    other = shell("compare", "again", "live", "--out", "x", cwd=starter)
    assert "The candidate replays recorded answers and the baseline does not" in one.out
    assert "The baseline replays recorded answers and the candidate does not" in other.out


def test_a_changed_prompt_finds_no_answers_and_measures_nothing(shell: Shell, starter: Path) -> None:
    shell("canary", "-n", 2, "--record", "a.jsonl", cwd=starter)
    said = shell("canary", "-n", 2, "--replay", "a.jsonl", "--agent", "agent.proposed.yaml", cwd=starter)
    assert said.code == 3
    assert "holds no answer to this request" in said.out


def test_what_is_missing_can_be_asked_for_and_is_added(shell: Shell, starter: Path) -> None:
    shell("canary", "-n", 2, "--record", "a.jsonl", cwd=starter)
    shell("canary", "-n", 3, "--replay-or-record", "a.jsonl", "--out", "more", cwd=starter)
    shell("canary", "-n", 3, "--replay", "a.jsonl", "--out", "again", cwd=starter)
    assert samples(starter / "again") == samples(starter / "more")


def test_one_run_is_recorded_and_replayed_without_a_seed(shell: Shell, starter: Path) -> None:
    ask = ("run", "reset password for alice@example.com")
    live = shell(*ask, "--record", "a.jsonl", "--json", cwd=starter)
    again = shell(*ask, "--replay", "a.jsonl", "--json", cwd=starter)
    assert json.loads(live.out)["output"] == json.loads(again.out)["output"]
    assert "alice" not in (starter / "a.jsonl").read_text()
    folder = starter / ".agentcrewops/artifacts" / json.loads(again.out)["run_id"]
    assert json.loads((folder / "run.json").read_text())["model"] == "recorded:sim:simulation.yaml"


def test_the_flags_exclude_each_other_and_need_an_agent_of_ours(shell: Shell, starter: Path) -> None:
    said = shell("canary", "--record", "a", "--replay", "b", cwd=starter)
    assert (said.code, "--record and --replay: exclude each other" in said.err) == (2, True)
    edit(starter / "suite.yaml", "runtime: {", "http: { url: 'http://127.0.0.1:9/' } } #")
    said = shell("canary", "--replay", "a", cwd=starter)
    assert (said.code, "--replay: does not apply" in said.err) == (2, True)
