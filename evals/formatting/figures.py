"""How numbers are written, in sentences, tables, comments and at the terminal: units, rounding, real minus signs.

Rates are whole percents. A rate gets a decimal only where the whole percent would hide something: a failure
(99.9 %), or, of rates and changes that stand side by side, a difference (93.0 % → 92.6 %). One number that is
written in two places of a page is written by the same function from the same numbers, and reads the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from evals.results.verdict import Breakdown, Comparison

NOT_KNOWN = "–"
_NARROW = "\u202f"  # between a number and its unit: a line never breaks there


def percent(rate: float | None, decimals: int = 0) -> str:
    """0.833 -> "83 %". A rate that only rounds to 0 or 100 % gets a decimal, so that a failure never hides."""
    if rate is None or not math.isfinite(rate):
        return NOT_KNOWN
    rounded = round(rate * 100)
    digits = max(decimals, 1) if rounded in (0, 100) and rate * 100 != rounded else decimals
    return f"{_signed_minus(f'{rate * 100:.{digits}f}')}{_NARROW}%"


def percents(*rates: float) -> tuple[str, ...]:
    """Rates that are compared in one sentence, with a decimal if two of them would read the same otherwise."""
    different = len(set(rates))
    # No second decimal: a rate of some hundred runs does not carry it.
    for decimals in (0, 1):
        shown = tuple(percent(rate, decimals) for rate in rates)
        if len(set(shown)) == different:
            return shown
    return shown


def points(difference: float | None, decimals: int | None = None) -> str:
    """A difference of rates as signed percentage points: -0.1 -> "−10"; below one point with a decimal."""
    if difference is None or not math.isfinite(difference):
        return NOT_KNOWN
    value = difference * 100
    digits = decimals if decimals is not None else 0 if abs(value) >= 1 or value == 0 else 1
    text = f"{value:+.{digits}f}"
    # What rounds to zero has no sign: "−0.0" would be read as a fall.
    return f"{0:.{decimals or 0}f}" if float(text) == 0 else _signed_minus(text)


@dataclass(frozen=True, slots=True)
class Change:
    """A success rate of two arms, written out. What is not known is a dash."""

    baseline: str
    candidate: str
    change: str
    low: str
    high: str


def change_of(success: Comparison | Breakdown) -> Change:
    """Rates, change and interval of a comparison of rates, all with a decimal where whole points would hide one."""
    moved = (success.change, success.ci_low, success.ci_high)
    hidden = any(value and abs(value) * 100 <= 0.5 for value in moved)
    decimals = 1 if hidden else 0
    change, low, high = (points(value, decimals) for value in moved)
    return Change(
        percent(success.baseline, decimals), percent(success.candidate, decimals), change, low, high
    )


def ratio(value: float | None) -> str:
    """1.254 -> "×1.25"."""
    if value is None or math.isnan(value):
        return NOT_KNOWN
    return "×∞" if math.isinf(value) else f"×{value:.2f}"


def milliseconds(value: float | None) -> str:
    """840 -> "840 ms", 1240 -> "1.24 s", 125_000 -> "2 min 05 s"."""
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
    # Where rounding reaches the next unit, not where the unit ends: else "1000 ms" and "100 s" would appear.
    if value < 999.5:
        return f"{value:.0f}{_NARROW}ms"
    if value < 99_950:
        return f"{value / 1000:.3g}{_NARROW}s"
    minutes, seconds = divmod(round(value / 1000), 60)
    return f"{minutes}{_NARROW}min {seconds:02d}{_NARROW}s"


def usd(value: float | None) -> str:
    """US dollars with at least two significant digits: 12.3 -> "$12.30", 0.00042 -> "$0.00042"."""
    if value is None or math.isnan(value):
        return NOT_KNOWN
    if math.isinf(value):
        return "∞"
    if value == 0:
        return "$0"
    if abs(value) >= 1:
        return _signed_minus(f"${value:,.2f}")
    digits = min(max(1 - math.floor(math.log10(abs(value))), 2), 9)
    return f"${value:.{digits}f}"


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """1 -> "1 case", 1200 -> "1,200 cases"."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def plain(figure: str) -> str:
    """The figure for files that are searched and compared: an ordinary space before its unit."""
    return figure.replace(_NARROW, " ")


def exact(number: float) -> str:
    """A number that somebody set, as it was set: 10.0 -> "10", 2.5 -> "2.5"."""
    return f"{round(number, 6):g}"


def fingerprint(value: str) -> str:
    """The first twelve digits of a hash, without its name: "sha256:70d71f…" -> "70d71f…"."""
    return value.removeprefix("sha256:")[:12]


def out_of(passed: int, runs: int) -> str:
    """ "7/10", or a dash when nothing was measured."""
    return f"{passed}/{runs}" if runs else NOT_KNOWN


def _signed_minus(text: str) -> str:
    return text.replace("-", "−")
