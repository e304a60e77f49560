"""A probe file, `guardian/v2`: one way to turn an agent against its owner, as data. No code, no expressions."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from agent_runtime.agent.policy import PiiKind
from agent_runtime.agent.spec import FileModel
from security_pack.catalog.conditions import Condition, names_in

ID_PATTERN = r"^[a-z][a-z0-9_\-]{2,63}$"


class Family(StrEnum):
    """What the attack is; `product` ones are aimed at AgentCrewOps itself."""

    DIRECT_INJECTION = "direct_injection"
    INDIRECT_INJECTION = "indirect_injection"
    ENCODED = "encoded"
    MULTILINGUAL = "multilingual"
    MULTI_TURN = "multi_turn"
    TOOL_ABUSE = "tool_abuse"
    EXFILTRATION = "exfiltration"
    LEAKS = "leaks"
    OUTPUT_HANDLING = "output_handling"
    CONTRACT = "contract"
    CONSUMPTION = "consumption"
    MEMORY = "memory"
    PRODUCT = "product"


class Severity(StrEnum):
    """How bad a success is. From `high` on, a finding of the enforcement tier blocks."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Tier(StrEnum):
    """What is tested: the runtime's guards (with a scripted model that obeys every attacker), or the model."""

    ENFORCEMENT = "enforcement"
    RESISTANCE = "resistance"


class Effect(StrEnum):
    """What a tool can do, as a probe needs it. Follows from the verbs of its `allow:` (binding.py)."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"
    MONEY = "money"
    MESSAGE = "message"
    MEMORY = "memory"


class Control(StrEnum):
    """The setting that should have stopped the attack: a finding points to its line. `product`: our own code."""

    TOOL_APPROVAL = "tool.approval"
    TOOL_ARGUMENTS = "tool.arguments"
    TOOL_DESCRIPTION = "tool.description"
    AGENT_LIMITS = "agent.max_steps"
    AGENT_PROMPT = "agent.prompt"
    POLICY_ALLOWLIST = "policy.domains_allowlist"
    POLICY_REDACTION = "policy.pii_redaction"
    POLICY_CONTRACT = "policy.output_contract"
    POLICY_SPEND = "policy.spend"
    PRODUCT = "product"


class TaxonomyIds(FileModel):
    """The same attack in other people's catalogues: OWASP LLM 2025, OWASP Agentic 2026, MITRE ATLAS, CWE."""

    owasp_llm: list[str] = []
    owasp_asi: list[str] = []
    atlas: list[str] = []
    cwe: list[int] = []


class RequiredTool(FileModel):
    """A tool the agent must have, by what it does, and an argument it must take, by its role."""

    effect: Effect
    argument: str | None = Field(default=None, description="recipient, body, amount, url, path, query, …")


class Requires(FileModel):
    """What an agent must have for the probe to say anything; else it is "not applicable", and shown so."""

    tools: list[RequiredTool] = []
    pii: list[PiiKind] = Field(default=[], description="Kinds that the policy says it redacts.")
    contract: bool = False


class Payload(FileModel):
    """One text of the attacker, and where the agent meets it. `tool` is a role placeholder such as `{{read}}`."""

    at: Literal["tool_result", "tool_error", "tool_description", "input"]
    tool: str | None = None
    text: str


class Turn(FileModel):
    """What the user says. The payload of a direct injection stands in `plant: {at: input}`, not here."""

    user: str


class WorstCaseStep(FileModel):
    """What the scripted model does once it has read the payload: exactly one of call, say and connect."""

    call: str | None = None
    args: dict[str, Any] = {}
    raw_args: str | None = Field(default=None, description="Argument text as it is, such as broken JSON.")
    together: bool = Field(default=False, description="In the same model answer as the step before.")
    times: int = Field(default=1, ge=1, le=10_000)
    say: str | None = Field(default=None, description="The answer; `{{answer}}` is one the contract accepts.")
    connect: str | None = Field(default=None, description="A URL that some tool would fetch, through egress.")

    @model_validator(mode="after")
    def _one_action(self) -> Self:
        if sum(action is not None for action in (self.call, self.say, self.connect)) != 1:
            raise ValueError("needs exactly one of call, say and connect | split it into several steps")
        if self.call is None and (self.args or self.raw_args is not None):
            raise ValueError("args belong to a call | remove them")
        return self


class ApprovedCall(FileModel):
    """A call that a person approved beforehand, to exactly these arguments, once."""

    call: str
    args: dict[str, Any] = {}
    of_this_run: bool = Field(default=True, description="False: the approval was given to another run.")


class BenignTwin(FileModel):
    """The same task without the payload: the probe must be silent, and the task must pass."""

    payloads: list[Payload] = Field(default=[], alias="plant")
    expect: Condition = Field(default_factory=lambda: Condition.model_validate({"not": "success"}))


class Samples(FileModel):
    """Runs per probe in the resistance tier."""

    pr: int = Field(default=10, ge=1, le=1000)
    nightly: int = Field(default=30, ge=1, le=1000)
    seed: int = 7


class Budget(FileModel):
    """The most one run of this probe may take."""

    usd: float = Field(default=0.05, ge=0)
    steps: int = Field(default=8, ge=1, le=1000)
    seconds: float = Field(default=60, gt=0, le=3600)


class Probe(FileModel):
    """One probe. `{{name}}` in its strings: a role (`{{read}}`, `{{write}}`, …) or a canary."""

    schema_: Literal["guardian/v1", "guardian/v2"] = Field(alias="schema")
    id: str = Field(pattern=ID_PATTERN, description="small letters, digits, - and _, 3 to 64 of them")
    title: str = Field(min_length=1, max_length=200)
    about: str = Field(default="", description="How the attack works, in a sentence or two.")
    family: Family
    tier: list[Tier] = Field(default=[Tier.ENFORCEMENT, Tier.RESISTANCE], min_length=1)
    severity: Severity
    maps: TaxonomyIds = TaxonomyIds()
    requires: Requires = Requires()
    canaries: dict[str, Literal["email", "token", "host", "phone", "iban", "card", "api_key", "word"]] = {}
    turns: list[Turn] = []
    payloads: list[Payload] = Field(default=[], alias="plant")
    approves: list[ApprovedCall] = []
    worst_case: list[WorstCaseStep] = []
    bills_usd: float | None = Field(
        default=None, gt=0, description="What each model call of the worst case is billed at."
    )
    success: Condition
    attempt: Condition | None = None
    benign_twin: BenignTwin = BenignTwin()
    control: Control = Field(
        default=Control.TOOL_APPROVAL,
        validation_alias=AliasChoices("control", "blame"),  # `blame` in guardian/v1
        description="The setting that should have stopped the attack.",
    )
    fix: str = Field(default="", description="What to write in the line of that setting.")
    samples: Samples = Samples()
    budget: Budget = Budget()

    @model_validator(mode="after")
    def _names_lead_somewhere(self) -> Self:
        of_attempt = {"success"} if self.attempt is None else names_in(self.attempt)
        of_success = names_in(self.success)
        if "success" in of_success or "attempt" in of_attempt or (of_success and of_attempt):
            raise ValueError("success and attempt name each other | write one of them out")
        return self
