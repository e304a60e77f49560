"""Which runs an evaluation makes, in which order, and the seed of each."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from agent_runtime.files.documents import canonical_json
from evals.suite.suite import EvalCase


@dataclass(frozen=True, slots=True)
class Planned:
    """One run to make: which case, and the how-many-eth of its runs (from 0)."""

    case: EvalCase
    sample_index: int

    @property
    def key(self) -> tuple[str, int]:
        """What names this run within its evaluation."""
        return self.case.case_id, self.sample_index


def plan_runs(cases: Sequence[EvalCase], first: int, last: int) -> Sequence[Planned]:
    """The runs number `first` up to, not including, `last` of every case, in the order of starting.

    Interleaved (a run of every case, then the next of every case, …), so that a stopped evaluation is balanced.
    """
    return [Planned(case, index) for index in range(first, last) for case in cases]


def sample_seed(seed: int, fingerprint: str | None, case_id: str, sample_index: int) -> int:
    """The 63-bit seed of one run: SHA-256 over everything that names it."""
    named = canonical_json([seed, fingerprint, case_id, sample_index])
    # 63 bits: the largest that fits a signed 64-bit integer, which is what stores and APIs take.
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "big") >> 1
