"""A shop on a GitHub of our own, and the door to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from bot.github.repository import Clock, Connection, GitHub, with_token
from tests.fakes.github import FakeGitHub

REPO = "acme/shop"
ALL = {"checks": "write", "pull-requests": "write", "statuses": "write", "actions": "read"}

if TYPE_CHECKING:
    from tests.fakes.github.openapi import OpenApi

Door = Callable[..., GitHub]


@dataclass
class Waited:
    """A clock that notes what it was asked to wait, and does not."""

    seconds: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(sleep=self.seconds.append)


@pytest.fixture
def fake(github_schemas: OpenApi | None) -> Iterator[FakeGitHub]:
    """acme/shop, with one commit. With --github-schemas, no request may be other than GitHub's schema says."""
    with FakeGitHub(schemas=github_schemas) as fake:
        fake.add_repo(REPO, {"agent.yaml": "agent: {}\n"})
        yield fake
        assert fake.violations == []


@pytest.fixture
def waited() -> Waited:
    return Waited()


@pytest.fixture
def door(fake: FakeGitHub, waited: Waited) -> Door:
    """The door as a job with these permissions opens it."""

    def opened(permissions: Mapping[str, str] = ALL, *, token: str | None = None, **kinds: bool) -> GitHub:
        credential = token or fake.token("actions", permissions, **kinds)  # type: ignore[arg-type]
        connection = Connection(fake.url, REPO, clock=waited.clock, seconds_between_writes=0)
        return with_token(connection, credential)

    return opened
