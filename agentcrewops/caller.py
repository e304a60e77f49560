"""The caller of an evaluation is the command line: progress goes to stderr, and Ctrl-C ends the runs."""

from __future__ import annotations

import sys

from agent_runtime.progress import SILENCE, progress_on
from evals.sampling.caller import Caller, StopSignals


def command_line(*, quiet: bool = False) -> Caller:
    """A bar where stderr is a terminal, else lines; nothing if `quiet`."""
    return Caller(SILENCE if quiet else progress_on(sys.stderr), StopSignals())
