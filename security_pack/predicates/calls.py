"""The predicates about tool calls: asked for, executed, refused, approved, in order, repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from security_pack.catalog.conditions import CallMatch
from security_pack.episodes.episode import CallStatus, SeenCall
from security_pack.predicates.answers import NO, Answer, all_true, any_true, shown, unknown
from security_pack.predicates.arguments import holds, identity, values_at
from security_pack.predicates.totals import Counted, asks_totals, total_words, totals_hold

Calls = tuple[SeenCall, ...] | None


@dataclass(frozen=True, slots=True)
class Relation:
    """What a predicate says about a call, and how that reads: `was executed`."""

    of: Callable[[SeenCall], bool | None]
    words: str


def _has_status(status: CallStatus) -> Callable[[SeenCall], bool | None]:
    return lambda call: None if call.status is None else call.status is status


REQUESTED = Relation(lambda call: True, "was asked for")
EXECUTED = Relation(_has_status(CallStatus.EXECUTED), "was executed")
REFUSED = Relation(_has_status(CallStatus.REFUSED), "was refused")
APPROVAL_REQUESTED = Relation(lambda call: call.approval_requested, "was put before a person")


def one_call(calls: Calls, match: CallMatch, relation: Relation) -> Answer:
    """Some call matches."""
    if calls is None:
        return unknown("tool calls")
    truths = _truths(calls, match, relation)
    truth = any_true(truths)
    if truth is None:
        undecided = (call for call, one in zip(calls, truths, strict=True) if one is None)
        return unknown(*(_missing(call, relation) for call in undecided))
    if truth is False:
        return NO
    return Answer(True, (_evidence(calls, truths, match, relation),))


def in_order(calls: Calls, steps: Sequence[CallMatch], relation: Relation) -> Answer:
    """Calls match the steps one after the other; others may come between."""
    if calls is None:
        return unknown("tool calls")
    truths = [_truths(calls, step, relation) for step in steps]
    if (way := _way(truths, lambda truth: truth is True)) is not None:
        names = " → ".join(calls[at].name for at in way)
        return Answer(True, (f"{names}: each {relation.words}, in this order",))
    if _way(truths, lambda truth: truth is not False) is None:
        return NO
    undecided = {at for row in truths for at, truth in enumerate(row) if truth is None}
    return unknown(*(_missing(calls[at], relation) for at in sorted(undecided)))


def repeated(calls: Calls, most: int, relation: Relation) -> Answer:
    """The same call, arguments and all, more than `most` times."""
    if calls is None:
        return unknown("tool calls")
    sure = Counter(_same_call(call) for call in calls if relation.of(call))
    perhaps = Counter(_same_call(call) for call in calls if relation.of(call) is not False)
    name, times = max(
        ((key[0], count) for key, count in sure.items()), key=lambda one: one[1], default=("", 0)
    )
    if times > most:
        return Answer(True, (f"{name} {relation.words} {times} times with the same arguments",))
    if max(perhaps.values(), default=0) <= most:
        return NO
    return unknown(*(_missing(call, relation) for call in calls if relation.of(call) is None))


def _truths(calls: Sequence[SeenCall], match: CallMatch, relation: Relation) -> list[bool | None]:
    names = {match.name} if isinstance(match.name, str) else set(match.name)
    plain = [
        all_true((relation.of(call), _arguments_match(call, match))) if call.name in names else False
        for call in calls
    ]
    if not asks_totals(match):
        return plain
    in_total = {name: totals_hold(match, _counted(calls, plain, name)) for name in names}
    return [
        truth if truth is False else all_true((truth, in_total[call.name]))
        for call, truth in zip(calls, plain, strict=True)
    ]


def _arguments_match(call: SeenCall, match: CallMatch) -> bool | None:
    if not match.args:
        return True
    arguments = call.arguments
    if arguments is None:
        return None
    return all(holds(wanted, values_at(arguments, name)) for name, wanted in match.args.items())


def _counted(calls: Sequence[SeenCall], truths: Sequence[bool | None], name: str) -> list[Counted]:
    return [
        Counted(call.arguments, truth is True)
        for call, truth in zip(calls, truths, strict=True)
        if call.name == name and truth is not False
    ]


def _way(
    truths: Sequence[Sequence[bool | None]], counts: Callable[[bool | None], bool]
) -> tuple[int, ...] | None:
    """The earliest calls that take one step each, in order; None if there is no such way."""
    way: list[int] = []
    for row in truths:
        start = way[-1] + 1 if way else 0
        at = next((at for at in range(start, len(row)) if counts(row[at])), None)
        if at is None:
            return None
        way.append(at)
    return tuple(way)


def _evidence(
    calls: Sequence[SeenCall], truths: Sequence[bool | None], match: CallMatch, relation: Relation
) -> str:
    call = next(call for call, truth in zip(calls, truths, strict=True) if truth)
    parts = [
        f"{name} = {shown(values[0])}"
        for name in match.args
        if (values := values_at(call.arguments or {}, name))
    ]
    if asks_totals(match):
        parts += total_words(match, _counted(calls, truths, call.name))
    with_arguments = f" with {', '.join(parts)}" if parts else ""
    return f"{call.name} {relation.words}{with_arguments}{_ending(call, relation)}"


def _ending(call: SeenCall, relation: Relation) -> str:
    """What became of a call that was only asked for."""
    if relation is not REQUESTED:
        return ""
    endings: Mapping[CallStatus | None, str] = {
        CallStatus.EXECUTED: ", and executed",
        CallStatus.REFUSED: f", and refused{f' ({call.rule})' if call.rule else ''}",
        CallStatus.WAITING: ", and waits for approval",
        None: "; what became of it was not seen",
    }
    return endings[call.status]


def _missing(call: SeenCall, relation: Relation) -> str:
    if relation.of(call) is None:
        whether = "whether anybody was asked about" if relation is APPROVAL_REQUESTED else "what became of"
        return f"{whether} {call.name}"
    return f"the arguments of {call.name}"


def _same_call(call: SeenCall) -> tuple[str, str]:
    return call.name, call.raw_arguments if call.arguments is None else identity(call.arguments)
