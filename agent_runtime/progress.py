"""How far a piece of work is: a library tells its `Progress`, and whoever called it decides what is shown of that."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TextIO

if TYPE_CHECKING:
    from rich import progress as rich_progress

LINE_SECONDS = 10.0
"""Between two lines in a log that nobody watches."""


class Stretch(Protocol):
    """A piece of work whose length is known."""

    def note(self, done: int, words: str = "") -> None:
        """So much of it is done; `words` say what came of that, as in `97 passed, $0.0120`."""
        ...


class Progress(Protocol):
    """Whoever wants to know how far the work is."""

    def announce(self, text: str) -> None:
        """Say one sentence, such as what the work may cost."""
        ...

    def stretch(self, total: int, unit: str, *, steady: bool = True) -> AbstractContextManager[Stretch]:
        """Begin `total` of something, named in the plural, as in `runs`; it is over when the block ends.

        Args:
            steady: each of them takes about as long, so that the time left can be told.
        """
        ...


def progress_on(stream: TextIO) -> Progress:
    """A bar if `stream` is a terminal, else lines."""
    return Terminal(stream) if stream.isatty() else Lines(stream)


def duration(seconds: float) -> str:
    """Seconds as people say them: `40 s`, `3 min 20 s`, `2 h 5 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


# --- nobody -----------------------------------------------------------------------------------------------


class Silence:
    """Shows nothing."""

    def announce(self, text: str) -> None:
        """Say nothing."""

    @contextmanager
    def stretch(self, total: int, unit: str, *, steady: bool = True) -> Iterator[Stretch]:
        """Show nothing of it."""
        yield _SilentStretch()


class _SilentStretch:
    def note(self, done: int, words: str = "") -> None:
        """Show nothing."""


SILENCE = Silence()


# --- a log ------------------------------------------------------------------------------------------------


class Lines:
    """A line every ten seconds, for logs: work that is shorter writes none."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock

    def announce(self, text: str) -> None:
        """Write the sentence as a line."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def stretch(self, total: int, unit: str, *, steady: bool = True) -> Iterator[Stretch]:
        """Write `120/500 runs, 97 passed, about 40 s left` whenever it is time for a line."""
        yield _LinesOfStretch(self, self._clock, total, unit, steady)


class _LinesOfStretch:
    def __init__(self, log: Lines, clock: Callable[[], float], total: int, unit: str, steady: bool) -> None:
        self._log = log
        self._clock = clock
        self._total = total
        self._unit = unit
        self._steady = steady
        self._started = self._last = clock()

    def note(self, done: int, words: str = "") -> None:
        """Write a line if it is time for one."""
        now = self._clock()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            parts = (f"{done}/{self._total} {self._unit}", words, self._time_left(done, now - self._started))
            self._log.announce(", ".join(part for part in parts if part))

    def _time_left(self, done: int, elapsed: float) -> str:
        """What is left at the pace so far, in words; "" before the first one ended, and after the last."""
        if not self._steady or not 0 < done < self._total:
            return ""
        return f"about {duration(elapsed / done * (self._total - done))} left"


# --- a terminal -------------------------------------------------------------------------------------------


class Terminal:
    """A bar that stays on one line, redrawn a few times a second, and gone when its stretch is over."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def announce(self, text: str) -> None:
        """Write the sentence as a line."""
        print(text, file=self._stream, flush=True)

    @contextmanager
    def stretch(self, total: int, unit: str, *, steady: bool = True) -> Iterator[Stretch]:
        """Draw the bar, with the words beside its numbers."""
        bar = _bar(self._stream)
        task = bar.add_task(unit, total=total, words="")
        with bar:
            yield _BarOfStretch(bar, task)


class _BarOfStretch:
    def __init__(self, bar: rich_progress.Progress, task: rich_progress.TaskID) -> None:
        self._bar = bar
        self._task = task

    def note(self, done: int, words: str = "") -> None:
        """The bar is redrawn in its own time."""
        self._bar.update(self._task, completed=done, words=words)


def _bar(stream: TextIO) -> rich_progress.Progress:
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


# --- a program --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Announcement:
    """A sentence that was announced."""

    text: str


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a stretch is: `done` of `total`, and what came of it; 0 of them when it begins."""

    unit: str
    total: int
    done: int
    words: str = ""


class Events:
    """Calls a function with all that is announced and noted, for a service that shows it elsewhere."""

    def __init__(self, on_event: Callable[[Announcement | Advance], None]) -> None:
        self._on_event = on_event

    def announce(self, text: str) -> None:
        """Pass the sentence on."""
        self._on_event(Announcement(text))

    @contextmanager
    def stretch(self, total: int, unit: str, *, steady: bool = True) -> Iterator[Stretch]:
        """Pass on that it begins, and every note."""
        self._on_event(Advance(unit, total, 0))
        yield _EventsOfStretch(self._on_event, unit, total)


class _EventsOfStretch:
    def __init__(self, on_event: Callable[[Advance], None], unit: str, total: int) -> None:
        self._on_event = on_event
        self._unit = unit
        self._total = total

    def note(self, done: int, words: str = "") -> None:
        """Pass it on."""
        self._on_event(Advance(self._unit, self._total, done, words))
