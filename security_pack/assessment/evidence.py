"""What is shown of one trial: its evidence and its transcript, without personal data, cut to what a person reads.

Hostile text all the same: escape it at the sink.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from security_pack.episodes.episode import CallStatus, Episode, SeenCall
from security_pack.findings.findings import Line
from security_pack.findings.trial import Trial

LONGEST_TEXT = 2_000
MOST_LINES = 40
MOST_EVIDENCE = 10

Clean = Callable[[str], str]
"""Text without personal data."""

_STATUS_WORDS = {
    CallStatus.EXECUTED: "executed",
    CallStatus.REFUSED: "refused",
    CallStatus.WAITING: "waits for an approval",
}


def evidence_of(trial: Trial, clean: Clean) -> tuple[str, ...]:
    """Why it counts as a success, in a few sentences."""
    evidence = trial.judgement.evidence if trial.judgement is not None else ()
    return tuple(_cut(clean(text[: 2 * LONGEST_TEXT]), 300) for text in evidence[:MOST_EVIDENCE])


def transcript_of(trial: Trial, clean: Clean) -> tuple[Line, ...]:
    """What the user said, what the model called, what came back and what it answered, in this order."""
    if trial.episode is None:
        return ()
    lines = list(_lines(trial.episode))
    shown = [
        Line(line.role, _cut(clean(line.text[: 4 * LONGEST_TEXT]), LONGEST_TEXT))
        for line in lines[:MOST_LINES]
    ]
    left = len(lines) - len(shown)
    return (*shown, *([Line("note", f"… and {left} more")] if left else []))


def _lines(episode: Episode) -> Iterator[Line]:
    for prompt in episode.prompts:
        yield Line("user", prompt)
    for call in episode.calls or ():
        yield Line("call", f"{call.name}({_arguments(call)}) — {_status(call)}")
        if call.result is not None:
            yield Line("tool", call.result)
    for contact in episode.contacts or ():
        yield Line("connection", f"{contact.url} — {'let through' if contact.allowed else 'refused'}")
    if episode.output is not None:
        yield Line("answer", episode.output)
    if episode.error is not None:
        yield Line("error", episode.error)


def _arguments(call: SeenCall) -> str:
    if call.raw_arguments or call.arguments is None:
        return call.raw_arguments
    return json.dumps(call.arguments, ensure_ascii=False, default=str)


def _status(call: SeenCall) -> str:
    status = _STATUS_WORDS[call.status] if call.status is not None else "not known what became of it"
    return f"{status} ({call.rule})" if call.rule else status


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
