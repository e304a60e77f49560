"""What a workflow gives our Actions. Environment variables only: `${{ }}` inside a `run:` would be code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from agent_runtime.agent.manifest import resolve_inside
from agent_runtime.errors import InvalidInput, Problem
from evals.sampling.shards import Shard, parse_shard

PREFIX = "AGENTCREWOPS_"
MOST_CHARACTERS = 400
MOST_RUNS = 10_000
"""Both far above what anybody means, and below what could hurt. Chosen."""
# No "--": the name stands inside artifact names that `--` divides into parts.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._]|-(?!-)){0,59}")
_MODEL = re.compile(r"[a-z0-9_]+:[\w./:@+-]{1,200}", re.ASCII)
_FAIL_ON = re.compile("drift|undecided|never")
_AMOUNT = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)

Value = TypeVar("Value")


class Mode(StrEnum):
    """What is judged."""

    CANARY = "canary"
    GUARDIAN = "guardian"
    BOTH = "both"

    @property
    def canary(self) -> bool:
        """True if eval cases are judged."""
        return self is not Mode.GUARDIAN

    @property
    def guardian(self) -> bool:
        """True if the agent is attacked."""
        return self is not Mode.CANARY


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of one step, checked; paths are relative to the checkout and inside it. None: not given.

    Attributes:
        merge: put parts together that other jobs of this run left, instead of running anything.
    """

    mode: Mode
    name: str
    spec: Path | None
    policy: Path | None
    suite: Path
    samples: int | None
    baseline: Path | None
    shard: Shard
    model: str | None
    max_usd: float | None
    fail_on: str
    merge: bool = False

    @property
    def sharded(self) -> bool:
        """True if other jobs run the other parts."""
        return self.shard.of > 1


def read_inputs(environ: Mapping[str, str], workspace: Path) -> Inputs:
    """The inputs that the Action put into the environment.

    Raises:
        InvalidInput: naming every input that cannot be right. A value that looks like a flag never is.
    """
    reader = _Reader(environ, workspace)
    inputs = Inputs(
        mode=reader.read("mode", _mode, "write canary, guardian or both") or Mode.BOTH,
        name=reader.read(
            "name", _matching(_NAME, "a name for a check"), "use letters, digits, spaces and . _ -"
        )
        or "AgentCrewOps",
        spec=reader.path("spec"),
        policy=reader.path("policy"),
        suite=reader.path("suite") or Path("suite.yaml"),
        samples=reader.read("samples", _count, "write a whole number, as in 10"),
        baseline=reader.path("baseline"),
        shard=reader.read("shard", _shard, "write part and number of parts, as in 2/4") or Shard(1, 1),
        model=reader.read(
            "model", _matching(_MODEL, "a model"), "write provider:model, as in openai:gpt-4.1-mini"
        ),
        max_usd=reader.read("max-usd", _dollars, "write US dollars, as in 2.50"),
        fail_on=reader.read("fail-on", _matching(_FAIL_ON, "a rule"), "write drift, undecided or never")
        or "drift",
        merge=environ.get("AGENTCREWOPS_MERGE") == "true",
    )
    if reader.problems:
        raise InvalidInput(reader.problems)
    return inputs


class _Wrong(ValueError):
    """Why a value cannot be right, in words."""


class _Reader:
    """Reads one input after another and remembers what is wrong."""

    def __init__(self, environ: Mapping[str, str], workspace: Path) -> None:
        self.problems: list[Problem] = []
        self._environ = environ
        self._workspace = workspace

    def read(self, name: str, parse: Callable[[str], Value], fix: str) -> Value | None:
        """The value of an input; None if it is not given, or wrong."""
        written = self._environ.get(PREFIX + name.upper().replace("-", "_"), "").strip()
        if not written:
            return None
        try:
            return parse(_plain(written))
        except _Wrong as error:
            self.problems.append(Problem(f"input {name}", None, f"{written[:80]!a} {error}", fix))
            return None

    def path(self, name: str) -> Path | None:
        """A path inside the checkout."""

        def inside(written: str) -> Path:
            try:
                resolve_inside(self._workspace, written)
            except ValueError:
                raise _Wrong("is not a path inside the checkout") from None
            return Path(written)

        fix = "write a path relative to the repository, as in agents/triage/suite.yaml"
        return self.read(name, inside, fix)


def _plain(written: str) -> str:
    if written.startswith("-"):
        raise _Wrong("looks like a flag")
    if len(written) > MOST_CHARACTERS or not written.isprintable():
        raise _Wrong("is too long, or holds a line break or control character")
    return written


def _matching(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def parse(written: str) -> str:
        if not pattern.fullmatch(written):
            raise _Wrong(f"is not {what}")
        return written

    return parse


def _mode(written: str) -> Mode:
    try:
        return Mode(written)
    except ValueError:
        raise _Wrong("is not a mode") from None


def _count(written: str) -> int:
    # `isdigit` alone takes "²", at which int raises.
    number = int(written) if written.isascii() and written.isdigit() else 0
    if not 1 <= number <= MOST_RUNS:
        raise _Wrong(f"is not a number of runs between 1 and {MOST_RUNS:,}")
    return number


def _shard(written: str) -> Shard:
    try:
        return parse_shard(written)
    except InvalidInput:
        raise _Wrong("is not a shard") from None


def _dollars(written: str) -> float:
    if not _AMOUNT.fullmatch(written):
        raise _Wrong("is not an amount of US dollars")
    return float(written)
