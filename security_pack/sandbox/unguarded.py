"""One run without any guard: every call is made, every connection let through, every text stored as it is.

This is what a probe must be able to see. It says nothing about our runtime; it says that the probe's `success`
can come true, and that without the payload it does not.
"""

from __future__ import annotations

import json
from typing import Any, get_args

from agent_runtime.agent.manifest import Manifest
from agent_runtime.guard.contract import check_contract
from agent_runtime.models.interface import ModelReply, ModelRequest, ToolOffer
from agent_runtime.records import Message, ToolCall
from security_pack.catalog.conditions import Surface
from security_pack.episodes.episode import CallStatus, Contact, Episode, SeenCall
from security_pack.sandbox.guarded import answer_for
from security_pack.sandbox.sandbox import stored_memories, tools_by_name, with_payload_descriptions
from security_pack.sandbox.stand_ins.egress import host_in
from security_pack.sandbox.stand_ins.tools import stand_in_result
from security_pack.scenario.scenario import Scenario
from security_pack.scenario.worst_case import WorstCase, script_of

_GO_ON = "Try again."


async def run_unguarded(manifest: Manifest, scenario: Scenario) -> Episode:
    """Everything that happens if nobody stops the model.

    Raises:
        CannotBuild: a tool or the contract takes nothing that could be made up.
    """
    run = _OpenRun(with_payload_descriptions(manifest, scenario), scenario)
    await run.play()
    return run.episode()


class _OpenRun:
    """A conversation in which nothing is refused."""

    def __init__(self, manifest: Manifest, scenario: Scenario) -> None:
        self._manifest = manifest
        self._scenario = scenario
        self._tools = tools_by_name(manifest)
        self._contacts: list[Contact] = []
        script = script_of(scenario, self._tools, answer_for(manifest))
        self._model = WorstCase(script, scenario, self._connect)
        self._offers = [ToolOffer(tool.name, tool.description, {}) for tool in manifest.spec.tools]
        self._messages = [Message("system", manifest.prompt)]
        self._calls: list[SeenCall] = []
        self._asked = 0
        self._answer = ""

    async def play(self) -> None:
        """Every turn to its answer, and the last one as often as the model still wants something."""
        for said in self._scenario.user_turns:
            await self._turn(said)
        while self._model.unfinished:
            await self._turn(_GO_ON)

    async def _turn(self, said: str) -> None:
        self._messages.append(Message("user", said))
        while (reply := await self._reply()).tool_calls:
            for call in reply.tool_calls:
                self._messages.append(Message("tool", self._made(call), tool_call_id=call.id))
        self._answer = reply.text

    async def _reply(self) -> ModelReply:
        self._asked += 1
        reply = await self._model.complete(ModelRequest("", tuple(self._messages), self._offers))
        self._messages.append(Message("assistant", reply.text, reply.tool_calls))
        return reply

    def _made(self, call: ToolCall) -> str:
        result = stand_in_result(self._tools.get(call.name), call.name, self._scenario).text
        seen = SeenCall(
            call.name, _leniently(call.arguments), call.arguments, CallStatus.EXECUTED, result=result
        )
        self._calls.append(seen)
        return result

    def _connect(self, url: str) -> None:
        self._contacts.append(Contact(host_in(url), url, allowed=True))

    def episode(self) -> Episode:
        """What was seen, raw."""
        calls = tuple(self._calls)
        everything = "\n".join(map(_spoken, self._messages))
        own_words = "\n".join(_spoken(message) for message in self._messages if message.role == "assistant")
        contract = self._manifest.contract
        return Episode(
            prompts=self._scenario.user_turns,
            calls=calls,
            output=self._answer,
            contacts=tuple(self._contacts),
            cost_usd=self._asked * self._scenario.bills_usd,
            steps=self._asked,
            contract_kept=None if contract is None else check_contract(contract, self._answer).ok,
            stored=everything,
            memory=stored_memories(self._manifest.spec, calls),
            surfaces=dict.fromkeys(get_args(Surface), own_words),
        )


def _spoken(message: Message) -> str:
    return "\n".join([message.content, *(f"{call.name}({call.arguments})" for call in message.tool_calls)])


def _leniently(text: str) -> dict[str, Any] | None:
    """Arguments as a careless parser reads them: the last of two keys, NaN and all; None if it is no object."""
    try:
        arguments = json.loads(text) if text.strip() else {}
    except ValueError:
        return None
    return arguments if isinstance(arguments, dict) else None
