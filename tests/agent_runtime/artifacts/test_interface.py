"""What may name an artifact, and what is written of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.artifacts.interface import as_bytes, checked_name


@given(st.text(st.sampled_from("ab./\\\0-_~ "), max_size=12))
def test_no_accepted_name_leaves_the_root(name: str) -> None:
    try:
        path = Path("/root") / checked_name(name)
    except ValueError:
        return
    assert ".." not in path.parts
    assert path.is_relative_to("/root")
    assert len(path.parts) in (3, 4)


@pytest.mark.parametrize("name", ["run.json", "r-1/run.json", "R_1/a.b-c", "x" * 128])
def test_a_file_or_a_file_of_a_run_is_a_name(name: str) -> None:
    assert checked_name(name) == name


def test_a_name_is_no_longer_than_a_file_system_takes() -> None:
    with pytest.raises(ValueError, match="use  file  or  run_id/file"):
        checked_name("x" * 129)


@given(st.binary())
def test_bytes_are_written_as_they_are(data: bytes) -> None:
    assert as_bytes(data) == data


@given(st.text())
def test_any_text_can_be_written_and_reads_the_same_but_for_lone_surrogates(text: str) -> None:
    shown = "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert as_bytes(text).decode() == shown
