"""Artifacts in a folder."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from agent_runtime.artifacts import CannotKeep, Folder
from agent_runtime.errors import InvalidInput


def path_of(uri: str) -> Path:
    assert uri.startswith("file:///")
    return Path(unquote(urlparse(uri).path))


def test_an_artifact_is_read_back_from_its_uri(tmp_path: Path) -> None:
    uri = Folder(tmp_path / "a folder").put("r-1/output.json", b"\x00{}", "application/json")
    assert path_of(uri) == tmp_path / "a folder" / "r-1" / "output.json"
    assert path_of(uri).read_bytes() == b"\x00{}"


def test_text_is_kept_as_utf_8_even_with_lone_surrogates(tmp_path: Path) -> None:
    uri = Folder(tmp_path).put("answer.txt", "Grüße \ud800", "text/plain")
    assert path_of(uri).read_text("utf-8") == "Grüße \\ud800"


def test_a_relative_root_gives_absolute_uris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert path_of(Folder(Path("kept")).put("a", "x", "text/plain")) == tmp_path / "kept" / "a"


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    path = path_of(Folder(tmp_path / "kept").put("r-1/a", "x", "text/plain"))
    modes = [place.stat().st_mode & 0o777 for place in (path, path.parent, tmp_path / "kept")]
    assert modes == [0o600, 0o700, 0o700]


def test_a_second_writing_replaces_the_first_and_leaves_nothing_else(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("r-1/a", "long long text", "text/plain")
    path = path_of(folder.put("r-1/a", "short", "text/plain"))
    assert path.read_text() == "short"
    assert [entry.name for entry in path.parent.iterdir()] == ["a"]


def test_a_failed_writing_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "r-1" / "a" / "in the way").mkdir(parents=True)
    with pytest.raises(CannotKeep, match=r"r-1/a: cannot be written"):
        Folder(tmp_path).put("r-1/a", "x", "text/plain")
    assert [entry.name for entry in (tmp_path / "r-1").iterdir()] == ["a"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a",
        "r/../a",
        "/etc/passwd",
        "a/b/c",
        "r/",
        "/a",
        ".hidden",
        "a\\b",
        "a\0",
        "a\n",
        "ä",
    ],
)
def test_a_name_that_is_not_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="does not name an artifact"):
        Folder(tmp_path).put(name, "x", "text/plain")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that refuses even root")
def test_a_folder_that_takes_no_files_is_refused() -> None:
    with pytest.raises(InvalidInput, match="name a folder you may write to"):
        Folder(Path("/proc"))


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot hold artifacts"):
        Folder(tmp_path / "file")
