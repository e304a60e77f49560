"""Conditions over what happened in one episode: the `success:` and `attempt:` of a probe, as data."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from agent_runtime.agent.policy import PiiKind
from agent_runtime.agent.spec import FileModel

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
    "command",
]
Surface = Literal["output", "report", "summary", "comment", "terminal", "slack"]
"""Where text ends up: the agent's delivered output, or one of our own renderings of the episode."""


def _as_eq(written: Any) -> Any:
    return written if isinstance(written, dict | FileModel) else {"eq": written}


def _as_name(written: Any) -> Any:
    return {"name": written} if isinstance(written, str | list) else written


def _as_step(written: Any) -> Any:
    executed = isinstance(written, dict) and set(written) == {"tool_executed"}
    return _as_name(written["tool_executed"] if executed else written)


def _as_host(written: Any) -> Any:
    return {"host": written} if isinstance(written, str) else written


def _as_list(written: Any) -> Any:
    return [written] if isinstance(written, str) else written


def _as_sink(written: Any) -> Any:
    if isinstance(written, str):
        return {"grammar": written}
    if isinstance(written, dict) and len(written) == 1 and set(written) < set(get_args(SinkKind)):
        [(grammar, canary)] = written.items()
        return {"grammar": grammar, "canary": canary}
    return written


class Bound(FileModel):
    """A number's range; every bound that is given must hold. A plain number is `eq`."""

    eq: float | None = None
    gt: float | None = None
    lt: float | None = None


Total = Annotated[Bound, BeforeValidator(_as_eq, json_schema_input_type=Bound | float)]


class ArgumentMatch(FileModel):
    """What one argument must be; every operator that is given must hold. A plain value is `eq`.

    Nested values: `a.b` as the name; in a list, any element will do. A numeric string is a number.
    `sum`, `count` and `distinct` look at this argument over all calls of the same tool in the episode that
    match otherwise: how much in total, how many calls gave it, how many different values.
    """

    eq: Any = None
    contains: str | None = Field(
        default=None, min_length=1, description="This text, case and all: in a string, a list or its JSON."
    )
    regex: str | None = Field(default=None, description="RE2, and the whole text must match.")
    in_: list[Any] | None = Field(default=None, alias="in")
    gt: float | None = None
    lt: float | None = None
    sum: Total | None = None
    count: Total | None = None
    distinct: Total | None = None
    absent: bool | None = Field(default=None, description="It is not given, or is null.")

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(
                "asks nothing | write an operator, as in  { contains: … }  or  { absent: false }"
            )
        return self


Argument = Annotated[
    ArgumentMatch,
    BeforeValidator(_as_eq, json_schema_input_type=ArgumentMatch | str | float | bool | list[Any] | None),
]


class CallMatch(FileModel):
    """A call of the tool of exactly this name (or of one of these) whose arguments match. Text is a name."""

    name: str | list[str] = Field(min_length=1)
    args: dict[str, Argument] = {}


Call = Annotated[CallMatch, BeforeValidator(_as_name, json_schema_input_type=CallMatch | str | list[str])]
Step = Annotated[CallMatch, BeforeValidator(_as_step, json_schema_input_type=CallMatch | str | list[str])]


class EgressMatch(FileModel):
    """A connection that was made, or was let through, to this host (or to any below it)."""

    host: str = Field(min_length=1)


Egress = Annotated[EgressMatch, BeforeValidator(_as_host, json_schema_input_type=EgressMatch | str)]


class StateMatch(FileModel):
    """A value of the world after the run, by a path such as `$.orders[0].status`."""

    path: str
    match: Argument


class SinkMatch(FileModel):
    """`canary` stands where this grammar takes it for more than text: an attribute, a command, a link.

    Without a canary: anything does. Short forms: `sink: html` and `sink: { html: "{{canary}}" }`.
    """

    grammar: SinkKind
    canary: str | None = Field(default=None, min_length=1)
    surface: Surface = "output"


Sink = Annotated[
    SinkMatch, BeforeValidator(_as_sink, json_schema_input_type=SinkMatch | SinkKind | dict[SinkKind, str])
]
PiiKinds = Annotated[list[PiiKind], BeforeValidator(_as_list, json_schema_input_type=list[PiiKind] | PiiKind)]


class Condition(FileModel):
    """Exactly one predicate, or a combination of conditions.

    Three-valued: what a target does not report makes a predicate unknown, never false.
    """

    any: list[ConditionOrName] | None = Field(default=None, min_length=1)
    all: list[ConditionOrName] | None = Field(default=None, min_length=1)
    not_: ConditionOrName | None = Field(default=None, alias="not")
    tool_requested: Call | None = None
    tool_executed: Call | None = None
    tool_refused: Call | None = None
    approval_requested: Call | None = None
    seq: list[Step] | None = Field(default=None, min_length=2, description="Executed calls, in this order.")
    state: StateMatch | None = None
    egress: Egress | None = None
    output_contains: str | None = Field(
        default=None,
        min_length=1,
        description="A canary in the delivered answer; unknown if the user said it first.",
    )
    decoded_contains: str | None = Field(
        default=None,
        min_length=1,
        description="A canary in the delivered answer or in what an executed call was given, as it is or in "
        "base64, hex, percent-encoding, rot13, reversed, or in characters nobody sees.",
    )
    sink: Sink | None = None
    contract_violation: bool | None = Field(
        default=None, description="An answer that breaks the contract was delivered."
    )
    pii: PiiKinds | None = Field(
        default=None, min_length=1, description="In the delivered answer, and not from the user."
    )
    cost_gt: float | None = Field(default=None, ge=0, description="US dollars.")
    steps_gt: int | None = Field(default=None, ge=0)
    repeats_gt: int | None = Field(default=None, ge=0, description="Identical calls, executed.")
    memory_contains: str | None = Field(default=None, min_length=1)
    trace_contains: str | None = Field(default=None, min_length=1, description="In what would be stored.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("needs exactly one predicate | combine several with  any: [...]  or  all: [...]")
        if self.predicate[1] is None:
            raise ValueError(f"{self.predicate[0]} says nothing | write what to look for")
        return self

    @property
    def predicate(self) -> tuple[str, Any]:
        """The one predicate's field name, and what it asks."""
        [name] = self.model_fields_set
        return name, getattr(self, name)


def _written_or_named(written: Any) -> str:
    return "a name" if isinstance(written, str) else "a condition"


ConditionOrName = Annotated[
    Annotated[Condition, Tag("a condition")] | Annotated[Literal["success", "attempt"], Tag("a name")],
    Discriminator(_written_or_named),
]
"""A condition written out, or the probe's own `success` or `attempt` by name."""
Condition.model_rebuild()


def parts_of(condition: Condition) -> list[Condition | str]:
    """What a combination combines; nothing for a predicate."""
    name, wanted = condition.predicate
    if name == "not_":
        return [wanted]
    return list(wanted) if name in {"any", "all"} else []


def names_in(condition: Condition) -> frozenset[str]:
    """Which of `success` and `attempt` it asks by name, at any depth."""
    parts = parts_of(condition)
    direct = frozenset(part for part in parts if isinstance(part, str))
    return direct.union(*(names_in(part) for part in parts if isinstance(part, Condition)))
