"""A command that serves the endpoint: started once, never somebody else's, and always stopped."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import sys
from pathlib import Path

import pytest

from agent_runtime.errors import CannotMeasure, InvalidInput
from evals.results.records import Attempt, SampleStatus
from evals.suite.suite import Suite, load_suite
from evals.targets.exchange.request import Address, ready_url
from evals.targets.http import HttpAgent
from evals.targets.process.server import ServerCommand, command_words

SERVER = """
import http.server, json, os, pathlib, signal, subprocess, sys
port, mode = int(sys.argv[1]), sys.argv[2]
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if mode == "parent":
    subprocess.run([sys.executable, __file__, str(port), "stubborn"])
pathlib.Path("pid").write_text(str(os.getpid()))
class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"output": "served"}).encode())
http.server.HTTPServer(("127.0.0.1", port), Agent).serve_forever()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def silent_soon(port: int) -> bool:
    """True once nothing listens there; a killed process takes a moment to be gone."""
    address = Address("127.0.0.1", port)
    for _ in range(200):
        if not await address.accepts():
            return True
        await asyncio.sleep(0.01)
    return False


def served(folder: Path, start: str, port: int, ready_seconds: float = 20.0) -> ServerCommand:
    address = Address("127.0.0.1", port)
    return ServerCommand(
        command_words(start),
        root=folder,
        environ=dict(os.environ),
        address=address,
        answers=address.accepts,
        ready_seconds=ready_seconds,
        grace_seconds=0.2,
    )


def server(folder: Path, port: int, mode: str = "plain") -> str:
    (folder / "server.py").write_text(SERVER)
    return shlex.join([sys.executable, "server.py", str(port), mode])


@pytest.mark.parametrize("mode", ["plain", "stubborn", "parent"])
def test_the_command_and_what_it_started_are_gone_afterwards(tmp_path: Path, mode: str) -> None:
    port = free_port()

    async def use() -> bool:
        async with served(tmp_path, server(tmp_path, port, mode), port) as command:
            assert command.ending is None
        return await silent_soon(port)

    assert asyncio.run(use())


def test_the_command_is_stopped_when_the_evaluation_breaks_off(tmp_path: Path) -> None:
    port = free_port()

    async def break_off() -> None:
        async with served(tmp_path, server(tmp_path, port), port):
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(break_off())
    assert asyncio.run(silent_soon(port))


def written_suite(folder: Path, port: int, *lines: str) -> Suite:
    """A suite for that port, `lines` in its target."""
    head = ["suite: s", "target:", "  http:", f"    url: http://127.0.0.1:{port}/run"]
    case = "cases: [{ case_id: a, input: hi, success: \"contains('x')\" }]"
    path = folder / "suite.yaml"
    path.write_text("\n".join([*head, *(f"    {line}" for line in lines), case]))
    return load_suite(path)


def entered(folder: Path, start: str, port: int, ready_seconds: float = 20.0) -> None:
    async def enter() -> None:
        async with served(folder, start, port, ready_seconds):
            raise AssertionError("it never served")

    asyncio.run(enter())


def test_a_command_that_ends_at_once_shows_the_last_it_printed(tmp_path: Path) -> None:
    start = "sh -c 'echo no module named app >&2; exit 3'"
    with pytest.raises(CannotMeasure, match=r"ended with code 3[\s\S]*no module named app"):
        entered(tmp_path, start, free_port())


def test_a_command_that_never_serves_is_stopped_and_said(tmp_path: Path) -> None:
    start = "sh -c 'echo $$ > pid; echo warming up; exec sleep 60'"
    with pytest.raises(CannotMeasure, match=r"did not answer[\s\S]*within 0.3 s[\s\S]*warming up"):
        entered(tmp_path, start, free_port(), ready_seconds=0.3)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_server_of_somebody_else_is_not_judged(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as stranger,
        pytest.raises(CannotMeasure, match="something already answers"),
    ):
        entered(tmp_path, "touch started", stranger.getsockname()[1])
    assert not (tmp_path / "started").exists()


def test_a_command_that_does_not_exist_is_named_with_its_line(tmp_path: Path) -> None:
    suite = written_suite(tmp_path, free_port(), "start: no-such-command --port 1")

    async def enter() -> None:
        async with HttpAgent(suite, concurrency=1, environ=os.environ):
            raise AssertionError("it never served")

    with pytest.raises(InvalidInput, match=r"suite\.yaml:5: 'no-such-command' cannot be started"):
        asyncio.run(enter())


def test_a_suite_can_start_its_own_endpoint(tmp_path: Path) -> None:
    port = free_port()
    suite = written_suite(tmp_path, port, f"start: {server(tmp_path, port)}", "ready: healthz")

    async def attempt() -> tuple[Attempt, Attempt]:
        async with HttpAgent(suite, concurrency=2, environ=os.environ) as target:
            good = await target.attempt(suite.cases[0], 0, 1)
            os.kill(int((tmp_path / "pid").read_text()), 9)
            for _ in range(200):
                bad = await target.attempt(suite.cases[0], 1, 2)
                if "signal" in str(bad.error):
                    break
                await asyncio.sleep(0.01)
            return good, bad

    good, bad = asyncio.run(attempt())
    assert good.output == "served"
    assert bad.status is SampleStatus.INFRA_ERROR
    assert "the command was killed by signal 9" in str(bad.error)


def test_a_ctrl_c_while_the_command_starts_stops_it_too(tmp_path: Path) -> None:
    start = "sh -c 'echo $$ > pid; kill -INT $PPID; exec sleep 60'"
    with pytest.raises(KeyboardInterrupt):
        entered(tmp_path, start, free_port())
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_an_endpoint_that_others_start_is_waited_for(tmp_path: Path) -> None:
    suite = written_suite(tmp_path, free_port(), "ready: /healthz", "ready_seconds: 0.2")

    async def enter() -> None:
        async with HttpAgent(suite, concurrency=1, environ={}):
            raise AssertionError("nobody serves")

    with pytest.raises(CannotMeasure, match=r"was not ready in 0\.2 s"):
        asyncio.run(enter())


@pytest.mark.parametrize(
    ("ready", "url"),
    [
        ("/healthz", "http://h:8000/healthz"),
        ("healthz", "http://h:8000/healthz"),
        ("http://other:1/up", "http://other:1/up"),
    ],
)
def test_ready_is_a_path_on_the_same_origin_or_a_full_address(ready: str, url: str) -> None:
    assert ready_url("http://h:8000/v1/run?x={{ input }}", ready) == url


@pytest.mark.parametrize(
    ("url", "address"), [("http://h/x", "h:80"), ("https://h/", "h:443"), ("http://u:p@[::1]:8/", "[::1]:8")]
)
def test_an_address_has_the_port_of_its_scheme(url: str, address: str) -> None:
    assert str(Address.of(url)) == address
