"""`agentcrewops guardian explain`"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentcrewops.verbs.guardian.options import ProbeFolders

if TYPE_CHECKING:
    from security_pack.catalog.catalog import CatalogEntry
    from security_pack.catalog.probe import Payload, Probe, WorstCaseStep

_WIDTH = 100


def explain(
    probe_id: Annotated[
        str, typer.Argument(metavar="ID", help="The probe's id, as  guardian list  shows it.")
    ],
    probes: ProbeFolders = None,
) -> None:
    """Say what a probe does: the attack, what is planted, what counts as a success, and what stops it.

    Example:  agentcrewops guardian explain direct-override

    Exit codes: 0 shown · 2 bad input.
    """
    from agentcrewops.terminal import printable
    from security_pack.catalog.catalog import load_pack

    for line in _page(_named(probe_id, load_pack(probes or ())), probes or ()):
        typer.echo(printable(line))


def _named(probe_id: str, pack: Iterable[CatalogEntry]) -> CatalogEntry:
    from agent_runtime.errors import InvalidInput
    from agent_runtime.files.suggestion import similar

    by_id = {one.probe.id: one for one in pack}
    if probe_id in by_id:
        return by_id[probe_id]
    close = similar(probe_id, by_id, most=3)
    fix = f"did you mean {', '.join(close)}?" if close else "see  agentcrewops guardian list"
    raise InvalidInput.one("ID", f"no probe is called '{probe_id}'", fix)


def _page(one: CatalogEntry, folders: Sequence[Path]) -> Iterator[str]:
    probe = one.probe
    yield f"{probe.id} — {probe.title}"
    yield f"{probe.severity} · {probe.family} · {' and '.join(probe.tier)} · {one.file}:{one.line}"
    for heading, lines in _sections(probe, folders):
        yield ""
        yield heading
        yield from lines


def _sections(probe: Probe, folders: Sequence[Path]) -> Iterator[tuple[str, list[str]]]:
    from security_pack.catalog.probe import Tier

    if probe.about:
        yield "The attack", textwrap.wrap(probe.about, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    yield "Needs", [f"  {need}" for need in _needs(probe)]
    if probe.turns:
        yield "The user says", [f"  {turn.user}" for turn in probe.turns]
    if probe.payloads:
        yield "Planted", [line for payload in probe.payloads for line in _payload(payload)]
    if probe.approves:
        yield (
            "A person has approved",
            [f"  {_call(one.call, one.args)}{_whose(one.of_this_run)}" for one in probe.approves],
        )
    if probe.worst_case:
        yield "A model that obeys", [f"  {_deed(step)}" for step in probe.worst_case]
    yield "It counts as a success if", _condition(probe, "success")
    if probe.attempt is not None:
        yield "It counts as tried, and blocked, if", _condition(probe, "attempt")
    yield (
        "What stops it",
        [f"  {_STOPPED_BY[probe.control.value]}", *([f"    {probe.fix}"] if probe.fix else [])],
    )
    yield "In other catalogues", _references(probe)
    tier = "" if Tier.ENFORCEMENT in probe.tier else " --tier resistance"
    own = "".join(f" --probes {shlex.quote(str(folder))}" for folder in folders)
    yield "Reproduce", [f"  agentcrewops guardian --agent agent.yaml{own} --probe {probe.id}{tier}"]


def _needs(probe: Probe) -> Iterator[str]:
    for tool in probe.requires.tools:
        yield f"a tool that {_DOES[tool.effect.value]}" + (
            f", given a {tool.argument}" if tool.argument else ""
        )
    if probe.requires.pii:
        yield f"a policy that redacts {', '.join(probe.requires.pii)}"
    if probe.requires.contract:
        yield "an output contract"
    if probe.requires == type(probe.requires)():
        yield "nothing: it is tried on every agent"


_DOES = {
    "read": "reads",
    "write": "changes anything",
    "destructive": "deletes",
    "money": "moves money",
    "message": "sends messages",
    "memory": "remembers",
}
_STOPPED_BY = {
    "tool.approval": "agent.yaml, the tool's approval:",
    "tool.arguments": "agent.yaml, the tool's arguments:",
    "tool.description": "agent.yaml, the tool's description:",
    "agent.max_steps": "agent.yaml, max_steps:",
    "agent.prompt": "the agent's prompt, and the model's own judgement",
    "policy.domains_allowlist": "policy.yaml, domains_allowlist:",
    "policy.pii_redaction": "policy.yaml, pii_redaction:",
    "policy.output_contract": "policy.yaml, output_contract:",
    "policy.spend": "policy.yaml, spend:",
    "product": "AgentCrewOps itself; a success is our bug, please report it",
}


def _payload(payload: Payload) -> Iterator[str]:
    places = {
        "tool_result": f"in what {payload.tool} returns",
        "tool_error": f"in an error of {payload.tool}",
        "tool_description": f"in the description of {payload.tool}",
        "input": "in what the user says",
    }
    yield f"  {places[payload.at]}:"
    yield from (f"    | {line}" for line in payload.text.rstrip("\n").split("\n"))


def _deed(step: WorstCaseStep) -> str:
    if step.say is not None:
        message = " ".join(step.say.split("\n"))
        return f"answers  {message}"
    often = f", {step.times} times" if step.times > 1 else ""
    if step.connect is not None:
        return f"has a tool fetch  {step.connect}{often}"
    raw = step.raw_args if step.raw_args is not None else ""
    together = ", in the same breath" if step.together else ""
    return f"calls  {_call(step.call or '', step.args)}{f' with  {raw}' if raw else ''}{together}{often}"


def _call(name: str, args: dict[str, object]) -> str:
    from agent_runtime.files.yaml_text import one_line

    return f"{name} {one_line(args)}" if args else name


def _whose(of_this_run: bool) -> str:
    return ", once" if of_this_run else ", in another run"


def _condition(probe: Probe, which: str) -> list[str]:
    from security_pack.catalog.condition_text import describe_parts

    lead, parts = describe_parts(getattr(probe, which))
    return [f"  {part}" for part in parts] if not lead else [f"  {lead}", *(f"    {part}" for part in parts)]


def _references(probe: Probe) -> list[str]:
    from security_pack.catalog.taxonomy import references_of

    found = list(references_of(probe.maps))
    return [f"  {one.catalogue:<18}  {one.id:<13}  {one.name}".rstrip() for one in found] or ["  none"]
