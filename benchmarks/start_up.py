"""How soon the command line answers, and how soon a canary makes its first call.

    python benchmarks/start_up.py [--runs 5] [--json]

Each figure is the median of `--runs` fresh processes of this environment.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

from benchmarks.table import Row, leave, print_rows

CLI = (sys.executable, "-I", "-m", "agentcrewops")
EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "support-triage"


def seconds(*arguments: str) -> float:
    """Wall clock of one command."""
    began = time.perf_counter()
    subprocess.run([*CLI, *arguments], check=False, capture_output=True)
    return time.perf_counter() - began


class Endpoint(BaseHTTPRequestHandler):
    """Answers every POST at once, noting when."""

    arrivals: ClassVar[list[float]] = []

    def do_POST(self) -> None:
        self.arrivals.append(time.perf_counter())
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"output": "yes"}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def first_call_http() -> float:
    """Seconds from the start of the process to its first request at an endpoint."""
    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Endpoint.arrivals.clear()
    with tempfile.TemporaryDirectory() as folder:
        suite = Path(folder) / "suite.yaml"
        url = f"http://127.0.0.1:{server.server_port}/run"
        suite.write_text(
            f'suite: "s"\ntarget: {{ http: {{ url: "{url}" }} }}\nsamples: 1\n'
            "cases: [{ case_id: a, input: hi, success: \"contains('yes')\" }]\n"
        )
        began = time.perf_counter()
        subprocess.run(
            [*CLI, "canary", "-q", "--suite", suite, "--out", folder], check=False, capture_output=True
        )
    server.shutdown()
    server.server_close()
    return min(Endpoint.arrivals, default=float("inf")) - began


def whole_simulated_canary() -> float:
    """Seconds of a whole canary of one run per case with the simulated model, files and all."""
    with tempfile.TemporaryDirectory() as folder:
        return seconds(
            "canary", "-q", "--suite", str(EXAMPLE / "suite.yaml"), "--samples", "1", "--out", folder
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    goals: list[tuple[str, Callable[[], float], float | None]] = [
        ("agentcrewops --help", lambda: seconds("--help"), 0.3),
        ("agentcrewops canary --help", lambda: seconds("canary", "--help"), 0.5),
        ("first call of a canary, HTTP target", first_call_http, 1.0),
        ("whole simulated canary, 12 runs (its first call comes earlier)", whole_simulated_canary, None),
    ]
    rows = []
    for goal, measure, must in goals:
        measure()
        figure = statistics.median(measure() for _ in range(asked.runs))
        rows.append(
            Row(goal, f"{figure:.2f} s", f"≤ {must} s" if must else "", figure <= must if must else None)
        )
    print_rows("Start-up", rows, as_json=asked.json)
    leave(rows)


if __name__ == "__main__":
    main()
