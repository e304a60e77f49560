"""How far an evaluation is, on stderr: a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO

from evals.results.records import Sample

if TYPE_CHECKING:
    from rich.progress import Progress

LINE_SECONDS = 10.0
"""Between two lines in a log that nobody watches."""


@dataclass(slots=True)
class Tally:
    """Running counts of an evaluation.

    Attributes:
        cost_usd: of the runs that named their cost; None if none did.
        slowed_to: runs at a time, if the target let fewer go than asked for.
    """

    total: int
    done: int = 0
    passed: int = 0
    unmeasured: int = 0
    cost_usd: float | None = None
    slowed_to: int | None = None

    def count(self, sample: Sample, slowed_to: int | None = None) -> None:
        """Add one run that ended."""
        self.slowed_to = slowed_to
        self.done += 1
        self.passed += sample.passed is True
        self.unmeasured += sample.passed is None
        if sample.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + sample.cost_usd

    def left_seconds(self, elapsed: float) -> float | None:
        """What is left at the pace so far; None before the first run ended."""
        return elapsed / self.done * (self.total - self.done) if self.done else None

    def words(self) -> str:
        """What came of the runs so far: `97 passed, 2 unmeasured, $0.0120`."""
        parts = [f"{self.passed} passed"]
        if self.unmeasured:
            parts.append(f"{self.unmeasured} unmeasured")
        if self.cost_usd is not None:
            parts.append(f"${self.cost_usd:.4f}")
        if self.slowed_to is not None:
            parts.append(f"slowed to {self.slowed_to} at a time (429)")
        return ", ".join(parts)

    def line(self, elapsed: float) -> str:
        """All of it on one line: `120/500 runs, 97 passed, $0.0120, about 40 s left`."""
        left = self.left_seconds(elapsed)
        tail = f", about {duration(left)} left" if left else ""
        return f"{self.done}/{self.total} runs, {self.words()}{tail}"


class Display(Protocol):
    """Where progress is shown, opened with `with`; `note` hears of every run that ended."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def note(self, sample: Sample, slowed_to: int | None = None) -> None:
        """Count one run; `slowed_to` is how many the target lets go at a time, if fewer than asked for."""
        ...


def display(total: int, stream: TextIO, *, quiet: bool = False) -> Display:
    """A bar if `stream` is a terminal, else lines; nothing if `quiet`."""
    if quiet:
        return Silence()
    return Bar(total, stream) if stream.isatty() else Lines(total, stream)


def duration(seconds: float) -> str:
    """Seconds as people say them: `40 s`, `3 min 20 s`, `2 h 5 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class _Shown:
    """Opening and closing that does nothing, for displays that hold nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Silence(_Shown):
    """Shows nothing."""

    def note(self, sample: Sample, slowed_to: int | None = None) -> None:
        """Count nothing."""


class Lines(_Shown):
    """A line every ten seconds, for logs: an evaluation that is shorter writes none."""

    def __init__(self, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._tally = Tally(total)
        self._stream = stream
        self._clock = clock
        self._started = self._last = clock()

    def note(self, sample: Sample, slowed_to: int | None = None) -> None:
        """Count one run, and write a line if it is time for one."""
        self._tally.count(sample, slowed_to)
        now = self._clock()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            print(self._tally.line(now - self._started), file=self._stream, flush=True)


class Bar:
    """A bar that stays on one line, redrawn a few times a second, and gone when it is closed."""

    def __init__(self, total: int, stream: TextIO) -> None:
        self._tally = Tally(total)
        self._progress = rich_progress(stream)
        self._task = self._progress.add_task("runs", total=total, words="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def note(self, sample: Sample, slowed_to: int | None = None) -> None:
        """Count one run; the bar is redrawn in its own time."""
        self._tally.count(sample, slowed_to)
        self._progress.update(self._task, completed=self._tally.done, words=self._tally.words())


def rich_progress(stream: TextIO) -> Progress:
    """A bar that is gone when it is closed; a task has `words` beside its numbers."""
    # 50 ms to import, and of no use in CI.
    from rich import progress
    from rich.console import Console

    columns: list[Any] = [
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=30),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[words]}"),
        progress.TimeRemainingColumn(elapsed_when_finished=True),
    ]
    return progress.Progress(
        *columns, console=Console(file=stream), refresh_per_second=5, transient=True, redirect_stdout=False
    )
