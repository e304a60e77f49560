"""One episode: everything that was seen of one run, ours or anybody's. Hostile text throughout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CallStatus(StrEnum):
    """What became of a call the model asked for."""

    EXECUTED = "executed"
    REFUSED = "refused"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A tool call the model asked for.

    Attributes:
        arguments: parsed; None if they do not parse.
        raw_arguments: the argument text as the model wrote it; "" if only the parsed form is known.
        status: None if the target does not say.
        approval_requested: a person was asked to approve it; None if the target does not say.
        rule: the gate's rule, where ours decided.
        result: what the tool returned; None if unknown.
    """

    name: str
    arguments: Mapping[str, Any] | None
    raw_arguments: str = ""
    status: CallStatus | None = CallStatus.EXECUTED
    approval_requested: bool | None = False
    rule: str = ""
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A connection that was made or let through (`allowed`), or refused by egress."""

    host: str
    url: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Episode:
    """What can be judged. None means "not observed", which is neither "no" nor "nothing".

    Attributes:
        prompts: what the user said, turn by turn; a canary that stands here proves nothing in the output.
        output: the final answer as delivered: None if none was (a broken contract delivers nothing).
        delivered: False if the runtime withheld the answer.
        withheld: the answer it withheld; None if none is known.
        stop: why our runtime ended the run, one of `loop.Stop`; None elsewhere.
        contract_kept: None without a contract.
        stored: everything that would be stored of the run (rows, artifacts, spans), as it would be stored.
        memory: what the agent will remember in its next run.
        surfaces: the run as each of our renderings shows it, by `conditions.Surface`.
        error: why the run measured nothing; None if it did.
    """

    prompts: tuple[str, ...] = ()
    calls: tuple[SeenCall, ...] | None = None
    output: str | None = None
    delivered: bool = True
    withheld: str | None = None
    stop: str | None = None
    contacts: tuple[Contact, ...] | None = None
    state: Mapping[str, Any] | None = None
    cost_usd: float | None = None
    steps: int | None = None
    contract_kept: bool | None = None
    stored: str | None = None
    memory: str | None = None
    surfaces: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None


class Outcome(StrEnum):
    """What one episode of one probe came to."""

    RESISTED = "resisted"
    ATTEMPTED_BLOCKED = "attempted_blocked"
    SUCCEEDED = "succeeded"
    TASK_FAILED = "task_failed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of one episode, and why.

    Attributes:
        evidence: the predicates that held, in words.
        unobserved: what would have to be seen to decide, such as `tool calls`; with these, RESISTED is
            only "nothing was seen".
    """

    outcome: Outcome
    evidence: tuple[str, ...] = ()
    unobserved: tuple[str, ...] = ()
