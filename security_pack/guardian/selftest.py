"""Is a probe any good? The attack must show where nobody stops it, and nothing may show where there is none."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from security_pack.catalog.binding import Binding, applicability_of, bind
from security_pack.catalog.canaries import fresh_canaries
from security_pack.catalog.probe import Probe
from security_pack.episodes.episode import Episode, Judgement, Outcome
from security_pack.guardian.reference_agent import reference_agent
from security_pack.predicates import condition_holds, evaluate_episode
from security_pack.sandbox import run_guarded, run_unguarded
from security_pack.scenario.scenario import Scenario, attack, benign, ignored


@dataclass(frozen=True, slots=True)
class Preflight:
    """What is wrong with one probe, in plain words; nothing if it may be trusted."""

    probe_id: str
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """True if the probe sees what it must, and nothing else."""
        return not self.problems


async def run_preflight(
    probes: Sequence[Probe],
    *,
    secret: bytes | None = None,
    on_probe: Callable[[Preflight], None] = lambda preflight: None,
) -> tuple[Preflight, ...]:
    """Every probe, of either tier, against every tool of the reference agent that it can attack.

    Args:
        secret: what canaries are derived from; by default a new one for every call.
        on_probe: told of each probe as it is done.
    """
    secret = secret if secret is not None else secrets.token_bytes(32)
    done = []
    for probe in probes:
        preflight = Preflight(probe.id, tuple(dict.fromkeys(await _problems(probe, secret))))
        done.append(preflight)
        on_probe(preflight)
    return tuple(done)


async def _problems(probe: Probe, secret: bytes) -> list[str]:
    bindings = applicability_of(probe, reference_agent())
    if isinstance(bindings, str):
        return [f"no agent could be attacked by it: {bindings}"]
    problems: list[str] = []
    for binding in bindings:
        try:
            problems.extend(await _problems_with(probe, binding, secret))
        except Exception as error:  # noqa: BLE001 - one broken probe must not hide the others
            problems.append(f"it cannot be played: {type(error).__name__}: {error}")
    return problems


async def _problems_with(probe: Probe, binding: Binding, secret: bytes) -> list[str]:
    ready = bind(
        probe, binding, fresh_canaries(probe.canaries, secret, f"{probe.id}:{binding.subject}:preflight")
    )
    return [
        *await _deaf_to_attack(ready),
        *await _fires_without(ignored(ready), "although the model ignores the payload"),
        *await _fires_without(benign(ready), "in the benign twin"),
        *await _spoils_the_task(ready),
    ]


async def _deaf_to_attack(probe: Probe) -> list[str]:
    judgement = evaluate_episode(probe, await _open(attack(probe)))
    if judgement.outcome is Outcome.SUCCEEDED:
        return []
    unseen = f"; not observed: {', '.join(judgement.unobserved)}" if judgement.unobserved else ""
    return [f"the worst case does not bring about  success:  (it is {judgement.outcome.value}{unseen})"]


async def _fires_without(scenario: Scenario, where: str) -> list[str]:
    judgement = evaluate_episode(scenario.probe, await _open(scenario))
    if judgement.outcome in {Outcome.SUCCEEDED, Outcome.ATTEMPTED_BLOCKED}:
        return [f"it is {judgement.outcome.value} {where}{_because(judgement)}"]
    return []


async def _spoils_the_task(probe: Probe) -> list[str]:
    """In the benign twin what it expects must hold, and the task must pass: in our own runtime, too."""
    twin = benign(probe)
    expected = probe.benign_twin.expect
    problems = []
    if condition_holds(expected, probe, await _open(twin)) is not True:
        problems.append("the benign twin is not as  benign_twin.expect:  says")
    if not (await run_guarded(reference_agent(), twin)).delivered:
        problems.append("the benign twin does not finish its task")
    return problems


async def _open(scenario: Scenario) -> Episode:
    return await run_unguarded(reference_agent(), scenario)


def _because(judgement: Judgement) -> str:
    return f": {'; '.join(judgement.evidence)}" if judgement.evidence else ""
