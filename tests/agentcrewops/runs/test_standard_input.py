"""Text that somebody pipes in."""

from __future__ import annotations

import io

import pytest

from agent_runtime.errors import InvalidInput
from agentcrewops.runs.standard_input import read_stdin


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="latin-1"))


def test_text_is_read_as_it_is_whatever_the_terminal_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, "Grüße\r\n".encode())
    assert read_stdin() == "Grüße\r\n"


def test_bytes_that_are_no_text_are_refused_with_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, b"ab\xff")
    with pytest.raises(InvalidInput, match=r"byte 2 is 0xff"):
        read_stdin()
