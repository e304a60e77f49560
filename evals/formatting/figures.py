"""How the report writes its numbers: units, rounding, real minus signs."""

from __future__ import annotations

import math

NOT_KNOWN = "–"
_NARROW = "\u202f"  # between a number and its unit: a line never breaks there


def percent(rate: float | None) -> str:
    """0.833 -> "83 %". A rate that only rounds to 0 or 100 % gets a decimal, so that a failure never hides."""
    if rate is None or not math.isfinite(rate):
        return NOT_KNOWN
    rounded = round(rate * 100)
    digits = 1 if rounded in (0, 100) and rate * 100 != rounded else 0
    return f"{_signed_minus(f'{rate * 100:.{digits}f}')}{_NARROW}%"


def points(difference: float | None) -> str:
    """A difference of rates as signed percentage points: -0.1 -> "−10"."""
    if difference is None or not math.isfinite(difference):
        return NOT_KNOWN
    value = difference * 100
    digits = 0 if abs(value) >= 1 or value == 0 else 1
    text = f"{value:+.{digits}f}"
    return "0" if float(text) == 0 else _signed_minus(text)


def ratio(value: float | None) -> str:
    """1.254 -> "×1.25"."""
    if value is None or math.isnan(value):
        return NOT_KNOWN
    return "×∞" if math.isinf(value) else f"×{value:.2f}"


def milliseconds(value: float | None) -> str:
    """840 -> "840 ms", 1240 -> "1.24 s", 125_000 -> "2 min 05 s"."""
    if value is None or not math.isfinite(value):
        return NOT_KNOWN
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


def fingerprint(value: str) -> str:
    """The first twelve digits of a hash, without its name: "sha256:70d71f…" -> "70d71f…"."""
    return value.removeprefix("sha256:")[:12]


def out_of(passed: int, runs: int) -> str:
    """ "7/10", or a dash when nothing was measured."""
    return f"{passed}/{runs}" if runs else NOT_KNOWN


def _signed_minus(text: str) -> str:
    return text.replace("-", "−")
