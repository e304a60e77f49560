"""What `check` finds: what a newcomer learns before the first run."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentcrewops.checkup.checkup import check
from agentcrewops.checkup.files import CheckSubject
from agentcrewops.checkup.findings import Finding, Level, exit_code
from tests.agentcrewops.conftest import Shell
from tests.conftest import edit
from tests.fakes.grading import write_judge
from tests.fakes.threaded import agent_endpoint_thread


def found(subject: CheckSubject, *, offline: bool = False, **environ: str) -> Sequence[Finding]:
    return asyncio.run(check(subject, environ, offline=offline)).findings


def of_level(level: Level, findings: Sequence[Finding]) -> str:
    return "\n".join(f"{finding.what} | {finding.fix}" for finding in findings if finding.level is level)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def with_model(folder: Path, model: str, more: str = "") -> CheckSubject:
    edit(folder / "agent.yaml", 'model: "sim:simulation.yaml"', f'model: "{model}"{more}')
    return CheckSubject(agent=folder / "agent.yaml")


def test_the_starter_is_in_good_health(shell: Shell, starter: Path) -> None:
    said = shell("doctor", cwd=starter)
    assert said.code == 0
    assert {line.split()[0] for line in said.out.splitlines()} == {"ok"}
    assert "is simulated: no key, no money, nothing to reach" in said.out


def test_json_lists_level_what_and_fix(shell: Shell, starter: Path) -> None:
    facts = json.loads(shell("doctor", "--json", cwd=starter).out)
    assert {tuple(fact) for fact in facts} == {("level", "what", "fix")}


def test_a_missing_key_is_a_problem_that_names_the_variable(starter: Path) -> None:
    subject = with_model(starter, "anthropic:claude-x")
    assert "ANTHROPIC_API_KEY is not set" in of_level(Level.PROBLEM, found(subject))


def test_a_key_is_never_printed(starter: Path) -> None:
    findings = found(with_model(starter, "anthropic:claude-x"), ANTHROPIC_API_KEY="sk-very-secret")
    assert "ANTHROPIC_API_KEY is set" in of_level(Level.OK, findings)
    assert "sk-very-secret" not in repr(findings)


def test_an_unknown_price_is_a_problem_with_what_to_write(starter: Path) -> None:
    said = of_level(Level.PROBLEM, found(with_model(starter, "acme:one")))
    assert "no price is known for model 'acme:one'" in said
    assert "prices:" in said


def test_a_local_endpoint_is_probed_and_needs_no_key(starter: Path) -> None:
    with agent_endpoint_thread({"output": "x"}) as url:
        base = url.removesuffix("/run")
        subject = with_model(starter, "local:m", f'\n  base_url: "{base}/v1"')
        free = '  prices: { "local:m": { input_per_mtok: 0, output_per_mtok: 0 } }\n'
        edit(starter / "policy.yaml", "  spend:", f"{free}  spend:")
        findings = found(subject)
    assert f"{base} answers (HTTP " in of_level(Level.OK, findings)
    assert exit_code(findings) == 0


def test_an_endpoint_that_does_not_answer_is_a_problem(starter: Path) -> None:
    subject = with_model(starter, "local:m", f'\n  base_url: "http://127.0.0.1:{free_port()}/v1"')
    assert "cannot be reached: cannot connect" in of_level(Level.PROBLEM, found(subject))


def test_an_http_target_that_is_down_is_a_problem(tmp_path: Path) -> None:
    suite = tmp_path / "suite.yaml"
    target = f'{{ http: {{ url: "http://127.0.0.1:{free_port()}/run" }} }}'
    suite.write_text(
        f"suite: s\ntarget: {target}\ncases: [{{case_id: a, input: x, success: \"contains('x')\"}}]\n"
    )
    assert "nothing answers at 127.0.0.1:" in of_level(Level.PROBLEM, found(CheckSubject(suite)))


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


def test_explain_names_the_line_of_every_setting_or_that_it_is_a_default(shell: Shell, starter: Path) -> None:
    said = shell("check", "--offline", "--explain", "--json", cwd=starter)
    explained = json.loads(said.out)["explained"]
    sources = {setting["name"]: setting["source"] for setting in explained["settings"]}
    assert sources["samples"] == "suite.yaml:4"
    assert sources["concurrency"] == "default"
    assert sources["policy.spend.per_run_usd_max"] == "policy.yaml:6"
    assert explained["plan"].startswith("12 cases × 10 = 120 runs of support-triage")


def test_explain_shows_the_graders_of_each_case_and_what_tools_run(shell: Shell, starter: Path) -> None:
    edit(starter / "suite.yaml", 'tags: ["refund"]', 'tags: ["refund"]\n    stubs: { "billing.refund": 1 }')
    model = write_judge(starter)
    judge = f'[json_schema, {{ judge: {{ model: "{model}", rubric: "x" }} }}]'
    edit(starter / "suite.yaml", '["json_schema", { tool_called: "kb.search" }]', judge)
    said = shell("check", "--offline", "--explain", cwd=starter).out
    assert "password_reset: json_schema, judge, success  (suite.yaml:" in said
    assert "kb.search: itself, since it only reads: tools/kb.py:search" in said
    assert "its eval: tools/billing.py:refund_stub; the case's own stub in 4 of 12 cases" in said


def test_explain_works_on_an_agent_alone(shell: Shell, starter: Path) -> None:
    said = shell("check", "--offline", "--explain", "--agent", "agent.yaml", cwd=starter)
    assert said.code == 0
    assert "agent.max_steps" in said.out
