"""The file of a sim: model: how a pretended model behaves, at which declared rates.

Nothing about any agent is built in. What the model does with a message, and how much the system prompt
helps it, stands in the file; the same file therefore shows what a changed prompt changes.

All patterns are Python regular expressions, searched without regard to case in text whose white space,
line ends included, was made single spaces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from agent_runtime.agent.policy import Price
from agent_runtime.agent.spec import FileModel
from agent_runtime.files.documents import Document, parse
from agent_runtime.files.placeholders import names_in

TROUBLE = (
    r"^\W*(?:\w*error|denied|refused|rejected|not (?:allowed|approved|permitted)"
    r"|forbidden|invalid|unknown|timed out|http [345]\d\d)\b"
)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"'{pattern[:60]}' is not a regular expression: {error} | put a backslash before . ( ) $ + ?"
        ) from None
    return pattern


Chance = Annotated[float, Field(ge=0, le=1)]
Pattern = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_compiles)]


class LatencyMs(FileModel):
    """Time of a model call in milliseconds, log-normal; it is reported, nobody waits for it."""

    median: float = Field(default=600, gt=0, le=600_000)
    sigma: float = Field(
        default=0.35, ge=0, le=3, description="Spread of the logarithm; 0 is always the median."
    )


class Failures(FileModel):
    """Chance of each failure per model call at temperature 0. At most one happens in a call, and one that
    makes no sense there (a wrong tool when the answer is due) does not happen."""

    wrong_tool: Chance = Field(default=0, description="Asks for another tool, or one that does not exist.")
    bad_arguments: Chance = Field(
        default=0, description="Drops or garbles an argument, or breaks their JSON."
    )
    malformed_json: Chance = Field(default=0, description="Cuts the answer, or wraps it in prose.")
    refusal: Chance = Field(default=0, description="Refuses in prose.")
    rate_limit: Chance = Field(default=0, description="The provider answers 429.")
    timeout: Chance = Field(default=0, description="The provider does not answer.")
    loop: Chance = Field(
        default=0, description="Repeats its last tool call, and goes on so until something else happens."
    )

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        total = sum(self.rates.values())
        if total > 1:
            raise ValueError(f"the chances add up to {total:g}, more than 1 | lower them")
        return self

    @property
    def rates(self) -> Mapping[str, float]:
        """Chance by failure, in a fixed order."""
        return {name: getattr(self, name) for name in type(self).model_fields}


class PlannedCall(FileModel):
    """One tool call. Strings may hold {{ name }} of a group of `when`."""

    tool: str = Field(min_length=1)
    arguments: dict[str, Any] = {}


class Way(FileModel):
    """What the model does: these calls one after another, then this answer (text, or JSON)."""

    calls: list[PlannedCall] = []
    answer: Any = Field(description="Strings may hold {{ name }} of a group of `when`.")


class WrongWay(Way):
    """One of the ways to do it wrong."""

    weight: float = Field(default=1, gt=0)


class PromptRule(FileModel):
    """What a line in the system prompt does to the chance."""

    says: Pattern
    chance: Chance


class Skill(FileModel):
    """The chance to do it right, drawn once per run.

    It is `default` unless rules match the system prompt. Of several that match, `combine` tells which
    one holds: the `last` written, the `lowest` or the `highest` chance.
    """

    default: Chance = 1.0
    prompt: list[PromptRule] = []
    combine: Literal["last", "lowest", "highest"] = "last"

    def chance(self, prompt: str) -> float:
        """The chance under this system prompt (white space already single)."""
        matching = [rule.chance for rule in self.prompt if search_pattern(rule.says, prompt) is not None]
        if not matching:
            return self.default
        return {"last": matching[-1], "lowest": min(matching), "highest": max(matching)}[self.combine]

    @property
    def may_fail(self) -> bool:
        """True if some prompt leaves a chance below 1."""
        return min(self.default, *(rule.chance for rule in self.prompt), 1.0) < 1


def _as_skill(value: Any) -> Any:
    return {"default": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class Behaviour(Way):
    """What the model does with a user message that matches `when`.

    A user message that matches no behaviour belongs to the matching one before it, as the critic's
    feedback does: the model then tries again.
    """

    name: str = Field(min_length=1)
    when: Pattern = Field(description="Named groups (?P<name>…) become {{ name }}.")
    text: list[str] = Field(
        default=[],
        description='Groups that stay text. Others that look like a number become one where "{{ name }}" stands alone.',
    )
    skill: Annotated[Skill, BeforeValidator(_as_skill)] = Skill()
    otherwise: list[WrongWay] = []
    on_denied: Any = Field(
        default=None,
        description="The answer once a tool failed or was denied. Default: it goes on as if nothing happened.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.skill.may_fail and not self.otherwise:
            raise ValueError(
                "may go wrong, but does not say how | add  otherwise: [ { answer: … } ]  or  skill: 1"
            )
        groups = re.compile(self.when).groupindex.keys()
        asked = {*self.text, *names_in(self.model_dump(exclude={"when"}))}
        if unknown := sorted(asked - groups):
            raise ValueError(
                f"uses '{unknown[0]}', which `when` does not catch | write  (?P<{unknown[0]}>…)  in when:"
            )
        return self


class Simulation(FileModel):
    """A pretended model."""

    name: str = Field(min_length=1, max_length=100)
    prices: Price
    latency_ms: LatencyMs = LatencyMs()
    failures: Failures = Failures()
    temperature_factor: float = Field(
        default=1.0, ge=0, le=100, description="Failure chances are multiplied by 1 + factor × temperature."
    )
    retry_after_seconds: float = Field(default=1.0, ge=0, le=3600, description="What a 429 asks to wait.")
    hang_seconds: float = Field(
        default=60, gt=0, le=86_400, description="After this a call without an answer is given up."
    )
    trouble: Pattern = Field(
        default=TROUBLE, description="Tool results that match are failures or denials to the model."
    )
    behaviours: list[Behaviour] = Field(default=[], description="The first that matches a message is taken.")
    default: Way = Field(description="What it does if no behaviour matches.")

    @model_validator(mode="after")
    def _default_is_plain(self) -> Self:
        if names := sorted(names_in(self.default.model_dump())):
            raise ValueError(f"default uses '{names[0]}', but nothing was matched | write the text out")
        return self


class SimulationFile(FileModel):
    """The file that  model: "sim:FILE"  names."""

    simulation: Simulation


def read_simulation(document: Document) -> Simulation:
    """The declared model.

    Raises:
        InvalidInput: with every problem of the file.
    """
    return parse(document, SimulationFile).simulation


def search_pattern(pattern: str, text: str) -> re.Match[str] | None:
    """How every pattern of the file is searched; `text` has single spaces."""
    return re.search(pattern, text, re.IGNORECASE)


def single_spaced(text: str) -> str:
    """The text with each run of white space made one space."""
    return " ".join(text.split())
