"""The pack as it is shipped: does every probe see its attack and nothing else, and how long does all of it take?

    python -m benchmarks.guardian_pack [--json]

The enforcement tier runs on the example agent in a process of its own, as a user would start it, with every socket
refused. Exit 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.table import Row, leave, print_rows
from security_pack.catalog.catalog import load_pack
from security_pack.guardian.selftest import run_preflight

ROOT = Path(__file__).resolve().parents[1]
MOST_SECONDS = 60.0
_NO_NETWORK = """
import socket, sys
def refuse(*_): raise OSError("no network in this benchmark")
socket.socket.connect = socket.getaddrinfo = refuse
from agentcrewops.__main__ import main
main()
"""


def rows(data: Path) -> Iterable[Row]:
    """Preflight and duration; nothing is read from `data`."""
    yield _preflight()
    yield _enforcement()


def _preflight() -> Row:
    probes = [one.probe for one in load_pack()]
    done = asyncio.run(run_preflight(probes))
    passed = sum(one.passed for one in done)
    what = "preflight: the attack is seen, ignored and benign runs are silent"
    return Row(what, f"{passed} of {len(done)} probes", "all", passed == len(done) > 0)


def _enforcement() -> Row:
    agent = ROOT / "examples" / "support-triage" / "agent.yaml"
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-c",
            _NO_NETWORK,
            "guardian",
            "--agent",
            str(agent),
            "--out",
            folder,
            "-q",
        ]
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        began = time.perf_counter()
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
        tried = (
            len(json.loads((Path(folder) / "findings.json").read_text())["probes"])
            if not done.returncode
            else 0
        )
    measured = f"{seconds:.1f} s, exit {done.returncode}, {tried} probes listed"
    return Row(
        "enforcement tier on the example, no key, no network",
        measured,
        "≤ 60 s",
        done.returncode == 0 and seconds <= MOST_SECONDS,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    measured = list(rows(Path()))
    print_rows("Guardian's pack", measured, as_json=parser.parse_args().json)
    leave(measured)


if __name__ == "__main__":
    main()
