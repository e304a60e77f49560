"""Files of a results folder appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.results.files import prepare_folder, write_lines


def test_lines_end_with_a_newline_each_in_a_folder_that_is_made_for_them(tmp_path: Path) -> None:
    write_lines(tmp_path / "new/deep/a.jsonl", ["one", "zwölf"])
    assert (tmp_path / "new/deep/a.jsonl").read_text(encoding="utf-8") == "one\nzwölf\n"


def test_lines_that_break_off_leave_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    def broken_off() -> Iterator[str]:
        yield "new"
        raise ZeroDivisionError

    write_lines(tmp_path / "a.jsonl", ["old"])
    with pytest.raises(ZeroDivisionError):
        write_lines(tmp_path / "a.jsonl", broken_off())
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.jsonl": "old\n"}


def test_half_a_character_does_not_stop_the_writing(tmp_path: Path) -> None:
    write_lines(tmp_path / "a.jsonl", ["a\ud800b"])
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == "a?b\n"


def test_a_file_where_the_folder_should_be_is_named_with_the_repair(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written") as caught:
        write_lines(tmp_path / "taken/a.jsonl", [])
    assert caught.value.problems[0].fix == "choose a place that can be written to"


def test_a_folder_is_made_and_tried_and_left_empty(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "out/deep")
    prepare_folder(tmp_path / "out/deep")
    assert list((tmp_path / "out/deep").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused_by_its_option(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InvalidInput) as caught:
        prepare_folder(tmp_path / "taken")
    assert caught.value.problems[0].fix == "choose another --out"
