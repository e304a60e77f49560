"""Suites for tests of targets: written into a folder, loaded, and one sample asked of their target."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evals.results.records import Attempt
from evals.suite.suite import Suite, load_suite
from evals.targets import open_target

HI: Mapping[str, Any] = {"case_id": "a", "input": "hi", "success": "contains('x')"}


def suite_of(folder: Path, target: Mapping[str, Any], cases: Sequence[Any] = (HI,), **more: Any) -> Suite:
    """A suite in `folder` with this target."""
    path = folder / "suite.yaml"
    path.write_text(json.dumps({"suite": "s", "target": target, "cases": cases, **more}))
    return load_suite(path)


def asked(suite: Suite, times: int = 1, *, at_once: bool = False, **environ: str) -> list[Attempt]:
    """Open the target of a suite and ask its first case so often."""
    case = suite.cases[0]

    async def ask() -> list[Attempt]:
        async with open_target(suite, None, {**os.environ, **environ}, 10) as target:
            if at_once:
                return await asyncio.gather(*(target.attempt(case, index, 1) for index in range(times)))
            return [await target.attempt(case, index, 1) for index in range(times)]

    return asyncio.run(ask())


def broken_off(suite: Suite, running: Path) -> None:
    """Ask the first case, and cancel that once the agent has written something into `running`."""

    async def break_off() -> None:
        async with open_target(suite, None, os.environ, 1) as target:
            run = asyncio.create_task(target.attempt(suite.cases[0], 0, 1))
            while not running.exists() or not running.read_text():
                await asyncio.sleep(0.01)
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run

    asyncio.run(break_off())


def gone(pid: int) -> bool:
    """True once the process is no more; one that was killed takes a moment."""
    for _ in range(300):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False
