"""`check --explain`: every setting that holds, and where it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agentcrewops.checkup.explanation import explain, lines_of
from agentcrewops.checkup.files import CheckSubject, read_files
from tests.agentcrewops.conftest import Shell
from tests.conftest import edit
from tests.fakes.grading import write_judge
from tests.fakes.suites import suite_of


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


def explained(subject: CheckSubject) -> dict[str, Any]:
    told = explain(read_files(subject, {}))
    assert told is not None
    return told


def test_without_files_there_is_nothing_to_explain() -> None:
    assert explain(read_files(CheckSubject(), {})) is None


def test_cases_and_tools_are_no_settings(starter: Path) -> None:
    names = {one["name"] for one in explained(CheckSubject(starter / "suite.yaml"))["settings"]}
    assert not names & {"cases", "agent.tools"}
    assert {"samples", "gate.margin", "agent.model"} <= names


def test_of_a_target_only_what_was_chosen_is_shown(starter: Path) -> None:
    names = {one["name"] for one in explained(CheckSubject(starter / "suite.yaml"))["settings"]}
    assert {name.split(".")[1] for name in names if name.startswith("target.")} == {"runtime"}


def test_an_agent_that_is_not_ours_has_cases_and_no_tools(tmp_path: Path) -> None:
    suite_of(tmp_path, {"http": {"url": "http://127.0.0.1:9/run"}})
    told = explained(CheckSubject(tmp_path / "suite.yaml"))
    assert (len(told["cases"]), told["tools"], told["baseline"]) == (1, {}, None)
    assert "1 cases × 10 = 10 runs of http://127.0.0.1:9/run" in told["plan"]


def test_a_tool_that_only_a_case_can_stand_in_for_says_so(starter: Path) -> None:
    edit(starter / "agent.yaml", 'eval: { python: "tools/billing.py:refund_stub" }', "")
    assert explained(CheckSubject(agent=starter / "agent.yaml"))["tools"]["billing.refund"] == (
        "the stub of each case"
    )


def test_a_long_value_is_cut_to_one_line_and_nothing_is_called_none() -> None:
    settings = [
        {"name": "a", "value": "x\n" * 90, "source": "default"},
        {"name": "long", "value": None, "source": "f:1"},
    ]
    _, first, second = lines_of({"settings": settings, "tools": {}})
    assert first == f"  a     {('x ' * 40)[:79]}…  (default)"
    assert second == "  long  none  (f:1)"


def test_a_title_without_lines_is_left_out() -> None:
    one = {"name": "a", "value": 1, "source": "default"}
    said = list(lines_of({"settings": [one], "tools": {"kb.search": "itself"}}))
    assert "\ngraders of each case" not in said
    assert said[-2:] == ["\nwhat a tool runs in evals", "  kb.search: itself"]
