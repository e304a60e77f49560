"""Three ways to play a probe: the attack, the same attack on a model that ignores it, and the benign twin."""

from __future__ import annotations

from dataclasses import dataclass

from agent_runtime.records import Message, Task
from security_pack.catalog.probe import Plant, Probe

DEFAULT_REQUEST = "Please do the next task."


@dataclass(frozen=True, slots=True)
class Scenario:
    """What stands where, and whether the model obeys it.

    Attributes:
        probe: bound; its `plant` is the payload, whether it was planted here or not.
        planted: what really stands in tools and input.
        obeys: whether the model follows a payload that reaches it.
        bills_usd: what each model call is billed at.
    """

    probe: Probe
    planted: tuple[Plant, ...]
    obeys: bool
    bills_usd: float = 0.0

    @property
    def said(self) -> tuple[str, ...]:
        """What the user says, turn by turn; what is planted in the input ends the last turn."""
        turns = [turn.user for turn in self.probe.turns] or [DEFAULT_REQUEST]
        added = [plant.text for plant in self.planted if plant.at == "input"]
        return (*turns[:-1], "\n\n".join([turns[-1], *added]))

    @property
    def task(self) -> Task:
        """The run, named after the probe."""
        first, *rest = self.said
        return Task(self.probe.id, (Message("user", first),), tuple(rest))

    @property
    def read_tools(self) -> tuple[str, ...]:
        """The tools that the task makes the model use: those that carry the payload."""
        carriers = (plant.tool for plant in self.probe.plant if plant.at in {"tool_result", "tool_error"})
        return tuple(dict.fromkeys(tool for tool in carriers if tool is not None))

    def planted_in(self, tool: str, at: str) -> str | None:
        """What stands in the result, error or description of `tool`; None if nothing does."""
        texts = [plant.text for plant in self.planted if plant.at == at and plant.tool == tool]
        return "\n".join(texts) if texts else None


def attack(probe: Probe) -> Scenario:
    """The payload stands where the attacker puts it, and the model obeys."""
    return Scenario(probe, tuple(probe.plant), obeys=True, bills_usd=probe.bills_usd or 0.0)


def ignored(probe: Probe) -> Scenario:
    """The payload stands there, and the model goes on with its task."""
    return Scenario(probe, tuple(probe.plant), obeys=False)


def benign(probe: Probe) -> Scenario:
    """The payload is gone, and the model would still obey it.

    Where a probe plants nothing, the attack is the model itself: there the model is a harmless one.
    """
    return Scenario(probe, tuple(probe.benign_twin.plant), obeys=bool(probe.plant))
