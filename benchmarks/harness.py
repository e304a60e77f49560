"""500 runs of an agent behind HTTP, 50 at a time: what the harness around them takes.

    python benchmarks/harness.py [--rounds 3] [--minutes 10] [--json]
    python benchmarks/harness.py --peers SCRIPTS --envs ENVIRONMENTS

Our command line does the whole job: start, 500 calls, scoring, the gate against a baseline of 50 × 30 runs, five
report files. The floor is a script that only sends the requests. With --peers, a folder of scripts that let other
harnesses make the same calls, and their environments, all talk to that folder's mock server. Contenders take turns;
a run counts if the rest of the machine was quiet, and each figure is the median of the runs that count.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from benchmarks.contenders import FLOOR, HERE, US, Contender, canary, ours, peers, prepare_peers
from benchmarks.footprint import Footprint, run, wait_until_quiet
from benchmarks.mock_agent import Manners
from benchmarks.table import Row, leave, print_rows
from benchmarks.workload import BASELINE_RUNS, CALLS, CONCURRENCY, IDEAL_SECONDS, LATENCY, suite_text

MOST_WALL, MOST_CPU = 1.3, 3.5
"""Times the floor of the same run: so a slower machine misses no goal, and a faster one meets none for free."""
MOST_RSS, MOST_FIRST = 90.0, 0.5
MOST_OTHER_CORES = 0.4
"""A run beside which the rest of the machine used more than this does not count, unless there is no better one."""
_PATIENCE = 25.0


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one contender. Seconds, and 10⁶ bytes; `first_s` is from its start to its first request."""

    wall_s: float
    cpu_s: float
    rss_mb: float
    first_s: float
    other_cores: float

    @property
    def clean(self) -> bool:
        """True if nothing else kept the machine busy."""
        return self.other_cores < MOST_OTHER_CORES


@dataclass(frozen=True, slots=True)
class Result:
    """The medians of one contender.

    Attributes:
        runs: how many went into them.
        clean: False if the machine never was quiet; then they are of the single quietest run.
    """

    name: str
    wall_s: float
    cpu_s: float
    rss_mb: float
    first_s: float
    runs: int
    clean: bool
    peer: bool


FIGURES = ("wall_s", "cpu_s", "rss_mb", "first_s")


# --- figures ----------------------------------------------------------------------------------------------


def summarise(contender: Contender, runs: Sequence[Measured]) -> Result:
    """Medians of the clean runs, or the quietest run if there is none."""
    clean = [each for each in runs if each.clean]
    chosen = clean or [min(runs, key=lambda each: each.other_cores)]
    medians = {figure: median(getattr(each, figure) for each in chosen) for figure in FIGURES}
    return Result(contender.name, **medians, runs=len(chosen), clean=bool(clean), peer=contender.peer)


def goals(results: Sequence[Result]) -> list[Row]:
    """What is promised of this project, and whether it holds."""
    us = next(result for result in results if result.name == US)
    floor = next(result for result in results if result.name == FLOOR)
    limits = (
        ("wall", us.wall_s / floor.wall_s, MOST_WALL, "× the floor"),
        ("CPU", us.cpu_s / floor.cpu_s, MOST_CPU, "× the floor"),
        ("memory", us.rss_mb, MOST_RSS, "MB"),
        ("first request", us.first_s, MOST_FIRST, "s"),
    )
    rows = [
        Row(goal, f"{value:.2f} {unit}", f"≤ {most:g} {unit}", value <= most)
        for goal, value, most, unit in limits
    ]
    return rows + [
        Row(f"faster than {peer.name}", f"×{peer.wall_s / us.wall_s:.2f}", "> ×1", peer.wall_s > us.wall_s)
        for peer in results
        if peer.peer
    ]


def table(results: Sequence[Result]) -> str:
    """A line for each contender, every figure also as its ratio to ours."""
    us = next(result for result in results if result.name == US)
    head = ("harness", "wall s", "× us", "CPU s", "× us", "RSS MB", "× us", "first request s", "× us", "runs")
    lines = [head, ("---",) * len(head)]
    for result in sorted(results, key=lambda each: each.wall_s):
        cells = [result.name]
        for figure in FIGURES:
            value, our = getattr(result, figure), getattr(us, figure)
            cells += [f"{value:.0f}" if figure == "rss_mb" else f"{value:.2f}", f"{value / our:.2f}"]
        lines.append((*cells, f"{result.runs}" if result.clean else "1, noisy"))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# --- the mock ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mock:
    """A running mock server."""

    origin: str
    pid: int

    def reset(self, manners: Manners) -> None:
        """Zero its counters and let it behave like this."""
        self._ask(f"/__reset?{urlencode(asdict(manners))}", "POST")

    def stats(self) -> Mapping[str, Any]:
        """Its counters: `count` of calls, and `first`, the time of the first one."""
        return self._ask("/__stats", "GET")

    def _ask(self, path: str, method: str) -> dict[str, Any]:
        with urlopen(Request(self.origin + path, method=method), timeout=5) as response:
            answer: dict[str, Any] = json.load(response)
        return answer


@contextmanager
def mock_server(command: Sequence[str]) -> Iterator[Mock]:
    """Serve on a free loopback port, which the command takes as its last argument."""
    port = _free_port()
    process = subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL)
    mock = Mock(f"http://127.0.0.1:{port}", process.pid)
    try:
        _wait_until_up(mock)
        yield mock
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_until_up(mock: Mock) -> None:
    for _ in range(100):
        try:
            mock.reset(Manners())
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"error: the mock server does not answer at {mock.origin}")


def mock_command(scripts: Path | None, environments: Path | None) -> list[str]:
    """The mock of the peers' folder if there is one, so that all talk to the same; else our own."""
    if scripts is None or environments is None:
        return [sys.executable, str(HERE / "mock_agent.py")]
    return [str(environments / "raw/bin/python"), str(scripts / "mock_server.py")]


# --- the rounds -------------------------------------------------------------------------------------------


def measure(
    contender: Contender, mock: Mock, manners: Manners, work: Path, patience: float = _PATIENCE
) -> Measured:
    """Run a contender once, as soon as the machine is quiet or `patience` (seconds) is at its end.

    Raises:
        SystemExit: if it did not do the work.
    """
    wait_until_quiet(patience)
    for path in contender.leaves:
        path.unlink(missing_ok=True)
    mock.reset(manners)
    log = work / "contender.log"
    environ = {**os.environ, **contender.environ}
    took = run(contender.command, cwd=contender.cwd, environ=environ, log=log, beside=mock.pid)
    stats = mock.stats()
    if why := undone(contender, took, stats["count"]):
        raise SystemExit(f"error: {contender.name} {why}\n{log.read_text(errors='replace')[-2000:]}")
    return Measured(
        took.wall_s, took.cpu_s, took.rss_mb, float(stats["first"]) - took.started, took.other_cores
    )


def undone(contender: Contender, took: Footprint, calls: int) -> str | None:
    """Why a run was not the whole work; None if it was. Refused calls are made again, so there may be more."""
    missing = [path.name for path in contender.leaves if not path.exists()]
    if took.status not in contender.statuses:
        return f"ended with exit code {took.status}"
    if missing:
        return f"did not write {', '.join(missing)}"
    return None if calls >= CALLS else f"made {calls} calls instead of {CALLS}"


def take_turns(
    contenders: Sequence[Contender],
    measured: Callable[[Contender], Measured],
    wanted: Mapping[str, int],
    seconds: float,
) -> dict[str, list[Measured]]:
    """Round after round until each has its wanted number of clean runs, or time is up and each has run."""
    deadline = time.monotonic() + seconds
    runs: dict[str, list[Measured]] = {contender.name: [] for contender in contenders}
    while waiting := [each for each in contenders if _lacks(runs[each.name], wanted[each.name], deadline)]:
        for contender in waiting:
            runs[contender.name].append(measured(contender))
            sys.stderr.write(f"{contender.name}: {runs[contender.name][-1]}\n")
    return runs


def _lacks(runs: Sequence[Measured], wanted: int, deadline: float) -> bool:
    enough = sum(each.clean for each in runs) >= wanted
    return not runs or (not enough and time.monotonic() < deadline)


def make_baseline(work: Path) -> None:
    """Measure 50 × 30 runs of the same agent and save them as the baseline."""
    measured = work / "before"
    command = canary(work / "suite.yaml", measured, "--samples", str(BASELINE_RUNS), "--quiet")
    save = (*command[:4], "baseline", "save", str(measured), "--to", str(work / "baseline.json"))
    for step in (command, save):
        subprocess.run(step, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Measure, print, and exit with 1 if a goal is missed."""
    asked = _asked()
    manners = Manners(fail=asked.wrong, e429=asked.refused)
    with (
        tempfile.TemporaryDirectory(prefix="harness-") as folder,
        mock_server(mock_command(asked.peers, asked.envs)) as mock,
    ):
        work = Path(folder)
        url = f"{mock.origin}/run"
        (work / "suite.yaml").write_text(suite_text(url))
        mock.reset(manners)
        make_baseline(work)
        contenders = ours(work, url)
        if asked.peers is not None:
            prepare_peers(asked.peers, work, mock.origin)
            contenders += peers(asked.peers, asked.envs, work, mock.origin)
        wanted = {each.name: asked.peer_rounds if each.peer else asked.rounds for each in contenders}
        turn = partial(measure, mock=mock, manners=manners, work=work)
        for each in contenders:  # not counted: it fills the machine's caches and compiles what is not yet
            turn(each, patience=0)
        runs = take_turns(contenders, turn, wanted, asked.minutes * 60)
    results = [summarise(contender, runs[contender.name]) for contender in contenders]
    rows = goals(results) if manners == Manners() else []
    show(results, rows, as_json=asked.json)
    leave(rows)


def show(results: Sequence[Result], rows: Sequence[Row], *, as_json: bool) -> None:
    """Print the figures, and the goals if there are any: waiting for a refused call has none."""
    if as_json:
        data = {"harnesses": [asdict(each) for each in results], "goals": [asdict(row) for row in rows]}
        print(json.dumps(data, indent=1))
        return
    print(f"{CALLS} calls of {LATENCY:g} s, {CONCURRENCY} at a time: ideal {IDEAL_SECONDS:g} s\n")
    print(table(results))
    if rows:
        print_rows("Goals", rows)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="clean runs of us and the floor")
    parser.add_argument("--peer-rounds", type=int, default=1, help="clean runs of each peer")
    parser.add_argument("--minutes", type=float, default=10, help="give up waiting for clean runs")
    parser.add_argument("--peers", type=Path, help="folder of the peers' scripts and mock_server.py")
    parser.add_argument(
        "--envs", type=Path, help="folder of the peers' environments: raw inspect deepeval pyevals pf"
    )
    parser.add_argument("--wrong", type=float, default=0.0, help="share of wrong answers")
    parser.add_argument(
        "--refused", type=float, default=0.0, help="share of calls answered 429, no goals then"
    )
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if (asked.peers is None) != (asked.envs is None):
        parser.error("--peers and --envs go together")
    return asked


if __name__ == "__main__":
    main()
