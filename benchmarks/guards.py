"""How well personal data is found, how fast, and whether egress decides rightly.

    python benchmarks/guards.py --data DIR [--json]

DIR holds labelled rows, one JSON object a line:
    pii_presidio_synth.jsonl  {text, spans: [[type, start, end]]}   a hit counts only if both ends agree
    pii_real_traces.jsonl     {text, true_phones}                   every other phone hit is false
    egress_urls.jsonl         {url, allow}                          under `EGRESS_ALLOWLIST`
Where those rows hold no IBAN, the row for it stands on `benchmarks.ibans` alone, and says so.
Speed and linearity are CPU time, so that a busy machine does not fail them. Exit 1 if a goal is missed.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from agent_runtime.agent.policy import PiiKind
from agent_runtime.guard.egress import Destination, check_url
from agent_runtime.guard.redact import find_pii
from benchmarks.ibans import STRUCTURES, iban_rows
from benchmarks.table import Row, measure

KINDS: tuple[PiiKind, ...] = get_args(PiiKind)
LABELS: dict[str, PiiKind] = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
}
F1_MUST: dict[PiiKind, float] = {"email": 1.0, "phone": 0.87, "card": 0.95, "iban": 0.97}
EGRESS_ALLOWLIST = ("*.your-company.com", "api.openai.com")
HOSTILE = (
    "1", "1 ", "1-", "a", "a@", "a@a.", "%40", "+", "(", "0 ", "+1(0)", "eyJaaaaaaaa-", "sk-", "-",
    "-----BEGIN PRIVATE KEY-----", "GB29 ", "GB29A1B2C3D4E5F6", "4111 ", "call 1", "phone 450 0840, ",
)  # fmt: skip
MEGABYTE = 1_000_000
MOST_GROWTH = 6.0
"""Four times the text may take this many times as long: linear is 4, quadratic 16."""


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The labelled rows, or a clear end."""
    path = folder / name
    if not path.is_file():
        sys.exit(f"{path} does not exist\n    fix: --data names the folder that holds {name}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def f1_rows(
    data: Sequence[dict[str, Any]], source: str, kinds: Sequence[PiiKind] = tuple(F1_MUST)
) -> list[Row]:
    """F1 of exact spans, per kind of which there is something in `data`."""
    right: Counter[PiiKind | None] = Counter()
    wrong: Counter[PiiKind | None] = Counter()
    for row in data:
        labelled = {(LABELS.get(label), start, end) for label, start, end in row["spans"]}
        wanted = {span for span in labelled if span[0] in kinds}
        got = {
            (span.kind, span.start, span.end) for span in find_pii(row["text"], KINDS) if span.kind in kinds
        }
        right.update(kind for kind, _, _ in wanted & got)
        wrong.update(kind for kind, _, _ in wanted ^ got)
    there = [kind for kind in kinds if right[kind] + wrong[kind]]
    return [_f1_row(kind, source, right[kind], wrong[kind]) for kind in there]


def _f1_row(kind: PiiKind, source: str, right: int, wrong: int) -> Row:
    f1, must = 2 * right / (2 * right + wrong), F1_MUST[kind]
    measured = f"{f1:.3f} ({right} right, {wrong} wrong)"
    return Row(f"{kind} F1, {source}", measured, f"≥ {must:.2f}", f1 >= must)


def trace_rows(data: Sequence[dict[str, Any]]) -> list[Row]:
    """False phone hits per million characters, and speed, on real tool results."""
    characters = sum(len(row["text"]) for row in data)
    began = time.process_time()
    found = [(row, find_pii(row["text"], KINDS)) for row in data]
    speed = characters / (time.process_time() - began) / MEGABYTE
    false = sum(
        span.kind == "phone" and row["text"][span.start : span.end] not in row["true_phones"]
        for row, spans in found
        for span in spans
    )
    rate = false / characters * MEGABYTE
    return [
        Row("false phone hits per Mchar of real traces", f"{rate:.2f}", "≤ 2", rate <= 2),
        Row("speed on real traces", f"{speed:.1f} Mchar/s", "≥ 1", speed >= 1),
    ]


def hostile_rows() -> list[Row]:
    """The slowest megabyte of repetition, and the fastest growth from a quarter of it."""
    quarter = {seed: _seconds(seed, MEGABYTE // 4) for seed in HOSTILE}
    whole = {seed: _seconds(seed, MEGABYTE) for seed in HOSTILE}
    slowest = max(HOSTILE, key=whole.__getitem__)
    steepest = max(HOSTILE, key=lambda seed: whole[seed] / quarter[seed])
    growth = whole[steepest] / quarter[steepest]
    speed = 1 / whole[slowest]
    return [
        Row("speed on the worst hostile megabyte", f"{speed:.1f} Mchar/s ({slowest!r})", "≥ 1", speed >= 1),
        Row(
            "growth of time from 0.25 to 1 Mchar",
            f"× {growth:.1f} ({steepest!r})",
            f"≤ {MOST_GROWTH:.0f}",
            growth <= MOST_GROWTH,
        ),
    ]


def _seconds(seed: str, size: int) -> float:
    text = (seed * (size // len(seed) + 1))[:size]
    began = time.process_time()
    find_pii(text, KINDS)
    return time.process_time() - began


def egress_rows(data: Sequence[dict[str, Any]]) -> list[Row]:
    """Wrong decisions, either way."""
    wrong: Counter[bool] = Counter()
    for row in data:
        allowed = isinstance(check_url(row["url"], EGRESS_ALLOWLIST), Destination)
        wrong[allowed] += allowed is not row["allow"]
    return [
        Row("egress: wrong allows", f"{wrong[True]} of {len(data)}", "0", wrong[True] == 0),
        Row("egress: wrong refusals", f"{wrong[False]} of {len(data)}", "0", wrong[False] == 0),
    ]


def rows(data: Path) -> Iterator[Row]:
    """All of the above, on the files under `data`."""
    yield from f1_rows(rows_of(data, "pii_presidio_synth.jsonl"), "labelled data")
    yield from f1_rows(list(iban_rows()), f"{len(STRUCTURES)} countries, made up here, with decoys", ["iban"])
    yield from trace_rows(rows_of(data, "pii_real_traces.jsonl"))
    yield from hostile_rows()
    yield from egress_rows(rows_of(data, "egress_urls.jsonl"))


if __name__ == "__main__":
    measure(__doc__, "Guards: personal data and egress", rows)
