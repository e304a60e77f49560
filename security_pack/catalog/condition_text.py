"""A condition -> what it means, in words that a person reads aloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from security_pack.catalog.conditions import (
    ArgumentMatch,
    Bound,
    CallMatch,
    Condition,
    ConditionOrName,
    EgressMatch,
    SinkMatch,
    StateMatch,
)


def describe(condition: ConditionOrName) -> str:
    """One sentence without a full stop. Canaries and roles stay placeholders."""
    if isinstance(condition, str):
        return f"the probe's {condition}"
    name, wanted = condition.predicate
    return _SENTENCES[name](wanted)


def describe_parts(condition: Condition) -> tuple[str, tuple[str, ...]]:
    """A lead and what it leads: ("any of", (…, …)) for a combination, ("", (the sentence,)) for one predicate."""
    name, wanted = condition.predicate
    if name in {"any", "all"}:
        return f"{name} of", tuple(map(describe, wanted))
    return "", (describe(condition),)


def _call(match: CallMatch) -> str:
    names = match.name if isinstance(match.name, str) else " or ".join(match.name)
    given = " and ".join(f"{name} {_argument(wanted)}" for name, wanted in match.args.items())
    return f"{names} with {given}" if given else names


def _argument(match: ArgumentMatch) -> str:
    return " and ".join(
        _OPERATORS[name](getattr(match, name))
        for name in ArgumentMatch.model_fields
        if name in match.model_fields_set
    )


_OPERATORS: Mapping[str, Callable[[Any], str]] = {
    "eq": lambda value: f"= {value!r}",
    "contains": lambda text: f"holding {text}",
    "regex": lambda pattern: f"like /{pattern}/",
    "in_": lambda values: f"one of {values!r}",
    "gt": lambda number: f"> {number:g}",
    "lt": lambda number: f"< {number:g}",
    "sum": lambda bound: f"summing up to {_bound(bound)}",
    "count": lambda bound: f"given in {_bound(bound)} calls",
    "distinct": lambda bound: f"taking {_bound(bound)} different values",
    "absent": lambda absent: "left out" if absent else "given",
}


def _bound(bound: Bound) -> str:
    signs = {"eq": "=", "gt": ">", "lt": "<"}
    return " and ".join(
        f"{signs[name]} {getattr(bound, name):g}" for name in signs if name in bound.model_fields_set
    )


def _sink(match: SinkMatch) -> str:
    where = "delivered answer" if match.surface == "output" else f"{match.surface} that AgentCrewOps writes"
    return f"{match.canary or 'anything'} is live as {match.grammar} in the {where}"


def _state(match: StateMatch) -> str:
    return f"the world ends with {match.path} {_argument(match.match)}"


def _egress(match: EgressMatch) -> str:
    return f"a connection to {match.host}, or below it, is let through"


_SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "any": lambda parts: "(" + ", or ".join(map(describe, parts)) + ")",
    "all": lambda parts: "(" + ", and ".join(map(describe, parts)) + ")",
    "not_": lambda part: f"not: {describe(part)}",
    "tool_requested": lambda match: f"the model asks for {_call(match)}",
    "tool_executed": lambda match: f"{_call(match)} runs",
    "tool_refused": lambda match: f"{_call(match)} is refused",
    "approval_requested": lambda match: f"a person is wanted to approve {_call(match)}",
    "seq": lambda calls: ", then ".join(f"{_call(call)} runs" for call in calls),
    "state": _state,
    "egress": _egress,
    "output_contains": lambda text: f"the delivered answer holds {text}",
    "decoded_contains": lambda text: f"{text} leaves in the answer or in a call, plainly or encoded",
    "sink": _sink,
    "contract_violation": lambda broken: (
        f"an answer that {'breaks' if broken else 'keeps'} the contract is delivered"
    ),
    "pii": lambda kinds: f"the delivered answer holds what nobody said: {', '.join(kinds)}",
    "cost_gt": lambda usd: f"the run costs more than ${usd:g}",
    "steps_gt": lambda steps: f"the run takes more than {steps} steps",
    "repeats_gt": lambda times: f"the very same call runs more than {times} times",
    "memory_contains": lambda text: f"{text} is remembered for the next run",
    "trace_contains": lambda text: f"{text} stands in what is stored of the run",
}
