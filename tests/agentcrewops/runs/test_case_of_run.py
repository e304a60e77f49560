"""A production failure becomes a test in one command: red until the prompt is fixed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell
from tests.conftest import edit

FIXED = "If an order was refunded before, do not refund it again: escalate."
AGENT = """agent:
  name: "refunds"
  model: "sim:simulation.yaml"
  prompt: "system.md"
  tools:
    - name: "billing.refund"
      allow: ["create"]
      approval: { required: true }
      implementation: { python: "billing.py:refund" }
      arguments: { type: object, properties: { order: { type: string } } }
"""
SIMULATION = """simulation:
  name: "s"
  prices: { input_per_mtok: 1, output_per_mtok: 1 }
  behaviours:
    - name: "again"
      when: "order #(?P<order>\\\\d+).*again"
      text: ["order"]
      skill: { default: 0, prompt: [{ says: "do not refund it again", chance: 1 }] }
      answer: { action: "escalate" }
      otherwise:
        - calls: [{ tool: "billing.refund", arguments: { order: "{{ order }}" } }]
          answer: { action: "refund" }
    - name: "hello"
      when: "hello"
      skill: { default: 1 }
      answer: { action: "greet" }
  default: { answer: { action: "none" } }
"""
SUITE = """suite: "refunds" # ours
samples: 3
cases:
  - case_id: "hello" # the first
    input: "hello"
    success: "action == 'greet'"
    stubs: { billing.refund: null }

# more to come
"""
ASKED = "refund order #7 again, says bob@example.com"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An agent that refunds twice."""
    files = {
        "agent.yaml": AGENT,
        "simulation.yaml": SIMULATION,
        "suite.yaml": SUITE,
        "policy.yaml": 'policy: { pii_redaction: ["email"] }\n',
        "system.md": "Refund what is asked for.\n",
        "billing.py": 'def refund(order):\n    return {"status": "ok", "id": "r-" + order}\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def agreeing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person at the terminal who agrees to everything."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "y")


def run(shell: Shell, project: Path, text: str = ASKED) -> str:
    run_id: str = json.loads(shell("run", text, "--json", cwd=project).out)["run_id"]
    return run_id


@pytest.mark.usefixtures("agreeing")
def test_a_stored_failing_run_becomes_a_red_case_and_a_fixed_prompt_turns_it_green(
    shell: Shell, project: Path
) -> None:
    run_id = run(shell, project)
    said = shell("case", "add", run_id, "--success", "action == 'escalate'", "--must-pass", cwd=project)
    assert (said.code, "next:  agentcrewops canary --suite suite.yaml" in said.out) == (0, True)
    red = shell("canary", "--json", cwd=project)
    assert (red.code, json.loads(red.out)["verdict"]) == (1, "below_floor")
    assert f"run_{run_id[:8]}" in red.out
    (project / "system.md").write_text(FIXED)
    assert shell("canary", cwd=project).code == 0


@pytest.mark.usefixtures("agreeing")
def test_the_case_holds_input_approval_and_stub_and_the_rest_of_the_suite_stays(
    shell: Shell, project: Path
) -> None:
    run_id = run(shell, project)
    shell("case", "add", run_id, "--success", "action == 'escalate'", "--case-id", "twice", cwd=project)
    one, rest = SUITE.split("\n# more")
    assert (project / "suite.yaml").read_text() == (
        f"{one}\n  # from run {run_id}: succeeded (answered)\n"
        '  - case_id: "twice"\n'
        '    input: "refund order #7 again, says [EMAIL_1]"\n'
        "    success: \"action == 'escalate'\"\n"
        '    approvals: { "billing.refund": "grant" }\n'
        '    stubs: { "billing.refund": {"status": "ok", "id": "r-7"} }\n'
        f"\n# more{rest}"
    )


def test_removed_personal_data_and_a_missing_stand_in_are_said(shell: Shell, project: Path) -> None:
    said = shell("case", "add", run(shell, project), "--success", "action == 'escalate'", cwd=project)
    assert "personal data was removed when the run was stored: the input says [EMAIL_1]" in said.out
    assert "billing.refund has no stand-in yet" in said.out
    assert 'approvals: {"billing.refund": "deny"}' in said.out


def test_what_is_right_is_never_taken_from_the_run(shell: Shell, project: Path) -> None:
    said = shell("case", "add", run(shell, project), cwd=project)
    assert (said.code, "nothing says what is right" in said.err) == (2, True)
    assert (project / "suite.yaml").read_text() == SUITE


def test_an_output_contract_is_asked_for_and_said_to_be_all(shell: Shell, project: Path) -> None:
    (project / "answer.json").write_text('{"type": "object"}')
    edit(project / "policy.yaml", "policy: {", 'policy: { output_contract: { schema_ref: "answer.json" },')
    said = shell("case", "add", run(shell, project), cwd=project)
    assert 'evaluator: "json_schema"' in (project / "suite.yaml").read_text()
    assert "the case only asks for the output contract" in said.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--success", "action =="), "--success"),
        (("--success", "action == 'x'", "--case-id", "hello"), "has a case 'hello' already"),
    ],
)
def test_a_wrong_expression_or_a_taken_id_changes_nothing(
    shell: Shell, project: Path, arguments: tuple[str, ...], said: str
) -> None:
    found = shell("case", "add", run(shell, project), *arguments, cwd=project)
    assert (found.code, said in found.err) == (2, True)
    assert (project / "suite.yaml").read_text() == SUITE


def test_an_unknown_run_is_answered_with_the_latest(shell: Shell, project: Path) -> None:
    assert "no run was made here" in shell("case", "add", "nope", cwd=project).err
    run_id = run(shell, project)
    said = shell("case", "add", "nope", "--success", "action == 'x'", cwd=project)
    assert (said.code, f"the latest are: {run_id} (succeeded)" in said.err) == (2, True)


def test_a_record_that_is_gone_or_damaged_is_named(shell: Shell, project: Path) -> None:
    run_id = run(shell, project)
    record = project / ".agentcrewops/artifacts" / run_id / "run.json"
    record.write_text('{"input": []}')
    assert "is not the record of a run" in shell("case", "add", run_id, cwd=project).err
    record.unlink()
    assert "run.json: does not exist" in shell("case", "add", run_id, cwd=project).err
