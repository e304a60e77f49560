"""`agentcrewops policy egress`"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from agentcrewops.verbs.options import Json


def egress(
    urls: Annotated[list[str], typer.Argument(help="URLs to decide on; nothing is connected to.")],
    policy: Annotated[Path, typer.Option("--policy", help="policy.yaml with domains_allowlist.")] = Path(
        "policy.yaml"
    ),
    as_json: Json = False,
) -> None:
    """Say whether tools may connect to each URL, as the runtime decides before it resolves the name.

    Example:  agentcrewops policy egress https://api.example.com/orders

    Exit codes: 0 every URL is allowed · 1 one is refused, with the rule · 2 the policy cannot be used.
    """
    from agent_runtime.agent.policy import PolicyFile
    from agent_runtime.files.documents import parse, read_yaml
    from agentcrewops.terminal import printable

    allowlist = parse(read_yaml(policy), PolicyFile).policy.domains_allowlist
    decisions = [decision(url, allowlist) for url in urls]
    if as_json:
        typer.echo(json.dumps(decisions, indent=2))
    else:
        for facts in decisions:
            typer.echo(printable(_line(facts)))
    sys.exit(0 if all(facts["allowed"] for facts in decisions) else 1)


def decision(url: str, allowlist: Sequence[str]) -> dict[str, Any]:
    """What egress decides on one URL, as JSON says it."""
    from agent_runtime.guard.egress import Refusal, check_url

    checked = check_url(url, allowlist)
    if isinstance(checked, Refusal):
        return {"url": url, "allowed": False, "rule": checked.rule, "reason": checked.reason}
    return {"url": url, "allowed": True, "connects_to": checked.origin}


def _line(facts: Mapping[str, Any]) -> str:
    if facts["allowed"]:
        return f"allowed  {facts['url']}  (connects to {facts['connects_to']})"
    return f"refused  {facts['url']}  ({facts['rule']}: {facts['reason']})"
