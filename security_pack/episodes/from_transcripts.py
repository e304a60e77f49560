"""Other people's transcripts, one run a line -> episodes. Everything in them is hostile, and they may be large.

Two forms of a line are read:
- `{"messages": [...]}` in OpenAI's style: `tool_calls: [{id, function: {name, arguments: "json"}}]` answered
  by `{role: tool, tool_call_id, content}`; or flatter: `tool_calls: [{function, args}]`, `{role: tool, error}`.
- `{"prompt": …, "calls": [{function, args, error}], "final": …}`: what was executed, and the answer.
A line may also say `id`, `cost_usd` and `state`.

A call whose result is there, and is no error, was executed. After an error, or without a result, nobody can
tell: its status is unknown, which proves neither that it happened nor that it did not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import strict_json
from agent_runtime.files.placeholders import as_text
from security_pack.episodes.episode import CallStatus, Episode, SeenCall

MAX_LINE = 10_000_000
"""Bytes of one run."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """One run of somebody's agent, and the line it stands on (from 1)."""

    line: int
    id: str
    episode: Episode


class _Unusable(ValueError):
    """Why a line cannot be read; what and fix."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix


def read_transcripts(path: Path) -> Iterator[Transcript]:
    """The runs in a JSON Lines file, one at a time; blank lines are skipped.

    Raises:
        InvalidInput: naming the first line that is no transcript, or if there is none at all.
    """
    empty = True
    try:
        with path.open("rb") as file:
            for number, line in _lines(path, file):
                empty = False
                yield _transcript(path, number, line)
    except OSError as error:
        raise InvalidInput.one(path, f"cannot be read: {error.strerror}", "check the path") from None
    if empty:
        raise InvalidInput.one(path, "holds no transcript", 'write one a line:  {"messages": [...]}')


def episode_of(row: Any) -> Episode:
    """One parsed line as an episode.

    Raises:
        ValueError: saying what has the wrong type.
    """
    if isinstance(row, list):
        row = {"messages": row}
    if not isinstance(row, Mapping):
        raise _Unusable("is not a JSON object", 'write  {"messages": [...]}')
    episode = _of_messages(row["messages"]) if "messages" in row else _of_calls(row)
    cost, state = row.get("cost_usd"), row.get("state")
    return replace(
        episode,
        cost_usd=cost if isinstance(cost, int | float) and not isinstance(cost, bool) else None,
        state=state if isinstance(state, Mapping) else None,
    )


def _lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            what = f"is longer than {MAX_LINE // 1_000_000} MB"
            raise InvalidInput.one(path, what, "one run a line; cut its tool results", number)
        if line.strip():
            yield number, line


def _transcript(path: Path, number: int, line: bytes) -> Transcript:
    try:
        row = strict_json(line.decode("utf-8-sig"))
        name = row.get("id") if isinstance(row, Mapping) else None
        return Transcript(number, name if isinstance(name, str) else "", episode_of(row))
    except UnicodeDecodeError as error:
        what, fix = f"is not UTF-8 text (byte {error.start + 1} of the line)", "save it as UTF-8"
    except _Unusable as error:
        what, fix = str(error), error.fix
    except ValueError as error:
        what, fix = f"is not valid JSON: {error}", "one JSON object a line"
    raise InvalidInput.one(path, what, fix, number)


def _of_calls(row: Mapping[str, Any]) -> Episode:
    """The flat form: what was done, in order."""
    if "calls" not in row:
        raise _Unusable("has no messages", 'write  {"messages": [{"role": "user", "content": "…"}, …]}')
    calls = [_call(written, f"calls[{at}]") for at, written in enumerate(_list(row["calls"], "calls"))]
    answered = [
        replace(call, status=None if _failed(written) else CallStatus.EXECUTED)
        for call, written in zip(calls, row["calls"], strict=True)
    ]
    prompt = _text(row.get("prompt"), "prompt")
    final = row.get("final")
    output = None if final is None else _text(final, "final")
    return Episode(prompts=(prompt,) if prompt else (), calls=tuple(answered), output=output)


@dataclass(slots=True)
class _Reading:
    """What the messages said so far."""

    prompts: list[str] = field(default_factory=list)
    calls: list[SeenCall] = field(default_factory=list)
    open: deque[tuple[str, int]] = field(default_factory=deque)
    """Id (or "") and position of each call without a result yet."""
    answers: list[str] = field(default_factory=list)
    answered: bool = False
    steps: int = 0


def _of_messages(written: Any) -> Episode:
    messages = _list(written, "messages")
    reading = _Reading()
    for at, message in enumerate(messages):
        if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
            raise _Unusable(f"messages[{at}] has no role", 'write  {"role": "user", "content": "…"}')
        _read_message(message, reading, f"messages[{at}]")
    return Episode(
        prompts=tuple(reading.prompts),
        calls=tuple(reading.calls) if reading.steps else None,  # no agent in it: nothing was seen
        output=_answer(reading),
        steps=reading.steps,
    )


def _answer(reading: _Reading) -> str | None:
    """All that the user was told; None if the transcript ends before anything was."""
    texts = [text for text in reading.answers if text]
    return "\n\n".join(texts) if texts or reading.answered else None


def _read_message(message: Mapping[str, Any], reading: _Reading, where: str) -> None:
    match message["role"]:
        case "user":
            reading.prompts.append(_text(message.get("content"), f"{where}.content"))
        case "assistant":
            _read_assistant(message, reading, where)
        case "tool" | "function":
            _read_result(message, reading, where)


def _read_assistant(message: Mapping[str, Any], reading: _Reading, where: str) -> None:
    reading.steps += 1
    written = list(_list(message.get("tool_calls") or [], f"{where}.tool_calls"))
    if isinstance(legacy := message.get("function_call"), Mapping):
        written.append(legacy)
    for at, call in enumerate(written):
        name = call.get("id") if isinstance(call, Mapping) else None
        reading.open.append((name if isinstance(name, str) else "", len(reading.calls)))
        reading.calls.append(_call(call, f"{where}.tool_calls[{at}]"))
    reading.answered = not written
    if not written:
        reading.answers.append(_text(message.get("content"), f"{where}.content"))


def _read_result(message: Mapping[str, Any], reading: _Reading, where: str) -> None:
    """The result of the call with its id, else of the oldest open call; a result of no call is not believed."""
    name = message.get("tool_call_id", message.get("id"))
    entry = next((one for one in reading.open if one[0] and one[0] == name), None)
    if entry is None:
        entry = next((one for one in reading.open if not one[0] or name is None), None)
    if entry is None:
        return
    reading.open.remove(entry)
    content = message.get("content")
    result = _text(content, where) if content is None or isinstance(content, list) else as_text(content)
    status = None if _failed(message) else CallStatus.EXECUTED
    reading.calls[entry[1]] = replace(reading.calls[entry[1]], status=status, result=result)


def _failed(written: Mapping[str, Any]) -> bool:
    return bool(written.get("error") or written.get("is_error") or written.get("status") == "error")


def _call(written: Any, where: str) -> SeenCall:
    """A call in any of the forms, its status not known yet."""
    if not isinstance(written, Mapping):
        raise _Unusable(f"{where} is not an object", 'write  {"function": {"name": "…", "arguments": "{…}"}}')
    function = written.get("function")
    inner = function if isinstance(function, Mapping) else written
    name = function if isinstance(function, str) else inner.get("name")
    if not isinstance(name, str) or not name:
        raise _Unusable(
            f"{where} names no function", 'write  {"function": {"name": "…", "arguments": "{…}"}}'
        )
    given: Any = next((inner[key] for key in ("arguments", "args") if inner.get(key) is not None), {})
    arguments, text = _arguments(given)
    return SeenCall(name, arguments, text, status=None, approval_requested=None)


def _arguments(given: Any) -> tuple[Mapping[str, Any] | None, str]:
    """Parsed, and as the model wrote them; what does not parse is the model's mistake, not the file's."""
    if isinstance(given, Mapping):
        return given, ""
    if not isinstance(given, str):
        return None, ""
    try:
        parsed = strict_json(given) if given.strip() else {}
    except ValueError:
        return None, given
    return (parsed if isinstance(parsed, Mapping) else None), given


def _list(written: Any, where: str) -> Sequence[Any]:
    if not isinstance(written, list):
        raise _Unusable(f"{where} is not a list", f'write  "{where.rpartition(".")[2]}": [...]')
    return written


def _text(written: Any, where: str) -> str:
    """Text, or the text parts of a list of parts; nothing is the empty text."""
    if written is None:
        return ""
    if isinstance(written, str):
        return written
    if isinstance(written, list):
        parts = [part.get("text") for part in written if isinstance(part, Mapping)]
        return "\n".join(part for part in parts if isinstance(part, str))
    raise _Unusable(f"{where} is not text", "write a string")
