"""The command line, called in this process as a shell would call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentcrewops.cli import run


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


Shell = Callable[..., Said]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Call `agentcrewops` with arguments, in the folder `cwd`."""

    def call(*arguments: object, cwd: Path) -> Said:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr("sys.argv", ["agentcrewops", *map(str, arguments)])
        try:
            run()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call
