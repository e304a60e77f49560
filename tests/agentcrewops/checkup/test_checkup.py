"""What `check` finds: what a newcomer learns before the first run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentcrewops.checkup.files import CheckSubject
from agentcrewops.checkup.findings import Level, exit_code
from tests.agentcrewops.checkup.findings_of import found, of_level
from tests.agentcrewops.conftest import Shell
from tests.conftest import edit


def test_the_starter_is_in_good_health(shell: Shell, starter: Path) -> None:
    said = shell("doctor", cwd=starter)
    assert said.code == 0
    assert {line.split()[0] for line in said.out.splitlines()} == {"ok"}
    assert "is simulated: no key, no money, nothing to reach" in said.out


def test_json_lists_level_what_and_fix(shell: Shell, starter: Path) -> None:
    facts = json.loads(shell("doctor", "--json", cwd=starter).out)
    assert {tuple(fact) for fact in facts} == {("level", "what", "fix")}


def test_a_judge_s_model_is_looked_at_too(starter: Path) -> None:
    price = "price: { input_per_mtok: 1, output_per_mtok: 1 }"
    judge = f'evaluator: {{ judge: {{ model: "anthropic:c", rubric: "x", {price} }} }}'
    edit(starter / "suite.yaml", 'evaluator: "json_schema + string match"', judge)
    said = of_level(Level.PROBLEM, found(CheckSubject(starter / "suite.yaml")))
    assert "ANTHROPIC_API_KEY is not set, and anthropic:c needs it" in said


@pytest.mark.parametrize(
    ("file", "old", "new", "advice"),
    [
        ("policy.yaml", "    per_day_usd_max: 30\n", "", "The policy sets no per_day_usd_max"),
        ("policy.yaml", '"*.your-company.com"', '"*"', "The allow-list holds '*'"),
        ("policy.yaml", '"email", "phone"', "", "The policy redacts nothing"),
        (
            "agent.yaml",
            "approval: { required: true }",
            "approval: { required: false }",
            "(create) runs as soon as the model asks for it",
        ),
        (
            "policy.yaml",
            '  output_contract: { type: "json", schema_ref: "schemas/triage.json" }\n',
            "",
            "The policy has no output contract",
        ),
    ],
)
def test_what_its_owner_may_regret_is_advice_and_no_failure(
    starter: Path, file: str, old: str, new: str, advice: str
) -> None:
    edit(starter / file, old, new)
    findings = found(CheckSubject(agent=starter / "agent.yaml"))
    assert advice in of_level(Level.ADVICE, findings)
    assert exit_code(findings) == 0


def test_a_file_that_cannot_be_used_leaves_with_2_and_its_line(shell: Shell, starter: Path) -> None:
    edit(starter / "suite.yaml", "samples: 10", "sampels: 10")
    said = shell("check", cwd=starter)
    assert said.code == 2
    assert "problem  suite.yaml:4: unknown key 'sampels'" in said.out
    assert "fix: did you mean 'samples'?" in said.out


def test_a_folder_that_is_a_file_cannot_be_written(starter: Path) -> None:
    findings = found(CheckSubject(agent=starter / "agent.yaml", out=starter / "agent.yaml"))
    assert "cannot be written" in of_level(Level.PROBLEM, findings)
    assert exit_code(findings) == 1


def test_in_an_empty_folder_it_says_what_to_name(shell: Shell, tmp_path: Path) -> None:
    said = shell("check", cwd=tmp_path)
    assert (said.code, "name one with --suite or --agent" in said.out) == (0, True)
