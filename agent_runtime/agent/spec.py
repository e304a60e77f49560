"""agent.yaml: what the agent is (model, prompt, tools, limits)."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DEFAULT_PROMPT = (
    "You are a careful assistant. Use the tools you are given, one step at a time, "
    "and answer with the result only."
)


class FileModel(BaseModel):
    """Base of everything a person writes in a file: unknown keys are refused, values never change.

    Its validator is built at the first file that is read: most commands import many of these and read a few.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


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
"""What an HTTP method means, whatever the file says it may do.

https://www.rfc-editor.org/rfc/rfc9110#section-9.3, and for PATCH https://www.rfc-editor.org/rfc/rfc5789
"""


class HttpCall(FileModel):
    """A tool that is one HTTP request. Strings may hold `{{ argument }}`; header values also `${ENV_NAME}`."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str
    headers: dict[str, str] = {}
    body: Any = Field(
        default=None, description="JSON template; default: the arguments, for POST, PUT, PATCH."
    )
    timeout_seconds: float = Field(default=30, gt=0, le=600)


class McpTool(FileModel):
    """One tool of an MCP server: of a command that speaks MCP on stdin and stdout, or of a URL (streamable
    HTTP). Values of `env` and `headers` may hold `${ENV_NAME}`."""

    command: str | None = Field(default=None, description="Run in agent.yaml's folder, without a shell.")
    url: str | None = Field(default=None, pattern=r"^https?://\S+$")
    tool: str = Field(min_length=1, max_length=256, description="Its name on the server.")
    pin: str | None = Field(
        default=None,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="Hash of the name, description and arguments that were reviewed: agentcrewops agent mcp pin.",
    )
    env: dict[str, str] = Field(default={}, description="Added to the few variables a command inherits.")
    headers: dict[str, str] = {}
    timeout_seconds: float = Field(default=30, gt=0, le=600)

    @model_validator(mode="after")
    def _one_server(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError('needs a command or a url | write  command: "python server.py"')
        if self.command is not None:
            _split_command(self.command)
        misplaced, belongs = ("headers", "a url") if self.command is not None else ("env", "a command")
        if getattr(self, misplaced):
            raise ValueError(f"{misplaced} belongs to {belongs} | remove it")
        return self

    @property
    def words(self) -> list[str]:
        """The command, split as a shell would."""
        return _split_command(self.command or "")


def _split_command(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"command cannot be split into words: {error} | close the quotes") from None
    if not words:
        raise ValueError('command is empty | write  command: "python server.py"')
    return words


class OpenApiCall(FileModel):
    """A tool that is one operation of an OpenAPI 3 document. Header values may hold `${ENV_NAME}`."""

    spec: str = Field(description="The document, YAML or JSON, relative to agent.yaml.")
    operation: str = Field(min_length=1, description="Its operationId.")
    server: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="Default: the document's first server."
    )
    headers: dict[str, str] = {}
    timeout_seconds: float = Field(default=30, gt=0, le=600)


def _names_a_function(value: str) -> str:
    file, _, function = value.partition(":")
    if not (file.endswith(".py") and function.isidentifier()):
        raise ValueError(f"'{value}' does not name a function | write  tools/file.py:function")
    return value


FunctionReference = Annotated[str, AfterValidator(_names_a_function)]
"""`file.py:function`"""


class Implementation(FileModel):
    """Where a tool's code is: exactly one of the kinds."""

    python: FunctionReference | None = Field(
        default=None, description="file.py:function, relative to agent.yaml"
    )
    http: HttpCall | None = None
    mcp: McpTool | None = None
    openapi: OpenApiCall | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError(
                "needs exactly one kind of python, http, mcp and openapi"
                ' | write  { python: "tools/file.py:function" }  or  { http: { url: … } }'
            )
        return self


class Approval(FileModel):
    """Whether a person must agree to each call."""

    required: bool = True


class ToolSpec(FileModel):
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


class Critic(FileModel):
    """A second model that judges the answer. Default: none; contract and tool errors are checked anyway."""

    model: str | None = None


def _as_band(value: Any) -> Any:
    return [value, value] if isinstance(value, int | float) and not isinstance(value, bool) else value


Temperature = Annotated[float, Field(ge=0, le=2)]
ModelName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9_]+:\S+$", description="provider:model, as in openai:gpt-4.1-mini or sim:FILE"),
]


class AgentSpec(FileModel):
    """The agent: its model, prompt, tools and limits."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,99}$")
    model: ModelName
    base_url: str | None = Field(
        default=None, pattern=r"^https?://\S+$", description="an address, as in https://llm.internal/v1"
    )
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


class AgentFile(FileModel):
    """agent.yaml"""

    agent: AgentSpec
