"""Recorded model answers: one JSON line each in a file made for git, found again by their request.

The file holds no personal data: everything in it is redacted, and so is the request before it is hashed. What
stood in the request is put back into the answer when it is replayed; what the model made up stays a placeholder.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError

from agent_runtime.agent.manifest import Recording, RecordingMode
from agent_runtime.agent.spec import FileModel
from agent_runtime.errors import InvalidInput
from agent_runtime.files.atomic_file import replace_file
from agent_runtime.files.documents import Document, canonical_json, parse, read_jsonl
from agent_runtime.guard.redact import ALL_KINDS, PiiSpan, find_pii
from agent_runtime.models.interface import ModelReply, ModelRequest
from agent_runtime.records import Message, ToolCall, Usage

VERSION = 1
_HEADER = canonical_json({"cassette": VERSION}) + "\n"
_LONGEST_ASKED = 200
"""Characters of a question, for the person who reads the diff. Chosen."""
_PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(kind.upper() for kind in ALL_KINDS)})_\d{{1,9}}\]")


class Header(FileModel):
    """The first line."""

    cassette: Literal[1]


class RecordedCall(FileModel):
    """One tool call of an answer."""

    id: str
    name: str
    arguments: str


class RecordedReply(FileModel):
    """An answer, redacted."""

    text: str
    tool_calls: list[RecordedCall] = []
    input_tokens: int
    output_tokens: int
    latency_ms: float
    finish_reason: str
    model: str = ""
    usage_estimated: bool = False


class Entry(FileModel):
    """One line: the `n`-th answer to the request with this key. `asked` is for people."""

    key: str
    n: int
    asked: str
    reply: RecordedReply


class Scrubber:
    """Takes personal data out of one conversation and puts it back.

    A value is numbered by its first appearance, and a placeholder that stands in the text already counts as a
    value: so a conversation replayed from placeholders is numbered exactly as it was when it was recorded.
    """

    def __init__(self) -> None:
        self._placeholders: dict[tuple[str, str], str] = {}
        self._counts: Counter[str] = Counter()

    def clean(self, text: str) -> str:
        """The text with placeholders."""
        parts: list[str] = []
        done = 0
        for start, end, kind in _values_in(text):
            parts += text[done:start], self._placeholder(kind, text[start:end])
            done = end
        return "".join((*parts, text[done:]))

    def restored(self, text: str) -> str:
        """The text with the values that were cleaned before; a placeholder of anything else stays."""
        values = {placeholder: value for (_, value), placeholder in self._placeholders.items()}
        return _PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), text)

    def _placeholder(self, kind: str, value: str) -> str:
        identity = (kind, value)
        if identity not in self._placeholders:
            self._counts[kind] += 1
            self._placeholders[identity] = f"[{kind.upper()}_{self._counts[kind]}]"
        return self._placeholders[identity]


def _values_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of everything that is, or stands for, personal data; disjoint and in order."""
    marks = [PiiSpan(_kind_of(found[0]), *found.span()) for found in _PLACEHOLDER.finditer(text)]
    # What stands for personal data and looks like some is counted once: the first to begin wins.
    end = 0
    for span in sorted((*find_pii(text, ALL_KINDS), *marks), key=lambda span: span.start):
        if span.start >= end:
            yield span.start, span.end, span.kind
            end = span.end


def _kind_of(placeholder: str) -> Any:
    return placeholder[1:].rpartition("_")[0].lower()


def key_of(request: ModelRequest, scrubber: Scrubber) -> str:
    """What makes two requests the same: 64 hex digits over all that a model is asked, in canonical form.

    Not over the attempt and the time left, which say nothing about the answer.
    """
    asked = {
        "model": request.model,
        "messages": [_message(message, scrubber) for message in request.messages],
        "tools": [[tool.name, tool.description, tool.arguments] for tool in request.tools],
        "temperature": request.temperature,
        "max_output_tokens": request.max_output_tokens,
        "seed": request.seed,
    }
    return hashlib.sha256(canonical_json(asked).encode(errors="replace")).hexdigest()


def _message(message: Message, scrubber: Scrubber) -> list[Any]:
    calls = [[call.id, call.name, scrubber.clean(call.arguments)] for call in message.tool_calls]
    return [message.role, scrubber.clean(message.content), calls, message.tool_call_id]


class Cassette:
    """The recorded answers of one file, opened with `with`.

    While it records, each line is written at once to `FILE.part`; closing it writes FILE anew, sorted by key,
    so that two recordings of the same calls are the same bytes.
    """

    def __init__(self, recording: Recording) -> None:
        """Read what is recorded, unless it is to be recorded anew.

        Raises:
            InvalidInput: the file is no cassette, or is not there to be replayed.
        """
        self.path = recording.path
        self.tape = recording.tape
        self._part = self.path.with_name(f"{self.path.name}.part")
        if self.tape is RecordingMode.REPLAY and not self.path.exists():
            raise _not_there(self.path, self._part)
        keeps = self.tape is not RecordingMode.RECORD and self.path.exists()
        self._entries = _read(self.path) if keeps else {}
        self._asked: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Begin `FILE.part`, so that a folder that cannot be written is known before anything is spent.

        Raises:
            InvalidInput: it cannot be written, or holds what an interrupted recording left.
        """
        if self.tape is RecordingMode.REPLAY:
            return self
        if self._part.exists():
            what = "is what an interrupted recording left, or one that is under way"
            raise InvalidInput.one(self._part, what, f"rename it to {self.path.name}, or delete it")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._part.write_text(_HEADER, encoding="utf-8")
        except OSError as error:
            raise InvalidInput.one(self.path, f"cannot be written: {error.strerror}") from None
        return self

    def __exit__(self, *raised: object) -> None:
        """Write the whole file. If that fails, what was recorded is in `FILE.part`."""
        if self.tape is RecordingMode.REPLAY:
            return
        # Sorted by key: concurrent runs end in any order, and a cassette in git should differ by what changed.
        lines = [_line(self._entries[place]) for place in sorted(self._entries)]
        # Not raised: it would hide what the block raised. FILE.part has every answer; the next start names it.
        with suppress(OSError):
            replace_file(self.path, _HEADER + "".join(lines))
            self._part.unlink()

    def next(self, key: str) -> Entry | None:
        """The next answer to the request with this key; None if there is none."""
        entry = self._entries.get((key, self._asked[key]))
        # Only what was found is counted: after the last answer a live one is recorded as the next.
        self._asked[key] += entry is not None
        return entry

    def add(self, key: str, request: ModelRequest, reply: ModelReply, scrubber: Scrubber) -> None:
        """Keep an answer.

        Raises:
            OSError: it cannot be written.
        """
        n = self._asked[key]
        self._asked[key] += 1
        asked = scrubber.clean(request.messages[-1].content[:_LONGEST_ASKED] if request.messages else "")
        entry = Entry(key=key, n=n, asked=asked, reply=_recorded(reply, scrubber))
        self._entries[key, n] = entry
        with self._part.open("a", encoding="utf-8") as file:
            file.write(_line(entry))


def _not_there(path: Path, part: Path) -> InvalidInput:
    fix = f"{part} is what an interrupted recording left" if part.exists() else f"record it:  --record {path}"
    return InvalidInput.one(path, "is not there to be replayed", fix)


def _read(path: Path) -> dict[tuple[str, int], Entry]:
    head, *lines = read_jsonl(path) or [Document(str(path), None, {})]
    try:
        Header.model_validate(head.data)
    except ValidationError:
        what = f"does not begin as a cassette of version {VERSION}"
        raise InvalidInput.one(path, what, f"record it again:  --record {path}", head.line_of(())) from None
    entries = (parse(line, Entry) for line in lines)
    return {(entry.key, entry.n): entry for entry in entries}


def _line(entry: Entry) -> str:
    return canonical_json(entry.model_dump(mode="json")) + "\n"


def _recorded(reply: ModelReply, scrubber: Scrubber) -> RecordedReply:
    clean = scrubber.clean
    return RecordedReply(
        text=clean(reply.text),
        tool_calls=[
            RecordedCall(id=call.id, name=call.name, arguments=clean(call.arguments))
            for call in reply.tool_calls
        ],
        input_tokens=reply.usage.input_tokens,
        output_tokens=reply.usage.output_tokens,
        latency_ms=reply.latency_ms,
        finish_reason=reply.finish_reason,
        model=reply.model,
        usage_estimated=reply.usage_estimated,
    )


def reply_of(entry: Entry, scrubber: Scrubber) -> ModelReply:
    """The answer as the model gave it, with the conversation's own values."""
    recorded, restored = entry.reply, scrubber.restored
    return ModelReply(
        text=restored(recorded.text),
        tool_calls=tuple(
            ToolCall(call.id, call.name, restored(call.arguments)) for call in recorded.tool_calls
        ),
        usage=Usage(recorded.input_tokens, recorded.output_tokens),
        latency_ms=recorded.latency_ms,
        finish_reason=recorded.finish_reason,
        model=recorded.model,
        usage_estimated=recorded.usage_estimated,
    )
