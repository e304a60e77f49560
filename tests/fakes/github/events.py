"""Webhooks: what is sent to the Apps, how it is signed, and the record of every delivery."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from queue import Queue
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from tests.fakes.github.shapes import Json, Shapes
from tests.fakes.github.state import App, Installation, Repository, World

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver an event. `status_code` 0: nobody answered, `status` says why."""

    id: int
    guid: str
    event: str
    action: str | None
    app_id: int
    installation_id: int
    repository_id: int
    payload: Json
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    redelivery: bool = False
    delivered_at: str = ""
    duration: float = 0.0
    status: str = ""
    status_code: int = 0
    answer: str = ""
    answer_headers: Mapping[str, str] = field(default_factory=dict)


def signatures(secret: str, content: bytes) -> dict[str, str]:
    """Both signature headers of a body; none without a secret."""
    if not secret:
        return {}
    key = secret.encode()
    return {
        "X-Hub-Signature": "sha1=" + hmac.new(key, content, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, content, hashlib.sha256).hexdigest(),
    }


class Events:
    """Sends events to the Apps that want them, one after the other, from a thread of its own.

    As GitHub does it never tries again by itself; `redeliver` does, with the same GUID.
    """

    def __init__(self, world: World, timeout: float = TIMEOUT_SECONDS) -> None:
        self.deliveries: list[Delivery] = []
        self.fired: list[tuple[str, str | None, Json]] = []
        self._world = world
        self._timeout = timeout
        self._ids = itertools.count(700_001)
        self._queue: Queue[Delivery | None] = Queue()
        self._thread: threading.Thread | None = None

    def fire(self, repo: Repository, event: str, payload: Json, sender: str) -> None:
        """Send an event of this repository to every App that is installed there and subscribed."""
        shapes = Shapes(self._world)
        body = {
            **payload,
            "repository": shapes.full_repository(repo, "read"),
            "sender": shapes.user(sender),
        }
        self.fired.append((event, payload.get("action"), body))
        for installation in self._world.installations.values():
            app = self._world.apps[installation.app_id]
            if event in app.events and _covers(installation, repo):
                self._send(app, installation, repo, event, body)

    def _send(self, app: App, installation: Installation, repo: Repository, event: str, body: Json) -> None:
        payload = {**body, "installation": {"id": installation.id, "node_id": str(installation.id)}}
        guid = str(uuid.uuid4())
        self._enqueue(
            Delivery(
                next(self._ids), guid, event, body.get("action"), app.id, installation.id, repo.id, payload
            )
        )

    def redeliver(self, delivery_id: int) -> Delivery:
        """Send a recorded delivery again, under its GUID; KeyError for one that is not known."""
        old = next((one for one in self.deliveries if one.id == delivery_id), None)
        if old is None:
            raise KeyError(delivery_id)
        again = replace(old, id=next(self._ids), redelivery=True)
        self._enqueue(again)
        return again

    def wait(self) -> None:
        """Return when all that was fired so far is delivered, or failed to be."""
        self._queue.join()

    def stop(self) -> None:
        """End the thread once the queue is empty."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(self._timeout + 1)

    def _enqueue(self, delivery: Delivery) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="fake-github-webhooks", daemon=True)
            self._thread.start()
        self._queue.put(delivery)

    def _work(self) -> None:
        while (delivery := self._queue.get()) is not None:
            try:
                self.deliveries.append(self._deliver(delivery))
            finally:
                self._queue.task_done()
        self._queue.task_done()

    def _deliver(self, delivery: Delivery) -> Delivery:
        app = self._world.apps[delivery.app_id]
        content, kind = _encoded(app, delivery.payload)
        headers = {
            "Content-Type": kind,
            "User-Agent": "GitHub-Hookshot/fake",
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Hook-ID": str(app.id),
            "X-GitHub-Hook-Installation-Target-ID": str(app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            **signatures(app.hook_secret, content),
        }
        sent = replace(delivery, headers=headers, content=content, delivered_at=self._world.now())
        started = time.monotonic()
        status, code, answer, answered = _post(app.hook_url, content, headers, self._timeout)
        return replace(
            sent,
            status=status,
            status_code=code,
            answer=answer,
            answer_headers=answered,
            duration=round(time.monotonic() - started, 3),
        )


def _covers(installation: Installation, repo: Repository) -> bool:
    if installation.account.lower() != repo.owner.lower():
        return False
    return installation.repositories is None or repo.full_name.lower() in installation.repositories


def _encoded(app: App, payload: Json) -> tuple[bytes, str]:
    text = json.dumps(payload)
    if app.content_type == "form":
        return urlencode({"payload": text}).encode(), "application/x-www-form-urlencoded"
    return text.encode(), "application/json"


def _post(
    url: str, content: bytes, headers: Mapping[str, str], timeout: float
) -> tuple[str, int, str, dict[str, str]]:
    """What came back: GitHub's word for it, status code, body, headers."""
    if not url:
        return "no url", 0, "", {}
    try:
        with urlopen(HttpRequest(url, content, dict(headers), method="POST"), timeout=timeout) as answer:
            return "OK", answer.status, _text(answer.read()), dict(answer.headers)
    except HTTPError as answer:
        with answer:
            return (
                "Invalid HTTP Response: " + str(answer.code),
                answer.code,
                _text(answer.read()),
                dict(answer.headers),
            )
    except TimeoutError:
        return "timed out", 0, "", {}
    except (URLError, OSError) as problem:
        reason: Any = getattr(problem, "reason", problem)
        return "timed out" if isinstance(reason, TimeoutError) else "failed to connect to host", 0, "", {}


def _text(content: bytes) -> str:
    return content[:65_536].decode(errors="replace")
