"""One thing that a check looked at, how much it matters, and the exit code of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from agent_runtime.errors import Problem


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `bad_input` marks what is wrong in a file, rather than around it."""

    level: Level
    what: str
    fix: str = ""
    bad_input: bool = False


def ok(what: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, what)


def bad_input(problem: Problem) -> Finding:
    """A file that cannot be used."""
    place = f"{problem.file}:{problem.line}" if problem.line is not None else problem.file
    return Finding(Level.PROBLEM, f"{place}: {problem.what}", problem.fix, bad_input=True)


def exit_code(findings: Iterable[Finding]) -> int:
    """0 nothing but advice · 1 a problem · 2 a file that cannot be used."""
    problems = [finding for finding in findings if finding.level is Level.PROBLEM]
    return 2 if any(problem.bad_input for problem in problems) else int(bool(problems))
