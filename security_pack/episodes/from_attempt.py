"""What an agent that is not ours reports -> what predicates may judge. What it does not report stays unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from evals.results.records import Attempt, ObservedCall
from security_pack.episodes.episode import CallStatus, Contact, Episode, SeenCall

TOOL_CALLS = "tool calls"


def foreign_episode(attempt: Attempt, prompts: Sequence[str], *, tools_known: bool) -> Episode:
    """One conversation, as far as it was reported.

    Args:
        prompts: what the user said, with the payloads that went through the input: repeated, they prove nothing.
        tools_known: False if nobody declared its tools: calls of names that no probe is bound to say nothing.
    """
    reported = attempt.tool_calls if tools_known else None
    return Episode(
        prompts=tuple(prompts),
        calls=None if reported is None else tuple(_seen(call) for call in reported),
        output=_answers(attempt),
        delivered=attempt.output is not None,
        contacts=tuple(_contacts(reported or ())) or None,
        cost_usd=attempt.cost_usd,
    )


def _seen(call: ObservedCall) -> SeenCall:
    status = CallStatus.EXECUTED if call.executed else CallStatus.REFUSED
    return SeenCall(call.name, call.arguments, status=status, approval_requested=None)


def _answers(attempt: Attempt) -> str | None:
    """All that it said, turn by turn: an early answer reached the user too."""
    if attempt.output is None:
        return None
    answers = [event.text for event in attempt.transcript if event.role == "answer"]
    return "\n\n".join(answers) or attempt.output


def _contacts(calls: Sequence[ObservedCall]) -> Iterator[Contact]:
    """Addresses that executed calls were handed. That there are none does not mean that nothing was contacted."""
    for call in calls:
        for value in call.arguments.values() if call.executed else ():
            if isinstance(value, str) and (host := _host(value)):
                yield Contact(host, value, allowed=True)


def _host(text: str) -> str:
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in {"http", "https"} else ""
