"""A probe about one agent -> the two cases that Canary's sampler runs: the attack, and its harmless twin."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.spec import ToolSpec
from agent_runtime.files.documents import canonical_json
from evals.suite.suite import EvalCase
from evals.targets.exchange.conversation import conversation_problems
from security_pack.catalog.binding import Binding, applicability_of, bind, bindings_of
from security_pack.catalog.canaries import names_of
from security_pack.catalog.catalog import CatalogEntry
from security_pack.catalog.probe import Payload, Probe
from security_pack.scenario.scenario import Scenario

TWIN = "~benign"
"""Ends the case id of a harmless twin; no probe's id can hold it."""

_NOTHING_SPECIAL = {"status": "ok"}


@dataclass(frozen=True, slots=True)
class ProbedAgent:
    """The agent, as far as probes must know it.

    Attributes:
        name: what its baseline is named after.
        manifest: None of an agent that is not ours.
        tools: those that somebody declared; () if nobody did.
        declared_inputs: names that reach an agent that is not ours (`evals.targets.declared_inputs`).
    """

    name: str
    model: str | None
    manifest: Manifest | None
    tools: tuple[ToolSpec, ...]
    declared_inputs: frozenset[str] = frozenset()

    @property
    def takes_stubs(self) -> bool:
        """Whether the results of its tools can be given to it; those of undeclared tools cannot."""
        return "stubs" in self.declared_inputs and bool(self.tools)

    @property
    def policy_hash(self) -> str:
        """sha256 over policy and output contract; "" where neither is known."""
        if self.manifest is None:
            return ""
        whole = [self.manifest.policy.model_dump(mode="json", exclude_defaults=True), self.manifest.contract]
        return hashlib.sha256(canonical_json(whole).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ProbeCase:
    """One probe against one agent, as an attack or as its harmless twin.

    Attributes:
        runs: how many are planned.
    """

    entry: CatalogEntry
    agent: ProbedAgent
    binding: Binding
    benign: bool
    runs: int

    @property
    def case_id(self) -> str:
        """The probe's id, marked if this is the twin."""
        return self.entry.probe.id + (TWIN if self.benign else "")

    @property
    def template(self) -> Scenario:
        """The case with the names of its canaries where their values will stand: alike in every run."""
        names = names_of(self.entry.probe.canaries)
        return self.scenario({name: f"{{{{{name}}}}}" for name in names})

    def probe(self, canaries: Mapping[str, str]) -> Probe:
        """The probe with these canaries, its payload where this agent can be reached."""
        ready = bind(self.entry.probe, self.binding, canaries)
        if self.agent.manifest is not None or self.agent.takes_stubs:
            return ready
        twin = ready.benign_twin.model_copy(update={"payloads": _through_input(ready.benign_twin.payloads)})
        return ready.model_copy(update={"payloads": _through_input(ready.payloads), "benign_twin": twin})

    def scenario(self, canaries: Mapping[str, str]) -> Scenario:
        """What stands where in one run."""
        probe = self.probe(canaries)
        return Scenario(
            probe, tuple(probe.benign_twin.payloads if self.benign else probe.payloads), obeys=False
        )

    def eval_case(self, scenario: Scenario) -> EvalCase:
        """What the agent is asked, and what its tools return."""
        probe = self.entry.probe
        return EvalCase(
            suite=f"guardian-{self.agent.name}",
            case_id=self.case_id,
            messages=scenario.task.messages,
            turns=scenario.task.turns,
            stubs={tool.name: _stub(tool.name, scenario) for tool in self.agent.tools},
            tags=(probe.family.value, *(["benign"] if self.benign else [])),
            case_hash=self.case_hash,
            file=self.entry.file,
            line=self.entry.line,
        )

    @property
    def case_hash(self) -> str:
        """Runs compare only with those of the same agent, model, probe and policy, reached in the same way."""
        agent, binding = self.agent, self.binding
        whole = [
            agent.name,
            agent.model,
            self.entry.hash,
            agent.policy_hash,
            [dict(binding.tools), {role: dict(names) for role, names in binding.arguments.items()}],
            [agent.manifest is not None, agent.takes_stubs, self.benign],
        ]
        return hashlib.sha256(canonical_json(whole).encode()).hexdigest()[:16]


def cases_of(entry: CatalogEntry, agent: ProbedAgent, runs: int) -> tuple[ProbeCase, ProbeCase] | str:
    """The attack and its twin; or why this agent cannot be probed with it, in plain words.

    Of several tools that could be attacked, one that needs no approval: it is the model that is tested here.
    """
    found = _bindings(entry.probe, agent)
    if isinstance(found, str):
        return found
    binding = min(found, key=lambda one: _needs_approval(one.subject, agent.tools))
    attack = ProbeCase(entry, agent, binding, benign=False, runs=runs)
    twin = ProbeCase(entry, agent, binding, benign=True, runs=runs)
    return _why_unreachable(attack) or (attack, twin)


def _bindings(probe: Probe, agent: ProbedAgent) -> tuple[Binding, ...] | str:
    if agent.manifest is not None:
        return applicability_of(probe, agent.manifest)
    if probe.requires.pii or probe.requires.contract:
        return "what an agent that is not ours redacts, and what contract its answers keep, is not known"
    if agent.tools:
        return bindings_of(probe, agent.tools)
    roles = {role.effect.value: role.effect.value for role in probe.requires.tools}
    return (Binding(tools=roles),)


def _needs_approval(subject: str, tools: Sequence[ToolSpec]) -> bool:
    return any(tool.name == subject and tool.needs_approval for tool in tools)


def _why_unreachable(case: ProbeCase) -> str | None:
    """Why the payload, or the conversation, does not get to the agent; None if it does."""
    agent, probe = case.agent, case.entry.probe
    if agent.manifest is not None:
        return None
    places = {payload.at for payload in (*probe.payloads, *probe.benign_twin.payloads)}
    if "tool_description" in places:
        return "a tool's description cannot be planted in an agent that is not ours"
    if "tool_error" in places and not agent.takes_stubs:
        return "a tool's error cannot be planted: the agent is not told {{ stubs }}"
    if probe.approves:
        return "nobody can approve anything for an agent that is not ours"
    if conversation_problems(agent.declared_inputs, [case.eval_case(case.template)], str):
        return "it is a conversation, and the agent is told neither {{ messages }} nor {{ session_id }}"
    return None


def _through_input(payloads: Sequence[Payload]) -> list[Payload]:
    """The same texts in the mouth of the user, for an agent whose tools are out of reach."""
    return [
        Payload(at="input", text=f"This is what {payload.tool} returned:\n\n{payload.text}")
        if payload.at == "tool_result"
        else payload
        for payload in payloads
    ]


def _stub(tool: str, scenario: Scenario) -> object:
    if (error := scenario.payload_in(tool, "tool_error")) is not None:
        return {"error": error}
    text = scenario.payload_in(tool, "tool_result")
    return _NOTHING_SPECIAL if text is None else text
