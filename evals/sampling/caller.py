"""Who asked for an evaluation: where it tells how far it is, and how it is ended before its last run.

A library that is called from a running loop must not write to a terminal that it does not own, nor take Ctrl-C from
the program around it. It does so only if its caller says so.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from agent_runtime.progress import SILENCE, Progress

Interrupt = Callable[[str], None]
"""Ends the runs: what is in flight is dropped, what is done is kept. Its argument says why, in a few words."""

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Cancellation(Protocol):
    """How a caller ends runs that it no longer wants."""

    def listen(self, interrupt: Interrupt) -> AbstractContextManager[None]:
        """While the block runs, `interrupt` may be called, on the thread of the running loop."""
        ...


class Never:
    """The runs are made to their end, unless the task that makes them is cancelled."""

    @contextmanager
    def listen(self, interrupt: Interrupt) -> Iterator[None]:
        """Leave them alone."""
        yield


NEVER = Never()


class CancelSwitch:
    """For a program that runs evaluations on its own loop: `press` ends those that listen, and those to come."""

    def __init__(self) -> None:
        self._reason = ""
        self._listeners: list[Interrupt] = []

    def press(self, reason: str = "cancelled") -> None:
        """End the runs. To be called on the thread of their loop."""
        self._reason = reason
        # A copy: an interrupt may end its block, which takes it off the list.
        for interrupt in tuple(self._listeners):
            interrupt(reason)

    @contextmanager
    def listen(self, interrupt: Interrupt) -> Iterator[None]:
        """End these runs too once it is pressed; at once if it was."""
        if self._reason:
            interrupt(self._reason)
        self._listeners.append(interrupt)
        try:
            yield
        finally:
            self._listeners.remove(interrupt)


class StopSignals:
    """For a command: the first Ctrl-C or SIGTERM ends the runs, the second one the process.

    Only the main thread may handle signals; elsewhere it does nothing. One evaluation at a time may listen.
    """

    @contextmanager
    def listen(self, interrupt: Interrupt) -> Iterator[None]:
        """Leave signals after the first one to Python's default: the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in _STOP_SIGNALS}

        def stop() -> None:
            for number in _STOP_SIGNALS:
                # All of them at the first: whoever presses Ctrl-C again, or is sent SIGTERM meanwhile, means it.
                loop.remove_signal_handler(number)
            interrupt("stopped by a signal")

        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, stop)
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                # asyncio leaves the default behind, not what our caller had there.
                signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asked for the runs. By default nobody watches, and nobody ends them."""

    progress: Progress = SILENCE
    cancellation: Cancellation = NEVER


NOBODY = Caller()
