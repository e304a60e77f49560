"""The end of what a program printed, without the secrets that it was given."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent_runtime.guard.redact import ALL_KINDS, Redactor

END_BYTES = 16_000
"""More than is shown, so that no secret is cut in two before it is found."""

_MAX_SHOWN = 1_000
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|DSN|DATABASE_URL", re.IGNORECASE)
_MIN_SECRET = 6


def last_output(printed: bytes, environ: Mapping[str, str]) -> str:
    """The end of what was printed; "" if nothing was."""
    text = without_secrets(printed.decode("utf-8", "replace").strip(), environ)
    return text if len(text) <= _MAX_SHOWN else f"[…] {text[-_MAX_SHOWN:]}"


def without_secrets(text: str, environ: Mapping[str, str]) -> str:
    """The text without personal data, keys, and values of variables that are named like secrets."""
    secrets = {
        value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= _MIN_SECRET
    }
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return Redactor(ALL_KINDS).redact(text)
