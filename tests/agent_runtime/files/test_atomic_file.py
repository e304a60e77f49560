from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_runtime.files.atomic_file import replace_file


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def broken() -> Iterator[bytes]:
    yield b"half"
    raise KeyboardInterrupt


def test_a_file_is_replaced_by_bytes_or_by_parts(tmp_path: Path) -> None:
    path = tmp_path / "file"
    replace_file(path, b"old")
    replace_file(path, iter([b"n", b"ew"]))
    assert path.read_bytes() == b"new"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_an_interrupted_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        replace_file(path, broken())
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == 0o640


@pytest.mark.parametrize("mode", [0o600, 0o666])
def test_a_replaced_file_leaves_its_permissions_to_the_new_one(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)
    replace_file(path, b"new")
    assert mode_of(path) == mode


def test_the_named_permissions_win_from_the_first_byte_on(tmp_path: Path) -> None:
    seen: list[int] = []

    def parts() -> Iterator[bytes]:
        seen.extend(mode_of(draft) for draft in tmp_path.glob(".*.tmp"))
        yield b"new"

    (tmp_path / "file").touch(0o644)
    replace_file(tmp_path / "file", parts(), mode=0o600)
    assert seen == [0o600]
    assert mode_of(tmp_path / "file") == 0o600


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "gone" / "file", b"")


@pytest.mark.parametrize("nameless", [".", "/"])
def test_a_path_without_a_name_is_a_folder_and_not_replaced(nameless: str) -> None:
    with pytest.raises(IsADirectoryError):
        replace_file(Path(nameless), b"new")
