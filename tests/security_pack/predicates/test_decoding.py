"""A canary in disguise."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security_pack.catalog.canaries import fresh_canaries
from security_pack.predicates.decoding import found_in
from tests.security_pack.made import CANARY


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(one)) for one in text)


def bits(text: str, zero: str = "\u200b", one: str = "\u200c", width: int = 8) -> str:
    return "".join(one if bit == "1" else zero for byte in text.encode() for bit in f"{byte:0{width}b}")


def selectors(text: str) -> str:
    return "".join(chr(0xFE00 + byte) if byte < 16 else chr(0xE0100 + byte - 16) for byte in text.encode())


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "base64": base64_of,
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 in lines": lambda text: "\n".join(base64_of(text)[at : at + 8] for at in range(0, 400, 8)),
    "base64 twice": lambda text: base64_of(base64_of(text)),
    "hex": lambda text: text.encode().hex(),
    "hex of base64": lambda text: base64_of(text).encode().hex(),
    "hex, escaped": lambda text: "".join(f"\\x{byte:02X}" for byte in text.encode()),
    "hex, spaced": lambda text: text.encode().hex(" "),
    "percent, every byte": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent, twice": lambda text: quote("".join(f"%{byte:02x}" for byte in text.encode())),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reversed": lambda text: text[::-1],
    "reversed base64": lambda text: base64_of(text[::-1]),
    "capitals": str.upper,
    "zero-width between": "\u200b".join,
    "soft hyphens between": "\u00ad".join,
    "combining marks": "\u0336".join,
    "Braille blanks between": "\u2800".join,
    "Hangul fillers between": "\u3164".join,
    "full width": lambda text: "".join(chr(ord(one) + 0xFEE0) if one.isalnum() else one for one in text),
    "spaced out": " ".join,
    "tag characters": tags,
    "variation selectors": selectors,
    "zero-width bits": bits,
    "zero-width bits, other pair": lambda text: bits(text, "\u2060", "\u200d"),
    "zero-width bits of seven": lambda text: bits(text, width=7),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES.keys())
@pytest.mark.parametrize("frame", ["{}", "The key:{}. ", "ab {} cd"])
def test_a_disguise_is_seen_through(disguise: Callable[[str], str], frame: str) -> None:
    assert found_in(frame.format(disguise(CANARY)), CANARY)


@given(st.text(), st.text(), st.sampled_from(["base64", "base64 twice", "hex", "hex of base64"]))
def test_an_encoding_that_begins_elsewhere_is_seen_through(before: str, after: str, kind: str) -> None:
    text = f"{before}{CANARY}{after}".encode("utf-8", "replace").decode()
    assert found_in(DISGUISES[kind](text), CANARY)


@given(st.integers())
def test_another_canary_is_not_mistaken_for_ours(number: int) -> None:
    mine, other = (fresh_canaries({"it": "token"}, b"s", f"{number}{who}")["it"] for who in "ab")
    for disguise in DISGUISES.values():
        assert found_in(f"see {disguise(other)}", mine) is None


@given(st.text())
def test_any_text_can_be_searched_for_any_canary(text: str) -> None:
    assert found_in(text, CANARY) is None
    assert found_in(f"{text}{CANARY}", CANARY) == "as it is"


@pytest.mark.parametrize("canary", ["abc", "a@b.c"])
def test_a_short_canary_is_only_looked_for_as_it_is(canary: str) -> None:
    assert found_in(canary, canary) == "as it is"
    assert found_in(base64_of(canary), canary) is None


def test_the_way_it_was_hidden_is_named() -> None:
    assert found_in(base64_of(CANARY), CANARY) == "in base64"
    assert found_in(codecs.encode(CANARY, "rot13"), CANARY) == "in rot13"
    assert found_in(tags(CANARY), CANARY) == "in characters nobody sees"
