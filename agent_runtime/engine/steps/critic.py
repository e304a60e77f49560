"""Judge an answer: the deterministic critic always, a second model where the agent asks for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent_runtime.engine.loop import Retry, Stop, conversation
from agent_runtime.engine.steps.plan import ask
from agent_runtime.engine.steps.scene import Scene
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


async def criticise(answer: str, scene: Scene) -> Step:
    """Accept the answer, or say what to correct."""
    with scene.crew.telemetry.span(semconv.CRITIC, **semconv.step_index(len(scene.steps))) as span:
        step = _checked(answer, scene.blank(Role.CRITIC, span.span_id), scene)
        if step.ok and scene.crew.critic is not None:
            step = await _reviewed(step, scene, scene.crew.critic, span)
        if not step.ok:
            span.fail(step.failure or Stop.CRITIC)
    return step


def _checked(answer: str, blank: Step, scene: Scene) -> Step:
    """The deterministic critic: an answer must be there, follow no unrepaired tool error, and keep the contract."""
    if not answer.strip():
        return _refused(blank, Stop.EMPTY_ANSWER, "Your answer was empty. Answer the request.")
    if (broken := _unrepaired_tool(scene.steps)) is not None:
        feedback = f"{broken.tool} failed: {broken.text}\nCorrect the call, or answer what could not be done."
        return _refused(blank, Stop.CRITIC, feedback)
    if _is_last_turn(scene):
        check = check_contract(scene.manifest.contract, answer)
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


def _is_last_turn(scene: Scene) -> bool:
    answered = sum(1 for step in scene.steps if step.role is Role.CRITIC and step.ok)
    return answered >= len(scene.task.turns)


async def _reviewed(blank: Step, scene: Scene, critic: Model, span: Span) -> Step:
    """The opt-in second model, read strictly: an unreadable review neither accepts nor blocks, and is noted."""
    name = scene.manifest.spec.critic.model or ""
    request = ModelRequest(
        model=name.partition(":")[2],
        messages=(*conversation(scene.manifest, scene.task, scene.steps), Message("user", CRITIC_PROMPT)),
        seed=scene.task.seed,
        timeout_seconds=scene.seconds_left,
    )
    span.set(**semconv.critic(name, request, step=blank.index))
    step = await ask(critic, scene.crew.critic_price or scene.crew.price, request, blank, scene, span)
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


def retry(action: Retry, scene: Scene) -> Step:
    """Go back to the model with what was wrong."""
    flags = scene.steps[-1].policy_flags
    number = 1 + sum(1 for step in scene.steps if step.role is Role.RETRY)
    attributes = semconv.retry(number=number, flags=flags, step=len(scene.steps))
    with scene.crew.telemetry.span(semconv.RETRY, **attributes) as span:
        return replace(scene.blank(Role.RETRY, span.span_id), text=action.feedback)
