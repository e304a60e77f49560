"""Attacks on agents of a test, in one line."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from evals.results.baseline import save_baseline
from security_pack.catalog.catalog import CatalogEntry
from security_pack.episodes.episode import Outcome
from security_pack.resistance.preparation import ResistanceOptions
from security_pack.resistance.resistance import run_resistance
from security_pack.resistance.result import ResistanceResult
from tests.fakes.attacked import MAIL_OUT, attacked_suite, entry

PACK = entry(MAIL_OUT)


def attacked(suite: Path, pack: tuple[CatalogEntry, ...] = PACK, **options: Any) -> ResistanceResult:
    """What ten runs of each attack, and of its twin, come to."""
    given = {"out": suite.parent / "out", "samples": 10, **options}
    return asyncio.run(run_resistance(ResistanceOptions(suite=suite, **given), pack, {}))


def baseline_of(folder: Path, pack: tuple[CatalogEntry, ...] = PACK, runs: int = 40, **agent: Any) -> Path:
    """A saved baseline of the agent, made with another seed."""
    before = attacked(attacked_suite(folder / "before", **agent), pack, samples=runs, seed=1)
    save_baseline(folder / "baseline.json", before.result, str)
    return folder / "baseline.json"


def outcomes(result: ResistanceResult) -> Counter[Outcome]:
    """How often each outcome came up."""
    return Counter(trial.judgement.outcome for trial in result.trials if trial.judgement is not None)
