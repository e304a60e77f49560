"""The flags of the resistance tier, and what they say together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agent_runtime.errors import InvalidInput
from agentcrewops.verbs.options import COMPARE, GO_ON, HOW_MANY, SPEND, WHAT

ENFORCEMENT, RESISTANCE, BOTH = "enforcement", "resistance", "both"

AttackedSuite = Annotated[
    Path | None,
    typer.Option(
        "--suite",
        metavar="FILE",
        rich_help_panel=WHAT,
        help="Attack the target of this suite.yaml: an agent of any make. Instead of --agent.",
    ),
]
AttackedModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="Use this model instead, as in openai:gpt-4.1-mini.",
    ),
]
Tiers = Annotated[
    str | None,
    typer.Option(
        "--tier",
        metavar="NAME",
        rich_help_panel=WHAT,
        help="enforcement: the guards, with a model that obeys attackers. resistance: the agent's own model, many "
        "times. Or both. Default: enforcement, and resistance where the agent is not ours.",
    ),
]
RunsPerProbe = Annotated[
    int | None,
    typer.Option(
        "--samples",
        "-n",
        metavar="N",
        rich_help_panel=HOW_MANY,
        min=1,
        help="Resistance: runs per attack; default: what each probe says, 10.",
    ),
]
Nightly = Annotated[
    bool,
    typer.Option(
        "--nightly",
        rich_help_panel=HOW_MANY,
        help="Resistance: as many runs as each probe says for the night.",
    ),
]
AttackBaseline = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        rich_help_panel=COMPARE,
        help="Resistance: baseline file or earlier results to compare with; default: baselines/guardian-AGENT.json.",
    ),
]
AttackMaxUsd = Annotated[
    float | None,
    typer.Option(
        "--max-usd",
        metavar="USD",
        rich_help_panel=SPEND,
        min=0,
        help="Resistance: stop before more than this is spent. Needed in CI (CI=true).",
    ),
]
AttackResume = Annotated[
    bool,
    typer.Option(
        "--resume", rich_help_panel=GO_ON, help="Resistance: go on where attacks into --out stopped."
    ),
]
AttackShard = Annotated[
    str | None,
    typer.Option(
        "--shard",
        rich_help_panel=HOW_MANY,
        metavar="I/N",
        help="Resistance: only this part of the runs, for `guardian merge`.",
    ),
]
AttackConcurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        "-c",
        metavar="N",
        rich_help_panel=HOW_MANY,
        min=1,
        max=2000,
        help="Resistance: runs at the same time; default 50.",
    ),
]
AttackSeed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        rich_help_panel=HOW_MANY,
        help="Resistance: seed of the runs; the same seed repeats a simulated one.",
    ),
]


def tiers_of(written: str | None, *, ours: bool) -> frozenset[str]:
    """The tiers that are meant.

    Args:
        ours: False if the agent runs elsewhere, where there are no guards of ours to test.
    """
    chosen = written or (ENFORCEMENT if ours else RESISTANCE)
    if chosen not in {ENFORCEMENT, RESISTANCE, BOTH}:
        raise InvalidInput.one(
            "--tier", f"'{chosen[:40]}' is no tier", "write enforcement, resistance or both"
        )
    return frozenset([ENFORCEMENT, RESISTANCE] if chosen == BOTH else [chosen])


def refuse_idle(tiers: frozenset[str], **flags: object) -> None:
    """Refuse flags of a tier that is not played: somebody thinks that it is.

    Args:
        flags: values of the flags of the resistance tier, by name.
    """
    if RESISTANCE in tiers:
        return
    for name in (name for name, value in flags.items() if value):
        flag = f"--{name.replace('_', '-')}"
        raise InvalidInput.one(
            flag, "belongs to the resistance tier", "add  --tier resistance  or  --tier both"
        )
