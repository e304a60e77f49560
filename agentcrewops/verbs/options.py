"""The flags that several verbs share, spelled once so that they are alike everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SuiteFile = Annotated[Path, typer.Option("--suite", help="suite.yaml with the cases.", show_default=True)]
AgentFile = Annotated[
    Path | None, typer.Option("--agent", help="agent.yaml to evaluate; default: the one the suite names.")
]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="policy.yaml; default: the one the suite names.")
]
ModelName = Annotated[
    str | None, typer.Option("--model", help="Use this model instead, as in openai:gpt-4.1-mini.")
]
BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        help="Baseline file, samples.jsonl or canary folder to compare with; "
        "default: baselines/SUITE.json beside the suite, if it exists.",
    ),
]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder for the results; created if missing.")]
Seed = Annotated[
    int, typer.Option("--seed", help="Seed of samples and resampling; the same seed repeats a simulated run.")
]
RequireBaseline = Annotated[
    bool, typer.Option("--require-baseline", help="Exit 3 if there is nothing to compare with.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 on undecided (and provider drift) too.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
