"""A strict GitHub on loopback, for tests. See README.md next to this file."""

from tests.fakes.github.client import Answer, Client
from tests.fakes.github.events import Delivery, signatures
from tests.fakes.github.fake import FakeGitHub
from tests.fakes.github.git import File
from tests.fakes.github.log import Logged

__all__ = ["Answer", "Client", "Delivery", "FakeGitHub", "File", "Logged", "signatures"]
