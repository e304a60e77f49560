"""A transcript of Agent Security Bench -> messages with tool calls, the form that Guardian reads.

Its agents write their calls as text, and the results in the same text:

    [Action]: I will call the NAME with the params as None;[Observation]: The knowledge I get from NAME is: …

The wording is that of the benchmark's own agent (https://github.com/agiresearch/ASB,
`pyopenagi/agents/react_agent_attack.py`). A plan comes first, and nothing else is ever said; so a text that only
talks of calling a tool is none of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

_PLAN = "[Thinking]: The workflow generated for the problem is "
_ACTION = "[Action]: I will call the "
_CALL = re.compile(r"I will call the (\S+) with the params as ([^;]*);?")
_RESULT = re.compile(r"The knowledge I get from (\S+) is:")

Message = Mapping[str, Any]


def with_tool_calls(messages: Sequence[Message]) -> Sequence[Message]:
    """The same conversation with its written calls as `tool_calls`; as it is if it holds none.

    A call without an observation stays without a result: nobody can tell what became of it.
    """
    if not _is_written_in_actions(messages):
        return messages
    ids = count()
    return [part for message in messages for part in _rewritten(message, ids)]


def _is_written_in_actions(messages: Sequence[Message]) -> bool:
    """Whether the agent's texts are a plan and then actions, and nothing else."""
    agents = [message for message in messages if message["role"] == "assistant"]
    texts = [message["content"] for message in agents if message.get("content")]
    return (
        len(texts) > 0
        and not any(message.get("tool_calls") for message in agents)
        and texts[0].startswith(_PLAN)
        and all(text.startswith((_PLAN, _ACTION)) for text in texts)
    )


def _rewritten(message: Message, ids: Iterator[int]) -> Iterator[Message]:
    """The message; of the agent's only the calls, since its texts are no answers to anybody."""
    if message["role"] != "assistant":
        yield message
        return
    text = message.get("content") or ""
    asked, _, observed = text.partition("[Observation]")
    results = dict(_results(observed))
    for name, arguments in _CALL.findall(asked) if text.startswith(_ACTION) else ():
        call_id = f"call_{next(ids)}"
        written = "{}" if arguments.strip() in {"None", ""} else arguments
        function = {"name": name, "arguments": written}
        yield {"role": "assistant", "content": None, "tool_calls": [{"id": call_id, "function": function}]}
        if results.get(name):
            yield {"role": "tool", "tool_call_id": call_id, "content": results[name]}


def _results(observed: str) -> Iterator[tuple[str, str]]:
    found = list(_RESULT.finditer(observed))
    for at, match in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(observed)
        yield match[1], observed[match.end() : end].strip(" ;")
