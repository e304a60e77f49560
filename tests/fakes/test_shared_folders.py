from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.shared_folders import SharedFolders


def write(folder: Path) -> None:
    (folder / "text").write_text("dear", encoding="utf-8")


def refuse(folder: Path) -> None:
    raise ValueError(folder)


def test_a_folder_is_made_by_the_first_who_asks_and_by_nobody_else(tmp_path: Path) -> None:
    first = SharedFolders(tmp_path).folder("a", write)
    assert SharedFolders(tmp_path).folder("a", refuse) == first
    assert (first / "text").read_text(encoding="utf-8") == "dear"


def test_a_folder_that_could_not_be_made_is_made_by_the_next(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="draft"):
        SharedFolders(tmp_path).folder("a", refuse)
    assert SharedFolders(tmp_path).folder("a", write).name == "a"
