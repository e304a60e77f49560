"""Any agent behind HTTP. This one is a few rules and a die, so that it needs nothing but Python."""

import json
import random
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer(text: str) -> dict[str, object]:
    """What an agent would say; one time in twenty it loses the thread."""
    refund = re.search(r"refund \$(\d+) for order #(\d+)", text)
    if random.random() < 0.05:
        return {"action": "ask", "message": "Could you say that again?"}
    if refund and int(refund[1]) <= 100:
        return {"action": "refund", "amount": int(refund[1]), "message": "Refund processed."}
    return {"action": "escalate", "message": "A team lead will look at it."}


class Agent(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send({"ok": True})

    def do_POST(self) -> None:
        began = time.perf_counter()
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        output = json.dumps(answer(asked["input"]))
        seconds = time.perf_counter() - began
        self._send({"output": output, "usage": {"total_tokens": 48}, "cost_usd": 0.0001, "seconds": seconds})

    def _send(self, data: dict[str, object]) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128  # the default of 5 makes a burst of callers wait for seconds


if __name__ == "__main__":
    Server(("127.0.0.1", 8321), Agent).serve_forever()
