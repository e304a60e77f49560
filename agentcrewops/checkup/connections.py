"""Whether every model and endpoint that a canary asks would answer: its price, its key, its address."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Iterator, Mapping

from agent_runtime.agent.manifest import Manifest
from agent_runtime.errors import UnknownPrice
from agent_runtime.guard.egress import Destination, Refusal, check_url
from agent_runtime.models import key_name
from agent_runtime.models.prices import price_of
from agentcrewops.checkup.findings import Finding, Level, ok
from evals.suite.suite_file import HttpTarget

PROBE_SECONDS = 5.0
"""Somebody waits at a terminal; what takes longer to answer at all is as good as away. Chosen."""
_LOCAL = {"localhost", "127.0.0.1", "::1"}


async def model_findings(
    manifest: Manifest, environ: Mapping[str, str], *, offline: bool
) -> AsyncIterator[Finding]:
    """Of one model.

    Args:
        offline: look neither for its key nor at its address.
    """
    spec = manifest.spec
    if spec.simulated:
        yield ok(f"{spec.model} is simulated: no key, no money, nothing to reach")
        return
    yield _price(manifest)
    if offline:
        return
    if spec.provider == "openai" or spec.base_url is not None:
        async for finding in _direct(spec.model, spec.base_url, f"{spec.provider.upper()}_API_KEY", environ):
            yield finding
        return
    for finding in _through_litellm(spec.model, key_name(spec.provider), environ):
        yield finding


async def endpoint_finding(target: HttpTarget) -> Finding:
    """Whether the agent's own service is there."""
    from evals.targets.exchange.request import Address

    if target.start is not None:
        return ok(f"{target.url} is served by `{target.start}`, which a canary starts itself")
    address = Address.of(target.url)
    if await address.accepts():
        return ok(f"{address} accepts connections")
    fix = "start the agent, or add  start: …  to the target"
    return Finding(Level.PROBLEM, f"nothing answers at {address}", fix)


def _price(manifest: Manifest) -> Finding:
    model = manifest.spec.model
    try:
        price = price_of(manifest)
    except UnknownPrice as error:
        # An unknown price is one problem by construction; a second one here would be a mistake of ours.
        [problem] = error.problems
        return Finding(Level.PROBLEM, problem.what, problem.fix)
    return ok(f"{model} costs ${price.input_per_mtok} in, ${price.output_per_mtok} out per million tokens")


def _key(model: str, name: str | None, environ: Mapping[str, str]) -> Finding:
    """Whether the key is there; its value is never part of a finding."""
    if name is None:
        what = f"{model}: its provider has ways of its own to log in"
        return Finding(Level.ADVICE, what, "see litellm's docs")
    if environ.get(name, "").strip():
        return ok(f"{name} is set, for {model}")
    return Finding(Level.PROBLEM, f"{name} is not set, and {model} needs it", f"export {name}=…")


def _through_litellm(model: str, key: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    yield _key(model, key, environ)
    if importlib.util.find_spec("litellm") is None:
        fix = "uv tool install 'agentcrewops[litellm]'"
        yield Finding(Level.PROBLEM, f"{model} needs the extra 'litellm'", fix)
    else:
        yield ok(f"{model} goes through litellm, which knows its address; not probed")


async def _direct(
    model: str, base_url: str | None, key: str, environ: Mapping[str, str]
) -> AsyncIterator[Finding]:
    """A model behind an OpenAI-compatible endpoint; one on this very machine needs no key."""
    from agent_runtime.models.openai_http import OPENAI  # aiohttp is heavy

    destination = check_url(base_url or OPENAI, [base_url or OPENAI])
    if isinstance(destination, Refusal):
        what = f"{model}: base_url cannot be used: {destination.reason}"
        yield Finding(Level.PROBLEM, what, 'write it like  base_url: "https://host/v1"')
        return
    if destination.host not in _LOCAL:
        yield _key(model, key, environ)
    yield await _reachable(destination)


async def _reachable(destination: Destination) -> Finding:
    """Any answer will do, a refusal for want of a key too; the runtime's own egress rules apply."""
    from agent_runtime.wire import NotAnswered, Wire  # aiohttp is heavy

    wire = Wire([destination.origin])
    try:
        url = f"{destination.url.rstrip('/')}/models"
        response = await wire.send("GET", url, headers={}, timeout_seconds=PROBE_SECONDS)
    except NotAnswered as error:
        fix = "is it running, and may this machine reach it?"
        return Finding(Level.PROBLEM, f"{destination.origin} cannot be reached: {error}", fix)
    finally:
        await wire.aclose()
    return ok(f"{destination.origin} answers (HTTP {response.status} in {response.latency_ms:.0f} ms)")
