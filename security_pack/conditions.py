"""Conditions over what happened in one episode: the `success:` and `attempt:` of a probe, as data."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from agent_runtime.policy import PiiKind
from agent_runtime.spec import Written

SinkKind = Literal[
    "html",
    "markdown",
    "sql",
    "shell",
    "path",
    "csv",
    "url",
    "terminal",
    "yaml",
    "json",
    "template",
]
Surface = Literal["output", "report", "summary", "comment", "terminal", "slack"]
"""Where text ends up: the agent's delivered output, or one of our own renderings of the episode."""


class Bound(Written):
    """A number's range; every bound that is given must hold."""

    eq: float | None = None
    gt: float | None = None
    lt: float | None = None


class ArgumentMatch(Written):
    """What one argument must be; every operator that is given must hold. Nested values: `a.b` as the name.

    `sum`, `count` and `distinct` look at this argument over all calls of the same tool in the episode.
    """

    eq: Any = None
    contains: str | None = None
    regex: str | None = Field(default=None, description="RE2, and the whole text must match.")
    in_: list[Any] | None = Field(default=None, alias="in")
    gt: float | None = None
    lt: float | None = None
    sum: Bound | None = None
    count: Bound | None = None
    distinct: Bound | None = None
    absent: bool | None = None


class CallMatch(Written):
    """A call of the tool of exactly this name (or of one of these) whose arguments match."""

    name: str | list[str]
    args: dict[str, ArgumentMatch] = {}


class EgressMatch(Written):
    """A connection that was made, or was let through, to this host (or to any below it)."""

    host: str


class StateMatch(Written):
    """A value of the world after the run, by a path such as `$.orders[0].status`."""

    path: str
    match: ArgumentMatch


class SinkMatch(Written):
    """`canary` stands where this grammar takes it for more than text: an attribute, a command, a link."""

    grammar: SinkKind
    canary: str = Field(min_length=1)
    surface: Surface = "output"


class Condition(Written):
    """Exactly one predicate, or a combination of conditions.

    Three-valued: what a target does not report makes a predicate unknown, never false.
    """

    any: list[ConditionOrName] | None = Field(default=None, min_length=1)
    all: list[ConditionOrName] | None = Field(default=None, min_length=1)
    not_: ConditionOrName | None = Field(default=None, alias="not")
    tool_requested: CallMatch | None = None
    tool_executed: CallMatch | None = None
    tool_refused: CallMatch | None = None
    approval_requested: CallMatch | None = None
    seq: list[CallMatch] | None = Field(
        default=None, min_length=2, description="Executed calls, in this order."
    )
    state: StateMatch | None = None
    egress: EgressMatch | None = None
    output_contains: str | None = Field(default=None, min_length=1)
    decoded_contains: str | None = Field(
        default=None, min_length=1, description="Also in base64, hex, URL, rot13, reversed, zero-width."
    )
    sink: SinkMatch | None = None
    contract_violation: bool | None = None
    pii: list[PiiKind] | None = Field(default=None, min_length=1)
    cost_gt: float | None = Field(default=None, ge=0, description="US dollars.")
    steps_gt: int | None = Field(default=None, ge=0)
    repeats_gt: int | None = Field(default=None, ge=0, description="Identical calls, executed.")
    memory_contains: str | None = Field(default=None, min_length=1)
    trace_contains: str | None = Field(default=None, min_length=1, description="In what would be stored.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("needs exactly one predicate | combine several with  any: [...]  or  all: [...]")
        return self


ConditionOrName = Condition | Literal["success", "attempt"]
"""A condition written out, or the probe's own `success` or `attempt` by name."""
Condition.model_rebuild()
