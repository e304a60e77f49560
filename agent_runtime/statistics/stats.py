"""Numbers in, numbers out: the statistics of the gate. No input here is a file, a sample or a word.

Everywhere a case weighs the same, whatever its number of runs: agents are compared on the suite, and a case
that lost runs to an outage must not lose its say.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from agent_runtime.statistics.tail import SLACK, TAIL

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RESAMPLES = 4000
"""What benchmarks/gate_calibration.py measures the gate with; a level below 1 in 4000 cannot be told from zero."""
ONE_SIDED = 0.05
"""Error on each side: the interval is a 90 % interval."""

_DOUBT = 0.4
"""Successes and failures added to a candidate's own rate. See `_doubtful_error`."""
_CHUNK = 2**14
"""Weights held at once while resampling runs: 128 kB, so that every step works in the processor's cache."""
_STEPS = 32
"""Steps in which unequal case weights are counted in the permutation test."""


def z_of(level: float) -> float:
    """Standard errors beyond which a normal statistic lies with chance `level`, above 0 and below 1."""
    return NormalDist().inv_cdf(1 - level)


Z = z_of(ONE_SIDED)


@dataclass(frozen=True, slots=True)
class Counts:
    """Passed and measured runs per case, in the same order of cases in both arms; every case has a run."""

    passed: Integers
    runs: Integers

    @property
    def rates(self) -> Floats:
        """Success rate per case."""
        return self.passed / self.runs

    @property
    def rate(self) -> float:
        """Success rate of the suite: the mean over cases."""
        return float(self.rates.mean())


@dataclass(frozen=True, slots=True)
class Runs:
    """Every measured run of one arm, ordered by case (0 … K−1, none left out).

    Attributes:
        latency_ms, cost_usd: one per run, finite and not negative; None if that metric is not measured.
    """

    case: Integers
    passed: Floats
    latency_ms: Floats | None = None
    cost_usd: Floats | None = None

    @property
    def per_case(self) -> Integers:
        """Number of runs of each case."""
        return np.bincount(self.case).astype(np.int64)

    @property
    def weights(self) -> Floats:
        """Share of each run in the suite: 1/K for a case, divided evenly among its runs."""
        per_case = self.per_case
        return 1.0 / (len(per_case) * per_case[self.case])

    @property
    def counts(self) -> Counts:
        """Passed and measured runs per case."""
        passed = np.bincount(self.case, weights=self.passed)
        return Counts(np.rint(passed).astype(np.int64), self.per_case)


@dataclass(frozen=True, slots=True)
class Resampled:
    """One arm's metrics in every resample; None where the metric is not measured."""

    p95_ms: Floats | None
    usd_per_success: Floats | None


# --- success rate -----------------------------------------------------------------------------------------


def change(baseline: Counts, candidate: Counts) -> float:
    """Mean over cases of (candidate rate − baseline rate)."""
    # Rounded as the resamples are: two equal arms must not differ by the last bit of a sum.
    return round(float((candidate.rates - baseline.rates).mean()), 12) + 0.0


def smoothed_rates(baseline: Counts, candidate: Counts) -> Floats:
    """Per case (successes of both arms + ½) / (runs of both arms + 1): never exactly 0 or 1."""
    return (baseline.passed + candidate.passed + 0.5) / (baseline.runs + candidate.runs + 1.0)


def smoothed_error(baseline: Counts, candidate: Counts) -> float:
    """Standard error of the change, √(Σ p(1−p)(1/n+1/m)) / K with smoothed p: positive for 10/10 everywhere."""
    p = smoothed_rates(baseline, candidate)
    variances = p * (1 - p) * (1 / baseline.runs + 1 / candidate.runs)
    return math.sqrt(float(variances.sum())) / len(p)


def lower_bound(baseline: Counts, candidate: Counts) -> float:
    """A conservative one-sided 95 % lower bound of the change."""
    return change(baseline, candidate) - Z * smoothed_error(baseline, candidate)


def look_interval(
    baseline: Counts, candidate: Counts, rng: np.random.Generator, level: float
) -> tuple[float, float]:
    """The interval of the change at one of several looks, `level` on each side: never narrower than it can tell.

    At an early look a case has few runs and the level is far out in the tail. The resamples know only outcomes
    that occurred, and called 3 % of unchanged suites drift where half a percent may be (10 cases, 3 runs, on the
    suites of benchmarks/gate_calibration.py, whose rows on looks hold what is done about it). So the ends are at
    least as far out as normal theory puts them: the upper one for a suite that did not change, the lower one for a
    candidate whose few runs may have hidden a fall.
    """
    low, high = interval(resampled_changes(baseline, candidate, rng), level)
    seen, z = change(baseline, candidate), z_of(level)
    return (
        min(low, seen - z * _doubtful_error(baseline, candidate)),
        max(high, seen + z * smoothed_error(baseline, candidate)),
    )


def _doubtful_error(baseline: Counts, candidate: Counts) -> float:
    """Standard error of the change if the candidate is not what the baseline was: it answers for itself.

    Its rates are smoothed by 0.4, fitted so that a suite which lost the margin passes 5 % of the time, all looks
    together (rows `false pass` of benchmarks/gate_calibration.py; next to no smoothing let 8 % of 600 of its suites
    of ten cases pass).
    """
    p = smoothed_rates(baseline, candidate)
    q = (candidate.passed + _DOUBT) / (candidate.runs + 2 * _DOUBT)
    variances = p * (1 - p) / baseline.runs + q * (1 - q) / candidate.runs
    return math.sqrt(float(variances.sum())) / len(p)


def resampled_changes(
    baseline: Counts, candidate: Counts, rng: np.random.Generator, resamples: int = RESAMPLES
) -> Floats:
    """The change in each resample: per case n−1 of its n runs are drawn with replacement, in both arms.

    Drawing n−1 (the rescaling bootstrap, Rao and Wu 1988, https://doi.org/10.1080/01621459.1988.10478591) gives
    each case its unbiased variance; n of n would be too small by (n−1)/n. A case with a single run has no
    variance of its own and takes that of the smoothed rate of both arms.
    """
    smoothed = smoothed_rates(baseline, candidate)
    drawn = [_resampled_rate(arm, smoothed, rng, resamples) for arm in (baseline, candidate)]
    # Rounded, so that two equal rates differ by zero and not by the last bit: the verdict looks at the sign.
    # Adding 0 turns −0 into 0.
    return np.round(drawn[1] - drawn[0], 12) + 0.0


def _resampled_rate(arm: Counts, smoothed: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """The suite's success rate in each resample.

    n−1 draws from c passes in n runs are Binomial(n−1, c/n), and the sum over cases with equal c and n is again
    binomial: one draw per distinct (c, n) does for all of them.
    """
    # n−1 of one run is none: a single run is drawn from what both arms know of its case instead, and moved
    # so that its mean stays what was seen.
    single = arm.runs == 1
    chance = np.where(single, smoothed, arm.rates)
    kinds, cases = np.unique(np.column_stack([arm.runs, arm.passed, chance]), axis=0, return_counts=True)
    total = np.zeros(resamples)
    for (runs, passed, p), alike in zip(kinds.tolist(), cases.tolist(), strict=True):
        draws = max(int(runs) - 1, 1)
        total += rng.binomial(alike * draws, p, resamples) / draws
        total += alike * (passed / runs - p)  # zero unless the case has a single run
    return total / len(arm.runs)


def interval(resampled: Floats, level: float = ONE_SIDED) -> tuple[float, float]:
    """The quantiles `level` and 1 − `level`, as values that occurred (no interpolation: some may be infinite)."""
    ordered = np.sort(resampled)
    last = len(ordered) - 1
    low = max(math.floor(level * len(ordered)) - 1, 0)
    return float(ordered[low]), float(ordered[last - low])


def stratified_p(baseline: Counts, candidate: Counts) -> float:
    """Exact one-sided p of a fall: the runs of each case are dealt to the two arms in every possible way.

    With one run per case and arm this is the sign test. Cases of unequal size count by their weight in the
    change, rounded to a 32nd of the largest, which keeps the test exact and its distribution on a lattice.
    """
    weights = 1 / baseline.runs + 1 / candidate.runs
    steps = np.rint(weights / weights.max() * _STEPS).astype(np.int64)
    # Cases of one size have one weight: the lattice then has a place per run, not 32 of them.
    steps //= np.gcd.reduce(steps)
    lattice = np.ones(1)
    for step in np.unique(steps).tolist():
        chosen = steps == step
        dealt = np.ones(1)
        for b, n, c, m in zip(
            *(column[chosen].tolist() for column in _columns(baseline, candidate)), strict=True
        ):
            dealt = np.convolve(dealt, hypergeometric(n + m, b + c, m))
        # Cases of one weight first, close together; only then spread: convolving long sparse arrays is what costs.
        lattice = _convolve_far(lattice, _spread(dealt, step))
    observed = int((steps * candidate.passed).sum())
    least = int((steps * np.maximum(0, baseline.passed + candidate.passed - baseline.runs)).sum())
    # The Fourier transform may leave −1e-17 and 1 + 1e-16.
    return min(1.0, max(0.0, float(lattice[: observed - least + 1].sum())))


def _columns(baseline: Counts, candidate: Counts) -> tuple[Integers, ...]:
    return baseline.passed, baseline.runs, candidate.passed, candidate.runs


def _spread(probabilities: Floats, step: int) -> Floats:
    """The same distribution with `step` places between its values."""
    spread = np.zeros((len(probabilities) - 1) * step + 1)
    spread[::step] = probabilities
    return spread


def _convolve_far(one: Floats, other: Floats) -> Floats:
    """Convolution; by Fourier transform when both are long (good to 1e-16, far below any p that matters)."""
    if min(len(one), len(other)) < 64:
        return np.convolve(one, other)
    length = len(one) + len(other) - 1
    size = 1 << (length - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size), size)[:length]


def hypergeometric(total: int, passed: int, drawn: int) -> Floats:
    """Chance of each possible number of passes among `drawn` of `total` runs, from the least possible up."""
    values = np.arange(max(0, drawn + passed - total), min(drawn, passed) + 1)
    logs = _log_factorials(total)
    log_chance = (
        logs[passed] - logs[values] - logs[passed - values]
        + logs[total - passed] - logs[drawn - values] - logs[total - passed - drawn + values]
    )  # fmt: skip
    chance = np.exp(log_chance - log_chance.max())
    return np.asarray(chance / chance.sum(), dtype=np.float64)


def _log_factorials(most: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, most + 1)))])


# --- single cases -----------------------------------------------------------------------------------------


def fisher_mid_p(
    baseline_passed: int, baseline_runs: int, candidate_passed: int, candidate_runs: int
) -> float:
    """One-sided Fisher mid-p that a case got worse: P(fewer passes) + ½ P(as many), margins fixed."""
    passed = baseline_passed + candidate_passed
    chances = hypergeometric(baseline_runs + candidate_runs, passed, candidate_runs)
    at = candidate_passed - max(0, passed - baseline_runs)
    return float(chances[:at].sum() + chances[at] / 2)


def holm(p_values: Floats) -> Floats:
    """Holm's step-down adjustment: those ≤ α keep the family-wise error at α."""
    # Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure (https://www.jstor.org/stable/4615733).
    order = np.argsort(p_values, kind="stable")
    factors = len(p_values) - np.arange(len(p_values))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * factors))
    return adjusted


# --- latency and cost -------------------------------------------------------------------------------------


def p95(runs: Runs) -> float | None:
    """The smallest latency that at least 95 % of the weight does not exceed."""
    if runs.latency_ms is None:
        return None
    order = np.argsort(runs.latency_ms, kind="stable")
    return float(runs.latency_ms[order][_tail_at(np.cumsum(runs.weights[order])[None, :])[0]])


def usd_per_run(runs: Runs) -> float | None:
    """Mean cost of a run, each case weighing the same."""
    return None if runs.cost_usd is None else float(runs.weights @ runs.cost_usd)


def usd_per_success(runs: Runs) -> float | None:
    """Mean cost of a run over the success rate; infinite without a success."""
    if runs.cost_usd is None:
        return None
    rate = float(runs.weights @ runs.passed)
    return float(runs.weights @ runs.cost_usd) / rate if rate > 0 else math.inf


def geometric_mean_ratio(baseline: Runs, candidate: Runs) -> float | None:
    """Candidate's geometric-mean latency over the baseline's; None unless every latency is above zero."""
    logs = []
    for arm in (baseline, candidate):
        if arm.latency_ms is None or not (arm.latency_ms > 0).all():
            return None
        logs.append(float(arm.weights @ np.log(arm.latency_ms)))
    return math.exp(logs[1] - logs[0])


def resampled_metrics(runs: Runs, rng: np.random.Generator, resamples: int = RESAMPLES) -> Resampled:
    """p95 and $ per success in each resample; success, cost and latency always come from the same draws."""
    latency, cost = runs.latency_ms, runs.cost_usd
    order = np.argsort(latency, kind="stable") if latency is not None else np.arange(len(runs.case))
    passed = runs.passed[order]
    latency, cost = (None if values is None else values[order] for values in (latency, cost))
    tails, costs, rates = [], [], []
    for weights in _resampled_weights(runs, order, rng, resamples):
        rates.append(_weighted(weights, passed))
        if cost is not None:
            costs.append(_weighted(weights, cost))
        if latency is not None:
            tails.append(latency[_tail_at(np.cumsum(weights, axis=1))])
    return Resampled(
        p95_ms=np.concatenate(tails) if tails else None,
        usd_per_success=_over(np.concatenate(costs), np.concatenate(rates)) if costs else None,
    )


def _weighted(weights: Floats, values: Floats) -> Floats:
    """The weighted sum of every row. Not `@`: BLAS hands it to threads that cost more than the sum."""
    return np.asarray(np.einsum("ij,j->i", weights, values), dtype=np.float64)


def ratios(baseline: Floats, candidate: Floats) -> Floats:
    """Candidate over baseline, resample by resample; an infinite baseline makes 0, two infinite ones 1."""
    both = np.isinf(baseline) & np.isinf(candidate)
    return np.where(both, 1.0, _over(np.where(both, 1.0, candidate), np.where(both, 1.0, baseline)))


def _over(above: Floats, below: Floats) -> Floats:
    # A resample without a success has an infinite price: that is an answer, and no reason to warn.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        quotient = above / below
    return np.where(below > 0, quotient, np.inf)


def _tail_at(cumulative: Floats) -> Integers:
    """Per row, where the cumulative weight first reaches 95 % (allowing for the last bits of a sum)."""
    return np.asarray((cumulative >= TAIL - SLACK).argmax(axis=1), dtype=np.int64)


def _resampled_weights(
    runs: Runs, order: Integers, rng: np.random.Generator, resamples: int
) -> Iterator[Floats]:
    """Blocks of (resamples, runs): the weight of each run, in `order`, when n−1 of its case's n are drawn.

    A case with a single run keeps it.
    """
    per_case = runs.per_case
    first = np.concatenate([[0], np.cumsum(per_case)[:-1]])
    draws = np.maximum(per_case - 1, 1)
    share = (1.0 / (len(per_case) * draws))[runs.case][order]
    sizes = [(size, first[per_case == size][:, None]) for size in sorted(set(per_case.tolist()))]
    rows = max(1, _CHUNK // len(order))
    for start in range(0, resamples, rows):
        # One flat histogram per block: a run drawn in row r counts at r·runs + its place. Sizes one after another,
        # since cases of one size draw equally often.
        height = min(rows, resamples - start)
        row = (np.arange(height) * len(order))[:, None, None]
        counts = np.zeros(height * len(order), dtype=np.int64)
        for size, of_size in sizes:
            drawn = rng.integers(0, size, (height, len(of_size), max(size - 1, 1)), dtype=np.int32)
            counts += np.bincount((row + of_size + drawn).ravel(), minlength=counts.size)
        yield counts.reshape(height, len(order)).take(order, axis=1) * share


# --- what can be seen, and what would help ----------------------------------------------------------------


def within_case_variance(arm: Counts) -> float | None:
    """Mean over cases of the unbiased variance of a run's outcome; None unless a case has two runs."""
    several = arm.runs > 1
    if not several.any():
        return None
    p, n = arm.rates[several], arm.runs[several]
    return float((p * (1 - p) * n / (n - 1)).mean())


def minimum_detectable_drop(baseline: Counts, candidate_runs: Integers, level: float = ONE_SIDED) -> float:
    """The drop found with 80 % power, 0..1: 2.49·√(w(1/KN + 1/KN_B))·1.2 with w the within-case variance.

    2.49 = 1.645 + 0.84, the first for a level of 5 %, the second for the power. The 1.2 was fitted by simulation
    once; no benchmark measures it since. On a suite that hardly ever fails, four failures are the fewest that the
    interval sees, and 5.5 expected ones bring four with 80 % (Poisson): the drop is at least that.
    """
    variance = within_case_variance(baseline)
    if variance is None:
        # One run per case shows no spread: it is taken from the smoothed rates, the best there is.
        p = (baseline.passed + 0.5) / (baseline.runs + 1)
        variance = float((p * (1 - p)).mean())
    per_run = float((1 / baseline.runs + 1 / candidate_runs).mean()) / len(candidate_runs)
    # At a finer level than 5 % the line lies farther out by just that much; the power stays.
    normal = (2.49 + z_of(level) - Z) * math.sqrt(variance * per_run) * 1.2
    return min(1.0, max(normal, 5.5 / float(candidate_runs.sum())))


def runs_to_settle(
    baseline: Counts,
    candidate: Counts,
    margin: float,
    *,
    most: int,
    both_arms: bool = False,
    level: float = ONE_SIDED,
) -> int | None:
    """How many more runs per case would decide, if the rates stay as observed; None if more than `most`.

    Decided means: zero, or −margin, whichever is farther from the observed change, leaves the interval.
    """
    observed = change(baseline, candidate)
    # Drift has to leave zero behind, a pass −margin: whichever is nearer to be reached decides first.
    distance = max(-observed, observed + margin)
    p = smoothed_rates(baseline, candidate)
    noise = (p * (1 - p))[:, None]
    more = np.arange(1, most + 1)
    grown = baseline.runs[:, None] + (more if both_arms else np.zeros_like(more))
    errors = np.sqrt((noise * (1 / grown + 1 / (candidate.runs[:, None] + more))).sum(axis=0)) / len(p)
    settled = np.flatnonzero(z_of(level) * errors < distance)
    return int(more[settled[0]]) if len(settled) else None


def pass_hat_k(arm: Counts, k: int) -> float:
    """Chance that k runs of a case all pass, mean over cases of C(c,k)/C(n,k) (unbiased; every n ≥ k)."""
    pairs = zip(arm.passed.tolist(), arm.runs.tolist(), strict=True)
    return sum(math.comb(c, k) / math.comb(n, k) for c, n in pairs) / len(arm.runs)


def wilson(rate: float, runs: int, z: float = Z) -> tuple[float, float]:
    """Wilson's interval of a rate seen in `runs` runs, 90 % by default (1927, https://www.jstor.org/stable/2276774).

    Wide for a suite: it ignores that cases differ.
    """
    middle = (rate + z**2 / (2 * runs)) / (1 + z**2 / runs)
    half = z / (1 + z**2 / runs) * math.sqrt(rate * (1 - rate) / runs + z**2 / (4 * runs**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def rule_of_three(runs: int) -> float:
    """The failure rate that `runs` runs without a failure cannot exclude (95 %): 3/n."""
    return min(1.0, 3 / runs)
