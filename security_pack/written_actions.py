"""Calls that an agent writes as text, in the words of Agent Security Bench:

    [Action]: I will call the NAME with the params as None;[Observation]: The knowledge I get from NAME is: …

A plan comes first, and nothing else is ever said; so a text that only talks of calling a tool is none of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from security_pack.episodes.episode import CallStatus, SeenCall

_PLAN = "[Thinking]: The workflow generated for the problem is "
_ACTION = "[Action]: I will call the "
_CALL = re.compile(r"I will call the (\S+) with the params as ([^;]*);?")
_RESULT = re.compile(r"The knowledge I get from (\S+) is:")


def is_written_in_actions(texts: Sequence[str]) -> bool:
    """Whether an agent's texts are a plan and then actions, and nothing else."""
    said = [text for text in texts if text]
    return (
        len(said) > 0
        and said[0].startswith(_PLAN)
        and all(text.startswith((_PLAN, _ACTION)) for text in said)
    )


def written_calls(text: str) -> Iterator[SeenCall]:
    """The calls of one text. Without an observation, what became of a call is unknown."""
    if not text.startswith(_ACTION):
        return
    asked, _, observed = text.partition("[Observation]")
    results = dict(_results(observed))
    for name, arguments in _CALL.findall(asked):
        result = results.get(name)
        yield SeenCall(
            name,
            {} if arguments.strip() in {"None", "{}", ""} else None,
            arguments,
            fate=CallStatus.EXECUTED if result else None,
            asked=None,
            result=result,
        )


def _results(observed: str) -> Iterator[tuple[str, str]]:
    found = list(_RESULT.finditer(observed))
    for at, match in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(observed)
        yield match[1], observed[match.end() : end].strip(" ;")
