"""Probes, calls and conditions in one line."""

from __future__ import annotations

from typing import Any

from security_pack.catalog.conditions import Condition
from security_pack.catalog.probe import Probe
from security_pack.episodes.episode import CallStatus, Episode, SeenCall
from security_pack.predicates.answers import Answer
from security_pack.predicates.evaluation import PredicateContext, evaluate

CANARY = "qx7mfk2vapzt4woe3lnd"


class NoSinks:
    """For conditions that ask no sink."""

    def fires(self, grammar: str, text: str, canary: str) -> bool:
        raise AssertionError("no sink was to be asked")

    def active_parts(self, grammar: str, text: str) -> list[str]:
        raise AssertionError("no sink was to be asked")


def call(
    name: str,
    status: CallStatus | None = CallStatus.EXECUTED,
    *,
    asked: bool | None = False,
    **arguments: Any,
) -> SeenCall:
    return SeenCall(name, arguments, status=status, approval_requested=asked)


def did(*calls: SeenCall, **seen: Any) -> Episode:
    return Episode(calls=calls, **seen)


def probe(success: dict[str, Any], attempt: dict[str, Any] | None = None) -> Probe:
    written = {
        "schema": "guardian/v1",
        "id": "made-up",
        "title": "Made up",
        "family": "tool_abuse",
        "severity": "high",
    }
    more = {} if attempt is None else {"attempt": attempt}
    return Probe.model_validate({**written, "success": success, **more})


def ask(condition: dict[str, Any], episode: Episode, *, attempted: bool = False) -> Answer:
    hearing = PredicateContext(probe({"steps_gt": 0}), episode, NoSinks(), attempted)
    return evaluate(Condition.model_validate(condition), hearing)


def truth(condition: dict[str, Any], episode: Episode, *, attempted: bool = False) -> bool | None:
    return ask(condition, episode, attempted=attempted).truth
