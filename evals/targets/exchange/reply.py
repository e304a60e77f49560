"""What came back from an endpoint: bytes and response paths in, a Reply out. Pure; every byte is hostile."""

from __future__ import annotations

import json
import math
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_runtime.errors import CrewError
from agent_runtime.files.documents import canonical_json, strict_json
from agent_runtime.files.json_path import MISSING, Steps, look_up, parse_path
from agent_runtime.retry import asked_seconds
from evals.results.records import ObservedCall
from evals.suite.suite_file import HttpTarget

PATH_KEYS = (
    "output",
    "usage",
    "cost_usd",
    "version",
    "response_id",
    "cached",
    "tool_calls",
    "error",
    "trace_url",
)
"""The keys of a target that say where in the answer something is."""

MAX_ANSWER_BYTES = 20_000_000
"""A long answer is stored as a file; a longer one than this is not taken as an answer."""

_RETRYABLE = frozenset({408, 425, 429})
"""Besides 5xx. Timeout (RFC 9110, https://www.rfc-editor.org/rfc/rfc9110#section-15.5.9), Too Early (RFC 8470,
https://www.rfc-editor.org/rfc/rfc8470#section-5.2), Too Many Requests (RFC 6585,
https://www.rfc-editor.org/rfc/rfc6585#section-4)."""
_OVERLOADED = frozenset({429, 529})
"""Too many requests; 529 is Anthropic's overloaded_error: https://docs.anthropic.com/en/api/errors"""
_EX_TEMPFAIL = 75
"""A later try may succeed: https://man.openbsd.org/sysexits.3"""
_SHELL_FOUND_NO_PROGRAM = frozenset({126, 127})
"""Exit codes of a shell for a program that may not be executed, or is not there:
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02"""
_SENT_BY_OTHERS = frozenset({signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM})
_MAX_LABEL = 200
_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f\"'<>\\]{1,2000}")


class UnusableAnswer(CrewError):
    """The agent did not answer: the infrastructure failed, or the target is described wrongly.

    Attributes:
        retryable: the same request may succeed later.
        retry_after: seconds the endpoint asked to wait, None if it did not.
        throttled: the endpoint answers fewer requests than it gets.
    """

    exit_code = 3

    def __init__(
        self, what: str, *, retryable: bool, retry_after: float | None = None, throttled: bool = False
    ) -> None:
        super().__init__(what)
        self.retryable = retryable
        self.retry_after = retry_after
        self.throttled = throttled


@dataclass(frozen=True, slots=True)
class Received:
    """One HTTP answer as it came, the body already capped in size."""

    status: int
    content_type: str
    body: bytes
    location: str = ""
    retry_after: str = ""


@dataclass(frozen=True, slots=True)
class ReplyPaths:
    """Where in the answer each thing is; None for what the target does not report."""

    output: Steps
    usage: Steps | None = None
    cost_usd: Steps | None = None
    version: Steps | None = None
    response_id: Steps | None = None
    cached: Steps | None = None
    tool_calls: Steps | None = None
    error: Steps | None = None
    trace_url: Steps | None = None
    written_output: str = "$"

    @classmethod
    def of(cls, written: HttpTarget) -> ReplyPaths:
        """The paths of a target. `trace_url` is one only if it starts with $; else it is a template.

        Raises:
            ValueError: if one is not a path.
        """
        optional = {key: getattr(written, key) for key in PATH_KEYS if key != "output"}
        paths: dict[str, Any] = {
            key: parse_path(path) for key, path in optional.items() if path is not None and path[:1] == "$"
        }
        return cls(parse_path(written.output), written_output=written.output, **paths)


_OWN: dict[str, Any] = {key: (key,) for key in PATH_KEYS}
OWN_PATHS = ReplyPaths(**_OWN)
"""Where each thing is in an answer in our own form: at its name."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent answered to one request.

    Attributes:
        output: text as it is, anything else as canonical JSON; None if the agent answered null, or failed.
        error: the error that the agent reported; None if none.
    """

    output: str | None
    error: str | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    version: str | None = None
    response_id: str | None = None
    cached: bool = False
    tool_calls: tuple[ObservedCall, ...] | None = None
    trace_url: str | None = None


def read_reply(received: Received, paths: ReplyPaths, now: float) -> Reply:
    """The reply in an HTTP answer; `now` is seconds since the epoch, for a Retry-After date.

    Raises:
        UnusableAnswer: for any status but 2xx, and for a 2xx that is not JSON with an output in it.
    """
    _refuse_status(received, now)
    reply = _reply_in(_data(received), paths)
    if reply is None:
        what = (
            f"answered {received.status}, but nothing is at the path of the output ({paths.written_output}): "
            f"{beginning(received.body)}"
        )
        raise UnusableAnswer(what, retryable=False)
    return reply


def read_own(body: bytes) -> Reply:
    """The reply of an agent that answers in our own form: JSON text, null, or an object with `output` or `error`.

    Raises:
        UnusableAnswer: for anything else.
    """
    if len(body) > MAX_ANSWER_BYTES:
        raise too_large()
    try:
        data = _json(body)
    except ValueError as error:
        what = f"the answer is not one JSON document ({error}): {beginning(body)}"
        raise UnusableAnswer(what, retryable=False) from None
    if data is None or isinstance(data, str):
        return Reply(output=data)
    reply = _reply_in(data, OWN_PATHS) if isinstance(data, dict) else None
    if reply is None:
        what = f"the answer is neither text nor an object with 'output': {beginning(body)}"
        raise UnusableAnswer(what, retryable=False)
    return reply


def read_text(body: bytes) -> Reply:
    """The reply that is all of the body, as it is.

    Raises:
        UnusableAnswer: if it is not UTF-8.
    """
    try:
        return Reply(output=body.decode("utf-8"))
    except UnicodeDecodeError:
        raise UnusableAnswer(f"the answer is not UTF-8: {beginning(body)}", retryable=False) from None


def read_exception(raised: Mapping[str, Any]) -> Reply:
    """What the agent's own code raised, as `python_worker.exception_report` describes it: the agent failed.

    Raises:
        UnusableAnswer: if it was a provider that failed, or refused.
    """
    if raised["outage"]:
        raise UnusableAnswer(
            raised["what"],
            retryable=raised["retryable"],
            retry_after=_amount(raised["retry_after"]),
            throttled=raised["status"] in _OVERLOADED,
        )
    return Reply(output=None, error=raised["what"])


def read_exit(code: int, last_output: str) -> Reply:
    """The reply of a process that ended without an answer: its agent failed.

    Args:
        code: as subprocess gives it: a signal is negative.
        last_output: the end of what it printed.

    Raises:
        UnusableAnswer: if somebody else ended it, its shell found no program, or it says itself that a later
            try may succeed (75, EX_TEMPFAIL).
    """
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    what = f"the agent {how}; the last it printed: {last_output or '(nothing)'}"
    if code == _EX_TEMPFAIL or -code in _SENT_BY_OTHERS:
        raise UnusableAnswer(what, retryable=True)
    if code in _SHELL_FOUND_NO_PROGRAM:
        raise UnusableAnswer(what, retryable=False)
    return Reply(output=None, error=what)


def too_large() -> UnusableAnswer:
    """The error for an answer beyond `MAX_ANSWER_BYTES`."""
    return UnusableAnswer(f"answered with more than {MAX_ANSWER_BYTES // 1_000_000} MB", retryable=False)


def tokens_of(usage: Any) -> int | None:
    """Tokens in a usage value: a number, or an object in one of the customary forms; None if neither."""
    if not isinstance(usage, Mapping):
        count = _amount(usage)
        return None if count is None else round(count)
    # OpenAI: https://platform.openai.com/docs/api-reference/chat/object (prompt_, completion_, total_tokens),
    # Anthropic: https://docs.anthropic.com/en/api/messages (input_, output_tokens)
    for names in (
        ("total_tokens",),
        ("tokens",),
        ("input_tokens", "output_tokens"),
        ("prompt_tokens", "completion_tokens"),
    ):
        counts = [count for name in names if (count := _amount(usage.get(name))) is not None]
        if len(counts) == len(names):
            return round(sum(counts))
    return None


def tool_calls_of(listed: Any) -> tuple[ObservedCall, ...] | None:
    """The calls in a list of {name, arguments, executed?} or of OpenAI's tool calls; null means none.

    OpenAI's form: https://platform.openai.com/docs/api-reference/chat/object

    None if the list cannot be read, or is not there: silence must not pass for "no tool was called".
    """
    if listed is None:
        return ()
    if not isinstance(listed, list):
        return None
    calls = [_tool_call(item) for item in listed]
    read = tuple(call for call in calls if call is not None)
    return read if len(read) == len(calls) else None


def _refuse_status(received: Received, now: float) -> None:
    status = received.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        what = f"answered {status}, a redirect to {received.location[:_MAX_LABEL] or 'nowhere'}; "
        raise UnusableAnswer(
            what + "redirects are not followed: write the final address as url", retryable=False
        )
    raise UnusableAnswer(
        f"answered {status}: {beginning(received.body)}",
        retryable=status >= 500 or status in _RETRYABLE,
        retry_after=asked_seconds(received.retry_after, now),
        throttled=status in _OVERLOADED,
    )


def _data(received: Received) -> Any:
    try:
        return _json(received.body)
    except ValueError as error:
        kind = received.content_type or "no content type"
        what = f"answered {received.status} with {kind}, not JSON ({error}): {beginning(received.body)}"
        raise UnusableAnswer(what, retryable=False) from None


def _json(body: bytes) -> Any:
    """The data in a body.

    Raises:
        ValueError: saying why there is none.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    data = strict_json(text)
    return _without_lone_surrogates(data) if "\\u" in text else data


def _without_lone_surrogates(data: Any) -> Any:
    r"""The same data with half characters such as "\ud800", which no file can hold, replaced."""
    text = json.dumps(data, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    return data


def _reply_in(data: Any, paths: ReplyPaths) -> Reply | None:
    """The reply in an answer; None if there is neither an output nor an error."""
    failed = _at(data, paths.error)
    if failed is not None:
        return _reply(data, paths, output=None, error=_text(failed))
    output = look_up(data, paths.output)
    if output is MISSING:
        return None
    return _reply(data, paths, output=None if output is None else _text(output), error=None)


def _reply(data: Any, paths: ReplyPaths, *, output: str | None, error: str | None) -> Reply:
    return Reply(
        output=output,
        error=error,
        tokens=tokens_of(_at(data, paths.usage)),
        cost_usd=_amount(_at(data, paths.cost_usd)),
        version=_label(_at(data, paths.version)),
        response_id=_label(_at(data, paths.response_id)),
        cached=_at(data, paths.cached) is True,
        tool_calls=None if paths.tool_calls is None else tool_calls_of(look_up(data, paths.tool_calls)),
        trace_url=_web_address(_at(data, paths.trace_url)),
    )


def _at(data: Any, steps: Steps | None) -> Any:
    """The value at `steps`; None if there is none, or no such path was given."""
    if steps is None:
        return None
    found = look_up(data, steps)
    return None if found is MISSING else found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _amount(value: Any) -> float | None:
    """A finite number that is not negative; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _label(value: Any) -> str | None:
    return None if value is None else _text(value)[:_MAX_LABEL]


def _web_address(value: Any) -> str | None:
    """A link that is safe to follow: http or https, nothing a page could be broken with."""
    return value if isinstance(value, str) and _WEB_ADDRESS.fullmatch(value) else None


def _tool_call(item: Any) -> ObservedCall | None:
    if not isinstance(item, Mapping):
        return None
    function = item.get("function")
    named: Mapping[str, Any] = function if isinstance(function, Mapping) else item
    name, arguments = named.get("name"), _arguments(named.get("arguments"))
    if not isinstance(name, str) or arguments is None:
        return None
    return ObservedCall(name[:_MAX_LABEL], arguments, executed=item.get("executed") is not False)


def _arguments(written: Any) -> Mapping[str, Any] | None:
    """Arguments as an object; models write them as JSON text, some endpoints leave them out."""
    if isinstance(written, str):
        try:
            written = strict_json(written) if written.strip() else {}
        except ValueError:
            return None
    if written is None:
        return {}
    return written if isinstance(written, dict) else None


def beginning(body: bytes) -> str:
    """The first characters of an answer, on one line, for an error message."""
    text = " ".join(body[: 4 * _MAX_LABEL].decode("utf-8", "replace").split())
    return (text[:_MAX_LABEL] + "…" if len(text) > _MAX_LABEL else text) or "an empty body"
