import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Policy
from agent_runtime.agent.spec import AgentSpec
from agent_runtime.errors import InvalidInput, MissingExtra
from agent_runtime.files.documents import Document
from agent_runtime.models import open_model
from agent_runtime.models.openai_http import OpenAIHttp
from agent_runtime.models.simulated import SimulatedModel

SIMULATION = {
    "name": "s",
    "prices": {"input_per_mtok": 1, "output_per_mtok": 1},
    "default": {"answer": "hello"},
}


def manifest(model: str, base_url: str | None = None, simulation: Any = None) -> Manifest:
    document = None if simulation is None else Document("sim.yaml", {"simulation": simulation}, {(): 1})
    spec = AgentSpec(name="a", model=model, base_url=base_url)
    return Manifest(spec, Policy(), Path(), "", simulation=document)


def test_sim_opens_the_declared_simulation_without_any_key() -> None:
    assert isinstance(open_model(manifest("sim:s.yaml", simulation=SIMULATION), {}), SimulatedModel)


def test_a_wrong_simulation_file_is_reported() -> None:
    with pytest.raises(InvalidInput, match=r"'simulation\.default' is missing"):
        open_model(manifest("sim:s.yaml", simulation={"name": "s", "prices": SIMULATION["prices"]}), {})


def test_openai_is_spoken_to_directly() -> None:
    model = open_model(manifest("openai:gpt-4.1-mini"), {"OPENAI_API_KEY": "k\n"})
    assert repr(model) == "OpenAIHttp('https://api.openai.com/v1')"


def test_any_provider_with_a_base_url_is_spoken_to_directly() -> None:
    model = open_model(manifest("acme:x", "https://llm.acme.example/v1"), {"ACME_API_KEY": "k"})
    assert isinstance(model, OpenAIHttp)


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8080/v1", "http://localhost:11434/v1", "http://[::1]:80/v1"]
)
def test_a_model_on_this_machine_needs_no_key(base_url: str) -> None:
    assert isinstance(open_model(manifest("local:llama", base_url), {}), OpenAIHttp)


@pytest.mark.parametrize(
    ("model", "base_url", "variable"),
    [
        ("openai:gpt-4.1", None, "OPENAI_API_KEY"),
        ("acme:x", "https://llm.acme.example/v1", "ACME_API_KEY"),
        ("anthropic:claude-sonnet-4-5", None, "ANTHROPIC_API_KEY"),
        ("together_ai:x", None, "TOGETHERAI_API_KEY"),
    ],
)
def test_a_missing_key_is_named_and_no_value_is_shown(
    model: str, base_url: str | None, variable: str
) -> None:
    with pytest.raises(InvalidInput, match=f"{variable} is not set") as caught:
        open_model(manifest(model, base_url), {variable: " ", "OTHER": "s3cret"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "base_url", ["https://user:pw@host/v1", "https://host/v1?key=1", "https://ho%73t/v1"]
)
def test_a_base_url_that_hides_something_is_refused(base_url: str) -> None:
    with pytest.raises(InvalidInput, match="base_url cannot be used"):
        open_model(manifest("openai:x", base_url), {"OPENAI_API_KEY": "k"})


@pytest.mark.skipif(importlib.util.find_spec("litellm") is not None, reason="litellm is installed")
def test_other_providers_need_the_litellm_extra() -> None:
    with pytest.raises(MissingExtra, match="needs the extra 'litellm'"):
        open_model(manifest("bedrock:nova"), {})


def test_a_simulated_model_brings_no_http_client_and_no_litellm() -> None:
    script = "import sys, agent_runtime.models; print(sorted({'aiohttp', 'litellm', 'sqlalchemy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
