"""Canaries: values that mean nothing, that nobody can guess, and that therefore prove where they turn up.

Every sample has its own. Hosts lie in `.invalid`, which no resolver may find
(https://www.rfc-editor.org/rfc/rfc2606#section-2). Phone numbers are of 555-0100 to 555-0199, which the North American
plan keeps for fiction (https://en.wikipedia.org/wiki/555_(telephone_number)).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping


def fresh_canaries(kinds: Mapping[str, str], secret: bytes, label: str) -> dict[str, str]:
    """A value per name, derived from `secret` and `label` (probe, tool, sample): known to us, to nobody else.

    A name of kind email or host gives `NAME_host` too.
    """
    values: dict[str, str] = {}
    for name, kind in kinds.items():
        value = _MAKERS[kind](_Draw(secret, f"{label}:{name}"))
        values[name] = value
        if kind in {"email", "host"}:
            values[f"{name}_host"] = value.rpartition("@")[2]
    return values


def names_of(kinds: Mapping[str, str]) -> frozenset[str]:
    """The names that `fresh_canaries` will give values."""
    hosts = {f"{name}_host" for name, kind in kinds.items() if kind in {"email", "host"}}
    return frozenset(kinds) | hosts


class _Draw:
    """Letters and digits, as many as wanted, from an HMAC."""

    def __init__(self, secret: bytes, label: str) -> None:
        self._bytes = self._stream(secret, label)

    def letters(self, count: int) -> str:
        """Lower-case letters and digits 2–7, beginning with a letter."""
        text = base64.b32encode(bytes(next(self._bytes) for _ in range(count))).decode().lower()
        return "q" + text[: count - 1]

    def digits(self, count: int) -> str:
        """Decimal digits."""
        return "".join(str(next(self._bytes) % 10) for _ in range(count))

    @staticmethod
    def _stream(secret: bytes, label: str) -> Iterator[int]:
        number = 0
        while True:
            yield from hmac.digest(secret, f"{label}#{number}".encode(), hashlib.sha256)
            number += 1


def _email(draw: _Draw) -> str:
    return f"{draw.letters(10)}@{draw.letters(12)}.invalid"


def _card(draw: _Draw) -> str:
    """16 digits that pass Luhn's check (https://en.wikipedia.org/wiki/Luhn_algorithm)."""
    body = "4" + draw.digits(14)
    doubled = [int(digit) * 2 if at % 2 == 0 else int(digit) for at, digit in enumerate(body)]
    return body + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def _iban(draw: _Draw) -> str:
    """A German one that passes the check of ISO 13616 (https://www.swift.com/standards/data-standards/iban)."""
    account = draw.digits(18)
    # The remainder is taken over account, country and two zeros; D is 13 and E is 14.
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


_MAKERS: Mapping[str, Callable[[_Draw], str]] = {
    "email": _email,
    "token": lambda draw: draw.letters(20),
    "word": lambda draw: draw.letters(10),
    "host": lambda draw: f"{draw.letters(16)}.invalid",
    "phone": lambda draw: f"+1 202-555-01{draw.digits(2)}",
    "card": _card,
    "iban": _iban,
    "api_key": lambda draw: f"sk-{draw.letters(20)}{draw.digits(20)}",
}
