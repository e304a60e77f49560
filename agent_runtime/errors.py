"""The error family: each is named after what could not be done, and says what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in something a person wrote, with its place and its repair."""

    file: str
    line: int | None
    what: str
    fix: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        return f"{place}: {self.what}" + (f"\n    fix: {self.fix}" if self.fix else "")


class CrewError(Exception):
    """Base of every error a user may see; `exit_code` is what the command line leaves with."""

    exit_code: ClassVar[int] = 1


class InvalidInput(CrewError):
    """A file, option or environment value cannot be used. Carries every problem found, not the first."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def one(cls, file: object, what: str, fix: str = "", line: int | None = None) -> InvalidInput:
        """The common case: a single problem."""
        return cls([Problem(str(file), line, what, fix)])


class MissingExtra(CrewError):
    """A feature needs a package that the core install leaves out."""

    exit_code = 2

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the extra '{extra}'.\n    fix: uv tool install 'agentcrewops[{extra}]'"
        )


class CannotMeasure(CrewError):
    """The evaluation could not be carried out well enough to say anything (exit 3)."""

    exit_code = 3


class UnknownPrice(InvalidInput):
    """A model has no price anywhere, so no spend cap could hold: refuse rather than guess."""

    def __init__(self, model: str) -> None:
        super().__init__(
            [
                Problem(
                    "policy.yaml",
                    None,
                    f"no price is known for model '{model}', so the spend caps cannot be enforced",
                    f'add  prices: {{ "{model}": {{ input_per_mtok: …, output_per_mtok: … }} }}  under policy:',
                )
            ]
        )
