"""acme/shop, the repository that the tests of the fake use, and an App's key pair."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.github import Client, FakeGitHub

SHOP = "acme/shop"
PATH = f"/repos/{SHOP}"
EVERYTHING = dict.fromkeys(
    ("actions", "checks", "contents", "issues", "pull_requests", "security_events", "statuses"), "write"
)


@dataclass(frozen=True, slots=True)
class Shop:
    """acme/shop on a fake: alice may write, bob may read, pull 1 is alice's."""

    fake: FakeGitHub
    number: int
    head: str
    bot: Client

    def with_permissions(self, **permissions: str) -> Client:
        """A workflow's token with these permissions."""
        return self.fake.client(self.fake.token("actions", permissions))

    def person(self, login: str) -> Client:
        """Someone's own token."""
        return self.fake.client(self.fake.token("user", login=login))


def new_keys() -> tuple[str, bytes]:
    """A fresh RSA pair."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public
