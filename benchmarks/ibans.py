"""Account numbers made up for the benchmark: every country of the IBAN registry, in sentences, beside decoys.

The structures are written down here from the registry, not taken from the detector, so that a wrong length
in one of them shows. All numbers are random; none is known to be an account.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from string import ascii_uppercase, digits
from typing import Any

# Country: lengths of the parts after the check digits; n digits, a capitals, c either.
STRUCTURES: dict[str, str] = dict(
    re.findall(
        r"(\w\w):(\w+)",
        """
    AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n BR:23n1a1c BY:4c4n16c CH:5n12c
    CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n EG:25n ES:20n FI:14n FK:2a12n FO:14n FR:10n11c2n
    GB:4a14n GE:2a16n GI:4a15c GL:14n GR:7n16c GT:4c20c HN:4a20n HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n
    IT:1a10n12c JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n MC:10n11c2n
    MD:2c18c ME:18n MK:3n10c2n MN:16n MR:23n MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n NO:11n OM:3n16c PK:4a16c PL:24n
    PS:4a21c PT:21n QA:4a21c RO:4a16c RS:18n RU:14n15c SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n SK:20n SM:1a10n12c
    SO:19n ST:21n SV:4a20n TL:19n TN:20n TR:6n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c
    """,
    )
)
_LETTERS = {"n": digits, "a": ascii_uppercase, "c": ascii_uppercase + digits}

_FORMS: tuple[Callable[[str], str], ...] = (
    str,
    str.lower,
    lambda iban: " ".join(re.findall(".{1,4}", iban)),
    lambda iban: "-".join(re.findall(".{1,4}", iban)),
)
_SENTENCES = (
    "Please pay into {} by Friday.",
    '{{"iban":"{}","amount":15}}',
    "IBAN:{}\nBIC: DEUTDEFF",
    "My account {} NEEDS TO BE CLOSED",
    "refund to {}, not to my old one",
    "{}",
)


def iban_rows(seed: int = 1) -> Iterator[dict[str, Any]]:
    """Labelled rows: each country in every form, each followed by the same text with wrong check digits."""
    dice = random.Random(seed)
    for country, structure in STRUCTURES.items():
        for form in _FORMS:
            iban = _iban(country, structure, dice)
            sentence = dice.choice(_SENTENCES)
            yield _row(sentence, form(iban), found=True)
            yield _row(sentence, form(_spoilt(iban, dice)), found=False)


def _iban(country: str, structure: str, dice: random.Random) -> str:
    parts = re.findall(r"(\d+)([nac])", structure)
    bban = "".join(dice.choice(_LETTERS[kind]) for length, kind in parts for _ in range(int(length)))
    remainder = int("".join(str(int(mark, 36)) for mark in f"{bban}{country}00")) % 97
    return f"{country}{98 - remainder:02}{bban}"


def _spoilt(iban: str, dice: random.Random) -> str:
    wrong = (int(iban[2:4]) + dice.randrange(1, 96)) % 97
    return f"{iban[:2]}{wrong:02}{iban[4:]}"


def _row(sentence: str, written: str, *, found: bool) -> dict[str, Any]:
    before, _, _ = sentence.partition("{}")
    start = len(before.replace("{{", "{"))
    return {
        "text": sentence.format(written),
        "spans": [["IBAN_CODE", start, start + len(written)]] if found else [],
    }
