"""Where the prints of agents go that run in our own process."""

from __future__ import annotations

import sys

import pytest

from evals.targets.prints import prints_on_stderr


def test_what_is_printed_meanwhile_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with prints_on_stderr():
        sys.stdout.write("noise\n")
    sys.stdout.write("verdict\n")
    assert capsys.readouterr() == ("verdict\n", "noise\n")


def test_two_at_once_may_end_in_any_order(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    first, second = prints_on_stderr(), prints_on_stderr()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    sys.stdout.write("noise of the second\n")
    second.__exit__(None, None, None)
    assert sys.stdout is before
    assert capsys.readouterr() == ("", "noise of the second\n")
