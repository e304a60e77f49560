"""The bench of harnesses: what counts, what is promised, and how the mock behaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from benchmarks.contenders import FLOOR, US, Contender, ours, peers
from benchmarks.footprint import Footprint
from benchmarks.harness import Measured, Result, goals, summarise, table, take_turns, undone
from benchmarks.mock_agent import Manners, MockAgent, message, outcome, serve
from benchmarks.workload import CALLS, CASES, IDEAL_SECONDS, RUNS, answer, question, suite_text
from evals.suite.suite import load_suite

QUIET, LOUD = 0.1, 1.5
TOOK = Footprint(wall_s=3.0, cpu_s=1.0, rss_mb=80.0, started=0.0, status=0, other_cores=0.0)


def measured(wall_s: float, other_cores: float = QUIET) -> Measured:
    return Measured(wall_s, cpu_s=1.0, rss_mb=80.0, first_s=0.4, other_cores=other_cores)


def result(name: str, wall_s: float, **changes: Any) -> Result:
    peer = name not in {US, FLOOR}
    base = Result(name, wall_s, cpu_s=1.0, rss_mb=80.0, first_s=0.4, runs=3, clean=True, peer=peer)
    return replace(base, **changes)


FLOOR_RESULT = result(FLOOR, 2.4, cpu_s=0.4)


def contender(name: str, **changes: Any) -> Contender:
    return replace(Contender(name, ("true",), Path()), **changes)


def missed(*results: Result, floor: Result = FLOOR_RESULT) -> list[str]:
    return [row.goal for row in goals([*results, floor]) if row.holds is False]


def test_the_median_is_of_the_clean_runs_alone() -> None:
    runs = [measured(3.0), measured(9.0, LOUD), measured(5.0), measured(4.0)]
    summary = summarise(contender("a"), runs)
    assert (summary.wall_s, summary.runs, summary.clean) == (4.0, 3, True)


def test_without_a_clean_run_the_quietest_stands_in_and_is_called_noisy() -> None:
    summary = summarise(contender("a"), [measured(9.0, 1.5), measured(8.0, 0.9)])
    assert (summary.wall_s, summary.runs, summary.clean) == (8.0, 1, False)
    assert "1, noisy" in table([result(US, 3.0), replace(summary, name="a")])


def test_everything_within_its_limit_misses_no_goal() -> None:
    assert missed(result(US, 3.0), result("peer", 6.0)) == []


@pytest.mark.parametrize(
    ("changes", "goal"),
    [
        ({"wall_s": 3.13}, "wall"),
        ({"cpu_s": 1.41}, "CPU"),
        ({"rss_mb": 90.1}, "memory"),
        ({"first_s": 0.51}, "first request"),
    ],
)
def test_each_limit_is_a_goal_that_can_be_missed(changes: dict[str, float], goal: str) -> None:
    assert missed(replace(result(US, 3.0), **changes)) == [goal]  # type: ignore[arg-type]


def test_a_faster_peer_is_a_missed_goal_and_a_faster_floor_is_not() -> None:
    assert missed(result(US, 3.0), result("peer", 2.9)) == ["faster than peer"]


def test_time_is_judged_against_the_floor_of_the_same_run() -> None:
    slow_machine = replace(FLOOR_RESULT, wall_s=24.0, cpu_s=4.0)
    assert missed(result(US, 30.0, cpu_s=14.0), floor=slow_machine) == []
    assert missed(result(US, 3.0, cpu_s=1.0), floor=replace(FLOOR_RESULT, wall_s=2.0)) == ["wall"]


def test_the_table_is_ordered_by_time_and_shows_ratios_to_us() -> None:
    lines = table([result(US, 3.0), result("slow", 6.0), result("fast", 1.5)]).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == ["fast", US, "slow"]
    assert [line.split("|")[3].strip() for line in lines] == ["0.50", "1.00", "2.00"]


def test_turns_end_when_each_has_its_clean_runs() -> None:
    noises = iter([LOUD, QUIET, QUIET])
    runs = take_turns([contender("a")], lambda _: measured(1.0, next(noises)), {"a": 2}, 60)
    assert [run.clean for run in runs["a"]] == [False, True, True]


def test_when_time_is_up_each_still_runs_once() -> None:
    runs = take_turns([contender("a"), contender("b")], lambda _: measured(1.0, LOUD), {"a": 3, "b": 1}, 0)
    assert {name: len(found) for name, found in runs.items()} == {"a": 1, "b": 1}


def test_a_run_that_skipped_calls_files_or_failed_was_not_the_work(tmp_path: Path) -> None:
    whole = contender("a")
    assert undone(whole, TOOK, CALLS) is None
    assert undone(whole, TOOK, 499) == "made 499 calls instead of 500"
    assert undone(whole, replace(TOOK, status=1), CALLS) == "ended with exit code 1"
    assert undone(replace(whole, leaves=(tmp_path / "x.json",)), TOOK, CALLS) == "did not write x.json"


def test_our_command_must_leave_all_five_files_and_may_find_drift(tmp_path: Path) -> None:
    us, floor = ours(tmp_path, "http://127.0.0.1:1/run")
    assert len(us.leaves) == 5
    assert 1 in us.statuses
    assert floor.statuses == {0}


def test_only_peers_whose_environment_is_there_take_part(tmp_path: Path) -> None:
    (tmp_path / "deepeval").mkdir()
    found = peers(tmp_path / "scripts", tmp_path, tmp_path, "http://127.0.0.1:1")
    assert [each.name for each in found] == ["deepeval"]
    assert found[0].command[0] == str(tmp_path / "deepeval/bin/python")
    assert found[0].environ["MOCK_BASE"] == "http://127.0.0.1:1/v1"


def test_the_suite_is_the_whole_work(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(suite_text("http://127.0.0.1:1/run"))
    suite = load_suite(path)
    assert (len(suite.cases), suite.samples, len(suite.cases) * suite.samples) == (CASES, RUNS, CALLS)
    assert suite.cases[7].input_text == question(7)
    assert IDEAL_SECONDS == 2.0


def test_the_mock_is_wrong_and_refuses_as_often_as_it_is_told() -> None:
    manners = Manners(fail=0.1, e429=0.05)
    said = [outcome(case, times, manners) for case in range(50) for times in range(1, 101)]
    refused = sum(status == 429 for status, _ in said) / len(said)
    wrong = sum(status == 200 and "ANSWER" not in text for status, text in said) / len(said)
    assert refused == pytest.approx(0.05, abs=0.01)
    assert wrong == pytest.approx(0.10, abs=0.015)
    assert said == [outcome(case, times, manners) for case in range(50) for times in range(1, 101)]


def test_a_refusal_says_when_to_come_back() -> None:
    assert b"\r\nRetry-After: 1\r\n" in message(429, {})
    assert b"Retry-After" not in message(200, {})


def test_the_mock_answers_a_case_and_counts_it() -> None:
    async def talk() -> tuple[Any, Any]:
        async with (
            await serve(0, MockAgent(Manners(latency=0))) as server,
            aiohttp.ClientSession() as session,
        ):
            origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with session.post(f"{origin}/run", json={"input": question(7)}) as response:
                reply = await response.json()
            async with session.get(f"{origin}/__stats") as response:
                return reply, await response.json()

    reply, stats = asyncio.run(talk())
    assert reply["output"] == answer(7)
    assert stats["count"] == 1
    assert stats["first"] > 0
