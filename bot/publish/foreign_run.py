"""The results of a run that we do not trust, such as that of a fork's pull request: taken as data, checked, told as a
claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_runtime.errors import InvalidInput
from bot.github.artifacts import MOST_ZIPPED, CannotUseArtifact, known_files, refuse_absurd
from bot.github.records import Artifact, Pull, WorkflowRun
from bot.message.results import FINDINGS_FILE, VERDICT_FILE, Results, read_results
from evals.report.folder import render_results, write_results
from evals.report.result import CanaryResult
from evals.results.facts import Facts
from evals.results.files import prepare_folder
from security_pack.findings.findings_file import write_assessment

if TYPE_CHECKING:  # PyGithub is an extra, and a dry run does without
    from bot.github.repository import GitHub

_PULL_REQUEST = "pull_request"


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """The run, what it claims, and the open pull requests that its commit heads, as GitHub knows them."""

    run: WorkflowRun
    results: Results
    pulls: tuple[Pull, ...]


def fetch_run(github: GitHub, run_id: int, artifact_name: str, folder: Path) -> ForeignRun:
    """What the run left behind, written to `folder` by our own code: its pages and texts are never shown.

    Raises:
        CannotUseArtifact: it left nothing, or nothing that can be believed to be of its commit.
        CannotReach: GitHub did not answer.
    """
    run = github.run(run_id)
    chosen = _newest(github.artifacts(run_id), artifact_name)
    results = _results(known_files(github.fetch(chosen, MOST_ZIPPED)), folder)
    _refuse_other_commits(results, run.head_sha)
    pulls: tuple[Pull, ...] = ()
    if run.event == _PULL_REQUEST:
        pulls = github.open_pulls_at(run.head_sha, run.head_repository, run.head_branch)
    return ForeignRun(run, results, pulls)


def _newest(artifacts: tuple[Artifact, ...], name: str) -> Artifact:
    """The last of that name: a run that was started again leaves another."""
    found = [each for each in artifacts if each.name == name and not each.expired]
    if not found:
        raise CannotUseArtifact(f"is missing: the run left none named {name!a}")
    if found[-1].size > MOST_ZIPPED:
        raise CannotUseArtifact(f"is longer than {MOST_ZIPPED // 1_000_000} MB")
    return found[-1]


def _results(files: Mapping[str, bytes], folder: Path) -> Results:
    """What the files say, after every check that our own files pass; rendered anew."""
    for name, data in files.items():
        refuse_absurd(name, data)
    prepare_folder(folder)
    _write(folder, files)
    try:
        results = read_results([folder])
    except InvalidInput as error:
        first = error.problems[0]
        raise CannotUseArtifact(f"holds no result of ours: {first.what}") from None
    verdict = results.verdict
    if verdict is not None:
        verdict = replace(verdict, facts=_numbers_only(verdict.facts))
    return _rendered(replace(results, verdict=verdict, trusted=False), folder)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Only what the artifact holds: a file of an earlier call must not complete it."""
    for name in (VERDICT_FILE, FINDINGS_FILE, "samples.jsonl", "report.html", "summary.md", "junit.xml"):
        (folder / name).unlink(missing_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _numbers_only(facts: Facts) -> Facts:
    """Facts are numbers; a text among them would be printed as one, and its gate is not ours."""
    comparison = facts.comparison
    if comparison is not None:
        comparison = replace(comparison, runs_to_settle_in=None, waits_for=())
    more = {name: fact for name, fact in facts.more.items() if _is_plain(fact)}
    return replace(facts, fail_on=None, confirmation=None, comparison=comparison, more=more)


def _is_plain(fact: Any) -> bool:
    return fact is None or isinstance(fact, int | float)


def _rendered(results: Results, folder: Path) -> Results:
    if results.verdict is not None and results.samples is not None:
        write_results(folder, results.verdict, results.samples)
        render_results(folder, CanaryResult(results.verdict, results.samples))
    if results.assessment is not None:
        write_assessment(folder, results.assessment)
    return results


def _refuse_other_commits(results: Results, head_sha: str) -> None:
    parts = [part for part in (results.verdict, results.samples, results.assessment) if part is not None]
    if any(part.commit != head_sha for part in parts):
        raise CannotUseArtifact(f"is of another commit than the run's {head_sha[:12]}")
    if len({part.fingerprint for part in parts if part.fingerprint}) > 1:
        raise CannotUseArtifact("mixes results of different manifests")
