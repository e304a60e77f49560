"""What counts as personal data, what does not, and how it is replaced."""

from __future__ import annotations

import string
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.agent.policy import PiiKind
from agent_runtime.guard.redact import Redactor, find_pii

ALL: tuple[PiiKind, ...] = get_args(PiiKind)


def found(text: str, *kinds: PiiKind) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in find_pii(text, kinds or ALL)]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("reset password for alice@example.com", "alice@example.com"),
        ("Write to first.last+tag@mail.example.co.uk.", "first.last+tag@mail.example.co.uk"),
        ("<o'brien@example.com>", "o'brien@example.com"),
        ("'alice@example.com'", "alice@example.com"),
        ("müller@bücher.example", "müller@bücher.example"),
        ("https://x.invalid/?mail=alice%40example.com&a=1", "alice%40example.com"),
        ("(see a_b@example.xn--p1ai)", "a_b@example.xn--p1ai"),
    ],
)
def test_an_email_address_is_found_whole(text: str, address: str) -> None:
    assert found(text) == [("email", address)]


def test_addresses_that_touch_are_two() -> None:
    assert found("a@example.com.b@example.com") == [("email", "a@example.com"), ("email", "b@example.com")]


@pytest.mark.parametrize(
    "text", ["@alice", "a@b", "user@localhost", "price @ 3.50", "a@.com", "...@example", "@example.com"]
)
def test_an_at_sign_alone_is_no_email_address(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "number",
    [
        "+1-903-555-4508x769",
        "+46 (0)8 928 571 38",
        "+447700900123",
        "(+358) 529170342",
        "+(371) 71049746",
        "0046 8 928 571 38",
        "905-555-3793",
        "(579) 555-3058",
        "930.555.3943",
        "1-800-555-0199",
        "0490 75 40 81",
        "03.93.92.16.85",
        "(02) 9876 5432",
        "0961-7596216",
    ],
)
def test_a_number_in_an_unmistakable_form_is_a_phone_without_a_cue(number: str) -> None:
    assert found(f"see {number}, thanks") == [("phone", number)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Phone: 451 5986", "451 5986"),
        ("phone_number=4515986", "4515986"),
        ("Fax: 9498777106", "9498777106"),
        ("Tel:+1-903-555-4508", "+1-903-555-4508"),
        ("please call me at 99 577450 today", "99 577450"),
        ("they are not answering at 71-33-52-22", "71-33-52-22"),
        ("my number is (64) 3591-3246.", "(64) 3591-3246"),
        ("28-64-66-98 office", "28-64-66-98"),
        ("781 1704-Fax", "781 1704"),
    ],
)
def test_a_number_beside_a_cue_is_a_phone(text: str, number: str) -> None:
    assert found(text) == [("phone", number)]


def test_numbers_listed_after_a_cued_one_are_phones_too() -> None:
    assert [number for _, number in found("Phones: 450 0840, 78 651 450 or 99 668472")] == [
        "450 0840",
        "78 651 450",
        "99 668472",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-17 19:00:00", "call on 2024-05-17 19:00", "05-17-2024 19:00", "mobile 17.05.2024", "call 20240517",
        "order 4500840", "call about order 450 0840", "phone case, ticket 1234567", "SSN: 054-28-6917",
        "phone 192.168.100.200",
        "version 10.20.300.4000", "12:34:56.789012", "lat 48.858370, lon 2.294481", "id 123456789012",
        "ISBN 0-306-40615-2",
        "$450 0840", "flight HAT045-2024-0517", "a1b2-905-555-3793", "1,234,567.89", "text: 4500840",
        '{"text": "12 345 678"}',
    ],
)  # fmt: skip
def test_dates_amounts_and_identifiers_are_no_phones(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "card",
    [
        "4111 1111 1111 1111",
        "4111111111111111",
        "5555-5555-5555-4444",
        "378282246310005",
        "6011111111111117",
        "3566002020360505",
    ],
)
def test_a_card_of_a_known_brand_is_found_anywhere(card: str) -> None:
    assert found(f"paid with {card}.") == [("card", card)]


def test_a_card_of_another_form_needs_a_word_for_it() -> None:
    assert found("my card 503867297114 is lost") == [("card", "503867297114")]
    assert found("parcel 503867297114 is lost") == []


@pytest.mark.parametrize(
    "text",
    [
        "card 4111111111111112",
        "4111111111111111111111",
        "card 0000000000000000",
        "x4111111111111111",
        "3.4111111111111111",
    ],
)
def test_a_number_that_fails_the_checksum_or_is_part_of_another_is_no_card(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "iban",
    [
        "DE89370400440532013000",
        "GB29 NWBK 6016 1331 9268 19",
        "CH93 0076 2011 6238 5295 7",
        "NO9386011117947",
        "FK88 SC12 3456 7890 12",
        "de89370400440532013000",
    ],
)
def test_an_iban_is_found_and_ends_where_its_country_says(iban: str) -> None:
    assert found(f"transfer to {iban} NOW PLEASE") == [("iban", iban)]


@pytest.mark.parametrize(
    "text", ["DE88370400440532013000", "GB29 NWBK 6016", "XDE89370400440532013000", "DE89370400440532013000X"]
)
def test_wrong_check_digits_or_length_is_no_iban(text: str) -> None:
    assert found(text) == []


PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow" + "A1b2" * 20 + "\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "key",
    [
        "sk-proj-" + "a1B2" * 8,
        "sk_live_" + "a1B2" * 5,
        "ghp_" + "a1B2" * 9,
        "github_pat_" + "a1B2" * 8,
        "glpat-" + "a1B2" * 5,
        "xoxb-123456789012-abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "AIza" + "a1B2_" * 7,
        "hf_" + "a1B2" * 8,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        PEM,
        PEM.partition("\n-----END")[0],
    ],
)
def test_a_key_with_a_known_prefix_is_found_whole(key: str) -> None:
    assert found(f"key={key}") == [("api_key", key)]


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn-and-other-package-names",
        "task-1234567890123456789012",
        "AKIA",
        "ghp_short",
        "eyJ.eyJ.x",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_what_only_resembles_a_key_is_none(text: str) -> None:
    assert found(text) == []


def test_only_the_wanted_kinds_are_found() -> None:
    text = "alice@example.com, +1-903-555-4508"
    assert found(text, "phone") == [("phone", "+1-903-555-4508")]
    assert find_pii(text, []) == []


def test_one_value_has_one_placeholder_however_it_is_written() -> None:
    redactor = Redactor(["email", "phone"])
    assert redactor.redact("a@example.com, b@example.com") == "[EMAIL_1], [EMAIL_2]"
    assert (
        redactor.redact("B@example.com +1 903 555 4508 or +1-903-555-4508")
        == "[EMAIL_2] [PHONE_1] or [PHONE_1]"
    )


def test_another_run_starts_counting_anew() -> None:
    Redactor(["email"]).redact("a@example.com")
    assert Redactor(["email"]).redact("b@example.com") == "[EMAIL_1]"


def test_data_is_redacted_in_every_text_key_and_number() -> None:
    value = {
        "to": ["a@example.com", {"b@example.com": 4111111111111111}],
        "n": 3,
        "ok": True,
        "none": None,
        "rate": 0.5,
    }
    assert Redactor(ALL).redact_value(value) == {
        "to": ["[EMAIL_1]", {"[EMAIL_2]": "[CARD_1]"}],
        "n": 3,
        "ok": True,
        "none": None,
        "rate": 0.5,
    }


@pytest.mark.parametrize("key", ["phone", "phone_number", "mobilePhone", "Fax"])
def test_a_key_is_the_cue_of_its_value(key: str) -> None:
    assert Redactor(["phone"]).redact_value({key: ["450 0840", 4500841]}) == {key: ["[PHONE_1]", "[PHONE_2]"]}
    assert Redactor(["phone"]).redact_value({"order": "450 0840"}) == {"order": "450 0840"}


NOISE = st.text(alphabet=string.ascii_letters + string.digits + " .,;:@+-()/'\"\n%_=<>", max_size=60)
MAIL = st.builds(
    "{}@{}.{}".format,
    st.text(string.ascii_lowercase, min_size=1),
    st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True),
    st.sampled_from(["com", "de", "co.uk", "invalid"]),
)


def _with_luhn_digit(digits: str) -> str:
    total = sum(int(d) if i % 2 else sum(divmod(2 * int(d), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def _with_iban_check(bban: str) -> str:
    remainder = int("".join(str(int(c, 36)) for c in bban + "DE00")) % 97
    return f"DE{98 - remainder:02}{bban}"


CARD = st.from_regex(r"4[0-9]{14}", fullmatch=True).map(_with_luhn_digit)
IBAN = st.from_regex(r"[0-9]{18}", fullmatch=True).map(_with_iban_check)


@given(NOISE, st.one_of(MAIL, CARD, IBAN), NOISE)
def test_a_planted_value_never_survives(before: str, planted: str, after: str) -> None:
    assert planted not in Redactor(ALL).redact(f"{before} {planted} {after}")


@given(st.lists(st.one_of(NOISE, MAIL, CARD, IBAN, st.text(max_size=20)), max_size=8))
def test_spans_are_sorted_disjoint_and_inside_the_text(parts: list[str]) -> None:
    text = " ".join(parts)
    edges = [edge for span in find_pii(text, ALL) for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(span.start < span.end <= len(text) for span in find_pii(text, ALL))


@given(st.lists(st.one_of(NOISE, MAIL, CARD), max_size=6))
def test_only_the_spans_are_replaced(parts: list[str]) -> None:
    text = " ".join(parts)
    redacted = Redactor(ALL).redact(text)
    position = 0
    for span in find_pii(text, ALL):
        between = text[position : span.start]
        assert redacted.startswith(between)
        redacted = redacted[len(between) :].partition("]")[2]
        position = span.end
    assert redacted == text[position:]


@pytest.mark.parametrize("before", ["AB12 ", "1234 ", "0-", "AB12 3456 "])
def test_a_lookalike_before_it_hides_nothing(before: str) -> None:
    assert "DE89370400440532013000" not in Redactor(ALL).redact(f"{before}DE89370400440532013000 1")
    assert "1111 1111" not in Redactor(ALL).redact(f"{before}4111 1111 1111 1111 1")


HOSTILE = [
    "1",
    "1 ",
    "a@",
    "a@a.",
    "%40",
    "eyJaaaaaaaa-",
    "-----BEGIN PRIVATE KEY-----",
    "GB29 ",
    "GB29A1B2C3D4E5F6",
]


@pytest.mark.parametrize(
    "seed", [*HOSTILE, "4111 ", "+1(0)", "phone 450 0840, ", "call 1", "sk-", "a'", "０"]
)
def test_hostile_repetition_ends_and_raises_nothing(seed: str) -> None:
    text = seed * (100_000 // len(seed))
    assert all(span.start < span.end for span in find_pii(text, ALL))
