"""What is wrong in agent.yaml and policy.yaml, found without running anything: each finding with its line and fix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.spec import Implementation, ToolSpec
from agent_runtime.files.documents import read_text
from agent_runtime.guard.redact import find_pii
from agent_runtime.visible import printable, unseen
from security_pack.assessment import static_rules as rules
from security_pack.catalog.binding import effects_of
from security_pack.catalog.probe import Control, Effect, Severity
from security_pack.findings.controls import FileLines, shown_path
from security_pack.findings.findings import Finding, Location

_HIGH_IMPACT = frozenset({Effect.MONEY, Effect.MESSAGE, Effect.DESTRUCTIVE})


@dataclass(frozen=True, slots=True)
class AgentFiles:
    """The files that are checked: what they mean, and the line of every key."""

    manifest: Manifest
    places: FileLines


def check_statically(manifest: Manifest, places: FileLines) -> tuple[Finding, ...]:
    """Every static finding, in the order of the checks; whether one blocks is not decided here."""
    files = AgentFiles(manifest, places)
    return tuple(finding for check in _CHECKS for finding in check(files))


def _policy_gaps(files: AgentFiles) -> Iterator[Finding]:
    policy, places = files.manifest.policy, files.places
    if not policy.pii_redaction:
        yield rules.NO_REDACTION.finding(
            "pii_redaction",
            "The policy redacts nothing: e-mail addresses, numbers and keys reach rows, logs and reports as they are.",
            'write  pii_redaction: ["email", "phone", "card", "iban", "api_key"]  under policy:',
            places.of(Control.POLICY_REDACTION),
        )
    if policy.output_contract is None:
        yield rules.NO_CONTRACT.finding(
            "output_contract",
            "The policy has no output contract: whatever the model says is delivered.",
            'write  output_contract: { type: "json", schema_ref: "schemas/answer.json" }  under policy:',
            places.of(Control.POLICY_CONTRACT),
        )
    yield from _spend_caps(files)


def _spend_caps(files: AgentFiles) -> Iterator[Finding]:
    spend = files.manifest.policy.spend
    caps = {"per_run_usd_max": spend.per_run_usd_max, "per_day_usd_max": spend.per_day_usd_max}
    missing = [name for name, cap in caps.items() if cap is None]
    if not missing:
        return
    whole = len(missing) == len(caps)
    yield rules.NO_CAP.finding(
        "spend",
        f"The policy sets no {' and no '.join(missing)}: a loop, or an attacker, spends without end."
        if whole
        else f"The policy sets no {missing[0]}.",
        "write  spend: { per_run_usd_max: 0.25, per_day_usd_max: 30 }  under policy:"
        if whole
        else f"write  {missing[0]}: …  under spend:",
        files.places.of(Control.POLICY_SPEND),
        rules.NO_CAP.severity if whole else Severity.MEDIUM,
    )


def _hosts(files: AgentFiles) -> Iterator[Finding]:
    for at, entry in enumerate(files.manifest.policy.domains_allowlist):
        location = files.places.in_policy("domains_allowlist", at)
        if entry == "*" or re.fullmatch(r"\*\.[^.]+", entry):
            yield rules.WILDCARD.finding(
                "domains_allowlist",
                f"The allow-list holds '{entry}': data can be sent to a host of anybody's.",
                'name the hosts:  domains_allowlist: ["api.your-company.com"]  or  ["*.your-company.com"]',
                location,
            )
        elif _unencrypted(entry):
            yield rules.PLAIN_HTTP.finding(
                "domains_allowlist",
                f"The allow-list holds the origin {entry}, which is reached in plain text.",
                "write it with https://",
                location,
            )


def _approvals(files: AgentFiles) -> Iterator[Finding]:
    for tool in files.manifest.spec.tools:
        if tool.read_only or tool.needs_approval:
            continue
        verbs = ", ".join(verb.value for verb in tool.allow)
        yield rules.UNAPPROVED.finding(
            tool.name,
            f"{tool.name} ({verbs}) runs as soon as the model asks for it.",
            f"write  approval: {{ required: true }}  in tool {tool.name}",
            files.places.of(Control.TOOL_APPROVAL, tool.name),
            Severity.HIGH if effects_of(tool) & _HIGH_IMPACT else Severity.MEDIUM,
        )


def _arguments(files: AgentFiles) -> Iterator[Finding]:
    for tool in files.manifest.spec.tools:
        place = files.places.of(Control.TOOL_ARGUMENTS, tool.name)
        if tool.arguments is None:
            yield rules.NO_ARGUMENTS.finding(
                tool.name,
                f"{tool.name} declares no arguments, so every argument is refused.",
                "write its  arguments:  as a JSON Schema, or  { type: object, properties: {} }  if it takes none",
                place,
            )
        elif _open(tool.arguments):
            yield rules.OPEN_ARGUMENTS.finding(
                tool.name,
                f"{tool.name} lets in any further argument (additionalProperties).",
                f"write  additionalProperties: false  in the arguments of {tool.name}",
                place,
            )


def _open(schema: Mapping[str, Any]) -> bool:
    """Whether the schema says itself that undeclared properties are welcome; the gate refuses them otherwise."""
    named = [schema[key] for key in ("additionalProperties", "unevaluatedProperties") if key in schema]
    return bool(named) and all(value is not False for value in named)


def _connections(files: AgentFiles) -> Iterator[Finding]:
    spec, places = files.manifest.spec, files.places
    if spec.base_url is not None and _unencrypted(spec.base_url):
        yield rules.PLAIN_HTTP.finding(
            "base_url",
            "The model is asked in plain text: prompts and the key can be read on the way.",
            "write base_url with https://",
            places.in_agent("base_url"),
        )
    for tool in spec.tools:
        for key, implementation in (("implementation", tool.implementation), ("eval", tool.eval)):
            address = _address(implementation)
            if address is not None and _unencrypted(address):
                yield rules.PLAIN_HTTP.finding(
                    tool.name,
                    f"{tool.name} is called in plain text: arguments and credentials can be read on the way.",
                    "write its url with https://",
                    places.in_tool(tool.name, key),
                )


def _address(implementation: Implementation | None) -> str | None:
    """The web address that a tool calls, if its file names one."""
    if implementation is None:
        return None
    if implementation.http is not None:
        return implementation.http.url
    if implementation.mcp is not None:
        return implementation.mcp.url
    return implementation.openapi.server if implementation.openapi is not None else None


def _unencrypted(address: str) -> bool:
    """Whether it is http to another machine."""
    if not address.lower().startswith("http://"):
        return False
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return True
    return not (host == "localhost" or host.endswith(".localhost") or _loopback(host))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _mcp_pins(files: AgentFiles) -> Iterator[Finding]:
    for tool in files.manifest.spec.tools:
        mcp = tool.implementation.mcp if tool.implementation is not None else None
        if mcp is not None and mcp.pin is None:
            yield rules.UNPINNED.finding(
                tool.name,
                f"What the MCP server says about {tool.name} was never pinned: it can change after the review.",
                "run  agentcrewops agent mcp pin  and paste the pin",
                files.places.in_tool(tool.name, "implementation"),
            )


# --- text -------------------------------------------------------------------------------------------------


def _secrets(files: AgentFiles) -> Iterator[Finding]:
    """Keys of known form anywhere in the files that are checked in; one finding a line."""
    for file, text in _files(files):
        lines = {text.count("\n", 0, span.start) + 1 for span in find_pii(text, ["api_key"])}
        for line in sorted(lines):
            yield rules.SECRET.finding(
                file,
                "This line holds what looks like a key or a token: whoever reads the repository has it.",
                "revoke it, and take it from the environment:  ${NAME}  in headers",
                Location(file, line),
            )


def _files(files: AgentFiles) -> Iterator[tuple[str, str]]:
    """The text of every file a person wrote for the model or the gate, by its shown path."""
    for document in (files.places.agent, files.places.policy):
        if document is not None:
            yield shown_path(Path(document.file)), read_text(Path(document.file))
    if (prompt := _prompt_file(files.manifest)) is not None:
        yield prompt, files.manifest.prompt


def _prompt_file(manifest: Manifest) -> str | None:
    """Where the prompt's text is; None if it stands in agent.yaml."""
    named = manifest.spec.prompt
    return shown_path(manifest.root / named) if named in manifest.digests else None


def _invisible(files: AgentFiles) -> Iterator[Finding]:
    for line, hidden in _unseen_in_prompt(files.manifest.prompt):
        yield rules.UNSEEN.finding(
            "prompt",
            f"The prompt holds {hidden}, which a reviewer cannot see.",
            "delete it, or write what it should say",
            _in_prompt(files, line),
        )
    for tool in files.manifest.spec.tools:
        if (found := _unseen("\n".join(_model_text(tool)))) is not None:
            yield rules.UNSEEN.finding(
                tool.name,
                f"What the model is told about {tool.name} holds {found}, which a reviewer cannot see.",
                "delete it from the description or the arguments",
                files.places.of(Control.TOOL_DESCRIPTION, tool.name),
            )


def _unseen_in_prompt(prompt: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(prompt.split("\n"), start=1):
        if (hidden := _unseen(line.removesuffix("\r"))) is not None:
            yield number, hidden


def _in_prompt(files: AgentFiles, line: int) -> Location:
    """The line of the prompt's file; the key's, if the prompt stands in agent.yaml."""
    file = _prompt_file(files.manifest)
    return Location(file, line) if file is not None else files.places.of(Control.AGENT_PROMPT)


def _unseen(text: str) -> str | None:
    """The first character of `text` that acts without being seen, by its number, and how many there are."""
    found = unseen(text)
    if not found:
        return None
    first = f"U+{ord(found[0]):04X}"
    return first if len(found) == 1 else f"{first} and {len(found) - 1} more such characters"


_INSTRUCTIONS = re.compile(
    r"""\b(?:ignore|disregard|forget)\b.{0,40}\b(?:previous|prior|above|earlier|instructions?|rules?)\b
      | \bdo\ not\ (?:tell|mention|reveal|inform|show|ask)\b
      | \bnever\ (?:tell|mention|reveal|inform)\b
      | \b(?:without|instead\ of)\ (?:telling|asking|informing)\b
      | \balways\ (?:call|use|run|invoke|send|include|add)\b
      | \byou\ must\b | \bbefore\ (?:using|calling)\ any\ other\ tool\b
      | <\s*(?:important|system|instructions?)\s*>
      | \b(?:system|developer)\ (?:prompt|message)\b""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def _instructions(files: AgentFiles) -> Iterator[Finding]:
    for tool in files.manifest.spec.tools:
        found = _INSTRUCTIONS.search("\n".join(_model_text(tool)))
        if found is not None:
            words = " ".join(found[0].split())[:80]
            yield rules.INSTRUCTS.finding(
                tool.name,
                f"The description of {tool.name} says “{printable(words)}”: a description says what a tool does, "
                "and one that gives orders can be an attack. This informs; it never blocks.",
                "say what the tool does, and move rules for the agent into its prompt",
                files.places.of(Control.TOOL_DESCRIPTION, tool.name),
            )


def _model_text(tool: ToolSpec) -> Iterator[str]:
    """Everything the model reads about a tool."""
    yield tool.description
    yield from _texts(tool.arguments)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from _texts(value)


_CHECKS: tuple[Callable[[AgentFiles], Iterator[Finding]], ...] = (
    _approvals,
    _hosts,
    _policy_gaps,
    _secrets,
    _invisible,
    _instructions,
    _arguments,
    _connections,
    _mcp_pins,
)
