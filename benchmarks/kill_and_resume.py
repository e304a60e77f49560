"""Kill a canary at random moments, resume it, and count what was paid twice.

    python -m benchmarks.kill_and_resume [--kills 50] [--seed 1] [--json]

Each round evaluates 50 cases × 10 runs on a slow loopback endpoint that counts its calls, sends the canary
`kill -9` at a random moment, and resumes it. Every one of the 500 runs must be there, once, and no more calls
repeated than were in flight when it died.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.start_up import CLI
from benchmarks.table import Row, leave, print_rows

CASES, SAMPLES, CONCURRENCY, SECONDS = 50, 10, 25, 0.05
CALLS = CASES * SAMPLES


class Counter:
    """Calls that began and calls that were answered, over all requests so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self.began = self.in_flight = self.most_at_once = 0

    def enter(self) -> None:
        """One call begins."""
        with self._lock:
            self.began += 1
            self.in_flight += 1
            self.most_at_once = max(self.most_at_once, self.in_flight)

    def leave(self) -> None:
        """One call ends."""
        with self._lock:
            self.in_flight -= 1


COUNTER = Counter()


class SlowAgent(BaseHTTPRequestHandler):
    """Answers every POST after a while."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        COUNTER.enter()
        time.sleep(SECONDS)
        COUNTER.leave()
        body = b'{"output": "yes", "cost": 0.001}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Does not mind clients that die."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Round:
    """One kill, a while after the first call: what was on disk by then, and the calls of both commands."""

    after_seconds: float
    kept: int
    calls: int
    samples: int
    distinct: int
    code: int

    @property
    def repeated(self) -> int:
        """Calls beyond one for every run."""
        return self.calls - CALLS


def command(folder: Path, *more: str) -> list[str]:
    """The canary, on the suite in `folder`."""
    suite, out = folder / "suite.yaml", folder / "out"
    return [*CLI, "canary", "-q", "--suite", str(suite), "--out", str(out), "-c", str(CONCURRENCY), *more]


def one_round(url: str, after_seconds: float) -> Round:
    """Start, kill a while after the first call, resume, count."""
    COUNTER.reset()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = ", ".join(
            f"{{ case_id: c{n}, input: hi, success: \"contains('yes')\" }}" for n in range(CASES)
        )
        (folder / "suite.yaml").write_text(
            f'suite: "s"\ntarget: {{ http: {{ url: "{url}", cost_usd: "$.cost" }} }}\n'
            f"samples: {SAMPLES}\ncases: [{cases}]\n"
        )
        with subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
            while not COUNTER.began and first.poll() is None:
                time.sleep(0.005)
            time.sleep(after_seconds)
            first.kill()
        partial = folder / "out" / "samples.partial.jsonl"
        kept = partial.read_bytes().count(b"\n") if partial.exists() else 0
        while COUNTER.in_flight:
            time.sleep(SECONDS)
        resumed = subprocess.run(command(folder, "--resume"), capture_output=True, check=False)
        lines = [json.loads(line) for line in (folder / "out" / "samples.jsonl").read_text().splitlines()]
        distinct = {(line["case_id"], line["sample_index"]) for line in lines}
        return Round(after_seconds, kept, COUNTER.began, len(lines), len(distinct), resumed.returncode)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    server = Server(("127.0.0.1", 0), SlowAgent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/run"
    dice = random.Random(asked.seed)
    whole = CALLS / CONCURRENCY * SECONDS
    rounds = [one_round(url, dice.uniform(0, whole)) for _ in range(asked.kills)]
    server.shutdown()
    server.server_close()
    print_rows(
        f"{asked.kills} kills of a canary of {CALLS} calls, {CONCURRENCY} at a time",
        rows(rounds),
        as_json=asked.json,
    )
    leave(rows(rounds))


def rows(rounds: list[Round]) -> list[Row]:
    """The table."""
    whole = sum(one.samples == one.distinct == CALLS and one.code == 0 for one in rounds)
    worst = max(one.repeated for one in rounds)
    middle = [one.kept for one in rounds if 0 < one.kept < CALLS]
    kept = f"{min(middle)} – {max(middle)}, median {statistics.median(middle):.0f}" if middle else "none"
    return [
        Row("resumed to 500 samples, each once", f"{whole} of {len(rounds)}", "all", whole == len(rounds)),
        Row("calls repeated, worst round", str(worst), f"≤ {CONCURRENCY} in flight", worst <= CONCURRENCY),
        Row("calls repeated, mean", f"{statistics.mean(one.repeated for one in rounds):.1f}"),
        Row("kills that hit the middle of the calls", f"{len(middle)} of {len(rounds)}"),
        Row("runs on disk at those kills", kept),
    ]


if __name__ == "__main__":
    main()
