from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.results.run_file import NAME, now, read_run_file, write_run_file


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    started = now()
    write_run_file(tmp_path, started)
    facts = read_run_file(tmp_path)
    assert facts is not None
    assert facts.started_at == started <= facts.ended_at
    assert facts.python.startswith("3.")


def test_a_folder_without_one_says_nothing(tmp_path: Path) -> None:
    assert read_run_file(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"started_at": "yesterday"}', "\x00"])
def test_one_that_says_nothing_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(InvalidInput, match=r"run\.json"):
        read_run_file(tmp_path)


def test_keys_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(
        '{"started_at": "2026-03-12T23:30:00-02:00", "ended_at": "2026-03-13T02:00:00Z", "gpu": "none"}'
    )
    facts = read_run_file(tmp_path)
    assert facts is not None
    assert facts.started_at == datetime(2026, 3, 13, 1, 30, tzinfo=UTC)
