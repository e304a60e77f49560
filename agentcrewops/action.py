"""What our GitHub Actions do: run or merge, judge, and leave results, outputs and an exit code behind.

All logic of `actions/*/action.yml` is here; the YAML only hands over inputs and keeps artifacts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import typer

from agent_runtime.errors import CrewError, InvalidInput
from agentcrewops.action_inputs import Inputs, Mode, read_inputs
from agentcrewops.guardian_outcome import announce_assessment, guardian_exit_code
from agentcrewops.outcome import announce, announce_shard, exit_code
from agentcrewops.publication import Request, publish_results
from agentcrewops.results_folder import sections_in, write_guardian
from agentcrewops.terminal import printable
from agentcrewops.workflow_log import annotate, commands_stopped
from bot.actions_environment import read_environment
from bot.step_files import write_outputs
from evals.canary import run_canary
from evals.preparation import CanaryOptions, default_baseline, manifest_of, usual_baseline
from evals.records import Verdict
from evals.results import prepare_folder
from evals.sharded_canary import merge_shards, run_shard
from evals.shards import SHARD_FILE
from evals.suite import Suite, load_suite
from security_pack import findings_file
from security_pack.findings import Assessment
from security_pack.guardian import GuardianOptions, prepare_guardian, run_guardian

PART = "agentcrewops-part--{}--{}"
"""The name of an artifact that actions/report puts together with others: of which agent, and which part."""
REPORT = "agentcrewops-report--{}"


@dataclass(frozen=True, slots=True)
class Job:
    """Where a step runs.

    Attributes:
        scratch: RUNNER_TEMP/agentcrewops, outside the checkout.
        base: commit of the branch that a pull request wants to change; None outside pull requests.
        head: the pull request's own commit: HEAD of the checkout is a merge that GitHub made of it.
    """

    workspace: Path
    scratch: Path
    base: str | None
    head: str | None


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
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What a step leaves: its exit code and its outputs by name."""

    code: int
    outputs: Mapping[str, str] = field(default_factory=dict)


def judge_job(environ: Mapping[str, str]) -> int:
    """The step `Judge` of an Action: reads its inputs, judges, writes its outputs; returns the exit code."""
    try:
        job = job_of(environ)
        inputs = read_inputs(environ, job.workspace)
    except InvalidInput as error:
        return _refused(error).code
    judged = judge(inputs, job, environ)
    if environ.get("GITHUB_OUTPUT"):
        write_outputs(Path(environ["GITHUB_OUTPUT"]), judged.outputs)
    return judged.code


def publish_job(environ: Mapping[str, str]) -> int:
    """The step `Publish`: 0 unless GitHub failed us; what was measured has its exit code in the step `Judge`."""
    try:
        job = job_of(environ)
        request = _request(environ, job)
        with commands_stopped():
            return publish_results(request, environ)
    except CrewError as error:
        return _refused(error).code


def baseline_job(environ: Mapping[str, str]) -> int:
    """The step `Refresh` of actions/baseline; 1 if the agent slid below what was approved."""
    from agentcrewops.baseline_proposal import refresh_baseline, tell  # only here: it needs PyGithub

    try:
        job = job_of(environ)
        inputs = read_inputs(environ, job.workspace)
        with commands_stopped():
            _refuse_unbounded_spending(inputs)
            refreshed = refresh_baseline(inputs, job.scratch / "results", read_environment(environ), environ)
            tell(refreshed)
    except CrewError as error:
        return _refused(error).code
    if environ.get("GITHUB_OUTPUT"):
        number = str(refreshed.pull or "")
        write_outputs(Path(environ["GITHUB_OUTPUT"]), {"pull-request": number})
    return 1 if refreshed.slid else 0


def _request(environ: Mapping[str, str], job: Job) -> Request:
    inputs = read_inputs(environ, job.workspace)
    from_run = environ.get("AGENTCREWOPS_FROM_RUN", "")
    if from_run and not (from_run.isascii() and from_run.isdigit()):
        raise InvalidInput.one(
            "input from-run", "is not the id of a run", "write  ${{ github.event.workflow_run.id }}"
        )
    return Request(
        folders=(Path(environ.get("AGENTCREWOPS_RESULTS") or job.scratch / "results"),),
        check_name=inputs.name,
        comment=environ.get("AGENTCREWOPS_COMMENT", "true") == "true",
        fail_on=inputs.fail_on,
        report_url=environ.get("AGENTCREWOPS_REPORT_URL") or None,
        suite=inputs.suite,
        from_run=int(from_run) if from_run else None,
        artifact=REPORT.format(inputs.name),
        dry_run=False,
        as_json=False,
        issue=environ.get("AGENTCREWOPS_ISSUE") == "true",
        sarif=environ.get("AGENTCREWOPS_SARIF") == "true",
    )


def judge(inputs: Inputs, job: Job, environ: Mapping[str, str]) -> Judged:
    """Judge what the inputs name; problems become annotations, never a traceback."""
    results = job.scratch / "results"
    shutil.rmtree(results, ignore_errors=True)
    codes: list[int] = []
    outputs: dict[str, str] = {}
    for step in _steps(inputs):
        judged = _reported(partial(step, inputs, job, results, environ))
        codes.append(judged.code)
        outputs |= {name: value for name, value in judged.outputs.items() if value}
    return Judged(_worst(codes), outputs | _left_in(results, inputs))


Step = Callable[[Inputs, Job, Path, Mapping[str, str]], Judged]


def _steps(inputs: Inputs) -> Iterator[Step]:
    if inputs.mode is Mode.MERGE:
        yield _merge
    if inputs.mode in {Mode.CANARY, Mode.BOTH}:
        yield _shard if inputs.sharded else _canary
    if inputs.mode in {Mode.GUARDIAN, Mode.BOTH}:
        yield _guardian


def _worst(codes: list[int]) -> int:
    """2 (nothing could be run) before 3 (nothing could be measured) before 1 (it is bad)."""
    return next((code for code in (2, 3, 1) if code in codes), 0)


def _reported(step: Callable[[], Judged]) -> Judged:
    try:
        with commands_stopped():
            return step()
    except CrewError as error:
        return _refused(error)


def _refused(error: CrewError) -> Judged:
    """Say what is wrong in the log and, where it has a place, at its line of the change."""
    with commands_stopped():
        typer.echo(f"error: {printable(str(error))}")
    for problem in error.problems if isinstance(error, InvalidInput) else ():
        annotate(problem)
    return Judged(error.exit_code)


def _canary(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> Judged:
    verdict = run_canary(_options(inputs, job, results), environ, quiet=True)
    announce(verdict, results, as_json=False)
    return Judged(_code(verdict, inputs))


def _shard(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> Judged:
    options = replace(_options(inputs, job, results), confirm=None)
    done = run_shard(options, inputs.shard, environ, quiet=True)
    announce_shard(done, results, as_json=False)
    return Judged(3 if done.trouble else 0)


def _guardian(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> Judged:
    agent = inputs.spec or Path("agent.yaml")
    ready = prepare_guardian(GuardianOptions(agent, inputs.policy, gate_from=job.base))
    assessment = run_guardian(ready, datetime.now(UTC).date())
    assessment = replace(assessment, commit=job.head or assessment.commit)
    prepare_folder(results)
    write_guardian(results, assessment, agent)
    announce_assessment(assessment, results, as_json=False)
    return Judged(_code_of(assessment, inputs))


def _code_of(assessment: Assessment, inputs: Inputs) -> int:
    code = guardian_exit_code(assessment.conclusion)
    return 0 if code == 1 and inputs.fail_on == "never" else code


def _options(inputs: Inputs, job: Job, results: Path) -> CanaryOptions:
    _refuse_unbounded_spending(inputs)
    return CanaryOptions(
        suite=inputs.suite,
        agent=inputs.spec if inputs.mode is Mode.CANARY or inputs.spec else None,
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
    free = suite.target.recorded is not None or _simulated(suite, inputs)
    if not free and inputs.max_usd is None and suite.gate.max_usd is None:
        what = "is not set, and the agent's model costs money"
        raise InvalidInput.one("input max-usd", what, "write  max-usd: '2.00'  or gate: { max_usd: 2.00 }")


def _simulated(suite: Suite, inputs: Inputs) -> bool:
    manifest = manifest_of(suite, CanaryOptions(inputs.suite, inputs.spec, inputs.policy, inputs.model))
    if manifest is not None:
        return manifest.simulated
    target = getattr(suite.target, suite.target.kind)
    return bool(getattr(target, "simulated", False))


def _code(verdict: Verdict, inputs: Inputs) -> int:
    if "fail_on" not in verdict.facts:
        verdict = replace(verdict, facts={**verdict.facts, "fail_on": inputs.fail_on})
    return exit_code(verdict)


def _merge(inputs: Inputs, job: Job, results: Path, environ: Mapping[str, str]) -> Judged:
    """The shards and findings that the other jobs of this run left."""
    parts = sorted(path for path in (job.scratch / "parts").glob("*") if path.is_dir())
    shards = [path for path in parts if (path / SHARD_FILE).is_file()]
    codes = [_findings(path, results, inputs) for path in parts if (path / findings_file.NAME).is_file()]
    if shards or not codes:
        verdict = merge_shards(shards, _baseline(inputs, job), results, job.base, sections_in(results))
        announce(verdict, results, as_json=False)
        codes.append(_code(verdict, inputs))
    return Judged(_worst(codes))


def _baseline(inputs: Inputs, job: Job) -> Path | None:
    """The file to compare with; where a pull request left its base it need not be in the checkout."""
    suite = load_suite(inputs.suite)
    return inputs.baseline or (usual_baseline(suite) if job.base else default_baseline(suite))


def _findings(part: Path, results: Path, inputs: Inputs) -> int:
    """Guardian's part, written anew: what another job uploaded is data."""
    assessment = findings_file.read_assessment(part)
    prepare_folder(results)
    write_guardian(results, assessment, inputs.suite)
    announce_assessment(assessment, results, as_json=False)
    return _code_of(assessment, inputs)


def _left_in(results: Path, inputs: Inputs) -> dict[str, str]:
    """Where the results are, and under which name they are kept; nothing if there are none."""
    if not results.is_dir():
        return {}
    kind = {Mode.CANARY: f"canary-{inputs.shard.number}-of-{inputs.shard.of}", Mode.GUARDIAN: "guardian"}
    part = PART.format(inputs.name, kind[inputs.mode]) if inputs.mode in kind else REPORT.format(inputs.name)
    files = {"report-path": results / "report.html", "sarif-path": results / "guardian.sarif"}
    found = {name: str(path) for name, path in files.items() if path.is_file()}
    publishable = (results / "verdict.json").is_file() or (results / findings_file.NAME).is_file()
    return {
        "results-path": str(results),
        "artifact-name": part,
        "publishable": str(publishable).lower(),
        **found,
    }
