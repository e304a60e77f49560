"""`python -m tests.fakes.github`: the fake as a process, until it is told to end or its standard input closes."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from tests.fakes.github.control import METHODS, perform, plain
from tests.fakes.github.fake import FakeGitHub


def main() -> int:
    """Serve; prints one line of JSON with the address and what each step of the state file answered."""
    options = _options()
    with FakeGitHub(port=options.port, schemas=_schemas(options.schemas), log_file=options.log) as fake:
        answers = [_step(fake, step) for step in _steps(options.state)]
        print(json.dumps({"url": fake.url, "answers": answers}), flush=True)  # noqa: T201
        _wait(options.until_eof)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.github", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument(
        "--state", type=Path, help='JSON list of steps: [["add_repo", {"full_name": "acme/shop"}], …]'
    )
    parser.add_argument("--log", type=Path, help="append each request to this file as a line of JSON")
    parser.add_argument(
        "--schemas", action="store_true", help="check requests against GitHub's OpenAPI (needs npm)"
    )
    parser.add_argument("--until-eof", action="store_true", help="end when standard input closes")
    return parser.parse_args()


def _steps(file: Path | None) -> list[Any]:
    return json.loads(file.read_text(encoding="utf-8")) if file else []


def _step(fake: FakeGitHub, step: list[Any]) -> Any:
    name, arguments = step
    if name not in METHODS:
        raise SystemExit(f"error: no such step: {name}; there are {', '.join(METHODS)}")
    return plain(perform(fake, name, arguments))


def _schemas(wanted: bool) -> Any:
    if not wanted:
        return None
    from tests.fakes.github.openapi import OpenApi

    return OpenApi.fetched()


def _wait(until_eof: bool) -> None:
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    if until_eof:
        threading.Thread(target=_end_with_input, args=(over,), daemon=True).start()
    over.wait()


def _end_with_input(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


if __name__ == "__main__":
    sys.exit(main())
