"""The facts of a verdict: its further numbers, typed, and their flat form in verdict.json.

Keys of `facts` in verdict.json are field names; those of an arm end with its name (`pass_rate_candidate`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar

ARMS = ("baseline", "candidate")


class FailOn(StrEnum):
    """From which verdict on a change is stopped."""

    DRIFT = "drift"
    UNDECIDED = "undecided"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class ArmTotals:
    """How many runs of an arm count, and how many do not and why, over all of its cases.

    Attributes:
        cached_repeats: measured runs left out because a cache had answered.
    """

    runs: int
    infra_errors: int
    grader_errors: int
    cached_repeats: int


@dataclass(frozen=True, slots=True)
class ArmRates:
    """An arm's own numbers on the cases that are compared; on all measured cases if nothing is compared.

    Attributes:
        runs_per_case: the fewest and the most.
        pass_rate: 0..1, the mean over cases; `pass_rate_wilson` is its 90 % interval over runs.
        pass_hat_k: the chance that `Facts.pass_k` runs of a case in a row all pass, 0..1.
    """

    runs_per_case: tuple[int, int]
    pass_rate: float
    pass_rate_wilson: tuple[float, float]
    pass_hat_k: float | None
    within_case_variance: float | None
    usd_per_run: float | None


@dataclass(frozen=True, slots=True)
class ArmFacts:
    """What is known of one arm. `rates` is None if no run of it was measured or compared."""

    totals: ArmTotals | None = None
    rates: ArmRates | None = None

    @property
    def pass_hat_k(self) -> float | None:
        """See `ArmRates`; None if not known."""
        return self.rates.pass_hat_k if self.rates is not None else None

    @property
    def usd_per_run(self) -> float | None:
        """None if not known."""
        return self.rates.usd_per_run if self.rates is not None else None


@dataclass(frozen=True, slots=True)
class ComparisonFacts:
    """What the comparison of both arms rests on.

    Attributes:
        minimum_detectable_drop: found with 80 % certainty, 0..1.
        lower_bound: conservative, of the change in success.
        exact_p: of the stratified permutation test.
        resamples: of the bootstrap.
        runs_to_settle: more runs per case that would decide; None if decided, or if no affordable number would.
        runs_to_settle_in: candidate | both; None if decided.
        waits_for: metrics above their line, which only the last look judges.
    """

    compared_cases: int
    compared_runs_baseline: int
    compared_runs_candidate: int
    minimum_detectable_drop: float
    lower_bound: float
    exact_p: float
    latency_geometric_mean_ratio: float | None
    resamples: int
    runs_to_settle: int | None
    runs_to_settle_in: str | None
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LookFacts:
    """One look of several.

    Attributes:
        look: runs per case so far; `looks` are all looks up to it.
        next_look: None after the last one.
        horizon: runs per case after which all error is spent.
        level: one-sided error that this look may spend.
        stopped_early: nothing is left to find out before all planned runs are made.
        runs_saved, usd_saved: by that; None if costs are not known.
    """

    look: int
    looks: tuple[int, ...]
    next_look: int | None
    planned_runs: int
    horizon: int
    level: float
    stopped_early: bool
    runs_saved: int
    usd_saved: float | None


@dataclass(frozen=True, slots=True)
class FreshComparison:
    """Fresh runs of both agents in the same hour, and what the gate says of them.

    Attributes:
        fresh_baseline: which agent it was, in words.
        success_rate_*: 0..1, of the stored baseline and of the fresh runs.
        against_now: verdict on the candidate against the fresh baseline.
        now_against_stored: verdict on the fresh baseline against the stored one.
    """

    fresh_baseline: str
    runs_per_case: int
    success_rate_stored: float | None
    success_rate_baseline_now: float | None
    success_rate_candidate_now: float | None
    against_now: str
    now_against_stored: str


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    """Whether a drift was measured again against a fresh baseline; `fresh` is None if that could not be done."""

    fresh: FreshComparison | None = None

    @property
    def made(self) -> bool:
        """True if fresh runs were compared."""
        return self.fresh is not None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a verdict knows besides its kind, metrics and cases.

    Attributes:
        fail_on: what the suite's gate says stops a change; None if it says nothing.
        pass_k: the k of pass^k.
        look: None if the number of runs was fixed.
        confirmation: None if no drift was to be confirmed.
        more: keys of a verdict.json that this version does not know, or cannot read, as they stand there.
    """

    baseline: ArmFacts = ArmFacts()
    candidate: ArmFacts = ArmFacts()
    fail_on: FailOn | None = None
    pass_k: int | None = None
    comparison: ComparisonFacts | None = None
    look: LookFacts | None = None
    confirmation: ConfirmationFacts | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Metrics that keep a pass waiting for the last look."""
        return self.comparison.waits_for if self.comparison is not None else ()


# --- written ----------------------------------------------------------------------------------------------


def facts_document(facts: Facts) -> dict[str, Any]:
    """The facts as verdict.json holds them: flat, without what is not known at all."""
    arms = {"baseline": facts.baseline, "candidate": facts.candidate}
    totals = {key: value for arm, one in arms.items() for key, value in _flat(one.totals, arm).items()}
    rates = {key: value for arm, one in arms.items() for key, value in _flat(one.rates, arm).items()}
    return {
        **totals,
        **_known("fail_on", facts.fail_on),
        **_known("pass_k", facts.pass_k),
        **rates,
        **_flat(facts.comparison),
        **_flat(facts.look),
        **_known("confirmation", _confirmation_document(facts.confirmation)),
        **facts.more,
    }


def _known(key: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {key: value}


def _flat(group: Any, arm: str = "") -> dict[str, Any]:
    if group is None:
        return {}
    return {_key(name, arm): value for name, value in asdict(group).items()}


def _key(name: str, arm: str) -> str:
    """The key in verdict.json. An interval comes after its arm: `pass_rate_candidate_wilson`."""
    if not arm:
        return name
    stem, interval, _ = name.partition("_wilson")
    return f"{stem}_{arm}{interval}"


def _confirmation_document(confirmation: ConfirmationFacts | None) -> dict[str, Any] | None:
    if confirmation is None:
        return None
    return {"made": confirmation.made, **_flat(confirmation.fresh)}


# --- read -------------------------------------------------------------------------------------------------


def read_facts(data: Mapping[str, Any]) -> Facts:
    """The facts of a verdict.json of any version.

    A group (an arm's rates, a look, …) is read if all of its keys are there, each of its type; every other key is
    kept in `Facts.more` as it is.
    """
    left = dict(data)
    return Facts(
        baseline=_arm(left, "baseline"),
        candidate=_arm(left, "candidate"),
        fail_on=_taken(left, "fail_on", FailOn),
        pass_k=_taken(left, "pass_k", _integer),
        comparison=_group(ComparisonFacts, left),
        look=_group(LookFacts, left),
        confirmation=_taken(left, "confirmation", _confirmation),
        more=left,
    )


def _arm(left: dict[str, Any], arm: str) -> ArmFacts:
    return ArmFacts(_group(ArmTotals, left, arm), _group(ArmRates, left, arm))


def _confirmation(data: Any) -> ConfirmationFacts:
    left = dict(data)
    made = left.pop("made")
    fresh = _group(FreshComparison, left)
    # Keys that are left over would be lost: then the whole stays in `more` as it stands.
    if left or made is not (fresh is not None):
        raise ValueError("not a confirmation")
    return ConfirmationFacts(fresh)


_Value = TypeVar("_Value")
_Group = TypeVar("_Group", ArmTotals, ArmRates, ComparisonFacts, LookFacts, FreshComparison)


def _taken(left: dict[str, Any], key: str, read: Callable[[Any], _Value]) -> _Value | None:
    """The value of `key`, taken out of `left`; None, and `left` as it was, if it is none that `read` takes."""
    try:
        value = read(left[key])
    except (KeyError, TypeError, ValueError):
        return None
    del left[key]
    return value


def _group(shape: type[_Group], left: dict[str, Any], arm: str = "") -> _Group | None:
    keys = {each.name: _key(each.name, arm) for each in fields(shape)}
    try:
        group = shape(
            **{each.name: _READERS[str(each.type)](left[keys[each.name]]) for each in fields(shape)}
        )
    except (KeyError, TypeError, ValueError):
        return None
    for key in keys.values():
        del left[key]
    return group


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _number(value: Any) -> float:
    if type(value) not in {int, float}:
        raise TypeError
    try:
        return float(value)
    except OverflowError:  # JSON holds integers that no float does
        raise ValueError from None


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _list(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_all(value: Any) -> tuple[Any, ...]:
        if type(value) not in {list, tuple}:
            raise TypeError
        return tuple(read(part) for part in value)

    return read_all


def _pair(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_both(value: Any) -> tuple[Any, Any]:
        least, most = _list(read)(value)
        return least, most

    return read_both


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "int": _integer,
    "float": _number,
    "bool": _flag,
    "str": _text,
    "int | None": _optional(_integer),
    "float | None": _optional(_number),
    "str | None": _optional(_text),
    "tuple[int, int]": _pair(_integer),
    "tuple[float, float]": _pair(_number),
    "tuple[int, ...]": _list(_integer),
    "tuple[str, ...]": _list(_text),
}
"""How a value of a field is read, by the field's annotation."""
