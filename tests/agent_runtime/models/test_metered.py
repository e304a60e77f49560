"""Every model call is reserved before it is made and settled after."""

from __future__ import annotations

import asyncio

import pytest

from agent_runtime.guard.budget import MemoryLedger, OverBudget
from agent_runtime.models.interface import ModelError, ModelReply, ModelRequest
from agent_runtime.models.metered import Metered
from agent_runtime.records import Message
from tests.agent_runtime.engine.scripted import PRICE, ScriptedModel, says

REQUEST = ModelRequest("m", [Message("user", "hello")], max_output_tokens=100)


def metered(ledger: MemoryLedger, *script: ModelReply | ModelError) -> Metered:
    return Metered(ScriptedModel(script), PRICE, ledger, "run-1")


def test_a_call_is_charged_what_it_used() -> None:
    ledger = MemoryLedger()
    model = metered(ledger, says("hi"))
    asyncio.run(model.complete(REQUEST))
    assert (model.spent_micros, ledger.committed_micros) == (20, 20)


def test_a_call_whose_worst_case_passes_the_cap_is_not_made() -> None:
    inner = ScriptedModel([says("hi")])
    model = Metered(inner, PRICE, MemoryLedger(per_run_micros=100), "run-1")
    with pytest.raises(OverBudget):
        asyncio.run(model.complete(REQUEST))
    assert inner.asked == []


def test_a_refused_call_costs_nothing() -> None:
    ledger = MemoryLedger()
    model = metered(ledger, ModelError("429", kind="rate_limited"))
    with pytest.raises(ModelError):
        asyncio.run(model.complete(REQUEST))
    assert ledger.committed_micros == 0


def test_a_call_that_never_answered_stays_charged_at_its_worst_case() -> None:
    ledger = MemoryLedger()
    model = metered(ledger, ModelError("no answer", kind="timeout"))
    with pytest.raises(ModelError):
        asyncio.run(model.complete(REQUEST))
    assert ledger.committed_micros == model.spent_micros > 200
