"""Whose rules judge a change: those of the commit it left, not its own.

A pull request may edit its own margin, floor, baseline or `must_pass`. It is judged by what stood where it branched
off; its edits are shown, and take effect once they are merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agent_runtime.errors import InvalidInput
from evals.git.command import GitFailed, git
from evals.git.trees import CannotCheckOut, DetachedTree, detached_tree
from evals.results.baseline import load_reference
from evals.results.records import SuiteResult
from evals.suite.suite import EvalCase, Suite, load_suite
from evals.suite.suite_file import GateSettings

_DEPTH = "fetch it: in GitHub Actions, give actions/checkout  fetch-depth: 0"


@dataclass(frozen=True, slots=True)
class Rules:
    """What judges.

    Attributes:
        suite: the change's own suite under the rules of the commit it left.
        baseline: what stood there; None if nothing did.
        notes: the change's edits to the rules, in words.
    """

    suite: Suite
    baseline: SuiteResult | None
    baseline_file: Path | None
    notes: tuple[str, ...] = ()


def rules_from(ref: str, suite: Suite, suite_file: Path, baseline: Path | None) -> Rules:
    """The rules at the commit where HEAD left `ref`.

    Args:
        baseline: where the baseline is; it is read from that commit. None means the usual place, under the name
            that the suite had there: a change that renames its suite keeps its baseline.

    Raises:
        InvalidInput: outside git, if the commit is not in this clone, or its files cannot be read.
    """
    with tree_left(suite.root, ref) as (tree, commit):
        return _rules_in(tree, commit, suite, suite_file, baseline)


def usual_baseline_at(ref: str, suite: Suite, suite_file: Path) -> Path:
    """Where the baseline of the suite is kept, under the name that it had at the commit where HEAD left `ref`.

    Raises:
        InvalidInput
    """
    with tree_left(suite.root, ref) as (tree, _):
        then = tree.of(suite_file)
        return suite.baseline_of(load_suite(then).name if then.exists() else suite.name)


def baseline_from(ref: str, baseline: Path) -> SuiteResult | None:
    """The baseline at the commit where HEAD left `ref`; None if there was none.

    Raises:
        InvalidInput
    """
    folder = baseline.parent if baseline.parent.is_dir() else Path()
    with tree_left(folder, ref) as (tree, _):
        then = tree.of(baseline)
        return load_reference(then, keep_text=False) if then.exists() else None


@contextmanager
def tree_left(folder: Path, ref: str) -> Iterator[tuple[DetachedTree, str]]:
    """The files of the commit at which HEAD and `ref` parted, and that commit.

    Raises:
        InvalidInput: outside git, or if it is not in this clone; with what to do about it.
    """
    commit = _left_at(folder, ref)
    try:
        with detached_tree(folder, commit) as tree:
            yield tree, commit
    except CannotCheckOut as error:
        raise InvalidInput.one("--gate-from", str(error), _DEPTH) from None


def takes_effect(commit: str) -> str:
    """What a reader is told of an edit of the rules."""
    return f"it is judged by commit {commit[:12]}; the edit takes effect once it is merged"


def _left_at(folder: Path, ref: str) -> str:
    if not ref or ref.startswith("-"):
        raise InvalidInput.one("--gate-from", f"'{ref[:80]}' is not a branch or commit", "write origin/main")
    try:
        return git(folder, "merge-base", "HEAD", ref).strip()
    except GitFailed:
        what = f"git does not know where this change left '{ref[:80]}'"
        raise InvalidInput.one("--gate-from", what, _DEPTH) from None


def _rules_in(tree: DetachedTree, commit: str, suite: Suite, suite_file: Path, named: Path | None) -> Rules:
    then_file = tree.of(suite_file)
    if not then_file.exists():
        note = (
            f"{suite_file.name} is new: there are no rules at commit {commit[:12]} yet, so its own judge it"
        )
        return Rules(suite, None, None, (note,))
    then = load_suite(then_file)
    baseline = named or suite.baseline_of(then.name)
    then_baseline = tree.of(baseline)
    kept = tuple(_kept_strict(suite, then))
    ruled = replace(suite, gate=then.gate, cases=_with_must_pass(suite, frozenset(kept)))
    stands = then_baseline.exists()
    return Rules(
        suite=ruled,
        baseline=load_reference(then_baseline, keep_text=False) if stands else None,
        baseline_file=baseline if stands else None,
        notes=tuple(_notes(suite, then, kept, baseline, then_baseline, commit)),
    )


def _kept_strict(suite: Suite, then: Suite) -> Iterator[str]:
    """Cases that had to pass, and no longer say so."""
    had_to = {case.case_id for case in then.cases if case.must_pass}
    yield from (case.case_id for case in suite.cases if case.case_id in had_to and not case.must_pass)


def _with_must_pass(suite: Suite, names: frozenset[str]) -> tuple[EvalCase, ...]:
    return tuple(replace(case, must_pass=case.must_pass or case.case_id in names) for case in suite.cases)


def _notes(
    suite: Suite, then: Suite, kept: tuple[str, ...], baseline: Path, then_baseline: Path, commit: str
) -> Iterator[str]:
    after, now = takes_effect(commit), {case.case_id for case in suite.cases}
    changed = [
        f"{name} {_shown(getattr(then.gate, name))} → {_shown(getattr(suite.gate, name))}"
        for name in GateSettings.model_fields
        if getattr(then.gate, name) != getattr(suite.gate, name)
    ]
    if changed:
        yield f"this change edits its own gate ({', '.join(changed)}): {after}"
    if suite.name != then.name:
        yield f"this change renames the suite {then.name} to {suite.name}: {after}"
    if kept:
        yield f"this change takes must_pass from {', '.join(kept[:5])}: {after}"
    if gone := [case.case_id for case in then.cases if case.must_pass and case.case_id not in now]:
        yield f"this change removes cases that must pass: {', '.join(gone[:5])}"
    if _bytes(baseline) != _bytes(then_baseline):
        yield f"this change edits the baseline {baseline.name}: {after}"


def _shown(value: object) -> str:
    return "none" if value in (None, ()) else str(value)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
