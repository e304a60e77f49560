"""Whoever asked for the runs ends them; nobody else's signals are touched."""

from __future__ import annotations

import asyncio
import signal

from evals.sampling.caller import NEVER, CancelSwitch, StopSignals


def test_by_default_no_signal_handler_is_touched() -> None:
    before = signal.getsignal(signal.SIGINT)
    with NEVER.listen(lambda why: None):
        assert signal.getsignal(signal.SIGINT) is before


def test_a_switch_ends_every_evaluation_that_listens() -> None:
    switch, heard = CancelSwitch(), list[str]()
    with switch.listen(heard.append), switch.listen(heard.append):
        switch.press("the user left")
    assert heard == ["the user left"] * 2


def test_a_switch_that_was_pressed_ends_those_to_come() -> None:
    switch, heard = CancelSwitch(), list[str]()
    switch.press()
    with switch.listen(heard.append):
        assert heard == ["cancelled"]


def test_a_switch_forgets_those_that_are_over() -> None:
    switch, heard = CancelSwitch(), list[str]()
    with switch.listen(heard.append):
        pass
    switch.press()
    assert heard == []


def test_off_the_main_thread_signals_are_left_alone() -> None:
    async def listening() -> object:
        with StopSignals().listen(lambda why: None):
            return signal.getsignal(signal.SIGINT)

    async def elsewhere() -> object:
        return await asyncio.to_thread(asyncio.run, listening())

    before = signal.getsignal(signal.SIGTERM)
    asyncio.run(elsewhere())
    assert signal.getsignal(signal.SIGTERM) is before
