"""The smallest engine: decide, perform, record, in memory and to the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.engine.loop import STATUS, Action, Criticise, Finish, Plan, Stop, UseTool, next_action
from agent_runtime.engine.steps.context import Deps, StepContext
from agent_runtime.engine.steps.critic import criticise, retry
from agent_runtime.engine.steps.plan import make_plan
from agent_runtime.engine.steps.tool import use_tool
from agent_runtime.records import MICROS, RunResult, RunStatus, Step, Task
from agent_runtime.telemetry import semconv
from agent_runtime.telemetry.interface import FinishedRun, Span, Telemetry


async def run_agent(
    manifest: Manifest,
    task: Task,
    deps: Deps,
    *,
    record: Callable[[Step], None] = lambda step: None,
    steps: Sequence[Step] = (),
    cancel: asyncio.Event | None = None,
) -> RunResult:
    """Run to the end in memory, going on from `steps`.

    Args:
        record: called with each new step before the next one begins.
        cancel: set it to stop; the step under way is abandoned and the run ends as cancelled.
    """
    done = list(steps)
    with deps.telemetry.span(semconv.RUN, **_run_attributes(manifest, task)) as span:
        while not isinstance(action := next_action(manifest, task, done), Finish):
            step = await _unless_cancelled(perform(action, StepContext(manifest, task, done, deps)), cancel)
            if step is None:
                action = Finish(Stop.CANCELLED)
                break
            done.append(step)
            record(step)
        result = RunResult(task.run_id, STATUS[action.stop], action.stop, action.output, tuple(done))
        _close(span, result)
    _count(manifest, result, deps.telemetry)
    return result


def _run_attributes(manifest: Manifest, task: Task) -> semconv.Attributes:
    return semconv.run(
        run_id=task.run_id,
        agent=manifest.spec.name,
        model=manifest.model_label,
        fingerprint=manifest.fingerprint,
        simulated=manifest.simulated,
    )


def _close(span: Span, result: RunResult) -> None:
    span.set(**semconv.run_end(status=result.status, stop=result.stop, cost_micros=result.cost_micros))
    if result.status is not RunStatus.SUCCEEDED:
        span.fail(result.stop)


def _count(manifest: Manifest, result: RunResult, telemetry: Telemetry) -> None:
    finished = FinishedRun(
        agent=manifest.spec.name,
        model=manifest.model_label,
        status=result.status,
        success=result.status is RunStatus.SUCCEEDED,
        latency_seconds=result.latency_ms / 1000,
        usage=result.usage,
        cost_usd=result.cost_micros / MICROS,
        simulated=manifest.simulated,
    )
    telemetry.run_finished(finished)


async def _unless_cancelled(work: Coroutine[Any, Any, Step], cancel: asyncio.Event | None) -> Step | None:
    if cancel is None:
        return await work
    if cancel.is_set():
        # A step that ends without ever waiting could not be abandoned any more, and it may be a tool's call.
        work.close()
        return None
    # Raced, not polled: a step may wait for a model, or for a person, for minutes.
    doing = asyncio.ensure_future(work)
    asked = asyncio.ensure_future(cancel.wait())
    try:
        await asyncio.wait({doing, asked}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        asked.cancel()
        doing.cancel()
        # Waited for: a run that says it is over must not have a step that still acts.
        await asyncio.gather(asked, doing, return_exceptions=True)


async def perform(action: Action, context: StepContext) -> Step:
    """Do what was decided, once, and say what came of it."""
    if isinstance(action, Plan):
        return await make_plan(action, context)
    if isinstance(action, UseTool):
        return await use_tool(action.call, context)
    if isinstance(action, Criticise):
        return await criticise(action.answer, context)
    if isinstance(action, Finish):
        raise TypeError("a finished run has nothing left to perform")
    return retry(action, context)
