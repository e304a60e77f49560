"""From results to what a pull request shows: decide everything first, then send it, and lose nothing on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runtime.errors import CrewError, InvalidInput
from bot.actions.environment import ActionsEnvironment
from bot.github.errors import CannotPublishCheck, CannotReach
from bot.message.annotations import Checkout, annotations_of
from bot.message.checks import CheckRun, check_of
from bot.message.comments import comment_body, key_of
from bot.message.conclusions import EXIT_CODES, conclusion_of, fail_on_of
from bot.message.links import Links
from bot.message.results import Results
from bot.publish.foreign_run import ForeignRun
from bot.publish.issues import put_issue
from bot.publish.sending import put_check, put_comment, put_status
from bot.publish.step_files import write_outputs, write_step_summary
from evals.results.facts import FailOn
from evals.results.verdict import VerdictKind
from security_pack.findings import findings
from security_pack.findings.sarif import NAME as SARIF_NAME

if TYPE_CHECKING:  # PyGithub is an extra, and a dry run does without
    from bot.github.repository import GitHub


@dataclass(frozen=True, slots=True)
class Target:
    """Where it is shown.

    Attributes:
        links: with the commit that the check is put on.
        pull: the pull request to comment; None if there is none.
    """

    links: Links
    pull: int | None = None


@dataclass(frozen=True, slots=True)
class PublishOptions:
    """What to publish, and how: the flags of `agentcrewops publish`, or the inputs of an Action.

    Attributes:
        folders: where the results are; the first one is named in the outputs.
        fail_on: what the gate was set to wins over it; None is drift.
        suite: the file whose lines are annotated, if it is the measured one.
        from_run: the workflow run whose artifact is published; None publishes what this job measured.
        artifact: its name.
        issue: keep an issue open while the agent is down.
        sarif: upload the first folder's guardian.sarif to code scanning.
        dry_run: print what would be sent.
        as_json: print JSON instead of words.
    """

    folders: tuple[Path, ...] = (Path("canary-out"),)
    check_name: str = "agentcrewops"
    comment: bool = True
    fail_on: FailOn | None = None
    report_url: str | None = None
    suite: Path = Path("suite.yaml")
    from_run: int | None = None
    artifact: str = "agentcrewops-results"
    issue: bool = False
    sarif: bool = False
    dry_run: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that is to be sent. `comment` says what `check` says, until the check has an address.

    Attributes:
        sarif: for code scanning; None if it is not wanted, or a stranger's.
    """

    results: Results
    target: Target
    check: CheckRun
    key: str
    wants_comment: bool
    outputs: Mapping[str, str]
    wants_issue: bool = False
    sarif: bytes | None = None

    @property
    def comment(self) -> str:
        """The comment as it is sent if no check could be written."""
        return self.comment_with(None)

    def comment_with(self, check_url: str | None) -> str:
        """The comment with a link to the check."""
        return comment_body(self.results, self.key, self.target.links.with_check(check_url))

    @property
    def exit_code(self) -> int:
        """Of the verdict alone."""
        return EXIT_CODES[self.check.conclusion]


@dataclass(frozen=True, slots=True)
class Published:
    """What became of it.

    Attributes:
        check_url: None if no check run was written.
        shown_as: check | status | summary | nothing
        commented: the number of the pull request, or None.
        notes: what was not done, and why. May hold GitHub's words: escape at the sink.
        failed: True if what should have worked did not, so that a green verdict is not a green job.
    """

    check_url: str | None
    shown_as: str
    commented: int | None
    notes: tuple[str, ...] = ()
    failed: bool = False


# --- decide -----------------------------------------------------------------------------------------------


def target_of(environment: ActionsEnvironment, report_url: str | None) -> Target:
    """The pull request or the commit that this job is about."""
    links = Links(environment.head_sha, report_url, environment.run_url)
    return Target(links, environment.pull.number if environment.pull else None)


def target_of_run(foreign: ForeignRun, environment: ActionsEnvironment, report_url: str | None) -> Target:
    """The commit of a run that ended, and the pull request that GitHub says it heads."""
    links = Links(foreign.run.head_sha, report_url, environment.run_url)
    return Target(links, foreign.pulls[0].number if foreign.pulls else None)


def refuse_stale(results: Results, environment: ActionsEnvironment) -> None:
    """Results of another commit must not be shown at this one.

    Raises:
        InvalidInput: they are.
    """
    others = results.commits - {environment.sha, environment.head_sha}
    if others:
        what = f"are of commit {min(others)[:12]}, but this job is about {environment.head_sha[:12]}"
        raise InvalidInput.one(
            "results", what, "publish in the job that measured, or check out the same commit"
        )


def publication_of(
    results: Results, checkout: Checkout, target: Target, options: PublishOptions
) -> Publication:
    """What is to be shown; nothing is sent."""
    conclusion = conclusion_of(results, fail_on_of(results, options.fail_on))
    annotations = annotations_of(results, checkout)
    return Publication(
        results=results,
        target=target,
        check=check_of(results, options.check_name, conclusion, annotations, target.links),
        key=key_of(options.check_name),
        wants_comment=options.comment,
        outputs=outputs_of(results, options.folders[0]),
        wants_issue=options.issue and results.trusted,
        sarif=_sarif(options.folders[0]) if options.sarif and results.trusted else None,
    )


def _sarif(folder: Path) -> bytes | None:
    file = folder / SARIF_NAME
    return file.read_bytes() if file.is_file() else None


def outputs_of(results: Results, folder: Path) -> dict[str, str]:
    """The step's outputs by name; "" for what was not measured."""
    verdict = results.verdict
    metrics = verdict.metrics if verdict else {}
    success, p95 = metrics.get("success_rate"), metrics.get("p95_latency_ms")
    costs = [run.cost_usd for run in results.samples.samples if run.cost_usd] if results.samples else []
    return {
        "verdict": worst_of(results),
        "success-rate": _number(success.candidate if success else None),
        "ci-low": _number(success.ci_low if success else None),
        "ci-high": _number(success.ci_high if success else None),
        "cost-usd": _number(sum(costs) if costs else None),
        "p95-ms": _number(p95.candidate if p95 else None),
        "report-path": str(folder / "report.html"),
        "results-path": str(folder),
    }


_WORST = (
    findings.Conclusion.BREACH,
    VerdictKind.DRIFT,
    VerdictKind.BELOW_FLOOR,
    VerdictKind.NOT_MEASURED,
    findings.Conclusion.INCONCLUSIVE,
    VerdictKind.PROVIDER_DRIFT,
    VerdictKind.UNDECIDED,
    VerdictKind.NO_BASELINE,
)


def worst_of(results: Results) -> str:
    """The word that decides, of Canary's and Guardian's: bad before unmeasured before doubtful before pass."""
    said = [
        *([results.verdict.verdict] if results.verdict else []),
        *([results.assessment.conclusion] if results.assessment else []),
    ]
    return str(next((word for word in _WORST if word in said), said[0] if said else ""))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


# --- send -------------------------------------------------------------------------------------------------


def send(publication: Publication, github: GitHub, environment: ActionsEnvironment) -> Published:
    """Show it everywhere this token may. What GitHub refuses is noted, and the step's own summary says it all."""
    if environment.output is not None:
        write_outputs(environment.output, publication.outputs)
    notes: list[str] = []
    check_url, shown_as, failed = _show(publication, github, notes)
    commented = _comment(publication, github, check_url, notes)
    _issue(publication, github, check_url, notes)
    _scanning(publication, github, environment, notes)
    if notes and environment.from_fork:
        notes.append("a fork's pull request gets a token that may only read; publish it after  workflow_run")
    if environment.step_summary is not None:
        write_step_summary(environment.step_summary, step_summary(publication, check_url))
        shown_as = shown_as or "summary"
    return Published(check_url, shown_as or "nothing", commented, tuple(notes), failed or not shown_as)


def step_summary(publication: Publication, check_url: str | None) -> str:
    """The comment, without the marker that would make it one."""
    return publication.comment_with(check_url).partition("\n")[2]


def _show(publication: Publication, github: GitHub, notes: list[str]) -> tuple[str | None, str, bool]:
    """The check run, else a commit status: its address, what it is shown as, and whether that was GitHub's fault."""
    try:
        return put_check(github, publication.check), "check", False
    except CannotPublishCheck as refused:
        notes.append(str(refused))
        failed = not refused.not_permitted
    try:
        put_status(github, publication.check)
    except CannotReach as also_refused:
        notes.append(str(also_refused))
        return None, "", failed or not also_refused.not_permitted
    return None, "status", False


def _comment(publication: Publication, github: GitHub, check_url: str | None, notes: list[str]) -> int | None:
    """The number of the pull request that was commented; None, with a note, if it was not."""
    number = publication.target.pull
    if number is None or not publication.wants_comment:
        return None
    try:
        head = github.pull(number).head_sha
        if head != publication.check.head_sha:
            notes.append(f"no comment: the pull request moved on to {head[:12]}, whose own run writes it")
            return None
        put_comment(github, number, publication.key, publication.comment_with(check_url))
    except CrewError as refused:
        notes.append(str(refused))
        return None
    return number


def _issue(publication: Publication, github: GitHub, check_url: str | None, notes: list[str]) -> None:
    """Open, edit or close the drift issue."""
    if not publication.wants_issue:
        return
    links = publication.target.links.with_check(check_url)
    try:
        put_issue(github, publication.results, publication.key, links)
    except CannotReach as refused:
        notes.append(str(refused))


def _scanning(
    publication: Publication, github: GitHub, environment: ActionsEnvironment, notes: list[str]
) -> None:
    """Show Guardian's findings under Security."""
    if publication.sarif is None or environment.from_fork:
        return
    pull = environment.pull
    ref = f"refs/pull/{pull.number}/head" if pull else environment.ref
    try:
        github.upload_sarif(environment.head_sha, ref, publication.sarif)
    except CannotReach as refused:
        notes.append(str(refused))
