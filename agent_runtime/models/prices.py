"""What a model costs: the policy's word, then its simulation file, then ours, then litellm's map.

The order and its reasons are in docs/decisions/0004-price-order.md.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import Price
from agent_runtime.errors import UnknownPrice

_OURS = Path(__file__).with_name("prices.json")
_LITELLM_MAP = "model_prices_and_context_window_backup.json"
"""https://github.com/BerriAI/litellm/blob/main/litellm/model_prices_and_context_window_backup.json"""
# Long prompts cost more per token with some models; a spend cap must hold for them too, so the dearest tier counts.
_TIER = re.compile(r"(input|output)_cost_per_token(_above_\d+k_tokens)?")


def price_of(manifest: Manifest) -> Price:
    """The price of the agent's model.

    Raises:
        UnknownPrice: nobody knows it, so no spend cap could hold.
        InvalidInput: the simulation file is wrong.
    """
    model = manifest.spec.model
    if (own := manifest.policy.prices.get(model)) is not None:
        return own
    if manifest.simulation is not None:
        from agent_runtime.models.simulation import read_simulation

        return read_simulation(manifest.simulation).prices
    price = _listed(model) or _in_litellm_map(model, _litellm_map())
    if price is None:
        raise UnknownPrice(model)
    return price


def _listed(model: str) -> Price | None:
    prices = json.loads(_OURS.read_text(encoding="utf-8"), parse_float=Decimal)["prices"]
    return Price.model_validate(prices[model]) if model in prices else None


def _litellm_map() -> Mapping[str, Any]:
    """litellm's own file, read without importing litellm; empty if it is not installed."""
    package = importlib.util.find_spec("litellm")
    folders = package.submodule_search_locations if package is not None else None
    for folder in folders or ():
        file = Path(folder) / _LITELLM_MAP
        if file.is_file():
            known: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
            return known
    return {}


def _in_litellm_map(model: str, known: Mapping[str, Any]) -> Price | None:
    provider, _, name = model.partition(":")
    entry = known.get(f"{provider}/{name}")
    # Some providers' models stand there without a prefix; another provider's of the same name has another price.
    if entry is None and known.get(name, {}).get("litellm_provider") == provider:
        entry = known[name]
    if entry is None:
        return None
    dearest = {"input": Decimal(-1), "output": Decimal(-1)}
    for key, usd in entry.items():
        if (tier := _TIER.fullmatch(key)) is not None and usd is not None:
            dearest[tier[1]] = max(dearest[tier[1]], Decimal(usd))
    # One half of a price is none: half of the cost would go past the cap.
    if min(dearest.values()) < 0:
        return None
    return Price(input_per_mtok=dearest["input"] * 1_000_000, output_per_mtok=dearest["output"] * 1_000_000)
