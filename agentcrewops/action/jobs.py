"""What our GitHub Actions do: run or merge, judge, and leave results, outputs and an exit code behind.

All logic of `actions/*/action.yml` is here; the YAML only hands over inputs and keeps artifacts.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import typer

from agent_runtime.errors import CrewError, InvalidInput
from agentcrewops.action.inputs import Inputs, Mode, read_inputs
from agentcrewops.action.log import annotate, commands_stopped, notice
from agentcrewops.caller import command_line
from agentcrewops.outcome.canary import announce, announce_shard, exit_code
from agentcrewops.outcome.folder import findings_in, render_canary, write_guardian
from agentcrewops.outcome.guardian import announce_assessment
from agentcrewops.outcome.publication import publish_results
from agentcrewops.terminal import printable
from bot.actions.environment import read_environment
from bot.message.results import read_results
from bot.publish.publishing import PublishOptions, outputs_of
from bot.publish.step_files import write_outputs
from evals.canary.canary import run_canary
from evals.canary.preparation import CanaryOptions, default_baseline, manifest_of
from evals.canary.sharding import merge_shards, run_shard
from evals.formatting.excerpts import one_line
from evals.git.base_rules import usual_baseline_at
from evals.report.result import CanaryResult
from evals.results.facts import FailOn
from evals.results.files import prepare_folder
from evals.results.verdict import Verdict
from evals.sampling.shards import SHARD_FILE
from evals.suite.suite import Suite, load_suite
from security_pack.findings import findings_file
from security_pack.findings.findings import Assessment, Conclusion
from security_pack.findings.sarif import NAME as SARIF_NAME
from security_pack.guardian.guardian import GuardianOptions, prepare_guardian, run_guardian

PART = "agentcrewops-part--{}--{}"
"""The name of an artifact that actions/report puts together with others: of which agent, and which part."""
REPORT = "agentcrewops-report--{}"


@dataclass(frozen=True, slots=True)
class Job:
    """Where a step runs.

    Attributes:
        scratch: RUNNER_TEMP/agentcrewops, outside the checkout.
        base: commit of the branch that a pull request wants to change; None outside pull requests.
        from_fork: the pull request is another repository's: this job has no secrets.
        head: the pull request's own commit: HEAD of the checkout is a merge that GitHub made of it.
    """

    workspace: Path
    scratch: Path
    base: str | None
    head: str | None
    from_fork: bool = False

    @property
    def results(self) -> Path:
        """Where a step leaves what it measured."""
        return self.scratch / "results"


def job_of(environ: Mapping[str, str]) -> Job:
    """The job that this step is a part of.

    Raises:
        InvalidInput: outside GitHub Actions.
    """
    if not environ.get("RUNNER_TEMP"):
        raise InvalidInput.one(
            "RUNNER_TEMP", "is not set", "this is for GitHub Actions; elsewhere use  agentcrewops canary"
        )
    actions = read_environment(environ)
    return Job(
        workspace=actions.workspace,
        scratch=Path(environ["RUNNER_TEMP"]) / "agentcrewops",
        base=actions.pull.base_sha if actions.pull else None,
        head=actions.pull.head_sha if actions.pull else None,
        from_fork=actions.from_fork,
    )


@dataclass(frozen=True, slots=True)
class PartOutcome:
    """What judging one part comes to: an exit code, and a sentence of ours to show above the log."""

    code: int
    notice: str = ""


def judge_job(environ: Mapping[str, str]) -> int:
    """The step `Judge` of an Action: reads its inputs, judges, writes its outputs; returns the exit code."""
    try:
        job = job_of(environ)
        inputs = read_inputs(environ, job.workspace)
    except InvalidInput as error:
        return _refused(error).code
    code = judge(inputs, job, environ)
    if environ.get("GITHUB_OUTPUT"):
        write_outputs(Path(environ["GITHUB_OUTPUT"]), _step_outputs(job.results, inputs))
    return code


def publish_job(environ: Mapping[str, str]) -> int:
    """The step `Publish`: 0 unless GitHub failed us; what was measured has its exit code in the step `Judge`."""
    try:
        job = job_of(environ)
        options = _publish_options(environ, job)
        with commands_stopped():
            return publish_results(options, environ)
    except CrewError as error:
        return _refused(error).code


def baseline_job(environ: Mapping[str, str]) -> int:
    """The step `Refresh` of actions/baseline; 1 if the agent slid below what was approved."""
    from agentcrewops.action.baseline import print_outcome, refresh_baseline  # only here: it needs PyGithub

    try:
        job = job_of(environ)
        inputs = read_inputs(environ, job.workspace)
        with commands_stopped():
            _refuse_unbounded_spending(inputs)
            refreshed = refresh_baseline(inputs, job.results, read_environment(environ), environ)
            print_outcome(refreshed)
    except CrewError as error:
        return _refused(error).code
    if environ.get("GITHUB_OUTPUT"):
        number = str(refreshed.pull or "")
        write_outputs(Path(environ["GITHUB_OUTPUT"]), {"pull-request": number})
    return 1 if refreshed.slid else 0


def _publish_options(environ: Mapping[str, str], job: Job) -> PublishOptions:
    inputs = read_inputs(environ, job.workspace)
    from_run = environ.get("AGENTCREWOPS_FROM_RUN", "")
    if from_run and not (from_run.isascii() and from_run.isdigit()):
        raise InvalidInput.one(
            "input from-run", "is not the id of a run", "write  ${{ github.event.workflow_run.id }}"
        )
    return PublishOptions(
        folders=(Path(environ.get("AGENTCREWOPS_RESULTS") or job.results),),
        check_name=inputs.name,
        comment=environ.get("AGENTCREWOPS_COMMENT", "true") == "true",
        fail_on=FailOn(inputs.fail_on),
        report_url=environ.get("AGENTCREWOPS_REPORT_URL") or None,
        suite=inputs.suite,
        from_run=int(from_run) if from_run else None,
        artifact=REPORT.format(inputs.name),
        issue=environ.get("AGENTCREWOPS_ISSUE") == "true",
        sarif=environ.get("AGENTCREWOPS_SARIF") == "true",
    )


def judge(inputs: Inputs, job: Job, environ: Mapping[str, str]) -> int:
    """Judge what the inputs name, leave the results, and return the exit code; problems become annotations."""
    # An earlier step of this job may have left its results there.
    shutil.rmtree(job.results, ignore_errors=True)
    steps = [partial(step, inputs, job, job.results, environ) for step in _steps(inputs)]
    return _worst([_run_step(step).code for step in steps])


Step = Callable[[Inputs, Job, Path, Mapping[str, str]], PartOutcome]


def _steps(inputs: Inputs) -> Iterator[Step]:
    # Findings before shards when merging: the report of the canary then has Guardian's section from the start.
    if inputs.mode.guardian and inputs.merge:
        yield _merge_findings
    if inputs.mode.canary:
        yield _merge_shards if inputs.merge else _shard if inputs.sharded else _canary
    if inputs.mode.guardian and not inputs.merge:
        yield _guardian


def _worst(codes: list[int]) -> int:
    """2 (nothing could be run) before 3 (nothing could be measured) before 1 (it is bad)."""
    return next((code for code in (2, 3, 1) if code in codes), 0)


def _run_step(step: Callable[[], PartOutcome]) -> PartOutcome:
    try:
        with commands_stopped():
            judged = step()
    except CrewError as error:
        return _refused(error)
    if judged.notice:
        notice(judged.notice)
    return judged


def _refused(error: CrewError) -> PartOutcome:
    """Say what is wrong in the log and, where it has a place, at its line of the change."""
    with commands_stopped():
        typer.echo(f"error: {printable(str(error))}")
    # Outside of the marks, or the runner would take the annotations for text.
    for problem in error.problems if isinstance(error, InvalidInput) else ():
        annotate(problem)
    return PartOutcome(error.exit_code)


def _canary(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> PartOutcome:
    if _not_for_forks(inputs, job):
        return _not_run()
    found = asyncio.run(run_canary(_options(inputs, job, results), environ, command_line(quiet=True)))
    return _conclude(found, inputs, results)


def _shard(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> PartOutcome:
    if _not_for_forks(inputs, job):
        return _not_run()
    options, caller = _options(inputs, job, results), command_line(quiet=True)
    done = asyncio.run(run_shard(options, inputs.shard, environ, caller))
    announce_shard(done, results, as_json=False)
    return PartOutcome(3 if done.trouble else 0)


def _conclude(found: CanaryResult, inputs: Inputs, results: Path) -> PartOutcome:
    render_canary(results, found)
    announce(found.verdict, results, as_json=False)
    return PartOutcome(_code(found.verdict, inputs))


def _guardian(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> PartOutcome:
    agent = inputs.spec or Path("agent.yaml")
    prepared = prepare_guardian(GuardianOptions(agent, inputs.policy, gate_from=job.base))
    assessment = asyncio.run(run_guardian(prepared, datetime.now(UTC).date()))
    # HEAD is a merge commit that GitHub made; what people know is the pull request's own.
    assessment = replace(assessment, commit=job.head or assessment.commit)
    if inputs.mode.canary and _not_for_forks(inputs, job):
        assessment = _without_canary(assessment)
    return _write_assessment(assessment, results, inputs, agent)


def _write_assessment(assessment: Assessment, results: Path, inputs: Inputs, agent: Path) -> PartOutcome:
    prepare_folder(results)
    write_guardian(results, assessment, agent)
    announce_assessment(assessment, results, as_json=False)
    return PartOutcome(_code_of(assessment, inputs))


def _code_of(assessment: Assessment, inputs: Inputs) -> int:
    return assessment.conclusion.exit_code(FailOn(inputs.fail_on))


def _options(inputs: Inputs, job: Job, results: Path) -> CanaryOptions:
    _refuse_unbounded_spending(inputs)
    return CanaryOptions(
        suite=inputs.suite,
        agent=inputs.spec,
        policy=inputs.policy,
        model=inputs.model,
        samples=inputs.samples,
        baseline=inputs.baseline,
        out=results,
        max_usd=inputs.max_usd,
        gate_from=job.base,
        commit=job.head,
    )


def _refuse_unbounded_spending(inputs: Inputs) -> None:
    """Nobody watches a job: it may spend only what somebody wrote down."""
    suite = load_suite(inputs.suite)
    if not _free(suite, inputs) and inputs.max_usd is None and suite.gate.max_usd is None:
        what = "is not set, and the agent's model costs money"
        raise InvalidInput.one("input max-usd", what, "write  max-usd: '2.00'  or gate: { max_usd: 2.00 }")


def _free(suite: Suite, inputs: Inputs) -> bool:
    """True if its runs need no key and cost nothing."""
    return suite.target.recorded is not None or _simulated(suite, inputs)


NOT_RUN = (
    "The eval cases were not run: a fork's pull request has no secrets, and the agent's model is not simulated. "
    "A maintainer can push the commits to a branch of this repository to have them measured"
)


def _not_for_forks(inputs: Inputs, job: Job) -> bool:
    return job.from_fork and not _free(load_suite(inputs.suite), inputs)


def _not_run() -> PartOutcome:
    return PartOutcome(0, notice=NOT_RUN)


def _without_canary(assessment: Assessment) -> Assessment:
    return replace(assessment, warnings=(NOT_RUN, *assessment.warnings))


def _simulated(suite: Suite, inputs: Inputs) -> bool:
    manifest = manifest_of(suite, CanaryOptions(inputs.suite, inputs.spec, inputs.policy, inputs.model))
    if manifest is not None:
        return manifest.simulated
    # The suite has one target, in the field that is named like its kind; only some kinds can be simulated.
    target = getattr(suite.target, suite.target.kind)
    return bool(getattr(target, "simulated", False))


def _code(verdict: Verdict, inputs: Inputs) -> int:
    return exit_code(verdict, FailOn(inputs.fail_on))


def _parts_with(name: str, job: Job) -> list[Path]:
    """What the other jobs of this run left, as far as it holds such a file."""
    return sorted(path.parent for path in (job.scratch / "parts").glob(f"*/{name}") if path.is_file())


def _merge_shards(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> PartOutcome:
    """The verdict on all shards. Where none is left, nothing was measured, whatever Guardian says."""
    shards = _parts_with(SHARD_FILE, job)
    try:
        if not shards and _not_for_forks(inputs, job):
            return _not_run()
        findings_in(results)  # a part of the report: what cannot be read is told before anything is judged
        found = merge_shards(shards, _baseline(inputs, job), results, job.base)
    except CrewError as error:
        # A folder with findings alone would be published as the whole, green.
        _withdraw_pass(str(error), results, inputs)
        raise
    return _conclude(found, inputs, results)


def _baseline(inputs: Inputs, job: Job) -> Path | None:
    """The file to compare with; where a pull request left its base it need not be in the checkout."""
    if inputs.baseline is not None:
        return inputs.baseline
    suite = load_suite(inputs.suite)
    return usual_baseline_at(job.base, suite, inputs.suite) if job.base else default_baseline(suite)


def _withdraw_pass(why: str, results: Path, inputs: Inputs) -> None:
    """Guardian's part alone must not be shown as the whole: it concludes nothing where no run was measured."""
    if not (results / findings_file.NAME).is_file():
        return
    assessment = findings_file.read_assessment(results)
    headline = f"**INCONCLUSIVE** — the eval cases were not measured: {one_line(why, 500)}"
    if assessment.conclusion is Conclusion.PASS:
        assessment = replace(assessment, conclusion=Conclusion.INCONCLUSIVE, headline=headline)
    else:
        assessment = replace(assessment, warnings=(headline, *assessment.warnings))
    write_guardian(results, assessment, inputs.suite)


def _merge_findings(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> PartOutcome:
    """Guardian's part, written anew: what another job uploaded is data."""
    parts = _parts_with(findings_file.NAME, job)
    if len(parts) > 1:
        raise InvalidInput.one("input name", "several agents left findings under it", "give each its own")
    assessment = findings_file.read_assessment(parts[0]) if parts else _no_findings(job)
    if inputs.mode.canary and not _parts_with(SHARD_FILE, job) and _not_for_forks(inputs, job):
        assessment = _without_canary(assessment)
    return _write_assessment(assessment, results, inputs, inputs.suite)


def _no_findings(job: Job) -> Assessment:
    headline = (
        "**INCONCLUSIVE** — Guardian left no findings: its job failed, or is not a part of this workflow."
    )
    return Assessment(Conclusion.INCONCLUSIVE, headline, agent="", model="", commit=job.head)


def _step_outputs(results: Path, inputs: Inputs) -> dict[str, str]:
    """The step's outputs: what was found, where it is, and the name it is kept under; nothing if there is nothing."""
    if not results.is_dir():
        return {}
    # Both in one job leave a whole report already, and have no part to be put together with others.
    kind = {Mode.CANARY: f"canary-{inputs.shard.number}-of-{inputs.shard.of}", Mode.GUARDIAN: "guardian"}
    whole = inputs.merge or inputs.mode not in kind
    part = REPORT.format(inputs.name) if whole else PART.format(inputs.name, kind[inputs.mode])
    outputs = {"results-path": str(results), "artifact-name": part}
    if (results / SARIF_NAME).is_file():
        outputs["sarif-path"] = str(results / SARIF_NAME)
    if not ((results / "verdict.json").is_file() or (results / findings_file.NAME).is_file()):
        return {**outputs, "publishable": "false"}
    return {**outputs_of(read_results([results]), results), **outputs, "publishable": "true"}
