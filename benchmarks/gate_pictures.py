"""Two pictures of the calibration, as SVG: what each method finds, and when looking stops.

python benchmarks/gate_pictures.py ROWS.json FOLDER     # rows as gate_calibration.py --json writes them
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

Rows = Sequence[Mapping[str, Any]]

METHODS = {"gate": "#1f6feb", "pooled": "#c0392b", "cluster": "#9a9a9a", "t-test": "#c9c9c9"}
FINDINGS = {
    "no change": ("false alarm", "10×10, no change"),
    "−10 spread over cases": ("power", "10×10, −10 spread"),
    "−10 in few cases": ("power", "10×10, −10 in few cases"),
    "−20 spread over cases": ("power", "10×10, −20 spread"),
}
LOOKS = {"by 3": "#1f6feb", "by 5": "#5b9bf0", "by 7": "#a3c7f7", "by 10": "#dedede"}
CHANGES = ("no change", "−10 spread", "−20 spread", "breakage")
STYLE = "text{font:13px system-ui,sans-serif;fill:#1b1f24}.quiet{fill:#57606a;font-size:12px}.title{font-weight:600}"


def draw_pictures(rows: Rows, folder: Path) -> None:
    """Write both pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gate-against-usual-methods.svg").write_text(findings(rows), encoding="utf-8")
    (folder / "when-looking-stops.svg").write_text(stopping(rows), encoding="utf-8")


def findings(rows: Rows) -> str:
    """How often each method calls drift, on 10 cases × 10 runs."""
    parts = [text(20, 28, "How often drift is called: 10 cases × 10 runs in both arms", "title")]
    parts += legend(METHODS, 20, 50)
    top = 76
    for title, (goal, what) in FINDINGS.items():
        row = row_of(rows, goal, what)
        parts.append(text(20, top + 38, title))
        for place, (name, colour) in enumerate(METHODS.items()):
            share = row["value"] if name == "gate" else row["others"][name]
            parts += bar(190, top + 16 * place, 400 * share, 13, colour)
            parts.append(text(196 + 400 * share, top + 16 * place + 11, f"{share * 100:.0f} %", "quiet"))
        top += 84
    return svg(660, top, "How often each method calls drift", parts)


def stopping(rows: Rows) -> str:
    """Share of suites that are decided at each look, and the runs that this saves."""
    parts = [text(20, 28, "Runs per case at which looking stops: 30 cases, 30-run baseline", "title")]
    parts += legend({name.replace("by", "at"): colour for name, colour in LOOKS.items()}, 20, 50)
    top = 76
    for change in CHANGES:
        row = row_of(rows, "saved", f"30 cases, {change}")
        parts.append(text(20, top + 17, change))
        left = 130.0
        for share, colour in zip(shares(row["others"]), LOOKS.values(), strict=True):
            parts += bar(left, top, 380 * share, 26, colour)
            left += 380 * share
        parts.append(text(522, top + 17, f"{row['value'] * 100:.0f} % of runs saved", "quiet"))
        top += 40
    return svg(660, top + 6, "When looking stops", parts)


def shares(decided: Mapping[str, float]) -> Iterator[float]:
    """From "decided by look" to "decided at look", what is left going to the last."""
    before = 0.0
    for by_now in (*decided.values(), 1.0):
        yield by_now - before
        before = by_now


def row_of(rows: Rows, goal: str, what: str) -> Mapping[str, Any]:
    """The row of this goal and suite."""
    return next(row for row in rows if (row["goal"], row["what"]) == (goal, what))


def legend(colours: Mapping[str, str], left: float, top: float) -> Iterator[str]:
    """Coloured squares with names."""
    for name, colour in colours.items():
        yield from bar(left, top - 11, 12, 12, colour)
        yield text(left + 18, top, name, "quiet")
        left += 90


def bar(left: float, top: float, width: float, height: float, colour: str) -> Iterator[str]:
    """A filled rectangle; none where there is nothing to show."""
    if width > 0:
        yield f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def text(left: float, base: float, words: str, kind: str = "") -> str:
    """One line of text."""
    return f'<text x="{left:.1f}" y="{base:.1f}" class="{kind}">{escape(words)}</text>'


def svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    """The document, on white so that it reads on a dark page too."""
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    ground = f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    lines = (opening, f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", ground, *parts, "</svg>")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    measured, folder = sys.argv[1:]
    draw_pictures(json.loads(Path(measured).read_text(encoding="utf-8")), Path(folder))
