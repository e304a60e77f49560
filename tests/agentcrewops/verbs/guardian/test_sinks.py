"""`guardian sinks`: is any of this text live where I put it?"""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.agentcrewops.conftest import Said, Shell

HOSTILE = "<p>hi</p>\n<img src=x onerror=alert(1)>\n\x1b[2J"


def check(shell: Shell, folder: Path, text: str, *arguments: str) -> Said:
    (folder / "answer.txt").write_text(text)
    return shell("guardian", "sinks", *arguments, "answer.txt", cwd=folder)


def test_text_that_is_only_text_leaves_with_0(shell: Shell, tmp_path: Path) -> None:
    said = check(shell, tmp_path, "refund processed", "--as", "html,sql")
    assert (said.code, said.out) == (0, "nothing is live in html, sql\n")


def test_live_text_leaves_with_1_and_says_where_what_and_why(shell: Shell, tmp_path: Path) -> None:
    said = check(shell, tmp_path, HOSTILE, "--as", "html")
    assert said.code == 1
    assert "line 2    html      event handler      onerror=alert(1)" in said.out


def test_hostile_text_cannot_write_to_the_terminal(shell: Shell, tmp_path: Path) -> None:
    said = check(shell, tmp_path, HOSTILE, "--as", "terminal")
    assert "\x1b" not in said.out
    assert "\\u001b[2J" in said.out


def test_json_says_the_same(shell: Shell, tmp_path: Path) -> None:
    said = check(shell, tmp_path, "=1+1", "--as", "csv", "--json")
    assert json.loads(said.out) == [{"kind": "csv", "rule": "formula", "line": 1, "excerpt": "=1+1"}]


def test_without_a_file_it_reads_stdin(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"../x")))
    assert shell("guardian", "sinks", "--as", "path", cwd=tmp_path).code == 1


@pytest.mark.parametrize(
    ("arguments", "what"),
    [(("--as", "htm"), "'htm' is not a kind"), (("--as", "html", "absent.txt"), "does not exist")],
)
def test_what_cannot_be_checked_leaves_with_2(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], what: str
) -> None:
    said = shell("guardian", "sinks", *arguments, cwd=tmp_path)
    assert said.code == 2
    assert what in said.err
