"""Judge an answer: the deterministic critic always, a second model where the agent asks for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent_runtime.engine.loop import Retry, Stop, conversation
from agent_runtime.engine.steps.context import StepContext
from agent_runtime.engine.steps.plan import ask
from agent_runtime.files.documents import strict_json
from agent_runtime.guard.contract import check_contract
from agent_runtime.models.interface import Model, ModelRequest
from agent_runtime.records import Message, Role, Step
from agent_runtime.telemetry import semconv
from agent_runtime.telemetry.interface import Span

CRITIC_PROMPT = (
    "You review the last answer of an assistant. Reply with JSON only: "
    '{"ok": true} if it does what the user asked and the tool results support it, '
    'else {"ok": false, "feedback": "what to correct, in one sentence"}.'
)


async def criticise(answer: str, context: StepContext) -> Step:
    """Accept the answer, or say what to correct."""
    with context.deps.telemetry.span(semconv.CRITIC, **semconv.step_index(len(context.steps))) as span:
        step = _checked(answer, context.blank(Role.CRITIC, span.span_id), context)
        if step.ok and context.deps.critic is not None:
            step = await _reviewed(step, context, context.deps.critic, span)
        if not step.ok:
            span.fail(step.failure or Stop.CRITIC)
    return step


def _checked(answer: str, blank: Step, context: StepContext) -> Step:
    """The deterministic critic: an answer must be there, follow no unrepaired tool error, and keep the contract."""
    if not answer.strip():
        return _refused(blank, Stop.EMPTY_ANSWER, "Your answer was empty. Answer the request.")
    if (broken := _unrepaired_tool(context.steps)) is not None:
        feedback = f"{broken.tool} failed: {broken.text}\nCorrect the call, or answer what could not be done."
        return _refused(blank, Stop.CRITIC, feedback)
    if _is_last_turn(context):
        check = check_contract(context.manifest.contract, answer)
        if not check.ok:
            problems = "\n".join(f"- {problem}" for problem in check.problems)
            feedback = (
                f"Your answer breaks the output contract:\n{problems}\nAnswer with the corrected JSON only."
            )
            return _refused(blank, Stop.CONTRACT, feedback)
    return blank


def _refused(blank: Step, stop: Stop, feedback: str) -> Step:
    return replace(blank, ok=False, failure=stop, policy_flags=(f"critic:{stop}",), text=feedback)


def _unrepaired_tool(steps: Sequence[Step]) -> Step | None:
    """A tool that failed just before the answer, unless the model was already told to repair it."""
    for step in reversed(steps):
        if step.role is Role.RETRY:
            return None
        if step.role is Role.TOOL:
            return step if step.failure == "tool_error" else None
    return None


def _is_last_turn(context: StepContext) -> bool:
    answered = sum(1 for step in context.steps if step.role is Role.CRITIC and step.ok)
    return answered >= len(context.task.turns)


async def _reviewed(blank: Step, context: StepContext, critic: Model, span: Span) -> Step:
    """The opt-in second model, read strictly: an unreadable review neither accepts nor blocks, and is noted."""
    name = context.manifest.spec.critic.model or ""
    request = ModelRequest(
        model=name.partition(":")[2],
        messages=(
            *conversation(context.manifest, context.task, context.steps),
            Message("user", CRITIC_PROMPT),
        ),
        seed=context.task.seed,
        timeout_seconds=context.seconds_left,
    )
    span.set(**semconv.critic(name, request, step=blank.index))
    step = await ask(critic, context.deps.critic_price or context.deps.price, request, blank, context, span)
    if step.failure:
        return step
    review = _read_review(step.text)
    if review is None:
        return replace(step, text="", policy_flags=("critic:unreadable",))
    ok, feedback = review
    return replace(step, text="") if ok else _refused(step, Stop.CRITIC, feedback)


def _read_review(text: str) -> tuple[bool, str] | None:
    try:
        review = strict_json(text)
    except ValueError:
        return None
    if not isinstance(review, dict) or not isinstance(review.get("ok"), bool):
        return None
    return review["ok"], str(review.get("feedback", "The reviewer was not satisfied."))[:2000]


def retry(action: Retry, context: StepContext) -> Step:
    """Go back to the model with what was wrong."""
    flags = context.steps[-1].policy_flags
    number = 1 + sum(1 for step in context.steps if step.role is Role.RETRY)
    attributes = semconv.retry(number=number, flags=flags, step=len(context.steps))
    with context.deps.telemetry.span(semconv.RETRY, **attributes) as span:
        return replace(context.blank(Role.RETRY, span.span_id), text=action.feedback)
