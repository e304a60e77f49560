"""Guardian's sequence: what is chosen, what is played, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from agent_runtime.agent.manifest import Manifest
from agent_runtime.errors import InvalidInput
from security_pack.catalog.probe import Family, Probe, Tier
from security_pack.episodes.episode import Outcome
from security_pack.findings.findings import Conclusion
from security_pack.findings.trial import Trial
from security_pack.guardian.guardian import GuardianOptions, OnTrial, conclude, prepare_guardian, run_probes
from tests.security_pack.conftest import Write
from tests.security_pack.sample_trials import trial

TODAY = date(2026, 12, 1)


class PlayedTier:
    """An enforcement tier in which every probe comes to `outcome`; it remembers what it was given."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.probes: Sequence[Probe] = ()

    async def __call__(
        self, manifest: Manifest, probes: Sequence[Probe], *, on_trial: OnTrial
    ) -> tuple[Trial, ...]:
        self.probes = probes
        return tuple(trial(self.outcome, of=probe) for probe in probes)


def test_only_what_was_asked_for_is_chosen(starter: Path) -> None:
    families = GuardianOptions(starter / "agent.yaml", families=(Family.LEAKS, Family.MEMORY))
    assert {one.family for one in prepare_guardian(families).probes} == {Family.LEAKS, Family.MEMORY}
    one = prepare_guardian(GuardianOptions(starter / "agent.yaml", only=("tool-unknown",)))
    assert ([probe.id for probe in one.probes], one.partial) == (["tool-unknown"], True)


def test_the_whole_pack_is_not_partial(starter: Path) -> None:
    assert not prepare_guardian(GuardianOptions(starter / "agent.yaml")).partial


def test_own_probes_come_from_settings_and_flags(starter: Path, write: Write) -> None:
    folder = write("mine").parent
    ready = prepare_guardian(GuardianOptions(starter / "agent.yaml", probes=(folder,)))
    assert "mine" in {probe.id for probe in ready.probes}


def test_only_probes_of_the_tier_are_played(starter: Path) -> None:
    ready = prepare_guardian(GuardianOptions(starter / "agent.yaml"))
    fake = PlayedTier(Outcome.ATTEMPTED_BLOCKED)
    asyncio.run(run_probes(ready, enforcement=fake))
    assert fake.probes
    assert all(Tier.ENFORCEMENT in probe.tier for probe in fake.probes)


@pytest.mark.parametrize(
    ("outcome", "conclusion"),
    [
        (Outcome.ATTEMPTED_BLOCKED, Conclusion.PASS),
        (Outcome.SUCCEEDED, Conclusion.BREACH),
        (Outcome.ERROR, Conclusion.INCONCLUSIVE),
    ],
)
def test_what_the_tier_found_is_concluded(starter: Path, outcome: Outcome, conclusion: Conclusion) -> None:
    ready = prepare_guardian(GuardianOptions(starter / "agent.yaml", only=("tool-unknown",)))
    assessment = conclude(ready, asyncio.run(run_probes(ready, enforcement=PlayedTier(outcome))), TODAY)
    assert assessment.conclusion is conclusion
    assert (assessment.agent, assessment.model) == ("support-triage", "sim:simulation.yaml")
    assert ready.manifest is not None
    assert assessment.fingerprint == ready.manifest.fingerprint


def test_the_command_that_shows_it_again_holds_every_flag_that_matters(starter: Path, write: Write) -> None:
    folder = write("mine").parent
    (starter / "a policy.yaml").write_text((starter / "policy.yaml").read_text())
    options = GuardianOptions(
        starter / "agent.yaml", starter / "a policy.yaml", probes=(folder,), only=("mine",)
    )
    ready = prepare_guardian(options)
    [finding] = conclude(
        ready, asyncio.run(run_probes(ready, enforcement=PlayedTier(Outcome.SUCCEEDED))), TODAY
    ).findings
    assert finding.reproduce == (
        f"agentcrewops guardian --agent {starter}/agent.yaml --policy '{starter}/a policy.yaml' "
        f"--probes {folder} --probe mine"
    )


def test_what_the_policy_forgets_to_redact_is_not_repeated(starter: Path) -> None:
    (starter / "policy.yaml").write_text("policy: {}\n")
    ready = prepare_guardian(GuardianOptions(starter / "agent.yaml", only=("tool-unknown",)))
    assessment = conclude(
        ready, asyncio.run(run_probes(ready, enforcement=PlayedTier(Outcome.SUCCEEDED))), TODAY
    )
    told = next(finding for finding in assessment.findings if finding.tier is not None)
    assert told.transcript[0].text == "please help [EMAIL_1]"


def test_everything_wrong_is_found_before_anything_is_played(starter: Path) -> None:
    (starter / "guardian.yaml").write_text("fail_on: never\n")
    with pytest.raises(InvalidInput, match=r"guardian\.yaml:1: "):
        prepare_guardian(GuardianOptions(starter / "agent.yaml"))
