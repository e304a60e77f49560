"""What an agent in our own process prints must not stand in front of the verdict that --json prints."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_lock = threading.Lock()
_instead_of: list[TextIO] = []
"""The stdout of whoever ran the first agent, once for each that is running."""


@contextmanager
def prints_on_stderr() -> Iterator[None]:
    """While any such block is open, what is printed goes to stderr; the blocks may end in any order.

    `contextlib.redirect_stdout` puts back what it found, so that the first of two evaluations to end would give the
    other one its stdout, and the last one would leave stderr in its place for ever.
    """
    with _lock:
        _instead_of.append(_instead_of[0] if _instead_of else sys.stdout)
        sys.stdout = sys.stderr
    try:
        yield
    finally:
        with _lock:
            stdout = _instead_of.pop()
            if not _instead_of:
                sys.stdout = stdout
