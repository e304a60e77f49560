"""Progress counts probes that began and attacks that ended."""

from __future__ import annotations

from security_pack.episodes.episode import Outcome
from security_pack.guardian.tally import AttackTally
from tests.security_pack.sample_trials import probe, trial


def test_probes_are_counted_once_and_attacks_each() -> None:
    tally = AttackTally()
    for one in (trial(), trial(tool="mail.send"), trial(Outcome.ATTEMPTED_BLOCKED, of=probe("b-01"))):
        tally.count(one)
    assert (tally.done, tally.words()) == (2, "1 blocked, 2 got through")
