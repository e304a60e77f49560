"""Models: what an agent thinks with. `open_model` makes the one the manifest names, and imports that one alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from agent_runtime.agent.manifest import Manifest, RecordingMode
from agent_runtime.errors import InvalidInput
from agent_runtime.guard.egress import Refusal, check_url
from agent_runtime.models.interface import Model

# The variables that each provider's own documentation names: https://docs.litellm.ai/docs/providers
_UNUSUAL_KEY_NAMES = {
    "together_ai": "TOGETHERAI_API_KEY",
    "perplexity": "PERPLEXITYAI_API_KEY",
    "fireworks_ai": "FIREWORKS_AI_API_KEY",
}
_USUAL_KEY_NAMES = {
    "anthropic", "cerebras", "cohere", "deepseek", "gemini", "groq", "mistral", "openai", "openrouter", "xai",
}  # fmt: skip


@asynccontextmanager
async def open_models(
    manifest: Manifest, environ: Mapping[str, str]
) -> AsyncIterator[tuple[Model, Model | None]]:
    """The agent's model and its critic, if it has one, both behind the manifest's recording; closed at the end.

    For a pure replay no model is opened, and so no key is needed.

    Raises:
        InvalidInput, MissingExtra: as `open_model`; or the recording cannot be read or written.
    """
    from agent_runtime.models.cassette import Cassette
    from agent_runtime.models.recorded import RecordedModel

    async with AsyncExitStack() as stack:
        recording = manifest.recording
        cassette = stack.enter_context(Cassette(recording)) if recording is not None else None
        live = recording is None or recording.tape is not RecordingMode.REPLAY
        model = open_model(manifest, environ) if live else None
        critic = open_critic(manifest, environ) if live else None
        for one in (model, critic):
            if one is not None:
                stack.push_async_callback(one.aclose)
        reviewed = manifest.spec.critic.model is not None
        if cassette is not None:
            yield RecordedModel(model, cassette), RecordedModel(critic, cassette) if reviewed else None
        elif model is not None:
            yield model, critic


def open_model(manifest: Manifest, environ: Mapping[str, str]) -> Model:
    """The agent's model, ready to be asked: simulated, by direct HTTP, or through litellm.

    Its own origin may be connected to without being in the policy's allow-list; nothing else may.

    Raises:
        InvalidInput: its key is missing, its base URL is no usable URL, or its simulation file is wrong.
        MissingExtra: it needs litellm, which is not installed.
    """
    spec = manifest.spec
    if manifest.simulation is not None:
        from agent_runtime.models.simulated import SimulatedModel
        from agent_runtime.models.simulation import read_simulation

        return SimulatedModel(read_simulation(manifest.simulation))
    # A base URL speaks OpenAI's format, whoever serves it: no reason to load litellm for it.
    if spec.provider == "openai" or spec.base_url is not None:
        return _openai_http(spec.provider, spec.base_url, environ)
    key = _key(spec.provider, environ) if key_name(spec.provider) is not None else None
    from agent_runtime.models.litellm_model import open_litellm  # heavy, and this path's alone

    return open_litellm(spec.provider, key)


def open_critic(manifest: Manifest, environ: Mapping[str, str]) -> Model | None:
    """The second model that reviews answers, if agent.yaml names one."""
    named = manifest.spec.critic.model
    if named is None:
        return None
    spec = manifest.spec.model_copy(update={"model": named})
    return open_model(replace(manifest, spec=spec), environ)


def key_name(provider: str) -> str | None:
    """The environment variable with the provider's key; None if the provider has its own ways."""
    if provider in _USUAL_KEY_NAMES:
        return f"{provider.upper()}_API_KEY"
    return _UNUSUAL_KEY_NAMES.get(provider)


def _openai_http(provider: str, base_url: str | None, environ: Mapping[str, str]) -> Model:
    from agent_runtime.models.openai_http import OPENAI, OpenAIHttp  # aiohttp is heavy
    from agent_runtime.wire import Wire

    origin, local = _origin(base_url or OPENAI)
    name = f"{provider.upper()}_API_KEY"
    # A server on this machine needs no key, and most of them would not know what to do with one.
    key = environ.get(name, "").strip() or None if local else _key(provider, environ, name)
    return OpenAIHttp(Wire([origin]), base_url or OPENAI, key)


def _origin(base_url: str) -> tuple[str, bool]:
    """The origin of a base URL, and whether it is on this very machine."""
    parsed = check_url(base_url, [base_url])
    # "/chat/completions" is put behind it: after a query it would become a part of that.
    if isinstance(parsed, Refusal) or "?" in base_url or "#" in base_url:
        reason = parsed.reason if isinstance(parsed, Refusal) else "it carries a query or fragment"
        raise InvalidInput.one(
            "agent.yaml", f"base_url cannot be used: {reason}", 'write it like  base_url: "https://host/v1"'
        )
    return parsed.origin, parsed.host in {"localhost", "127.0.0.1", "::1"}


def _key(provider: str, environ: Mapping[str, str], name: str | None = None) -> str:
    name = name or key_name(provider) or ""
    if not (key := environ.get(name, "").strip()):
        raise InvalidInput.one(
            "environment",
            f"{name} is not set, and the agent's model is of '{provider}'",
            f'export {name}=…  or try it without a key:  --model "sim:FILE"',
        )
    return key
