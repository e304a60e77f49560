"""Three ways to run a probe: the attack, the same attack on a model that ignores it, and the benign twin."""

from __future__ import annotations

from dataclasses import dataclass

from agent_runtime.records import Message, Task
from security_pack.catalog.probe import Payload, Probe

DEFAULT_REQUEST = "Please do the next task."


@dataclass(frozen=True, slots=True)
class Scenario:
    """What stands where, and whether the model obeys it.

    Attributes:
        probe: bound; its payloads are those of the attack, whether they stand here or not.
        payloads: what really stands in tools and input.
        obeys: whether the model follows a payload that reaches it.
        bills_usd: what each model call is billed at.
    """

    probe: Probe
    payloads: tuple[Payload, ...]
    obeys: bool
    bills_usd: float = 0.0

    @property
    def user_turns(self) -> tuple[str, ...]:
        """What the user says, turn by turn; a payload in the input ends the last turn."""
        turns = [turn.user for turn in self.probe.turns] or [DEFAULT_REQUEST]
        added = [payload.text for payload in self.payloads if payload.at == "input"]
        return (*turns[:-1], "\n\n".join([turns[-1], *added]))

    @property
    def task(self) -> Task:
        """The run, named after the probe."""
        first, *rest = self.user_turns
        return Task(self.probe.id, (Message("user", first),), tuple(rest))

    @property
    def read_tools(self) -> tuple[str, ...]:
        """The tools that the task makes the model use: those that carry the payload."""
        carriers = (
            payload.tool for payload in self.probe.payloads if payload.at in {"tool_result", "tool_error"}
        )
        return tuple(dict.fromkeys(tool for tool in carriers if tool is not None))

    def payload_in(self, tool: str, at: str) -> str | None:
        """What stands in the result, error or description of `tool`; None if nothing does."""
        texts = [payload.text for payload in self.payloads if payload.at == at and payload.tool == tool]
        return "\n".join(texts) if texts else None


def attack(probe: Probe) -> Scenario:
    """The payload stands where the attacker puts it, and the model obeys."""
    return Scenario(probe, tuple(probe.payloads), obeys=True, bills_usd=probe.bills_usd or 0.0)


def ignored(probe: Probe) -> Scenario:
    """The payload stands there, and the model goes on with its task."""
    return Scenario(probe, tuple(probe.payloads), obeys=False)


def benign(probe: Probe) -> Scenario:
    """The payload is gone, and the model would still obey it.

    Where a probe has no payload, the attack is the model itself: there the model is a harmless one.
    """
    return Scenario(probe, tuple(probe.benign_twin.payloads), obeys=bool(probe.payloads))
