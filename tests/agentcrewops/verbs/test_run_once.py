"""`run` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell
from tests.conftest import edit


def test_one_run_answers_on_stdout_and_keeps_a_redacted_record(shell: Shell, starter: Path) -> None:
    said = shell("run", "reset password for alice@example.com", "--seed", 1, "--json", cwd=starter)
    facts = json.loads(said.out)
    assert (said.code, facts["status"]) == (0, "succeeded")
    record = (starter / ".agentcrewops/artifacts" / facts["run_id"] / "run.json").read_text()
    assert "[EMAIL_1]" in record
    assert "alice@example.com" not in record


def test_an_answer_that_breaks_the_contract_is_kept_but_not_delivered(shell: Shell, starter: Path) -> None:
    edit(starter / "schemas/triage.json", '"refund", "answer", "ask", "escalate"', '"dance"')
    said = shell("run", "cancel my coffee subscription", "--seed", 1, "--json", cwd=starter)
    facts = json.loads(said.out)
    assert (said.code, facts["status"], facts["output"]) == (1, "contract_failed", None)
    record = (starter / ".agentcrewops/artifacts" / facts["run_id"] / "run.json").read_text()
    assert json.loads(record)["output"].startswith('{"action"')
    assert shell("run", "cancel my coffee subscription", "--seed", 1, "--quiet", cwd=starter).out == ""


def test_a_high_impact_tool_is_declined_where_nobody_can_be_asked(
    shell: Shell, starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    said = shell("run", "please refund $15 for order #123", "--seed", 3, cwd=starter)
    assert "denied:approval_denied" in said.err
    assert not (starter / "tools/refunds.jsonl").exists()


def test_the_day_cap_holds_over_runs(shell: Shell, starter: Path) -> None:
    edit(starter / "policy.yaml", "per_day_usd_max: 30", "per_day_usd_max: 0.004")
    codes = [shell("run", "cancel my coffee subscription", "--json", cwd=starter).code for _ in range(8)]
    last = shell("run", "cancel my coffee subscription", "--json", cwd=starter)
    assert codes[0] == 0
    assert json.loads(last.out)["stop"] == "spend_day"
