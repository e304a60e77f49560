"""Connections in the sandbox: the real decision about every address, and nothing that leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent_runtime.guard.egress import Destination, Refusal, check_url
from security_pack.episodes.episode import Contact

_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[\\/]*(?:[^/?#\\@]*@)*([^/?#\\:@]*)")


class SandboxEgress:
    """Decides about every address, and records the decision.

    Attributes:
        contacts: every connection that was asked for, in order.
    """

    def __init__(self, allowlist: Sequence[str]) -> None:
        self.contacts: list[Contact] = []
        self._allowlist = tuple(allowlist)

    def connect(self, url: str) -> Refusal | None:
        """Why the connection would not be made; None if it would."""
        checked = check_url(url, self._allowlist)
        if isinstance(checked, Destination):
            self.contacts.append(Contact(checked.host, checked.url, allowed=True))
            return None
        self.contacts.append(Contact(host_in(url), url, allowed=False))
        return checked


def host_in(url: str) -> str:
    """The host of a URL that egress would not read, as far as it has one."""
    found = _HOST.match(url)
    return found[1].lower() if found is not None else ""
