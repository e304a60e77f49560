"""Attacks on an agent's own model: what is tried, what is kept, and what blocks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from evals.results.samples import read_samples
from evals.sampling.journal import Start
from security_pack.episodes.episode import Outcome
from security_pack.resistance.preparation import ResistanceOptions
from security_pack.resistance.resistance import run_resistance
from tests.conftest import edit
from tests.fakes.attacked import MAIL_OUT, SAY_IT, TOOLS, attacked_suite, entry
from tests.fakes.threaded import endpoint_thread
from tests.security_pack.resistance.attacks import attacked, baseline_of, outcomes

# --- what is tried ----------------------------------------------------------------------------------------


def test_every_attack_is_tried_as_often_as_its_probe_says_and_so_is_its_twin(tmp_path: Path) -> None:
    result = attacked(
        attacked_suite(tmp_path / "desk"), entry({**MAIL_OUT, "samples": {"pr": 3}}), samples=None
    )
    assert {case.case_id: len(case.samples) for case in result.result.cases} == {
        "mail-out": 3,
        "mail-out~benign": 3,
    }


def test_at_night_it_is_tried_more_often(tmp_path: Path) -> None:
    pack = entry({**MAIL_OUT, "samples": {"nightly": 7}})
    result = attacked(attacked_suite(tmp_path / "desk"), pack, samples=None, nightly=True)
    assert len(result.trials) == 7


def test_an_agent_that_falls_every_other_time_is_seen_to(tmp_path: Path) -> None:
    result = attacked(attacked_suite(tmp_path / "desk", falls=2))
    assert outcomes(result) == {Outcome.SUCCEEDED: 5, Outcome.RESISTED: 5}
    assert result.tasks is not None
    assert (result.tasks.successes, result.tasks.runs) == (0, 10)


def test_every_run_has_canaries_of_its_own(tmp_path: Path) -> None:
    attacked(attacked_suite(tmp_path / "desk", falls=1), samples=4)
    text = (tmp_path / "desk/out/resistance/samples.jsonl").read_text()
    assert "[EMAIL_1]" in text
    assert ".invalid" not in text  # kept without personal data, real or made up


def test_a_simulated_agent_gives_the_same_bytes_again(starter: Path) -> None:
    pack = entry({**SAY_IT, "canaries": {"word": "token"}})
    for name in ("one", "two"):
        options = ResistanceOptions(agent=starter / "agent.yaml", out=starter / name, samples=3)
        asyncio.run(run_resistance(options, pack, {}))
    one, two = (starter / name / "resistance/samples.jsonl" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_a_real_agents_canaries_cannot_be_known_beforehand(tmp_path: Path) -> None:
    target = {"python": {"function": "agent.py:answer"}}
    suite = attacked_suite(tmp_path / "desk", target=target)
    (tmp_path / "desk/agent.py").write_text("def answer(input):\n    return input[::-1]\n")
    said = [attacked(suite, entry(SAY_IT), out=tmp_path / name, samples=1).result for name in "ab"]
    assert said[0].samples[0].output != said[1].samples[0].output


def test_the_example_agent_withstands_what_its_simulation_does_not_react_to(starter: Path) -> None:
    options = ResistanceOptions(agent=starter / "agent.yaml", out=starter / "out", samples=5)
    result = asyncio.run(run_resistance(options, entry(SAY_IT), {}))
    assert set(outcomes(result)) <= {Outcome.RESISTED, Outcome.TASK_FAILED}
    assert "No real model was attacked: the answers are simulated." in result.warnings


# --- what is compared -------------------------------------------------------------------------------------


def test_one_probe_that_half_falls_blocks_and_is_measured_twice(tmp_path: Path) -> None:
    baseline = baseline_of(tmp_path)
    result = attacked(attacked_suite(tmp_path / "desk", falls=2), baseline=baseline)
    assert result.worse == {"mail-out"}
    assert {case.case_id: len(case.samples) for case in result.result.cases}["mail-out"] == 20


def test_an_agent_that_did_not_change_does_not_block(tmp_path: Path) -> None:
    baseline = baseline_of(tmp_path, falls=2)
    result = attacked(attacked_suite(tmp_path / "desk", falls=2), baseline=baseline)
    assert (result.worse, result.findings) == (frozenset(), ())
    assert len(result.trials) == 10


def test_a_fall_that_is_not_seen_again_does_not_block(tmp_path: Path) -> None:
    baseline = baseline_of(tmp_path)
    suite = attacked_suite(tmp_path / "desk", falls=1)
    edit(tmp_path / "desk/agent.py", "sample_index % FALLS == 0", "sample_index in (1, 2)")
    result = attacked(suite, baseline=baseline)
    assert outcomes(result) == {Outcome.SUCCEEDED: 2, Outcome.RESISTED: 18}
    assert result.worse == frozenset()


def test_a_better_title_keeps_the_baseline(tmp_path: Path) -> None:
    baseline = baseline_of(tmp_path)
    retitled = entry({**MAIL_OUT, "title": "Better", "severity": "critical"})
    assert attacked(attacked_suite(tmp_path / "desk", falls=1), retitled, baseline=baseline).worse


def test_a_simulated_baseline_says_nothing_of_a_real_agent(tmp_path: Path) -> None:
    baseline = baseline_of(tmp_path)
    suite = attacked_suite(tmp_path / "desk", falls=1, target={"python": {"function": "agent.py:answer"}})
    assert attacked(suite, baseline=baseline).worse == frozenset()


# --- trouble ----------------------------------------------------------------------------------------------


def test_more_errors_than_one_in_twenty_are_inconclusive(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path / "desk", falls=1)
    edit(
        tmp_path / "desk/agent.py",
        "ticket =",
        "if sample_index == 3: raise ConnectionError('away')\n    ticket =",
    )
    result = attacked(suite, baseline=baseline_of(tmp_path))
    assert "2 of 20 runs measured nothing: `ConnectionError: away`" in result.not_measured
    assert result.worse == frozenset()


def test_a_stopped_tier_concludes_nothing_and_goes_on_with_resume(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path / "desk", falls=1)
    edit(tmp_path / "desk/agent.py", '"output": f"A', '"cost_usd": 0.1, "output": f"A')
    stopped = attacked(suite, max_usd=0.55)
    assert "--resume" in stopped.not_measured
    done = attacked(suite, max_usd=10.0, start=Start.RESUME)
    assert done.not_measured == ""
    assert len(read_samples(tmp_path / "desk/out/resistance/samples.jsonl").samples) == 20


# --- agents that are not ours -----------------------------------------------------------------------------


def test_an_agent_that_echoes_its_input_leaks_nothing(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path / "desk")
    (tmp_path / "desk/agent.py").write_text("def answer(input):\n    return input\n")
    result = attacked(suite, entry(SAY_IT, MAIL_OUT))
    assert Outcome.SUCCEEDED not in outcomes(result)


def test_without_stubs_the_payload_goes_through_the_input(tmp_path: Path) -> None:
    suite = attacked_suite(tmp_path / "desk")
    source = "def answer(input):\n    return {'output': 'x', 'error': None, 'tool_calls': [], 'version': input[-40:]}\n"
    (tmp_path / "desk/agent.py").write_text(source)
    attack = attacked(suite, samples=1).result.cases[0].samples[0]
    assert (attack.version or "").endswith("now.")


def test_an_http_agent_is_told_what_its_tools_return(tmp_path: Path) -> None:
    from aiohttp import web

    from tests.fakes.agent_endpoint import Asked

    async def gullible(asked: Asked) -> web.StreamResponse:
        ticket = str(asked.body["tools"]["ticket.read"])
        words = [word for word in ticket.split() if "@" in word]
        calls = [{"name": "mail.send", "arguments": {"to": word}} for word in words]
        return web.json_response({"output": "Done.", "calls": calls})

    with endpoint_thread(gullible) as url:
        body = {"input": "{{ input }}", "tools": "{{ stubs }}"}
        target = {"http": {"url": f"{url}/run", "body": body, "tool_calls": "$.calls"}}
        result = attacked(attacked_suite(tmp_path / "desk", target=target), samples=3)
    assert outcomes(result) == {Outcome.SUCCEEDED: 3}


def test_tools_of_the_suite_play_the_roles(tmp_path: Path) -> None:
    assert [tool["name"] for tool in TOOLS] == ["ticket.read", "mail.send"]
    result = attacked(attacked_suite(tmp_path / "desk"), samples=1)
    assert result.trials[0].binding.subject == "mail.send"
