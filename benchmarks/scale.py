"""Many calls at once, and many samples: what a large suite takes.

    python -m benchmarks.scale [--latency 0.2] [--gigabyte] [--json]

10,000 calls (200 cases × 50 runs) at 500 at a time on the mock agent; two files of 100,000 samples compared and
reported; with `--gigabyte`, a file of 1 GB of samples with transcripts too. Every row names what else the machine
did meanwhile: with more than a tenth of a core the times say little.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.footprint import Footprint, run
from benchmarks.harness import Mock, mock_command, mock_server
from benchmarks.mock_agent import Manners
from benchmarks.start_up import CLI
from benchmarks.table import Row, leave, print_rows
from benchmarks.workload import answer, question

CASES, RUNS, CONCURRENCY = 200, 50, 500
CALLS = CASES * RUNS
COMPARED = 100_000
GIGABYTE = 1_000_000_000
_TRANSCRIPT_CHARACTERS = 4_000


def many_calls(mock: Mock, folder: Path, latency: float) -> list[Row]:
    """The calls of one canary: how long from the first to the last answer, and in how much memory."""
    mock.reset(Manners(latency=latency))
    cases = [
        {"case_id": f"case_{number}", "input": question(number), "success": f"contains('{answer(number)}')"}
        for number in range(CASES)
    ]
    target = {
        "http": {"url": f"{mock.origin}/run", "usage": "$.usage.tokens", "cost_usd": "$.usage.cost_usd"}
    }
    suite = {"suite": "scale", "target": target, "samples": RUNS, "concurrency": CONCURRENCY, "cases": cases}
    (folder / "suite.yaml").write_text(json.dumps(suite))
    took = command(folder, mock.pid, "canary", "-q", "--suite", "suite.yaml")
    stats = mock.stats()
    ideal = CALLS / CONCURRENCY * latency
    window = (stats["last"] or 0.0) - (stats["first"] or 0.0)
    return [
        Row(
            f"{CALLS:,} calls, {CONCURRENCY} at a time",
            str(stats["count"]),
            str(CALLS),
            stats["count"] == CALLS,
        ),
        Row(
            f"their window; ideal {ideal:.1f} s at {latency} s a call",
            f"{window:.1f} s = {window / ideal:.2f} × ideal; {words(took)}",
            "≤ 1.3 × ideal",
            window <= 1.3 * ideal,
        ),
        Row("memory meanwhile", f"{took.rss_mb:.0f} MB", "≤ 200 MB", took.rss_mb <= 200),
    ]


def many_samples(mock: Mock, folder: Path) -> list[Row]:
    """Two files of short samples, compared and reported."""
    for seed, name in enumerate(("before.jsonl", "after.jsonl")):
        write(folder / name, COMPARED, short_sample, seed)
    took = command(folder, mock.pid, "compare", "before.jsonl", "after.jsonl")
    goal = f"2 × {COMPARED:,} samples compared and reported"
    return [
        Row(goal, words(took), "≤ 60 s", took.wall_s <= 60),
        Row("memory meanwhile", f"{took.rss_mb:.0f} MB", "≤ 500 MB", took.rss_mb <= 500),
    ]


def a_gigabyte(mock: Mock, folder: Path) -> list[Row]:
    """A large file of long transcripts against a small one."""
    count = GIGABYTE // (2 * _TRANSCRIPT_CHARACTERS)
    write(folder / "large.jsonl", count, long_sample, 1)
    write(folder / "small.jsonl", 20_000, short_sample, 2)
    size = (folder / "large.jsonl").stat().st_size
    took = command(folder, mock.pid, "compare", "small.jsonl", "large.jsonl")
    return [
        Row(f"a file of {size / 1e9:.2f} GB compared and reported", words(took)),
        Row("memory meanwhile", f"{took.rss_mb:.0f} MB", "≤ 500 MB", took.rss_mb <= 500),
    ]


def command(folder: Path, mock: int, *arguments: str) -> Footprint:
    """Run the command line in `folder`.

    Raises:
        SystemExit: if it did not say pass, drift or undecided.
    """
    log = folder / "log"
    took = run([*CLI, *arguments, "--out", "out"], cwd=folder, environ=os.environ, log=log, beside=mock)
    if took.status not in (0, 1):
        raise SystemExit(f"error: {arguments[0]} left with {took.status}\n{log.read_text()[-2000:]}")
    return took


def words(took: Footprint) -> str:
    """12.3 s (11.9 s of processor, others 0.4 cores)"""
    return f"{took.wall_s:.1f} s ({took.cpu_s:.1f} s of processor, others {took.other_cores:.1f} cores)"


Line = Callable[[int, random.Random], dict[str, object]]


def write(path: Path, count: int, line: Line, seed: int) -> None:
    """`count` samples, 100 a case."""
    dice = random.Random(seed)
    with path.open("w") as file:
        file.writelines(f"{json.dumps(line(index, dice))}\n" for index in range(count))


def short_sample(index: int, dice: random.Random) -> dict[str, object]:
    """What another harness writes."""
    return {
        "case_id": f"case_{index // 100:05d}",
        "sample_index": index % 100,
        "passed": dice.random() < 0.8,
        "latency_ms": round(dice.lognormvariate(6, 0.5), 1),
        "cost_usd": round(dice.random() * 0.01, 6),
        "output_sha256": f"{dice.getrandbits(128):032x}",
    }


def long_sample(index: int, dice: random.Random) -> dict[str, object]:
    """What we write of an agent that talks a lot."""
    said = "".join(dice.choices("abcdefgh ", k=40)) * (_TRANSCRIPT_CHARACTERS // 40)
    ours = {"schema_version": 1, "output": said, "transcript": [{"role": "answer", "text": said}]}
    return {**short_sample(index, dice), **ours}


def measured(asked: argparse.Namespace) -> Iterator[Row]:
    """Every row."""
    with mock_server(mock_command(None, None)) as mock:
        with tempfile.TemporaryDirectory() as name:
            yield from many_calls(mock, Path(name), asked.latency)
        with tempfile.TemporaryDirectory() as name:
            yield from many_samples(mock, Path(name))
        if asked.gigabyte:
            with tempfile.TemporaryDirectory() as name:
                yield from a_gigabyte(mock, Path(name))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--latency", type=float, default=0.2, help="seconds the mock takes for a reply")
    parser.add_argument("--gigabyte", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = list(measured(asked))
    print_rows("Scale", rows, as_json=asked.json)
    leave(rows)


if __name__ == "__main__":
    main()
