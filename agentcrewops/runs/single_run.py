"""`agentcrewops run`: one real run, wired with the store, the artifacts, and a person at the terminal."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import uuid
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from agent_runtime.agent.manifest import Manifest, Recording, load_manifest
from agent_runtime.artifacts import Folder
from agent_runtime.artifacts.transcript import transcript
from agent_runtime.engine.runner import run_agent
from agent_runtime.engine.steps.context import ApprovalRequest, Deps
from agent_runtime.guard.budget import cap_micros
from agent_runtime.models import open_models
from agent_runtime.models.prices import price_of
from agent_runtime.records import MICROS, Message, Run, RunResult, RunStatus, Step, Task
from agent_runtime.store import Store, open_store
from agent_runtime.telemetry import open_telemetry
from agent_runtime.tools import connected_tools
from agentcrewops.runs.home import state_folder
from agentcrewops.terminal import printable
from evals.sampling.caller import NOBODY, Caller


@dataclass(frozen=True, slots=True)
class SingleRun:
    """What to run."""

    text: str
    agent: Path
    policy: Path | None = None
    model: str | None = None
    seed: int | None = None
    recording: Recording | None = None


async def run_single(
    single_run: SingleRun, environ: Mapping[str, str], caller: Caller = NOBODY, *, as_json: bool
) -> bool:
    """Run once; answer on stdout, rows and redacted artifacts kept, steps announced. True if it succeeded."""
    manifest = replace(
        load_manifest(single_run.agent, single_run.policy, single_run.model), recording=single_run.recording
    )
    state = state_folder(single_run.agent)
    artifacts = Folder(state / "artifacts")
    store = open_store(state / "agentcrewops.db")
    try:
        task = Task(
            run_id=str(uuid.uuid4()),
            messages=(Message("user", single_run.text),),
            seed=_seed_of(single_run),
        )
        store.start_run(_row(manifest, task))
        result = await _conduct(manifest, task, store, environ, caller)
        # The record before the row that names it: a row must not point at nothing.
        uri = artifacts.put(f"{task.run_id}/run.json", transcript(manifest, task, result), "application/json")
        store.finish_run(task.run_id, result.status, stop=result.stop, end_ts=_now(), artifact_uri=uri)
    finally:
        store.close()
    _print(result, uri, as_json=as_json)
    return result.status is RunStatus.SUCCEEDED


def _seed_of(single_run: SingleRun) -> int:
    """The seed asked for; else a new one, but always the same where an answer is to be found again."""
    if single_run.seed is not None:
        return single_run.seed
    # 53 bits survive readers that take every number for a float (https://www.rfc-editor.org/rfc/rfc8259#section-6).
    return secrets.randbits(53) if single_run.recording is None else 0


def _row(manifest: Manifest, task: Task) -> Run:
    return Run(
        run_id=task.run_id,
        agent_name=manifest.spec.name,
        start_ts=_now(),
        end_ts=None,
        status=RunStatus.RUNNING,
        tokens=0,
        cost_usd=0.0,
        manifest_fingerprint=manifest.fingerprint,
        simulated=manifest.simulated,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


async def _conduct(
    manifest: Manifest, task: Task, store: Store, environ: Mapping[str, str], caller: Caller
) -> RunResult:
    telemetry = open_telemetry(environ)
    spend = manifest.policy.spend
    async with AsyncExitStack() as stack:
        stack.callback(telemetry.close)
        model, critic = await stack.enter_async_context(open_models(manifest, environ))
        tools = await stack.enter_async_context(connected_tools(manifest, environ, evals=False))
        deps = Deps(
            model=model,
            price=price_of(manifest),
            tools=tools,
            ledger=store.ledger(
                "run",
                per_run_micros=cap_micros(spend.per_run_usd_max),
                per_day_micros=cap_micros(spend.per_day_usd_max),
            ),
            approver=ask_at_terminal,
            telemetry=telemetry,
            critic=critic,
        )

        def record(step: Step) -> None:
            store.record_step(step)
            caller.progress.announce(_line(step))

        cancel = asyncio.Event()
        # Ctrl-C ends the run as cancelled, its rows and record written; a KeyboardInterrupt would lose both.
        with caller.cancellation.listen(lambda why: cancel.set()):
            return await run_agent(manifest, task, deps, record=record, cancel=cancel)


async def ask_at_terminal(request: ApprovalRequest) -> bool:
    """Ask the person at the terminal; where nobody can answer, the answer is no."""
    if not sys.stdin.isatty():
        sys.stderr.write(
            f"{request.tool} needs an approval, and nobody is at a terminal to give it: declined\n"
        )
        return False
    why = f"  ({printable(request.reason)})\n" if request.reason else ""
    sys.stderr.write(f"\n{request.tool} wants your approval:\n  {request.shown}\n{why}")
    # In a thread: Ctrl-C must reach the loop while the person thinks.
    answer = await asyncio.to_thread(input, "Allow this call? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


def _line(step: Step) -> str:
    what = f"{step.role} {step.tool}" if step.tool else str(step.role)
    notes = " ".join(step.policy_flags) or (step.failure or "")
    cost = f"${step.cost_micros / MICROS:.6f}" if step.cost_micros else ""
    return printable(f"{step.index:>3}  {what:28} {step.latency_ms:>8.0f} ms  {cost:>10}  {notes}".rstrip())


def _print(result: RunResult, uri: str, *, as_json: bool) -> None:
    if as_json:
        facts = {
            "run_id": result.run_id,
            "status": result.status,
            "stop": result.stop,
            "output": result.delivered,
            "tokens": result.usage.total,
            "cost_usd": result.cost_micros / MICROS,
            "latency_ms": round(result.latency_ms, 3),
            "artifact_uri": uri,
        }
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        return
    if result.delivered is not None:
        sys.stdout.write(printable(result.delivered) + "\n")
    cost = f"${result.cost_micros / MICROS:.6f}"
    sys.stderr.write(f"{result.status} ({result.stop}) · {result.usage.total} tokens · {cost} · {uri}\n")
