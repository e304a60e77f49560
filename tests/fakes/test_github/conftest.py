"""A fake GitHub with one repository and one pull request, and an App's key pair."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.github import FakeGitHub
from tests.fakes.test_github.shop import EVERYTHING, SHOP, Shop, new_keys


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def shop(fake: FakeGitHub) -> Shop:
    fake.add_repo(SHOP, {"agent.yaml": "model: a\n"}, roles={"alice": "write", "bob": "read"})
    number = fake.add_pull(SHOP, head="better", author="alice", files={"agent.yaml": "model: b\n"})
    bot = fake.client(fake.token("actions", EVERYTHING))
    return Shop(fake, number, fake.head(SHOP, "better"), bot)


@pytest.fixture(scope="session")
def keys() -> tuple[str, bytes]:
    """An App's private key and public key as PEM."""
    return new_keys()
