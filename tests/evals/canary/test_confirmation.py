"""A drift is measured again before it is final, on the example agent, on HTTP endpoints, and in tiny repositories."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from agent_runtime.progress import Lines
from evals.canary.confirmation import (
    BASELINE,
    CANDIDATE,
    Block,
    blocks,
    confirmation_seed,
    decide_confirmation,
)
from evals.canary.preparation import CanaryOptions
from evals.results.facts import ConfirmationFacts
from evals.results.verdict import Comparison, MetricVerdict, Verdict, VerdictKind
from evals.sampling.caller import Caller
from tests.conftest import ExampleResults
from tests.fakes.agent_endpoint import Asked
from tests.fakes.canaries import canary_verdict
from tests.fakes.repositories import repository
from tests.fakes.results import fresh_runs
from tests.fakes.suites import suite_of
from tests.fakes.threaded import endpoint_thread

DRIFT, PASS, UNDECIDED = VerdictKind.DRIFT, VerdictKind.PASS, VerdictKind.UNDECIDED


def said(kind: VerdictKind) -> Verdict:
    found = MetricVerdict.DRIFT if kind is DRIFT else MetricVerdict.UNDECIDED
    metrics = {"success_rate": Comparison(found, 0.9, 0.8, -0.1)}
    return Verdict(kind, "", reasons=("why",), metrics=metrics)


@pytest.mark.parametrize(
    ("against_now", "now_against_stored", "kind", "words"),
    [
        (DRIFT, PASS, DRIFT, "Confirmed"),
        (DRIFT, DRIFT, DRIFT, "Confirmed"),
        (UNDECIDED, DRIFT, VerdictKind.PROVIDER_DRIFT, "Not your change"),
        (PASS, DRIFT, VerdictKind.PROVIDER_DRIFT, "Not your change"),
        (PASS, UNDECIDED, UNDECIDED, "does not show it"),
        (UNDECIDED, UNDECIDED, DRIFT, "Not confirmed, not refuted"),
        (VerdictKind.NOT_MEASURED, DRIFT, DRIFT, "Not confirmed: why"),
        (VerdictKind.NO_BASELINE, PASS, DRIFT, "Not confirmed"),
    ],
)
def test_what_becomes_of_a_drift_follows_from_two_comparisons(
    against_now: VerdictKind, now_against_stored: VerdictKind, kind: VerdictKind, words: str
) -> None:
    decided, reason = decide_confirmation(said(against_now), said(now_against_stored), ["success_rate"])
    assert decided is kind
    assert words in reason


def test_a_slower_answer_does_not_confirm_a_fall_of_success() -> None:
    slower = said(UNDECIDED).metrics["success_rate"], Comparison(MetricVerdict.DRIFT, 1, 9, 9)
    against_now = replace(
        said(DRIFT), metrics=dict(zip(("success_rate", "p95_latency_ms"), slower, strict=True))
    )
    decided, reason = decide_confirmation(against_now, said(PASS), ["success_rate"])
    assert decided is DRIFT
    assert reason.startswith("Not confirmed")


def test_the_arms_alternate_and_each_gets_the_planned_runs() -> None:
    first, second = (0, 5), (5, 9)
    assert blocks(9) == (
        Block(BASELINE, *first),
        Block(CANDIDATE, *first),
        Block(CANDIDATE, *second),
        Block(BASELINE, *second),
    )
    assert [block.arm for block in blocks(1)] == [BASELINE, CANDIDATE]


def test_fresh_runs_draw_from_seeds_of_their_own() -> None:
    assert len({7, confirmation_seed(7, BASELINE), confirmation_seed(7, CANDIDATE)}) == 3


# --- our own runtime --------------------------------------------------------------------------------------


def options(folder: Path, **changes: object) -> CanaryOptions:
    base = CanaryOptions(suite=folder / "suite.yaml", out=folder / "out", fixed=True, confirm=True)
    return replace(base, **changes)  # type: ignore[arg-type]


def run(folder: Path, **changes: object) -> Verdict:
    return canary_verdict(options(folder, **changes), {})


def proposed(starter: Path, **changes: object) -> Verdict:
    agent = starter / "agent.proposed.yaml"
    return run(starter, agent=agent, samples=8, seed=2, baseline=starter / "before", **changes)


def test_a_real_drift_is_confirmed_with_the_agent_of_the_working_tree(
    starter: Path, example_results: ExampleResults
) -> None:
    example_results(20, starter / "before")
    verdict = proposed(starter)
    assert verdict.verdict is DRIFT
    assert "Confirmed against a fresh baseline in the same hour" in verdict.reasons[-1]
    assert fresh_runs(verdict).runs_per_case == 8
    assert fresh_runs(verdict).fresh_baseline == "the agent in the working tree"
    lines = (starter / "out/confirmation.baseline.jsonl").read_text().splitlines()
    assert len(lines) == 12 * 8


def test_a_confirmation_of_simulated_agents_repeats_byte_for_byte(
    starter: Path, example_results: ExampleResults
) -> None:
    example_results(20, starter / "before")
    proposed(starter, concurrency=1)
    proposed(starter, out=starter / "again")
    for name in ("verdict.json", "samples.jsonl", "protocol.json", "confirmation.candidate.jsonl"):
        assert (starter / "out" / name).read_bytes() == (starter / "again" / name).read_bytes()


def test_an_agent_changed_in_place_is_confirmed_with_the_one_of_the_baseline_commit(starter: Path) -> None:
    repository(starter)
    run(starter, samples=20, seed=1, out=starter / "before")
    shutil.copy(starter / "agent.proposed.yaml", starter / "agent.yaml")
    verdict = run(starter, samples=8, seed=2, baseline=starter / "before")
    assert verdict.verdict is DRIFT
    assert fresh_runs(verdict).fresh_baseline.startswith("the agent of commit ")
    assert "Confirmed" in verdict.reasons[-1]


def test_without_the_baseline_agent_the_drift_stands_and_says_so(
    starter: Path, example_results: ExampleResults
) -> None:
    example_results(20, starter / "before")
    shutil.copy(starter / "agent.proposed.yaml", starter / "agent.yaml")
    verdict = run(starter, samples=8, seed=2, baseline=starter / "before")
    assert verdict.verdict is DRIFT
    assert verdict.reasons[-1].startswith("Not confirmed: ")
    assert verdict.facts.confirmation == ConfirmationFacts(fresh=None)


def test_money_that_is_spent_on_the_drift_is_not_there_to_confirm_it(
    starter: Path, example_results: ExampleResults
) -> None:
    example_results(20, starter / "before")
    proposed(starter, confirm=False)
    lines = (starter / "out/samples.jsonl").read_text().splitlines()
    spent = sum(json.loads(line)["cost_usd"] for line in lines)
    most_of_one_run = 0.25
    verdict = proposed(starter, max_usd=spent + most_of_one_run)
    assert verdict.verdict is DRIFT
    assert "the fresh runs were not completed ($" in verdict.reasons[-1]


def test_outside_ci_a_drift_is_final_at_once(starter: Path, example_results: ExampleResults) -> None:
    example_results(20, starter / "before")
    assert proposed(starter, confirm=None).facts.confirmation is None


def test_in_ci_a_drift_is_confirmed_without_being_asked(
    starter: Path, example_results: ExampleResults
) -> None:
    example_results(20, starter / "before")
    asked = options(starter, samples=8, seed=2, baseline=starter / "before", confirm=None)
    verdict = canary_verdict(replace(asked, agent=starter / "agent.proposed.yaml"), {"CI": "true"})
    assert fresh_runs(verdict) is not None


def test_what_a_drift_would_take_on_top_is_told_before_the_first_run(
    starter: Path, example_results: ExampleResults, capsys: pytest.CaptureFixture[str]
) -> None:
    example_results(8, starter / "before")
    canary_verdict(options(starter, samples=2, baseline=starter / "before"), {}, Caller(Lines(sys.stderr)))
    assert "a drift is confirmed with 48 more runs" in capsys.readouterr().err


def test_a_suite_in_a_subfolder_finds_its_agent_in_the_commit(starter: Path) -> None:
    repository(starter.parent)
    run(starter, samples=20, seed=1, out=starter / "before")
    shutil.copy(starter / "agent.proposed.yaml", starter / "agent.yaml")
    verdict = run(starter, samples=8, seed=2, baseline=starter / "before")
    assert "Confirmed" in verdict.reasons[-1]


def test_recorded_answers_cannot_be_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("def answer(input):\n    return 'yes'\n")
    suite_of(tmp_path, {"python": {"function": "bot.py:answer"}}, CASES)
    run(tmp_path, samples=30, out=tmp_path / "before")
    (tmp_path / "bot.py").write_text("def answer(input):\n    return 'no'\n")
    run(tmp_path, samples=10, out=tmp_path / "worse")
    suite_of(tmp_path, {"recorded": {"file": "worse/samples.jsonl"}}, CASES)
    verdict = run(tmp_path, samples=10, baseline=tmp_path / "before")
    assert verdict.verdict is DRIFT
    assert "recorded answers cannot be asked for again" in verdict.reasons[-1]


# --- endpoints --------------------------------------------------------------------------------------------


class Provider:
    """Answers right in `right` of ten requests, by turns; a candidate that is broken never does."""

    def __init__(self) -> None:
        self.right = {"/baseline": 10, "/candidate": 10}
        self.asked = 0

    async def answer(self, asked: Asked) -> web.StreamResponse:
        self.asked += 1
        good = self.asked * 7 % 10 < self.right[asked.path]
        # Long beside what a busy machine adds: a quicker provider's p95 would drift with the other tests' work.
        await asyncio.sleep(0.05)
        return web.json_response({"output": "yes" if good else "no"})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


CASES = [{"case_id": str(number), "input": "hi", "success": "contains('yes')"} for number in range(6)]


def evaluated(folder: Path, url: str, provider: Provider, now: dict[str, int], **more: Any) -> Verdict:
    target = {"http": {"url": f"{url}/candidate"}}
    suite_of(folder, target, CASES, **more)
    run(folder, samples=30, out=folder / "before", confirm=False)
    provider.right = now
    return run(folder, samples=10, baseline=folder / "before")


def test_a_provider_that_fell_under_both_is_not_the_change(tmp_path: Path) -> None:
    provider = Provider()
    with endpoint_thread(provider.answer) as url:
        there = {"http": {"url": f"{url}/baseline"}}
        now = {"/baseline": 5, "/candidate": 5}
        verdict = evaluated(tmp_path, url, provider, now, baseline_target=there)
    assert verdict.verdict is VerdictKind.PROVIDER_DRIFT
    assert verdict.headline.startswith("**PROVIDER DRIFT** — not your change")
    assert json.loads((tmp_path / "out/verdict.json").read_text())["verdict"] == "provider_drift"


def test_an_endpoint_that_alone_became_worse_is_drift(tmp_path: Path) -> None:
    provider = Provider()
    with endpoint_thread(provider.answer) as url:
        there = {"http": {"url": f"{url}/baseline"}}
        now = {"/baseline": 10, "/candidate": 5}
        verdict = evaluated(tmp_path, url, provider, now, baseline_target=there)
    assert verdict.verdict is DRIFT
    assert "Confirmed" in verdict.reasons[-1]


def test_a_floor_holds_whatever_the_provider_did(tmp_path: Path) -> None:
    provider = Provider()
    with endpoint_thread(provider.answer) as url:
        there = {"http": {"url": f"{url}/baseline"}}
        more = {"baseline_target": there, "gate": {"min_success_rate": 0.8}}
        verdict = evaluated(tmp_path, url, provider, {"/baseline": 5, "/candidate": 5}, **more)
    assert verdict.verdict is VerdictKind.BELOW_FLOOR
    assert any("Not your change" in reason for reason in verdict.reasons)


def test_an_endpoint_that_nobody_can_start_again_is_not_confirmed(tmp_path: Path) -> None:
    provider = Provider()
    with endpoint_thread(provider.answer) as url:
        verdict = evaluated(tmp_path, url, provider, {"/candidate": 5})
    assert verdict.verdict is DRIFT
    assert "names no `baseline_target:`" in verdict.reasons[-1]


def test_a_fresh_baseline_that_cannot_be_reached_leaves_the_drift(tmp_path: Path) -> None:
    provider = Provider()
    with endpoint_thread(provider.answer) as url:
        gone = {"http": {"url": "http://127.0.0.1:1/gone"}}
        verdict = evaluated(tmp_path, url, provider, {"/candidate": 5}, baseline_target=gone)
    assert verdict.verdict is DRIFT
    assert "none of the first 10 runs reached the agent" in verdict.reasons[-1]


def test_a_confirmation_that_is_interrupted_leaves_the_drift_and_its_runs(tmp_path: Path) -> None:
    provider, signals = Provider(), [signal.SIGINT]

    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.path == "/baseline" and signals:
            os.kill(os.getpid(), signals.pop())
        return await provider.answer(asked)

    with endpoint_thread(answer) as url:
        there = {"http": {"url": f"{url}/baseline"}}
        verdict = evaluated(tmp_path, url, provider, {"/baseline": 5, "/candidate": 5}, baseline_target=there)
    assert verdict.verdict is DRIFT
    assert "stopped by a signal" in verdict.reasons[-1]
    assert len((tmp_path / "out/samples.jsonl").read_text().splitlines()) == 60


def test_a_python_function_runs_again_as_it_was_at_the_baseline_commit(tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text("def answer(input):\n    return 'yes'\n")
    suite_of(tmp_path, {"python": {"function": "bot.py:answer"}}, CASES)
    repository(tmp_path)
    run(tmp_path, samples=30, out=tmp_path / "before")
    (tmp_path / "bot.py").write_text("def answer(input):\n    return 'no'\n")
    verdict = run(tmp_path, samples=10, baseline=tmp_path / "before")
    assert fresh_runs(verdict).success_rate_baseline_now == 1
    assert "Confirmed" in verdict.reasons[-1]


SERVER = """
import http.server, json, sys
class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.do_POST()
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"output": "ANSWER"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Agent).serve_forever()
"""


def test_an_endpoint_that_the_suite_starts_shares_its_port_with_the_one_of_the_commit(tmp_path: Path) -> None:
    port = free_port()
    serving = SERVER.replace("PORT", str(port))
    (tmp_path / "server.py").write_text(serving.replace("ANSWER", "yes"))
    url = f"http://127.0.0.1:{port}/"
    suite_of(tmp_path, {"http": {"url": url, "start": f"{sys.executable} server.py", "ready": "/"}}, CASES)
    repository(tmp_path)
    run(tmp_path, samples=10, out=tmp_path / "before")
    (tmp_path / "server.py").write_text(serving.replace("ANSWER", "no"))
    verdict = run(tmp_path, samples=4, baseline=tmp_path / "before")
    assert fresh_runs(verdict).success_rate_baseline_now == 1
    assert fresh_runs(verdict).success_rate_candidate_now == 0


def test_the_function_of_the_commit_runs_with_the_modules_of_the_commit(tmp_path: Path) -> None:
    (tmp_path / "said_by_bot.py").write_text("WORD = 'yes'\n")
    (tmp_path / "bot.py").write_text("from said_by_bot import WORD\ndef answer(input):\n    return WORD\n")
    suite_of(tmp_path, {"python": {"function": "bot.py:answer", "isolate": True, "processes": 1}}, CASES)
    repository(tmp_path)
    run(tmp_path, samples=10, out=tmp_path / "before")
    (tmp_path / "said_by_bot.py").write_text("WORD = 'not at all'\n")
    verdict = run(tmp_path, samples=4, baseline=tmp_path / "before")
    assert fresh_runs(verdict).success_rate_baseline_now == 1
    assert fresh_runs(verdict).success_rate_candidate_now == 0


def test_a_confirmation_that_loses_its_runs_leaves_the_drift(tmp_path: Path) -> None:
    provider = Provider()

    async def answer(asked: Asked) -> web.StreamResponse:
        if asked.path == "/baseline" and provider.asked % 2:
            provider.asked += 1
            raise web.HTTPNotFound
        return await provider.answer(asked)

    with endpoint_thread(answer) as url:
        there = {"http": {"url": f"{url}/baseline"}}
        verdict = evaluated(tmp_path, url, provider, {"/baseline": 5, "/candidate": 5}, baseline_target=there)
    assert verdict.verdict is DRIFT
    assert verdict.reasons[-1].startswith("Not confirmed: ")
    assert fresh_runs(verdict).against_now == "not_measured"
