"""Whether every model and endpoint would answer, before anything is paid for."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from agentcrewops.checkup.connections import endpoint_finding
from agentcrewops.checkup.files import CheckSubject
from agentcrewops.checkup.findings import Level, exit_code
from evals.suite.suite_file import HttpTarget
from tests.agentcrewops.checkup.findings_of import found, of_level
from tests.conftest import edit
from tests.fakes.threaded import agent_endpoint_thread


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def with_model(folder: Path, model: str, more: str = "") -> CheckSubject:
    edit(folder / "agent.yaml", 'model: "sim:simulation.yaml"', f'model: "{model}"{more}')
    return CheckSubject(agent=folder / "agent.yaml")


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


def test_a_simulated_model_needs_nothing(starter: Path) -> None:
    findings = found(CheckSubject(agent=starter / "agent.yaml"))
    assert "sim:simulation.yaml is simulated" in of_level(Level.OK, findings)
    assert of_level(Level.PROBLEM, findings) == ""


def test_offline_no_endpoint_is_asked_and_no_key_looked_for(starter: Path) -> None:
    subject = with_model(starter, "openai:gpt-4.1-mini", f'\n  base_url: "http://127.0.0.1:{free_port()}/v1"')
    findings = found(subject, offline=True)
    assert of_level(Level.PROBLEM, findings) == ""
    assert "openai:gpt-4.1-mini costs $" in of_level(Level.OK, findings)


@pytest.mark.parametrize("key", ["", "  "])
def test_an_empty_key_is_none(starter: Path, key: str) -> None:
    subject = with_model(starter, "anthropic:claude-x")
    assert "ANTHROPIC_API_KEY is not set" in of_level(Level.PROBLEM, found(subject, ANTHROPIC_API_KEY=key))


def test_a_provider_with_a_log_in_of_its_own_is_left_to_its_owner(starter: Path) -> None:
    subject = with_model(starter, "bedrock:claude-x")
    assert "its provider has ways of its own to log in" in of_level(Level.ADVICE, found(subject))


def test_an_address_that_egress_would_refuse_is_a_problem(starter: Path) -> None:
    subject = with_model(starter, "local:m", '\n  base_url: "http://user@127.0.0.1/v1"')
    assert "base_url cannot be used" in of_level(Level.PROBLEM, found(subject))


def test_an_agent_that_a_canary_starts_need_not_run_yet() -> None:
    target = HttpTarget(url=f"http://127.0.0.1:{free_port()}/run", start="python serve.py")
    finding = asyncio.run(endpoint_finding(target))
    assert (finding.level, "which a canary starts itself" in finding.what) == (Level.OK, True)


def test_an_agent_that_is_there_accepts_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/run"
        finding = asyncio.run(endpoint_finding(HttpTarget(url=url)))
    assert (finding.level, "accepts connections" in finding.what) == (Level.OK, True)
