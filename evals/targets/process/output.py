"""What a program printed, fit to be shown: its end, without the secrets it was given."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent_runtime.guard.redact import ALL_KINDS, Redactor

KEPT_BYTES = 16_000
"""More than is shown, so that no secret is cut in two before it is known."""

_SHOWN = 1_000
_NAMED_LIKE_A_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|DSN|DATABASE_URL", re.IGNORECASE)
_SHORTEST_SECRET = 6


def last_words(printed: bytes, environ: Mapping[str, str]) -> str:
    """The end of what was printed; "" if nothing was."""
    text = without_secrets(printed.decode("utf-8", "replace").strip(), environ)
    return text if len(text) <= _SHOWN else f"[…] {text[-_SHOWN:]}"


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """The text without personal data, keys, and values of variables that are named like secrets."""
    secrets = {
        value
        for name, value in environ.items()
        if _NAMED_LIKE_A_SECRET.search(name) and len(value) >= _SHORTEST_SECRET
    }
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return Redactor(ALL_KINDS).redact(text)
