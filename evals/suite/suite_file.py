"""`suite.yaml` as people write it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from agent_runtime.agent.spec import FileModel, FunctionReference, ToolSpec

PROCESSES = Field(
    default=None, ge=1, le=2000, description="How many at the same time; default: four a processor core."
)


SUITE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._\-]{0,99}$"
"""It becomes part of file names."""


Evaluator = str | list[str | dict[str, Any]] | dict[str, Any]


def _form(value: Any) -> str:
    """The form of a value that may be a list or a text, so that errors are reported for that form alone."""
    return "list" if isinstance(value, list) else "text"


Part = TypeVar("Part")


ListOrText = Annotated[Annotated[list[Part], Tag("list")] | Annotated[str, Tag("text")], Discriminator(_form)]


class MessageSpec(FileModel):
    """One message of a conversation given as input."""

    role: Literal["system", "user", "assistant"]
    content: str


class RuntimeTarget(FileModel):
    """Our own runtime."""

    in_words: ClassVar = "an agent of our own runtime"

    agent: str = "agent.yaml"
    policy: str = "policy.yaml"


class HttpTarget(FileModel):
    """Any HTTP endpoint. Strings in url, headers and body may hold {{ input }}, {{ messages }}, {{ case_id }},
    {{ sample_index }}, {{ seed }}, {{ stubs }}, {{ trace_id }} and {{ session_id }}; headers also ${ENV_NAME}.
    {{ stubs }} is what tools return in this case, by their names. Response paths start with $. A case with turns
    makes one request a turn: with {{ messages }} in the request the whole conversation is sent each time, else each
    turn is {{ input }} and {{ session_id }} stays the same."""

    in_words: ClassVar = "an HTTP endpoint"

    url: str = Field(
        pattern=r"^https?://(\{\{\s*\w+\s*\}\}|\S)+$",
        description="an address, as in http://127.0.0.1:8000/run",
    )
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = {}
    body: Any = Field(default_factory=lambda: {"input": "{{ input }}"})
    output: str = "$.output"
    usage: str | None = None
    cost_usd: str | None = None
    version: str | None = None
    response_id: str | None = None
    cached: str | None = None
    tool_calls: str | None = None
    error: str | None = Field(
        default=None, description="A path that is null or absent unless the agent failed."
    )
    trace_url: str | None = None
    start: str | None = Field(
        default=None, description="Command that serves the endpoint; stopped afterwards."
    )
    ready: str | None = Field(default=None, description="Path or URL that answers 2xx once it serves.")
    ready_seconds: float = Field(default=60, gt=0, le=3600)
    timeout_seconds: float = Field(default=120, gt=0, le=86_400)
    simulated: bool = Field(default=False, description="True if no real model is behind the endpoint.")


class PythonTarget(FileModel):
    """A function in a Python file. It is called with those of input, messages, case_id, sample_index, seed, stubs,
    trace_id, traceparent and session_id that it has parameters for; a first parameter of any other name is
    given the input. It returns text, or a mapping with output and, optionally, usage, cost_usd, tool_calls,
    version, response_id, cached, error and trace_url."""

    in_words: ClassVar = "a Python function"

    function: FunctionReference = Field(description="file.py:function, relative to the suite")
    isolate: bool = Field(default=False, description="Run it in processes of its own, as `python` would.")
    interpreter: str | None = Field(
        default=None, description="With isolate: the Python the agent is installed in, .venv/bin/python."
    )
    processes: int | None = PROCESSES
    ready_seconds: float = Field(default=60, gt=0, le=3600, description="With isolate: to load the file.")
    timeout_seconds: float = Field(default=120, gt=0, le=86_400)
    simulated: bool = Field(default=False, description="True if no real model is behind the function.")

    @model_validator(mode="after")
    def _only_with_processes(self) -> Self:
        lost = sorted(self.model_fields_set & {"interpreter", "processes", "ready_seconds"})
        if lost and not self.isolate:
            raise ValueError(f"{lost[0]} needs processes of the agent's own | add  isolate: true")
        return self


class CommandTarget(FileModel):
    """A program, started once a turn: {input, messages, case_id, sample_index, seed, stubs, …} as JSON on its
    stdin; on its stdout JSON with output and, optionally, usage, cost_usd, tool_calls, version, response_id,
    cached, error and trace_url."""

    in_words: ClassVar = "a command"

    run: str = Field(description="The program and its arguments; no shell is involved.")
    output: Literal["json", "text"] = Field(
        default="json", description="text: all of stdout is the answer, as it is."
    )
    processes: int | None = PROCESSES
    timeout_seconds: float = Field(default=120, gt=0, le=86_400)
    simulated: bool = Field(default=False, description="True if no real model is behind the program.")


class RecordedTarget(FileModel):
    """Runs that were saved: their outputs go through today's graders, and no agent is called. No policy is read
    either: a case that is judged by a JSON Schema needs its own `schema`."""

    in_words: ClassVar = "a recording"

    file: str = Field(description="A samples.jsonl beside the suite or below.")


class TargetSpec(FileModel):
    """The agent under test: exactly one kind."""

    # What opens each kind is in `evals.targets.OPENERS`.

    runtime: RuntimeTarget | None = None
    http: HttpTarget | None = None
    python: PythonTarget | None = None
    command: CommandTarget | None = None
    recorded: RecordedTarget | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self._kinds()) != 1:
            kinds = "  or  ".join(f"{{ {name}: {{…}} }}" for name in type(self).model_fields)
            raise ValueError(f"needs exactly one kind | write  {kinds}")
        return self

    @property
    def kind(self) -> str:
        """The key that is written: runtime, http, python, command or recorded."""
        return self._kinds()[0]

    @property
    def description(self) -> str:
        """What it is, in words."""
        words: str = getattr(self, self.kind).in_words
        return words

    def _kinds(self) -> list[str]:
        return [name for name in type(self).model_fields if getattr(self, name) is not None]


class Fixture(FileModel):
    """What is run around each sample: a command or a Python function. It is told case_id and sample_index: in the
    words of a command as {{ case_id }} and in its environment as CASE_ID; a function by parameters it names."""

    command: str | None = Field(
        default=None, description="A program and its arguments; no shell is involved."
    )
    python: FunctionReference | None = Field(
        default=None, description="file.py:function, relative to the suite"
    )
    timeout_seconds: float = Field(default=60, gt=0, le=3600)
    exclusive: bool = Field(default=False, description="One sample at a time, from its before to its after.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.command is None) == (self.python is None):
            raise ValueError('needs either command or python | write  { command: "…" }')
        return self


FailOn = Literal["drift", "undecided", "never"]


class GateSettings(FileModel):
    """When a change is too much. Rates are fractions: 0.10 is ten points."""

    margin: float = Field(default=0.10, gt=0, lt=1)
    min_success_rate: float | None = Field(default=None, ge=0, le=1)
    max_usd: float | None = Field(default=None, gt=0)
    tags: tuple[str, ...] = Field(
        default=(), description="Tags whose cases may not fall either; tested together (Holm)."
    )
    fail_on: FailOn | None = Field(
        default=None,
        description="What ends with exit 1, default drift. never: only what could not be measured.",
    )


class Limits(FileModel):
    """What the provider allows. Runs start evenly spaced, so that no minute holds more."""

    requests_per_minute: float | None = Field(default=None, gt=0, description="Requests to the provider.")
    tokens_per_minute: float | None = Field(
        default=None, gt=0, description="Estimated by the mean of the runs so far, and corrected by each."
    )


class CaseSpec(FileModel):
    """One case as a person writes it."""

    case_id: str = Field(min_length=1, max_length=200)
    input: ListOrText[MessageSpec] | None = None
    turns: list[str] | None = Field(default=None, min_length=1)
    evaluator: Evaluator | None = None
    success: str | None = None
    schema_: dict[str, Any] | None = Field(default=None, alias="schema")
    approvals: dict[str, Literal["grant", "deny"]] = {}
    stubs: dict[str, Any] = {}
    before: Fixture | None = None
    after: Fixture | None = None
    must_pass: bool = False
    tags: list[str] = []

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=False)

    @field_validator("case_id", mode="before")
    @classmethod
    def _id_is_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _one_input(self) -> Self:
        if (self.input is None) == (self.turns is None):
            raise ValueError('needs either input or turns | write  input: "…"')
        if isinstance(self.input, list) and (not self.input or self.input[-1].role != "user"):
            raise ValueError("a conversation must end with a user message | add  { role: user, content: … }")
        if self.evaluator is None and self.success is None:
            raise ValueError("does not say what is right | add  success: \"contains('…')\"  or an evaluator")
        return self


class SuiteFile(FileModel):
    """suite.yaml"""

    suite: str = Field(pattern=SUITE_NAME)
    target: TargetSpec = TargetSpec(runtime=RuntimeTarget())
    baseline_target: TargetSpec | None = Field(
        default=None, description="Where the baseline's agent still runs, to confirm a drift against it."
    )
    samples: int = Field(default=10, ge=1, le=10_000)
    concurrency: int = Field(default=50, ge=1, le=2000)
    looks: list[Annotated[int, Field(ge=1, le=10_000)]] | None = Field(
        default=None, min_length=1, description="Runs per case at which the gate looks; default 3, 5, 7, 10."
    )
    limits: Limits = Limits()
    gate: GateSettings = GateSettings()
    tools: list[ToolSpec] = Field(
        default=[],
        description="Tools of an agent that is not ours, as in agent.yaml: Guardian binds probes to them.",
    )
    before: Fixture | None = Field(default=None, description="Before each sample of each case.")
    after: Fixture | None = Field(default=None, description="After each sample, whatever became of it.")
    cases: ListOrText[CaseSpec]
