"""Progress counts probes that began and attacks that ended."""

from __future__ import annotations

import io

from security_pack.episodes.episode import Outcome
from security_pack.guardian.progress import AttackTally, attack_progress
from tests.security_pack.sample_trials import probe, trial


def test_probes_are_counted_once_and_attacks_each() -> None:
    tally = AttackTally(2)
    for one in (trial(), trial(tool="mail.send"), trial(Outcome.ATTEMPTED_BLOCKED, of=probe("b-01"))):
        tally.count(one)
    assert (tally.done, tally.words()) == (2, "1 blocked, 2 got through")


def test_a_short_run_writes_nothing_into_a_log() -> None:
    stream = io.StringIO()
    with attack_progress(1, stream) as on_trial:
        on_trial(trial())
    assert stream.getvalue() == ""
