"""Personal data and secrets in text: where they are, and text without them.

Shapes are found by regular expressions, then believed only with a checksum (cards, IBANs), an unmistakable
form (e-mail addresses, key prefixes, international phone numbers) or a cue beside them (other phone
numbers): dates and identifiers look like phone numbers far more often than phone numbers do. Every
expression is bounded or possessive, so hostile text takes linear time. What is found and what is not is
measured by benchmarks/guards.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import ascii_letters
from typing import Any, get_args

from agent_runtime.agent.policy import PiiKind

Extent = tuple[int, int]

ALL_KINDS: tuple[PiiKind, ...] = get_args(PiiKind)


@dataclass(frozen=True, slots=True)
class PiiSpan:
    """`text[start:end]` is of this kind."""

    kind: PiiKind
    start: int
    end: int


def find_pii(text: str, kinds: Collection[PiiKind]) -> list[PiiSpan]:
    """The spans of the wanted kinds, sorted and disjoint; where two overlap, the surer kind has it."""
    taken: list[PiiSpan] = []
    for kind, find in _FINDERS.items():
        if kind in kinds and (found := [PiiSpan(kind, *extent) for extent in find(text)]):
            taken = _merge(taken, found)
    return taken


class Redactor:
    """Replaces what is found by placeholders; within its life one value has one placeholder."""

    def __init__(self, kinds: Collection[PiiKind]) -> None:
        self._kinds = frozenset(kinds)
        self._placeholders: dict[tuple[PiiKind, str], str] = {}
        self._counts: Counter[PiiKind] = Counter()

    def redact(self, text: str) -> str:
        """The text with `[EMAIL_1]`, `[PHONE_1]`, … in place of what was found."""
        return self._replace(text, find_pii(text, self._kinds))

    def redact_value(self, value: Any) -> Any:
        """The same for data as JSON holds it: every text, key and number inside. A key is its value's cue."""
        return self._value(value, "")

    def _value(self, value: Any, key: str) -> Any:
        if isinstance(value, Mapping):
            return {self._under("", str(name)): self._value(part, str(name)) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(part, key) for part in value]
        if isinstance(value, str):
            return self._under(key, value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            redacted = self._under(key, str(value))
            return value if redacted == str(value) else redacted
        return value

    def _under(self, key: str, text: str) -> str:
        label = f"{key}: " if key else ""
        spans = find_pii(label + text, self._kinds)
        shift = len(label)
        inside = [
            PiiSpan(span.kind, max(span.start - shift, 0), span.end - shift)
            for span in spans
            if span.end > shift
        ]
        return self._replace(text, inside)

    def _replace(self, text: str, spans: Iterable[PiiSpan]) -> str:
        parts: list[str] = []
        done = 0
        for span in spans:
            parts += text[done : span.start], self._placeholder(span.kind, text[span.start : span.end])
            done = span.end
        return "".join((*parts, text[done:]))

    def _placeholder(self, kind: PiiKind, value: str) -> str:
        identity = (kind, value if kind == "api_key" else _SEPARATORS.sub("", value).casefold())
        if identity not in self._placeholders:
            self._counts[kind] += 1
            self._placeholders[identity] = f"[{kind.upper()}_{self._counts[kind]}]"
        return self._placeholders[identity]


_SEPARATORS = re.compile(r"[\s()/\u00a0\u2010-\u2013-]")


def _merge(taken: list[PiiSpan], found: Iterable[PiiSpan]) -> list[PiiSpan]:
    """Both lists in order of start; of two that overlap, the one in `taken` stays."""
    merged: list[PiiSpan] = []
    waiting = iter(taken)
    held = next(waiting, None)
    for span in found:
        while held is not None and held.end <= span.start:
            merged.append(held)
            held = next(waiting, None)
        if held is None or span.end <= held.start:
            merged.append(span)
    return merged + ([held] if held is not None else []) + list(waiting)


def _each(
    pattern: re.Pattern[str], text: str, length_in: Callable[[re.Match[str]], int | None]
) -> Iterator[Extent]:
    """The matches that `length_in` believes; behind one it does not, the search goes on inside it."""
    match = pattern.search(text)
    while match:
        length = length_in(match)
        if length is not None:
            yield match.start(), match.start() + length
        match = pattern.search(text, match.start() + (length or 1))


# --- e-mail -----------------------------------------------------------------------------------------

_AT_DOMAIN = re.compile(
    r"(?<=[\w.%+\-])(?:@|%40)(?:[^\W_][\w\-]{0,62}\.){1,10}(?:xn--[a-z0-9\-]{1,59}|[^\W\d_]{2,63})"
)
_LOCAL_PART = re.compile(r"(?:[\w.%+\-]|(?<=\w)'(?=\w))++\Z")
_LONGEST_LOCAL_PART = 64
"""https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1"""


def _emails(text: str) -> Iterator[Extent]:
    """Outward from each @ (or %40, as in a logged URL), so that text without one costs little."""
    end = 0
    for domain in _AT_DOMAIN.finditer(text):
        floor = max(end, domain.start() - _LONGEST_LOCAL_PART)
        local = _LOCAL_PART.search(text[floor : domain.start()])
        name = local[0].lstrip(".-%") if local else ""
        if name:
            end = domain.end()
            yield domain.start() - len(name), end


# --- secrets ----------------------------------------------------------------------------------------

# Each provider documents its prefixes, or the scanner of GitHub knows them:
# https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns
# The web tokens are of RFC 7519; both their parts begin with {" in base64: https://www.rfc-editor.org/rfc/rfc7519
_KEY = re.compile(
    r"""
    (?<![A-Za-z0-9])(?:
        sk-[\w\-]{20,}+                            # OpenAI, Anthropic and those who copied the form
      | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}+                       # Stripe
      | gh[pousr]_[A-Za-z0-9]{36,}+ | github_pat_\w{22,}+                  # GitHub
      | glpat-[\w\-]{20,}+                                                 # GitLab
      | xox[abeoprs]-[A-Za-z0-9\-]{10,}+ | xapp-[A-Za-z0-9\-]{10,}+        # Slack
      | (?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])                           # AWS
      | AIza[\w\-]{35} | ya29\.[\w\-]{20,}+ | GOCSPX-[\w\-]{20,}+          # Google
      | hf_[A-Za-z0-9]{30,}+ | npm_[A-Za-z0-9]{36} | pypi-[\w\-]{50,}+     # package and model registries
      | SG\.[\w\-]{16,64}\.[\w\-]{16,}+ | SK[0-9a-f]{32}                   # SendGrid, Twilio
      | -----BEGIN\ [A-Z0-9 ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----
        (?:[^\-]|-(?!----)){0,20000}  # not possessive: CPython before 3.11.5 steps over the dashes then
        (?:-----END\ [A-Z0-9 ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----)?
    )
    | (?<![\w\-.])eyJ[\w\-]{8,}+\.eyJ[\w\-]{8,}+\.[\w\-]*+                 # JSON web token
    """,
    re.VERBOSE | re.ASCII,
)
_DIGIT = re.compile("[0-9]")


def _api_keys(text: str) -> Iterator[Extent]:
    """Known prefixes; a key has a digit, `sk-learn-and-other-package-names` have none."""
    return (match.span() for match in _KEY.finditer(text) if _DIGIT.search(match[0]) or match[0][0] == "-")


# --- IBAN -------------------------------------------------------------------------------------------

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])(?=(?P<token>[A-Za-z0-9]{15,34}(?![A-Za-z0-9]))?)"
    r"(?P<country>[A-Za-z]{2})[0-9]{2}(?:[ \u00a0\-]?[A-Za-z0-9]){11,30}+"
)
_GAPS = " \u00a0-"
_WITHOUT_GAPS = str.maketrans("", "", _GAPS)
_SHORTEST_IBAN = 15
# Lengths by country, from the IBAN registry; benchmarks/ibans.py has its structures written down a second time.
# https://www.swift.com/standards/data-standards/iban-international-bank-account-number
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in (
        line.split(":")
        for line in (
            "15:NO",
            "16:BE",
            "18:DK FI FK FO GL NL SD",
            "19:MK SI",
            "20:AT BA EE KZ LT LU MN XK",
            "21:CH HR LI LV",
            "22:BG BH CR DE GB GE IE ME RS VA",
            "23:AE GI IL IQ OM SO TL",
            "24:AD CZ ES MD PK RO SA SE SK TN VG",
            "25:LY PT ST",
            "26:IS TR",
            "27:BI DJ FR GR IT MC MR SM",
            "28:AL AZ BY CY DO GT HN HU LB NI PL SV",
            "29:BR EG PS QA UA",
            "30:JO KW MU YE",
            "31:MT SC",
            "32:LC",
            "33:RU",
        )
    )
    for country in countries.split()
}


def _ibans(text: str) -> Iterator[Extent]:
    return _each(_IBAN, text, _iban_in)


def _iban_in(match: re.Match[str]) -> int | None:
    length = _IBAN_LENGTHS.get(match["country"].upper())
    return _iban_end(match[0], length) or _iban_end(match["token"] or "", None)


def _iban_end(candidate: str, length: int | None) -> int | None:
    """Where in `candidate`, which may run on into the next words, a valid IBAN ends. None: all of it counts."""
    compact = candidate.translate(_WITHOUT_GAPS)
    wanted = length or max(len(compact), _SHORTEST_IBAN)
    if wanted > len(compact) or not _mod_97(compact[:wanted]):
        return None
    places = [place for place, character in enumerate(candidate) if character not in _GAPS]
    end = places[wanted - 1] + 1
    inside_a_word = end < len(candidate) and candidate[end] not in _GAPS
    return None if inside_a_word else end


_LETTERS_AS_NUMBERS = {ord(letter): str(int(letter, 36)) for letter in ascii_letters}


def _mod_97(iban: str) -> bool:
    """The country and check digits moved to the end, letters as numbers, remainder 1.

    ISO 13616-1: https://www.iso.org/standard/81090.html
    """
    return int((iban[4:] + iban[:4]).translate(_LETTERS_AS_NUMBERS)) % 97 == 1


# --- payment card -----------------------------------------------------------------------------------

_CARD_SEP = r"[ \u00a0\-]"
_CARD_END = r"(?![0-9A-Za-z]|\.[0-9])"
_CARD = re.compile(
    rf"""(?=[0-9]{{4}})(?<![0-9A-Za-z])(?<![0-9]\.)(?:
        [0-9]{{12,19}}
      | [0-9]{{4}}(?:{_CARD_SEP}[0-9]{{4}}){{3}}
      | [0-9]{{4}}{_CARD_SEP}[0-9]{{6}}{_CARD_SEP}[0-9]{{4,5}}
    ){_CARD_END}""",
    re.VERBOSE,
)
# https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
_BRAND = re.compile(
    r"""4[0-9]{15}(?:[0-9]{3})?                                                     # Visa
      | (?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}  # Mastercard
      | 3[47][0-9]{13}                                                              # American Express
      | 3(?:0[0-5]|[689][0-9])[0-9]{11}                                             # Diners Club
      | (?:6011|64[4-9][0-9]|65[0-9]{2}|62[0-9]{2})[0-9]{12}                        # Discover, UnionPay
      | (?:352[89]|35[3-8][0-9])[0-9]{12} | (?:1800|2131)[0-9]{11}                  # JCB
    """,
    re.VERBOSE,
)
_CARD_CUE = re.compile(r"card|credit|debit|visa|amex|maestro|(?<![a-z])(?:cc|pan)(?![a-z])", re.IGNORECASE)
_CARD_WINDOW = 48


def _cards(text: str) -> Iterator[Extent]:
    return _each(_CARD, text, _card_in)


def _card_in(match: re.Match[str]) -> int | None:
    """Luhn-valid digits of a known brand's form, or of any form after a word for a card."""
    digits = _SEPARATORS.sub("", match[0])
    before = match.string[max(0, match.start() - _CARD_WINDOW) : match.start()]
    believed = (_BRAND.fullmatch(digits) or _CARD_CUE.search(before)) and _luhn(digits)
    return len(match[0]) if believed else None


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def _luhn(digits: str) -> bool:
    """Every second digit from the right doubled, digit sums added, a multiple of ten.

    ISO/IEC 7812-1: https://www.iso.org/standard/70484.html
    """
    codes = digits.encode()
    total = sum(codes[-1::-2]) + sum(codes[-2::-2].translate(_DOUBLED)) - ord("0") * len(codes)
    return total % 10 == 0 and digits.strip("0") != ""


# --- phone ------------------------------------------------------------------------------------------

_SEP = r"[ .\-/\u00a0\u2010-\u2013]"
_EXTENSION = r"(?:[ ]?(?:x|ext\.?)[ ]?[0-9]{1,6})?"
_PHONE_END = r"(?![0-9A-Za-z]|[.\-/:,][0-9])"
_PHONE_START = r"(?=[0-9+(])(?<![0-9A-Za-z_$€£#])(?<![0-9A-Za-z][.\-/_+(])(?<![0-9][:,])"

# An international number has at most 15 digits (https://www.itu.int/rec/T-REC-E.164); in North America, neither the
# area code nor the exchange begins with 0 or 1 (https://en.wikipedia.org/wiki/North_American_Numbering_Plan).
_PLAIN_PHONE = re.compile(
    rf"""{_PHONE_START}(?:
        (?:\+|\(\+|\+\(|00(?=[1-9]))[0-9](?:(?:{_SEP}?\(0\){_SEP}?|{_SEP}?\(|\){_SEP}?|{_SEP})?[0-9]){{7,14}}+
      | (?:1{_SEP})?(?:\([2-9][0-9]{{2}}\)[ ]?|[2-9][0-9]{{2}}[.\- ])[0-9]{{3}}[.\- ][0-9]{{4}}
      | 0[1-9][0-9]{{0,3}}(?:{_SEP}[0-9]{{2,4}}){{2,4}}+
      | \(0[1-9][0-9]{{0,3}}\)[ ]?[0-9]{{2,4}}(?:{_SEP}?[0-9]{{2,4}}){{1,3}}+
      | 0[1-9][0-9]{{1,3}}[\- /][0-9]{{6,8}}
    ){_EXTENSION}{_PHONE_END}""",
    re.VERBOSE,
)
# Beside a cue almost any grouping is a number; a word for another kind of number in between takes it back.
_LOOSE = (
    rf"(?:\+\(|\(\+|\(|\+)?[0-9](?:(?:{_SEP}?\(|\){_SEP}?|{_SEP})?[0-9]){{6,12}}+{_EXTENSION}{_PHONE_END}"
)
_CUED_PHONE = re.compile(
    rf"""(?i:
        (?P<noun>phone|(?<![a-z])(?:tel|telefon|mobile|mob|cell|cellular|landline|fax|desk|hotline|whats\ ?app|sms
            |(?:my|your|his|her|our|their|contact)\ (?:new\ |own\ )?number)(?![a-z]))
      | (?<![a-z])(?:call|dial|ring|text|message|reach|contact|answer)(?:s|ed|ing)?(?![a-z])
    )
    (?P<gap>[^0-9\n+(]{{0,25}}){_PHONE_START}(?P<number>{_LOOSE})""",
    re.VERBOSE,
)
_LABEL = re.compile(r"(?<=[0-9 \-(,])(?:office|fax|mobile|cell|phone|tel|desk)(?![a-z])", re.IGNORECASE)
_LABELLED_PHONE = re.compile(rf"{_PHONE_START}(?P<number>{_LOOSE})[ ]?[\-(,]?[ ]?\Z")
_LABEL_WINDOW = 40
_NEXT_PHONE = re.compile(rf"(?:[ ]?[,;/|&]|[ ](?:or|and))[ ]?(?P<number>{_LOOSE})")
_AT_OR_ON = re.compile(r"(?<![A-Za-z])(?:at|on) \Z", re.IGNORECASE)
_OTHER_NUMBER = re.compile(
    r"(?<![a-z])(?:id|order|account|acct|card|invoice|ticket|case|reference|ref|reservation|booking|flight"
    r"|amount|price|zip|postcode|date|ssn|iban|version|code|usd|eur)(?![a-z])",
    re.IGNORECASE,
)
_DATE = re.compile(r"\(?(?:[0-9]{1,2}[\-./ ][0-9]{1,2}[\-./ ](?:19|20)|(?:19|20))[0-9]{2}(?![0-9])")
_OTHER_FORM = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]{3}-[0-9]{2}-[0-9]{4}")
"""An IPv4 address, a US social security number."""


def _phones(text: str) -> Iterator[Extent]:
    found = sorted(
        {*_plain_phones(text), *_cued_phones(text), *_labelled_phones(text)}, key=_earliest_longest
    )
    end = 0
    for start, stop in found:
        if start >= end:
            yield start, stop
            end = stop


def _earliest_longest(extent: Extent) -> tuple[int, int]:
    return extent[0], -extent[1]


def _plain_phones(text: str) -> Iterator[Extent]:
    """Numbers whose form alone says phone: +, 00 or trunk prefix, or three-three-four."""
    for match in _PLAIN_PHONE.finditer(text):
        if 9 <= _digits(match[0]) <= 21 and not _DATE.match(match[0]) and not _OTHER_FORM.fullmatch(match[0]):
            yield match.span()


def _cued_phones(text: str) -> Iterator[Extent]:
    """Numbers after a word for a phone or for calling, and those listed right after them."""
    for match in _CUED_PHONE.finditer(text):
        clear = match["noun"] or (
            '"' not in match["gap"]  # "text": and "message": are names of fields, not verbs
            and (_AT_OR_ON.search(match["gap"]) or _is_grouped_or_long(match["number"]))
        )
        if not clear or _OTHER_NUMBER.search(match["gap"]) or not _is_phone(match["number"]):
            continue
        yield match.span("number")
        following = _NEXT_PHONE.match(text, match.end())
        while following and _is_phone(following["number"]):
            yield following.span("number")
            following = _NEXT_PHONE.match(text, following.end())


def _is_grouped_or_long(number: str) -> bool:
    return re.search(_SEP, number) is not None or _digits(number) >= 10


def _labelled_phones(text: str) -> Iterator[Extent]:
    """Numbers before a label, as in an address block: `781 1704 office`."""
    for label in _LABEL.finditer(text):
        match = _LABELLED_PHONE.search(text, max(0, label.start() - _LABEL_WINDOW), label.start())
        if match and _is_phone(match["number"]):
            yield match.span("number")


def _is_phone(number: str) -> bool:
    bare = number.partition("x")[0]
    return 7 <= _digits(bare) <= 13 and not _DATE.match(bare) and not _OTHER_FORM.fullmatch(bare)


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


_FINDERS: Mapping[PiiKind, Callable[[str], Iterable[Extent]]] = {
    "api_key": _api_keys,
    "email": _emails,
    "iban": _ibans,
    "card": _cards,
    "phone": _phones,
}
"""Surest first."""
