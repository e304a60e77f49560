"""The loopback server: reads requests, hands them to the right part, writes replies. Threads, no framework."""

from __future__ import annotations

import contextlib
import gzip
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.github.wire import HANG_UP, Reply, Request

MAX_BODY_BYTES = 100_000_000
Answer = Callable[[Request], Reply]


class LoopbackServer:
    """Serves `answer` on 127.0.0.1 from threads of its own."""

    def __init__(self, answer: Answer, port: int = 0) -> None:
        self._open = set[socket.socket]()
        self._server = _Server(("127.0.0.1", port), _handler(answer, self._open))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="fake-github", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close what clients keep open."""
        self._server.shutdown()
        self._thread.join(5)
        for connection in list(self._open):
            _close(connection)
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""
        if not isinstance(sys.exception(), ConnectionError | ValueError):
            super().handle_error(request, client_address)


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _handler(answer: Answer, open_: set[socket.socket]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "github.com"
        sys_version = ""
        disable_nagle_algorithm = True
        wbufsize = -1

        def setup(self) -> None:
            super().setup()
            open_.add(self.connection)

        def finish(self) -> None:
            open_.discard(self.connection)
            super().finish()

        def _answer(self) -> None:
            request = Request.read(self.command, self.path, dict(self.headers.items()), self._read())
            reply = answer(request)
            if reply is HANG_UP:
                self.close_connection = True
                return
            self._write(reply)

        do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815

        def _read(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                raw = self._chunks()
            else:
                raw = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_BODY_BYTES))
            return gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw

        def _chunks(self) -> bytes:
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)

        def _write(self, reply: Reply) -> None:
            content = reply.content()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.body is not None and "Content-Type" not in reply.headers:
                self.send_header("Content-Type", "application/json; charset=utf-8")
            if reply.status not in (204, 304):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD" and reply.status not in (204, 304):
                self.wfile.write(content)
            self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            """The fake has a log of its own."""

    return Handler
