"""The fake as a process of its own, which ends when its input does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def start(*options: str) -> subprocess.Popen[str]:
    """The fake as a process, which ends when its input does."""
    words = [sys.executable, "-m", "tests.fakes.github", "--until-eof", *options]
    return subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
