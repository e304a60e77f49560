"""guardian.yaml: where your own probes are, what blocks, and which findings you decided to live with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from agent_runtime.agent.manifest import resolve_inside
from agent_runtime.agent.spec import FileModel
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import parse, read_yaml
from security_pack.catalog.probe import Severity

NAME = "guardian.yaml"


def _a_day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"'{text[:40]}' is not a day | write it like  2027-01-31")
    return text


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty | say why this finding may stay")
    return text


class SuppressionSpec(FileModel):
    """A finding somebody decided to live with, for a reason and until a day."""

    id: str = Field(
        pattern=r"^(static/)?[a-z][a-z0-9_\-]{2,63}$",
        description="the finding's rule: a probe's id, or static/NAME",
    )
    subject: str | None = Field(
        default=None, description="Only of this tool or policy key; default: whatever it is about."
    )
    reason: Annotated[str, Field(max_length=500), AfterValidator(_says_something)]
    expires: Annotated[str, AfterValidator(_a_day)] = Field(
        description="The last day it holds, as in 2027-01-31."
    )


class GuardianFile(FileModel):
    """guardian.yaml, beside agent.yaml; optional."""

    probes: list[str] = Field(
        default=[], max_length=50, description="Folders with probes of your own, relative to this file."
    )
    fail_on: Severity = Field(
        default=Severity.HIGH, description="A finding of this severity or a higher one blocks."
    )
    suppressions: list[SuppressionSpec] = Field(default=[], max_length=500)


@dataclass(frozen=True, slots=True)
class DatedSuppression:
    """A suppression with its line in `file`. It holds up to and including `expires`."""

    rule_id: str
    subject: str | None
    reason: str
    expires: date
    line: int

    def holds(self, today: date) -> bool:
        """Whether it still counts."""
        return today <= self.expires

    def covers(self, rule_id: str, subject: str) -> bool:
        """Whether it speaks of this finding."""
        return self.rule_id == rule_id and self.subject in {None, subject}


@dataclass(frozen=True, slots=True)
class Settings:
    """What guardian.yaml says; without the file, the defaults.

    Attributes:
        file: where it was read from, for messages.
        probes: folders that exist.
    """

    file: Path = Path(NAME)
    probes: tuple[Path, ...] = ()
    fail_on: Severity = Severity.HIGH
    suppressions: tuple[DatedSuppression, ...] = ()


def settings_beside(agent: Path) -> Settings:
    """The settings beside agent.yaml; the defaults if there is no such file."""
    path = agent.parent / NAME
    return load_settings(path) if path.exists() else Settings(path)


def load_settings(path: Path) -> Settings:
    """Read guardian.yaml.

    Raises:
        InvalidInput: with every problem and its line.
    """
    document = read_yaml(path)
    if document.data is None:
        return Settings(path)
    written = parse(document, GuardianFile)
    problems = [
        document.problem(("probes", at), why, "keep it beside guardian.yaml or below")
        for at, folder in enumerate(written.probes)
        if (why := _why_no_folder(path.parent, folder)) is not None
    ]
    if problems:
        raise InvalidInput(problems)
    return Settings(
        file=path,
        probes=tuple(path.parent / folder for folder in written.probes),
        fail_on=written.fail_on,
        suppressions=tuple(
            DatedSuppression(
                rule_id=one.id,
                subject=one.subject,
                reason=one.reason,
                expires=date.fromisoformat(one.expires),
                line=document.line_of(("suppressions", at)) or 1,
            )
            for at, one in enumerate(written.suppressions)
        ),
    )


def _why_no_folder(root: Path, folder: str) -> str | None:
    try:
        there = resolve_inside(root, folder).is_dir()
    except (ValueError, OSError) as error:
        return str(error)
    return None if there else f"'{folder}' is not a folder"
