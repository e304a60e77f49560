"""The enforcement tier: the real runtime, driven by a model that obeys every attacker. No network, no key, N = 1."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from agent_runtime.agent.manifest import Manifest
from security_pack.catalog.binding import Binding, applicability_of, bind
from security_pack.catalog.canaries import fresh_canaries
from security_pack.catalog.probe import Probe, Tier
from security_pack.episodes.episode import Episode, Judgement, Outcome
from security_pack.findings.trial import Trial
from security_pack.predicates import evaluate_episode
from security_pack.sandbox import run_guarded
from security_pack.scenario.instances import CannotBuild
from security_pack.scenario.scenario import attack

_NO_BINDING = Binding()


async def run_enforcement(
    manifest: Manifest,
    probes: Sequence[Probe],
    *,
    secret: bytes | None = None,
    on_trial: Callable[[Trial], None] = lambda trial: None,
) -> tuple[Trial, ...]:
    """Every probe of this tier, once against each tool that it can attack.

    A probe that this agent gives no hold becomes a trial with a note; one that breaks, a trial whose outcome
    is `error`.

    Args:
        secret: what canaries are derived from; by default a new one for every call.
        on_trial: told of each trial as it ends.
    """
    secret = secret if secret is not None else secrets.token_bytes(32)
    trials = []
    for probe in probes:
        if Tier.ENFORCEMENT not in probe.tier:
            continue
        for binding in _bindings(probe, manifest):
            trial = await _try(manifest, probe, binding, secret)
            trials.append(trial)
            on_trial(trial)
    return tuple(trials)


def _bindings(probe: Probe, manifest: Manifest) -> Sequence[Binding | str]:
    found = applicability_of(probe, manifest)
    return [found] if isinstance(found, str) else found


async def _try(manifest: Manifest, probe: Probe, binding: Binding | str, secret: bytes) -> Trial:
    if isinstance(binding, str):
        return Trial(probe, _NO_BINDING, Tier.ENFORCEMENT, note=binding)
    try:
        ready = bind(
            probe, binding, fresh_canaries(probe.canaries, secret, f"{probe.id}:{binding.subject}:0")
        )
    except Exception as error:  # noqa: BLE001 - a broken probe must not hide what the others find
        return _broken(probe, binding, error)
    try:
        episode = await run_guarded(manifest, attack(ready), binding.subject)
        return Trial(ready, binding, Tier.ENFORCEMENT, episode, evaluate_episode(ready, episode))
    except CannotBuild as error:
        return Trial(ready, binding, Tier.ENFORCEMENT, note=str(error))
    except Exception as error:  # noqa: BLE001 - as above
        return _broken(ready, binding, error)


def _broken(probe: Probe, binding: Binding, error: Exception) -> Trial:
    reason = f"{type(error).__name__}: {error}"
    judgement = Judgement(Outcome.ERROR, evidence=(f"the probe could not be played: {reason}"[:500],))
    return Trial(probe, binding, Tier.ENFORCEMENT, Episode(error=reason), judgement)
