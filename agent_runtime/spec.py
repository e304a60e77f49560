"""agent.yaml: what the agent is (model, prompt, tools, limits)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DEFAULT_PROMPT = (
    "You are a careful assistant. Use the tools you are given, one step at a time, "
    "and answer with the result only."
)


class Written(BaseModel):
    """Base of everything a person writes in a file: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Verb(StrEnum):
    """What a tool may do to the world. Everything but `read` changes it."""

    READ = "read"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    SEND = "send"
    PAY = "pay"


HTTP_VERBS = {
    "GET": Verb.READ,
    "HEAD": Verb.READ,
    "POST": Verb.CREATE,
    "PUT": Verb.UPDATE,
    "PATCH": Verb.UPDATE,
    "DELETE": Verb.DELETE,
}
"""What an HTTP method means, whatever the file says it may do."""


class HttpCall(Written):
    """A tool that is one HTTP request. Strings may hold `{{ argument }}`; header values also `${ENV_NAME}`."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str
    headers: dict[str, str] = {}
    body: Any = Field(
        default=None, description="JSON template; default: the arguments, for POST, PUT, PATCH."
    )
    timeout_seconds: float = Field(default=30, gt=0, le=600)


def _names_a_function(value: str) -> str:
    file, _, function = value.partition(":")
    if not (file.endswith(".py") and function.isidentifier()):
        raise ValueError(f"'{value}' does not name a function | write  tools/file.py:function")
    return value


FunctionReference = Annotated[str, AfterValidator(_names_a_function)]
"""`file.py:function`"""


class Implementation(Written):
    """Where a tool's code is: exactly one of the kinds."""

    python: FunctionReference | None = Field(
        default=None, description="file.py:function, relative to agent.yaml"
    )
    http: HttpCall | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set & {"python", "http"}) != 1:
            raise ValueError(
                'needs exactly one kind | write  { python: "tools/file.py:function" }  or  { http: { url: … } }'
            )
        return self


class Approval(Written):
    """Whether a person must agree to each call."""

    required: bool = True


class ToolSpec(Written):
    """One tool: what it may do, how it is called, and what evals run in its place."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.\-]{0,63}$")
    allow: list[Verb] = Field(min_length=1)
    approval: Approval | None = None
    description: str = ""
    implementation: Implementation | None = None
    arguments: dict[str, Any] | None = Field(
        default=None, description="JSON Schema (2020-12) of the arguments."
    )
    eval: Implementation | None = Field(default=None, description="What evals and probes run instead.")
    idempotency: Literal["key", "natural", "none"] = "none"

    @property
    def read_only(self) -> bool:
        """True if no verb of it changes the world."""
        return set(self.allow) == {Verb.READ}

    @property
    def needs_approval(self) -> bool:
        """True if a person must agree before each call."""
        return self.approval is not None and self.approval.required


class Critic(Written):
    """A second model that judges the answer. Default: none; contract and tool errors are checked anyway."""

    model: str | None = None


def _as_band(value: Any) -> Any:
    return [value, value] if isinstance(value, int | float) and not isinstance(value, bool) else value


Temperature = Annotated[float, Field(ge=0, le=2)]
ModelName = Annotated[
    str, Field(pattern=r"^[a-z0-9_]+:\S+$", description="provider:model; sim:FILE needs no key")
]


class AgentSpec(Written):
    """The agent: its model, prompt, tools and limits."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,99}$")
    model: ModelName
    base_url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    prompt: str = DEFAULT_PROMPT
    temperature: Annotated[tuple[Temperature, Temperature], BeforeValidator(_as_band)] = (0.0, 0.0)
    max_output_tokens: int = Field(default=1024, gt=0, le=1_000_000)
    max_steps: int = Field(default=8, gt=0, le=1000, description="Model calls a run may make.")
    timeout_seconds: float = Field(default=120, gt=0, le=86_400)
    critic: Critic = Critic()
    tools: list[ToolSpec] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        low, high = self.temperature
        if low > high:
            raise ValueError(f"temperature goes from {low} down to {high} | write [low, high]")
        names = [tool.name for tool in self.tools]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"tool '{twice[0]}' is declared twice | keep one")
        return self

    @property
    def provider(self) -> str:
        """The part of `model` before the colon."""
        return self.model.partition(":")[0]

    @property
    def simulated(self) -> bool:
        """True if no real model answers."""
        return self.provider == "sim"

    def tool(self, name: str) -> ToolSpec | None:
        """The tool of exactly this name."""
        return next((tool for tool in self.tools if tool.name == name), None)


class AgentFile(Written):
    """agent.yaml"""

    agent: AgentSpec
