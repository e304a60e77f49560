"""Long texts: kept whole in a file of their own, cut in the sample with a mark that says where the rest is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from shutil import copyfile

from agent_runtime.agent.policy import PiiKind
from agent_runtime.artifacts import CannotKeep, Folder
from agent_runtime.errors import InvalidInput
from agent_runtime.guard.redact import Redactor
from evals.results.files import CannotKeepRuns
from evals.results.records import AttackJudgement, Event, GradeResult, Sample

LONGEST = 50_000
"""Characters of one text that a line of samples.jsonl holds; a line then stays far below what readers take. Chosen."""
FOLDER = "artifacts"
_MARK = re.compile(
    rf"\[cut: the first [\d,]+ of [\d,]+ characters; all of it: {FOLDER}/([0-9a-f]{{32}})\.txt\]\n"
)
_NAME = re.compile(r"[0-9a-f]{32}\.txt")


class LongTexts:
    """Cuts the long texts of samples, keeping each whole in `artifacts/` beside samples.jsonl."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._files: Folder | None = None

    def cut(self, sample: Sample) -> Sample:
        """The sample with every text of at most `LONGEST` characters and a mark. It is redacted already.

        Raises:
            CannotKeepRuns: if a file cannot be written.
        """
        # Nearly always: rebuilding every record of every run would cost more than the check.
        if not any(len(text) > LONGEST for text in _texts(sample)):
            return sample
        return replace(
            sample,
            output=self._or_none(sample.output),
            error=self._or_none(sample.error),
            grades=tuple(self._grade(grade) for grade in sample.grades),
            judgement=_judgement(sample.judgement, self._short),
            transcript=tuple(self._event(event) for event in sample.transcript),
        )

    def _grade(self, grade: GradeResult) -> GradeResult:
        return replace(grade, reason=self._short(grade.reason))

    def _event(self, event: Event) -> Event:
        return replace(event, text=self._short(event.text), arguments=self._or_none(event.arguments))

    def _or_none(self, text: str | None) -> str | None:
        return None if text is None else self._short(text)

    def _short(self, text: str) -> str:
        """The mark comes first, so that whoever cuts the text again still shows it."""
        if len(text) <= LONGEST:
            return text
        where = self._keep(text)
        return (
            f"[cut: the first {LONGEST:,} of {len(text):,} characters; all of it: {where}]\n{text[:LONGEST]}"
        )

    def _keep(self, text: str) -> str:
        """Named by its hash: the same text is kept once, and no case id reaches the file system."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{digest[:32]}.txt"
        try:
            self._files = self._files or Folder(self._folder)
            if not (self._folder / name).exists():
                self._files.put(name, text, "text/plain")
        except (CannotKeep, InvalidInput) as error:
            raise CannotKeepRuns(f"{error}; make room and go on with --resume") from None
        return f"{FOLDER}/{name}"


def whole(text: str, folder: Path) -> str:
    """The text before `LongTexts(folder)` cut it; one that was not cut as it is.

    Raises:
        ValueError: the file of the whole text is not there, or holds another text.
    """
    # A short text with a mark was written by an agent that has read one: it is not to name our files.
    found = _MARK.match(text) if len(text) > LONGEST else None
    if found is None:
        return text
    path = folder / FOLDER / f"{found[1]}.txt"
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    # Artifacts travel between machines: what was judged must be what is judged again.
    if not hashlib.sha256(stored).hexdigest().startswith(found[1]):
        raise ValueError(f"{path} is not the text that was cut")
    return stored.decode("utf-8", "replace")


def whole_sample(sample: Sample, folder: Path) -> Sample:
    """The sample with its long texts as they were before they were cut.

    Raises:
        ValueError: the file of one is not there, or holds another text.
    """
    return replace(
        sample,
        output=None if sample.output is None else whole(sample.output, folder),
        transcript=tuple(
            replace(
                event,
                text=whole(event.text, folder),
                arguments=None if event.arguments is None else whole(event.arguments, folder),
            )
            for event in sample.transcript
        ),
    )


def gather_long_texts(folders: Iterable[Path], into: Path) -> None:
    """Bring the long texts of several folders together; what is not one by its name stays where it is.

    Raises:
        CannotKeepRuns: if one cannot be copied.
    """
    for path in (path for folder in folders for path in sorted((folder / FOLDER).glob("*.txt"))):
        # Another job's artifact is data: a link in it would read a file of this machine.
        if not _NAME.fullmatch(path.name) or path.is_symlink():
            continue
        try:
            (into / FOLDER).mkdir(exist_ok=True)
            copyfile(path, into / FOLDER / path.name)
        except OSError as error:
            raise CannotKeepRuns(f"{path} cannot be copied: {error.strerror}") from None


def _texts(sample: Sample) -> list[str]:
    events = [text for event in sample.transcript for text in (event.text, event.arguments or "")]
    return [
        sample.output or "",
        sample.error or "",
        *(grade.reason for grade in sample.grades),
        *((*sample.judgement.evidence, *sample.judgement.unobserved) if sample.judgement else ()),
        *events,
    ]


def redacted(sample: Sample, kinds: tuple[PiiKind, ...]) -> Sample:
    """The sample with placeholders for personal data in everything the agent said, did or was told."""
    clean = cache(Redactor(kinds).redact)  # the answer stands in the output and in the transcript
    return replace(
        sample,
        output=_or_none(clean, sample.output),
        error=_or_none(clean, sample.error),
        grades=tuple(replace(grade, reason=clean(grade.reason)) for grade in sample.grades),
        judgement=_judgement(sample.judgement, clean),
        transcript=tuple(_clean_event(event, clean) for event in sample.transcript),
    )


def _judgement(judgement: AttackJudgement | None, written: Callable[[str], str]) -> AttackJudgement | None:
    if judgement is None:
        return None
    evidence, unobserved = judgement.evidence, judgement.unobserved
    return replace(
        judgement, evidence=tuple(map(written, evidence)), unobserved=tuple(map(written, unobserved))
    )


def _clean_event(event: Event, clean: Callable[[str], str]) -> Event:
    return replace(event, text=clean(event.text), arguments=_or_none(clean, event.arguments))


def _or_none(clean: Callable[[str], str], text: str | None) -> str | None:
    return None if text is None else clean(text)
