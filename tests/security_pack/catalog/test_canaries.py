"""Canaries prove where they turn up: nobody can guess one, and each sample has its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security_pack.catalog.canaries import fresh_canaries, names_of

KINDS = ("email", "token", "word", "host", "phone", "card", "iban", "api_key")


def one(kind: str, secret: bytes = b"s", label: str = "probe:tool:1") -> str:
    return fresh_canaries({"mark": kind}, secret, label)["mark"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "phone"])
def test_another_secret_or_sample_gives_another_value(kind: str) -> None:
    assert len({one(kind), one(kind, b"t"), one(kind, label="probe:tool:2")}) == 3
    assert one(kind) == one(kind)


def test_names_of_one_sample_have_values_of_their_own() -> None:
    values = fresh_canaries({"a": "token", "b": "token"}, b"s", "x")
    assert values["a"] != values["b"]


@pytest.mark.parametrize("kind", ["email", "host"])
def test_an_address_gives_its_host_too(kind: str) -> None:
    kinds = {"mark": kind, "word": "word"}
    values = fresh_canaries(kinds, b"s", "x")
    assert set(values) == names_of(kinds) == {"mark", "mark_host", "word"}
    assert values["mark"].endswith(values["mark_host"])
    assert values["mark_host"].endswith(".invalid")


@given(st.binary(min_size=1))
def test_a_card_is_valid_by_luhn(secret: bytes) -> None:
    digits = [int(digit) for digit in reversed(one("card", secret))]
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
    assert len(digits) == 16
    assert (sum(digits[::2]) + sum(doubled)) % 10 == 0


@given(st.binary(min_size=1))
def test_an_iban_is_valid_by_iso_7064(secret: bytes) -> None:
    iban = one("iban", secret)
    assert int(iban[4:] + "1314" + iban[2:4]) % 97 == 1


def test_a_phone_number_is_one_reserved_for_fiction() -> None:
    assert one("phone").startswith("+1 202-555-01")
