"""Real git behind the fake: one bare repository per repo, read and written by plumbing commands."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

NO_COMMIT = "0" * 40
_SHA = re.compile(r"[0-9a-f]{7,40}")
_PLAIN_REF = re.compile(r"(?!/)(?!.*(?:\.\.|//|@\{|[\x00-\x20~^:?*\[\\]))[^-].*(?<![/.])", re.DOTALL)
_REFUSES_WORKFLOWS = """#!/bin/sh
[ -n "$FAKE_GITHUB_REFUSES_WORKFLOWS" ] || exit 0
while read -r old new ref; do
  case $new in 0000000000000000000000000000000000000000) continue ;; esac
  if git rev-list "$new" --not --all -- .github/workflows | grep -q .; then
    echo "refusing to allow a GitHub App to create or update workflow without \\`workflows\\` permission" >&2
    exit 1
  fi
done
"""


class GitRefused(Exception):
    """git could not do it; carries what git said."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to commit, with its git mode: 100644, 100755, 120000 (link) or 160000 (submodule)."""

    content: str | bytes
    mode: str = "100644"


Files = Mapping[str, str | bytes | File | None]
"""Path → content; None removes the file."""


@dataclass(frozen=True, slots=True)
class Who:
    """An author or committer; `date` is ISO 8601 in UTC."""

    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as git holds it."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Who
    committer: Who
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree; `size` is None for what is no blob."""

    mode: str
    type: str
    sha: str
    size: int | None
    path: str


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a diff; `sha` is the blob after it (before it, when removed)."""

    path: str
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str
    previous: str | None = None


class GitRepository:
    """A bare repository in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lasting: dict[tuple[str, ...], bytes] = {}

    @classmethod
    def create(cls, folder: Path, shares: GitRepository | None = None) -> GitRepository:
        """An empty repository; with `shares` it uses the same objects, as forks on GitHub do."""
        folder.mkdir(parents=True)
        made = cls(folder)
        made.run("init", "-q", "--bare", "--template=", "-b", "main", ".")
        if shares is not None:
            (folder / "objects" / "info").rmdir()
            (folder / "objects" / "pack").rmdir()
            (folder / "objects").rmdir()
            (folder / "objects").symlink_to(shares.folder / "objects")
        (folder / "hooks").mkdir()
        hook = folder / "hooks" / "pre-receive"
        hook.write_text(_REFUSES_WORKFLOWS)
        hook.chmod(0o755)
        with (folder / "config").open("a") as config:
            config.write(
                "[http]\nreceivepack = true\n[uploadpack]\nallowAnySHA1InWant = true\nallowFilter = true\n"
                "[receive]\nautogc = false\n[gc]\nauto = 0\n[core]\nfsync = none\n"
            )
        return made

    def run(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """The output of a git command in this repository."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            input=stdin,
            env={**git_environment(), **(env or {})},
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise GitRefused(f"git {words[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def lasting(self, *words: str) -> bytes:
        """The same, run once: for what names its objects by sha, so that its answer never changes."""
        if words not in self._lasting:
            self._lasting[words] = self.run(*words)
        return self._lasting[words]

    def line(self, *words: str) -> str:
        """The output of a git command that answers with one line."""
        return self.run(*words).decode().strip()

    # -- refs

    def refs(self) -> dict[str, str]:
        """Full ref name → sha."""
        lines = self.run("for-each-ref", "--format=%(objectname) %(refname)").decode().splitlines()
        return {ref: sha for sha, ref in (line.split(" ", 1) for line in lines)}

    def ref(self, name: str) -> str | None:
        """The sha that a full ref name holds."""
        return self._verified(name) if name.startswith("refs/") and valid_ref(name) else None

    def resolve(self, name: str) -> str | None:
        """The commit that a branch, a tag, a ref or a sha names; None when there is none."""
        if not valid_ref(name):
            return None
        for full in (
            f"refs/heads/{name}",
            f"refs/tags/{name}",
            f"refs/{name}",
            name if name == "HEAD" else "",
        ):
            if full and (sha := self._verified(full + "^{commit}")):
                return sha
        return self._verified(name + "^{commit}") if _SHA.fullmatch(name) else None

    def has(self, sha: str, kind: str = "commit") -> bool:
        """Whether a full sha names an object of this kind."""
        return bool(re.fullmatch(r"[0-9a-f]{40}", sha)) and self._verified(f"{sha}^{{{kind}}}") == sha

    def _verified(self, name: str) -> str | None:
        try:
            return self.line("rev-parse", "-q", "--verify", "--end-of-options", name)
        except GitRefused:
            return None

    def set_ref(self, name: str, sha: str) -> None:
        """Create or move a ref."""
        self.run("update-ref", name, sha)

    def drop_ref(self, name: str) -> None:
        """Delete a ref."""
        self.run("update-ref", "-d", name)

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether moving from `old` to `new` is a fast-forward."""
        try:
            self.run("merge-base", "--is-ancestor", old, new)
        except GitRefused:
            return False
        return True

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor."""
        try:
            return self.lasting("merge-base", one, other).decode().strip()
        except GitRefused:
            return None

    def merged_tree(self, base: str, head: str) -> str | None:
        """The tree of a clean merge; None on a conflict."""
        try:
            return self.lasting("merge-tree", "--write-tree", base, head).decode().split()[0]
        except GitRefused:
            return None

    # -- commits

    def commit(self, sha: str) -> Commit:
        """The commit of this sha."""
        shape = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"
        out = self.lasting("show", "-s", f"--format={shape}", "--end-of-options", sha).decode(
            errors="replace"
        )
        head, tree, parents, an, ae, ad, cn, ce, cd, message = out.split("\x00", 9)
        author, committer = Who(an, ae, _utc(ad)), Who(cn, ce, _utc(cd))
        return Commit(head, tree, tuple(parents.split()), author, committer, message.rstrip("\n"))

    def log(self, tip: str, excluding: str | None = None, path: str | None = None) -> list[str]:
        """The shas reachable from `tip` and not from `excluding`, newest first."""
        words = ["rev-list", "--topo-order", tip, *([f"^{excluding}"] if excluding else [])]
        return self.run(*words, "--", *([path] if path else [])).decode().split()

    def commit_files(self, branch: str, files: Files, message: str, who: Who, parent: str | None) -> str:
        """Commit `files` on top of `parent` and move `branch` there, by force; returns the sha."""
        ref = f"refs/heads/{branch}"
        self.run(
            "fast-import",
            "--quiet",
            "--force",
            stdin=b"".join(_fast_import(ref, files, message, who, parent)),
        )
        return self.line("rev-parse", ref)

    def commit_tree(
        self, tree: str, parents: tuple[str, ...], message: str, author: Who, committer: Who
    ) -> str:
        """A commit that no ref names yet; returns its sha."""
        env = {
            "GIT_AUTHOR_NAME": author.name,
            "GIT_AUTHOR_EMAIL": author.email,
            "GIT_AUTHOR_DATE": author.date,
            "GIT_COMMITTER_NAME": committer.name,
            "GIT_COMMITTER_EMAIL": committer.email,
            "GIT_COMMITTER_DATE": committer.date,
        }
        words = ["commit-tree", tree, *(word for parent in parents for word in ("-p", parent))]
        return self.run(*words, stdin=message.encode(), env=env).decode().strip()

    # -- trees and blobs

    def write_blob(self, content: bytes) -> str:
        """Store a blob; returns its sha."""
        return self.run("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def read_blob(self, sha: str) -> bytes:
        """The content of a blob."""
        return self.run("cat-file", "blob", sha)

    def tree(self, treeish: str, recursive: bool = False, path: str | None = None) -> list[Entry]:
        """The entries of a tree; with `path`, that one entry."""
        words = ["ls-tree", "-l", "-z", *(["-r", "-t"] if recursive else []), treeish]
        out = self.run(*words, *([path] if path else []), env={"GIT_LITERAL_PATHSPECS": "1"}).decode(
            errors="replace"
        )
        return [_entry(line) for line in out.split("\x00") if line]

    def write_tree(self, base: str | None, entries: list[tuple[str, str | None, str]]) -> str:
        """A tree of `base` with (mode, sha, path) entries put in; a sha of None takes the path out."""
        index = self.folder / f"index-{os.urandom(8).hex()}"
        env = {"GIT_INDEX_FILE": str(index)}
        try:
            self.run("read-tree", *([base] if base else ["--empty"]), env=env)
            self.run("update-index", "-z", "--index-info", stdin=_index_info(entries), env=env)
            return self.run("write-tree", "--missing-ok", env=env).decode().strip()
        finally:
            index.unlink(missing_ok=True)

    # -- diffs

    def changes(self, old: str | None, new: str) -> list[Change]:
        """What differs between two commits or trees, file by file; `old` None is the empty tree."""
        start = old or self.run("hash-object", "-t", "tree", "--stdin").decode().strip()
        common = ["diff", "--no-ext-diff", "--find-renames", start, new]
        raw = self.lasting(*common, "--raw", "--no-abbrev", "-z").decode(errors="replace")
        counts = self.lasting(*common, "--numstat", "-z").decode(errors="replace")
        return [
            _change(record, count, self._patch(start, new, record))
            for record, count in zip(_raw_records(raw), _counts(counts), strict=True)
        ]

    def _patch(self, old: str, new: str, record: list[str]) -> str:
        out = self.lasting("diff", "--no-ext-diff", "--find-renames", old, new, "--", *record[1:]).decode(
            errors="replace"
        )
        start = out.find("\n@@")
        return out[start + 1 :].rstrip("\n") if start >= 0 else ""


def git_environment() -> dict[str, str]:
    """An environment in which no setting of this machine reaches git."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_COMMITTER_NAME": "GitHub",
        "GIT_COMMITTER_EMAIL": "noreply@github.com",
    }


def valid_ref(name: str) -> bool:
    """Whether git would take this as (a part of) a ref name; keeps revision syntax out."""
    return bool(_PLAIN_REF.fullmatch(name)) and not name.endswith(".lock")


def _utc(date: str) -> str:
    return date.replace("+00:00", "Z")


def _fast_import(ref: str, files: Files, message: str, who: Who, parent: str | None) -> Iterator[bytes]:
    text = message.encode()
    yield f"feature done\ncommit {ref}\n".encode()
    yield f"author {_seconds(who)}\ncommitter {_seconds(who)}\ndata {len(text)}\n".encode() + text + b"\n"
    if parent:
        yield f"from {parent}\n".encode()
    for path, given in files.items():
        if given is None:
            yield f"D {_quoted(path)}\n".encode()
            continue
        file = given if isinstance(given, File) else File(given)
        content = file.content.encode() if isinstance(file.content, str) else file.content
        if file.mode == "160000":
            yield f"M 160000 {content.decode()} {_quoted(path)}\n".encode()
        else:
            yield f"M {file.mode} inline {_quoted(path)}\ndata {len(content)}\n".encode() + content + b"\n"
    yield b"\ndone\n"


def _seconds(who: Who) -> str:
    seconds = int(datetime.fromisoformat(who.date.replace("Z", "+00:00")).timestamp())
    return f"{who.name} <{who.email}> {seconds} +0000"


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _index_info(entries: list[tuple[str, str | None, str]]) -> bytes:
    lines = (f"{'0' if sha is None else mode} {sha or NO_COMMIT}\t{path}\0" for mode, sha, path in entries)
    return "".join(lines).encode()


def _entry(line: str) -> Entry:
    head, path = line.split("\t", 1)
    mode, kind, sha, size = head.split()
    return Entry(mode, kind, sha, int(size) if size.isdigit() else None, path)


_STATUS = {"A": "added", "D": "removed", "M": "modified", "T": "changed", "R": "renamed", "C": "copied"}


def _raw_records(out: str) -> list[list[str]]:
    """Each as [":mode mode sha sha status", path, (new path)]."""
    parts, records = [part for part in out.split("\x00") if part], list[list[str]]()
    while parts:
        head = parts.pop(0)
        paths = 2 if head.split()[4][0] in "RC" else 1
        records.append([head, *(parts.pop(0) for _ in range(paths))])
    return records


def _counts(out: str) -> list[tuple[int, int]]:
    counts, parts = list[tuple[int, int]](), out.split("\x00")
    while parts and parts[0]:
        added, deleted, path = parts.pop(0).split("\t")
        counts.append((int(added.replace("-", "0")), int(deleted.replace("-", "0"))))
        if not path:
            del parts[:2]
    return counts


def _change(record: list[str], counts: tuple[int, int], patch: str) -> Change:
    _, _, before, after, status = record[0].split()
    previous = record[1] if len(record) == 3 else None
    sha = before if status == "D" else after
    return Change(record[-1], _STATUS[status[0]], sha, counts[0], counts[1], patch, previous)
