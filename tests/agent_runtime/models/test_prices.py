import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Policy, Price
from agent_runtime.agent.spec import AgentSpec
from agent_runtime.errors import UnknownPrice
from agent_runtime.files.documents import Document
from agent_runtime.models.prices import price_of

SIMULATION = {
    "name": "s",
    "prices": {"input_per_mtok": 3, "output_per_mtok": 4},
    "default": {"answer": "hello"},
}


def manifest(model: str, simulation: dict[str, Any] | None = None, **prices: dict[str, float]) -> Manifest:
    policy = Policy.model_validate(
        {"prices": {name.replace("__", ":"): price for name, price in prices.items()}}
    )
    document = Document("sim.yaml", {"simulation": simulation}, {}) if simulation else None
    return Manifest(AgentSpec(name="a", model=model), policy, Path(), "", simulation=document)


def price(input_per_mtok: str, output_per_mtok: str) -> Price:
    return Price(input_per_mtok=Decimal(input_per_mtok), output_per_mtok=Decimal(output_per_mtok))


@pytest.fixture
def litellm_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "litellm"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('must not be imported')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return package / "model_prices_and_context_window_backup.json"


def test_a_well_known_model_has_our_price() -> None:
    assert price_of(manifest("openai:gpt-4.1-mini")) == price("0.4", "1.6")


def test_the_policy_is_asked_first() -> None:
    own = {"input_per_mtok": 0.1, "output_per_mtok": 0.2}
    assert price_of(manifest("openai:o4-mini", **{"openai__o4-mini": own})) == price("0.1", "0.2")
    assert price_of(manifest("sim:s.yaml", SIMULATION, **{"sim__s.yaml": own})) == price("0.1", "0.2")


def test_a_simulated_model_costs_what_its_file_says() -> None:
    assert price_of(manifest("sim:s.yaml", SIMULATION)) == price("3", "4")


@pytest.mark.parametrize(("key", "provider"), [("mistral/mistral-x", "mistral"), ("mistral-x", "mistral")])
def test_litellms_map_is_read_without_importing_it(litellm_map: Path, key: str, provider: str) -> None:
    litellm_map.write_text(
        f'{{"{key}": {{"litellm_provider": "{provider}", "input_cost_per_token": 5e-07,'
        ' "output_cost_per_token": 1.5e-06, "input_cost_per_token_batches": 9}}',
        encoding="utf-8",
    )
    assert price_of(manifest("mistral:mistral-x")) == price("0.5", "1.5")
    assert "litellm" not in sys.modules


def test_a_price_that_depends_on_length_is_the_dearest_one(litellm_map: Path) -> None:
    litellm_map.write_text(
        '{"gemini/p": {"input_cost_per_token": 1.25e-06, "input_cost_per_token_above_200k_tokens": 2.5e-06,'
        ' "output_cost_per_token": 1e-05, "output_cost_per_token_above_200k_tokens": 1.5e-05}}',
        encoding="utf-8",
    )
    assert price_of(manifest("gemini:p")) == price("2.5", "15")


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"x": {"litellm_provider": "other", "input_cost_per_token": 1, "output_cost_per_token": 1}}',
        '{"openai/x": {"input_cost_per_token": 1}}',
    ],
)
def test_a_model_nobody_prices_is_refused_with_the_line_to_write(litellm_map: Path, content: str) -> None:
    litellm_map.write_text(content, encoding="utf-8")
    with pytest.raises(UnknownPrice, match=r'add  prices: \{ "openai:x"'):
        price_of(manifest("openai:x"))
