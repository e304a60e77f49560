"""`agentcrewops guardian list`"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentcrewops.verbs.guardian.options import ProbeFolders, member_named
from agentcrewops.verbs.options import Json

if TYPE_CHECKING:
    from agent_runtime.agent.manifest import Manifest
    from security_pack.catalog.catalog import CatalogEntry


def list_probes(
    family: Annotated[str | None, typer.Option("--family", help="Only this family, such as leaks.")] = None,
    severity: Annotated[str | None, typer.Option("--severity", help="Only this severity and worse.")] = None,
    tier: Annotated[str | None, typer.Option("--tier", help="Only enforcement, or only resistance.")] = None,
    probes: ProbeFolders = None,
    agent: Annotated[
        Path | None,
        typer.Option("--agent", help="Say for each probe which tools of this agent.yaml it attacks."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="policy.yaml of the agent; default: beside it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the probes: what Guardian tries, and whether it says anything about your agent.

    Example:  agentcrewops guardian list --agent agent.yaml --family exfiltration

    Exit codes: 0 listed · 2 bad input.
    """
    from agent_runtime.agent.manifest import load_manifest
    from agentcrewops.terminal import printable
    from security_pack.catalog.catalog import load_pack

    shown = [one for one in load_pack(probes or ()) if _matches(one, family, severity, tier)]
    manifest = load_manifest(agent, policy) if agent is not None else None
    rows = [_facts(one, manifest) for one in shown]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for line in _table(rows):
        typer.echo(printable(line))


def _matches(one: CatalogEntry, family: str | None, severity: str | None, tier: str | None) -> bool:
    from security_pack.catalog.probe import Family, Severity, Tier

    probe = one.probe
    worst_first = [*reversed(Severity)]
    least = member_named(Severity, severity, "--severity") or Severity.LOW
    return (
        member_named(Family, family, "--family") in (None, probe.family)
        and (member_named(Tier, tier, "--tier") or probe.tier[0]) in probe.tier
        and worst_first.index(probe.severity) <= worst_first.index(least)
    )


def _facts(one: CatalogEntry, manifest: Manifest | None) -> dict[str, Any]:
    from security_pack.catalog.binding import applicability_of

    probe = one.probe
    facts: dict[str, Any] = {
        "id": probe.id,
        "family": probe.family.value,
        "severity": probe.severity.value,
        "tiers": [tier.value for tier in probe.tier],
        "title": probe.title,
        "maps": probe.maps.model_dump(),
        "file": one.file,
        "line": one.line,
        "hash": one.hash,
    }
    if manifest is None:
        return facts
    found = applicability_of(probe, manifest)
    if isinstance(found, str):
        return {**facts, "applies": False, "why_not": found}
    return {**facts, "applies": True, "attacks": [binding.subject for binding in found if binding.subject]}


def _table(rows: Sequence[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["no probe is like that"]
    widths = [max(len(row[key]) for row in rows) for key in ("id", "family", "severity")]
    lines = [_line(row, widths) for row in rows]
    applying = [row for row in rows if row.get("applies")]
    line = (
        f"{len(rows)} probes" if "applies" not in rows[0] else f"{len(applying)} of {len(rows)} probes apply"
    )
    return [
        *lines,
        f"{line}; E: enforcement, R: resistance. What one does:  agentcrewops guardian explain {rows[0]['id']}",
    ]


def _line(row: dict[str, Any], widths: Sequence[int]) -> str:
    """`E` is the enforcement tier, `R` resistance."""
    columns = [row[key].ljust(width) for key, width in zip(("id", "family", "severity"), widths, strict=True)]
    tiers = "".join(letter if name in row["tiers"] else " " for letter, name in _LETTERS)
    return "  ".join([*columns, tiers, row["title"]]) + _on_agent(row)


_LETTERS = (("E", "enforcement"), ("R", "resistance"))


def _on_agent(row: dict[str, Any]) -> str:
    if "applies" not in row:
        return ""
    if not row["applies"]:
        return f"  — not applicable: {row['why_not']}"
    return f"  → {', '.join(row['attacks'])}" if row["attacks"] else "  → the agent itself"
