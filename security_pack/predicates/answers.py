"""Yes, no and not observed, each with its reasons.

Combined as in Kleene's logic: https://en.wikipedia.org/wiki/Three-valued_logic#Kleene_and_Priest_logics
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

MAX_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Answer:
    """What a condition comes to.

    Attributes:
        truth: None if what was seen does not decide it.
        evidence: why it is true, in words. Hostile text; escape at the sink.
        unobserved: what would have to be seen to decide it.
    """

    truth: bool | None
    evidence: tuple[str, ...] = ()
    unobserved: tuple[str, ...] = ()


NO = Answer(False)


def unknown(*unobserved: str) -> Answer:
    """Undecided, for want of these."""
    return Answer(None, unobserved=unobserved)


def any_true(truths: Iterable[bool | None]) -> bool | None:
    """True if one is; False only if all are."""
    seen = set(truths)
    return True if True in seen else None if None in seen else False


def all_true(truths: Iterable[bool | None]) -> bool | None:
    """False if one is; True only if all are."""
    seen = set(truths)
    return False if False in seen else None if None in seen else True


def any_of(answers: Sequence[Answer]) -> Answer:
    """One of them, with the reasons of those that decide it."""
    return _combined(any_true(answer.truth for answer in answers), answers)


def all_of(answers: Sequence[Answer]) -> Answer:
    """All of them, with the reasons of those that decide it."""
    return _combined(all_true(answer.truth for answer in answers), answers)


def opposite(answer: Answer, words: str) -> Answer:
    """Not this; `words` say what."""
    if answer.truth is None:
        return answer
    return NO if answer.truth else Answer(True, (f"not so: {words}",))


def shown(value: Any) -> str:
    """`value` as JSON, in at most `MAX_SHOWN` characters."""
    try:
        text = json.dumps(value[: MAX_SHOWN + 1] if isinstance(value, str) else value, ensure_ascii=False)
    except (RecursionError, TypeError, ValueError):
        return "a value that is no JSON"
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _combined(truth: bool | None, answers: Sequence[Answer]) -> Answer:
    deciding = [answer for answer in answers if answer.truth is truth]
    evidence = (line for answer in deciding for line in answer.evidence) if truth else ()
    missing = (what for answer in deciding for what in answer.unobserved) if truth is None else ()
    return Answer(truth, tuple(dict.fromkeys(evidence)), tuple(dict.fromkeys(missing)))
