"""The article's spans, as a run opens them: names, nesting, and no content unless it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from agent_runtime.agent.policy import Policy
from agent_runtime.engine.runner import run_agent
from agent_runtime.models.interface import ModelReply
from agent_runtime.telemetry import Attribute, FinishedRun, Span
from tests.agent_runtime.engine.scripted import CONTRACT, Person, calls, crew_of, manifest_of, says, task_of


@dataclass
class Opened:
    """One span as it was opened, with everything set on it."""

    name: str
    parent: str | None
    attributes: dict[str, Attribute]
    span_id: str | None = "00f067aa0ba902b7"
    trace_id: str | None = None
    failed: str | None = None

    def set(self, **attributes: Attribute) -> None:
        self.attributes |= attributes

    def fail(self, reason: str) -> None:
        self.failed = reason


@dataclass
class Recording:
    """Telemetry that keeps its spans."""

    content_allowed: bool = False
    spans: list[Opened] = field(default_factory=list)
    finished: list[FinishedRun] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)

    @contextmanager
    def span(self, name: str, **attributes: Attribute) -> Iterator[Span]:
        opened = Opened(name, self.stack[-1] if self.stack else None, dict(attributes))
        self.spans.append(opened)
        self.stack.append(name)
        yield opened
        self.stack.pop()

    def run_finished(self, run: FinishedRun) -> None:
        self.finished.append(run)

    def close(self) -> None:
        pass


def recorded(*script: ModelReply, content: bool = False) -> Recording:
    telemetry = Recording(content_allowed=content)
    deps = replace(crew_of(*script, approver=Person(True)), telemetry=telemetry)
    manifest = replace(manifest_of(contract=CONTRACT), policy=Policy(pii_redaction=["email"]))
    asyncio.run(run_agent(manifest, task_of("write to bob@example.com"), deps))
    return telemetry


WHOLE = (calls("billing.refund", '{"amount": 15}'), says("fifteen"), says('{"amount": 15}'))


def test_a_run_opens_the_articles_spans_under_its_own() -> None:
    spans = recorded(*WHOLE).spans
    assert [(span.name, span.parent) for span in spans] == [
        ("agent.run", None),
        ("agent.plan", "agent.run"),
        ("tool.call", "agent.run"),
        ("tool.result", "tool.call"),
        ("agent.plan", "agent.run"),
        ("agent.critic", "agent.run"),
        ("agent.retry", "agent.run"),
        ("agent.plan", "agent.run"),
        ("agent.critic", "agent.run"),
    ]


def test_a_span_carries_model_tokens_cost_and_the_gates_word_but_no_content() -> None:
    spans = {span.name: span.attributes for span in recorded(*WHOLE).spans}
    assert spans["agent.plan"]["gen_ai.usage.output_tokens"] == 5
    assert spans["tool.call"]["agentcrewops.gate.rule"] == "approval_required"
    said = " ".join(str(value) for attributes in spans.values() for value in attributes.values())
    assert "bob" not in said
    assert "fifteen" not in said


def test_content_that_was_asked_for_is_redacted() -> None:
    said = str([span.attributes for span in recorded(*WHOLE, content=True).spans])
    assert "[EMAIL_1]" in said
    assert "bob@example.com" not in said


def test_a_refused_answer_marks_its_span_and_the_run_is_counted_once() -> None:
    telemetry = recorded(*WHOLE)
    assert [span.failed for span in telemetry.spans if span.name == "agent.critic"] == ["contract", None]
    [finished] = telemetry.finished
    assert (finished.success, finished.usage.total) == (True, 45)
