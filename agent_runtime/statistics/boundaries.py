"""The level of each look, so that all looks together err just as often as they may.

The statistics Z of successive looks at growing evidence are normal with correlation √(I_i/I_j), where I is the
information at a look: √I·Z is a Brownian motion seen at times I. The density of the paths that crossed no
boundary so far is carried from look to look by numerical integration (Armitage, McPherson and Rowe
1969, https://doi.org/10.2307/2343787).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from agent_runtime.statistics.looks import ERROR, PLANNED, information, spent

Floats = NDArray[np.float64]

_NORMAL = NormalDist()
_FARTHEST = 8.5
"""Standard errors; what lies beyond has a chance of 1e-17."""
_LEAST_GAIN = 4e-3
"""A look that adds a smaller share of information decides nothing; 600 nodes are fine enough for this one.

Much below it the bell of one step is narrower than the gap between two nodes, and the sum is no integral any more.
"""
_FINENESS = 600
_HALVINGS = 60
"""Of an interval of 17: down to the last bit of a float."""
_DIGITS = 12
"""Of a level: coarser than processors differ, finer than resamples tell apart."""


def level_at(baseline_runs: Sequence[int], seen: Sequence[Sequence[int]], look: int, horizon: int) -> float:
    """One-sided level of the look at `look` runs per case; 0 if nothing may be decided there.

    Args:
        baseline_runs: measured runs of each case.
        seen: the same of the candidate, at every look so far, this one last. Runs that an outage took are
            missing there, and the look has less to spend; at the horizon all of the error is spent.
    """
    cases = len(baseline_runs)
    by_planned = information(baseline_runs, [min(PLANNED, horizon)] * cases)
    by_horizon = information(baseline_runs, [horizon] * cases)
    gained = tuple(information(baseline_runs, runs) for runs in seen)
    budget = [spent(each, by_planned, by_horizon) for each in gained]
    if look >= horizon:
        # Runs lost to outages must not leave error unspent for ever: no look comes after the horizon.
        budget[-1] = ERROR
    return levels(gained, tuple(budget))[-1]


@lru_cache(maxsize=4096)
def levels(informations: tuple[float, ...], budget: tuple[float, ...]) -> tuple[float, ...]:
    """One-sided nominal level of each look: its first crossings have the chance that is newly spent there.

    Args:
        informations: at each look, above zero and never falling.
        budget: error that may be spent by the end of each look, below ½ and never falling.

    Returns:
        A level for each look; 0 where too little is new to decide anything.
    """
    found = []
    paths: _Paths | None = None
    already = 0.0
    for gained, by_now in zip(informations, budget, strict=True):
        # What is not spent here is not lost: `already` stays, and a later look may spend it.
        if by_now <= already or (paths is not None and not paths.tell_from(gained)):
            found.append(0.0)
            continue
        # The first look has crossed nothing before: its level is the budget itself, and no integral is needed.
        if paths is None:
            boundary = _NORMAL.inv_cdf(1 - by_now)
            found.append(round(by_now, _DIGITS))
            paths = _started(gained, boundary)
        else:
            boundary = paths.boundary(gained, by_now - already)
            found.append(round(1 - _NORMAL.cdf(boundary), _DIGITS))
            paths = paths.continued(gained, boundary)
        already = by_now
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Paths:
    """Paths that have crossed no boundary up to `information`.

    Attributes:
        scores: √I·Z at the integration nodes.
        chances: of the paths near each node, so that sums over nodes are integrals.
    """

    information: float
    scores: Floats
    chances: Floats

    def tell_from(self, information: float) -> bool:
        """Whether a look at `information` sees enough that is new."""
        return information >= self.information * (1 + _LEAST_GAIN)

    def boundary(self, information: float, chance: float) -> float:
        """The Z at `information` above which just `chance` of all paths cross for the first time."""
        low, high = -_FARTHEST, _FARTHEST
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self._crossing(information, middle) > chance:
                low = middle
            else:
                high = middle
        # The end whose chance is no more than allowed: rounding errs to the careful side.
        return high

    def _crossing(self, information: float, boundary: float) -> float:
        step = math.sqrt(2 * (information - self.information))
        distances = (boundary * math.sqrt(information) - self.scores) / step
        beyond = np.array([math.erfc(distance) for distance in distances.tolist()])
        return float(self.chances @ beyond) / 2

    def continued(self, information: float, boundary: float) -> _Paths:
        """Those that stay below `boundary` at `information` too."""
        scores, weights = _nodes_below(boundary, information)
        step = math.sqrt(information - self.information)
        density = _bell((scores[:, None] - self.scores) / step) @ self.chances / step
        return _Paths(information, scores, weights * density)


def _started(information: float, boundary: float) -> _Paths:
    scores, weights = _nodes_below(boundary, information)
    root = math.sqrt(information)
    return _Paths(information, scores, weights * _bell(scores / root) / root)


def _nodes_below(boundary: float, information: float) -> tuple[Floats, Floats]:
    """Gauss–Legendre nodes and weights for the scores from far below up to the boundary."""
    low, high = (z * math.sqrt(information) for z in (-_FARTHEST, boundary))
    half = (high - low) / 2
    nodes, weights = _nodes()
    return low + half * (nodes + 1), half * weights


@cache
def _nodes() -> tuple[Floats, Floats]:
    """Gauss–Legendre nodes and weights on [-1, 1]: a matrix of 600 × 600, of use only to who looks more than once."""
    return np.polynomial.legendre.leggauss(_FINENESS)


def _bell(z: Floats) -> Floats:
    return np.asarray(np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi), dtype=np.float64)
