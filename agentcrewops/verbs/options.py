"""The flags that several verbs share, spelled once so that they are alike everywhere, and the panels they stand in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent_runtime.agent.manifest import Recording

WHAT, HOW_MANY, COMPARE, SPEND, GO_ON, OUTPUT = "What", "How many", "Compare", "Spend", "Go on", "Output"
"""What an option is about: the panel it stands in, if its verb has many."""

SuiteFile = Annotated[
    Path,
    typer.Option(
        "--suite", metavar="FILE", help="suite.yaml with the cases.", show_default=True, rich_help_panel=WHAT
    ),
]
AgentFile = Annotated[
    Path | None,
    typer.Option(
        "--agent",
        metavar="FILE",
        help="agent.yaml to evaluate; default: the one the suite names.",
        rich_help_panel=WHAT,
    ),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="policy.yaml; default: the one the suite names.",
        rich_help_panel=WHAT,
    ),
]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Use this model instead, as in openai:gpt-4.1-mini.",
        rich_help_panel=WHAT,
    ),
]
BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        help="Baseline file, samples.jsonl or canary folder to compare with; "
        "default: baselines/SUITE.json beside the suite, if it exists.",
        rich_help_panel=COMPARE,
    ),
]
GateFrom = Annotated[
    str | None,
    typer.Option(
        "--gate-from",
        metavar="REF",
        help="Judge by the gate and baseline of the commit where HEAD left this branch, as in origin/main.",
        rich_help_panel=COMPARE,
    ),
]
OutFolder = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Folder for the results; created if missing.",
        rich_help_panel=OUTPUT,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        help="Seed of samples and resampling; the same seed repeats a simulated run.",
        rich_help_panel=HOW_MANY,
    ),
]
RequireBaseline = Annotated[
    bool,
    typer.Option(
        "--require-baseline", help="Exit 3 if there is nothing to compare with.", rich_help_panel=COMPARE
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="Exit 1 on undecided (and provider drift) too.", rich_help_panel=COMPARE),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON on stdout.", rich_help_panel=OUTPUT)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.", rich_help_panel=OUTPUT)]
RecordFile = Annotated[
    Path | None,
    typer.Option(
        "--record",
        metavar="FILE",
        help="Write the model's answers, redacted, to this file; replaces it.",
        rich_help_panel=SPEND,
    ),
]
ReplayFile = Annotated[
    Path | None,
    typer.Option(
        "--replay",
        metavar="FILE",
        help="Take the model's answers from this file: no key, no money. A request it does not hold fails.",
        rich_help_panel=SPEND,
    ),
]
ReplayOrRecordFile = Annotated[
    Path | None,
    typer.Option(
        "--replay-or-record",
        metavar="FILE",
        help="Take answers from this file; ask for, and add, what it lacks.",
        rich_help_panel=SPEND,
    ),
]


def recording_of(record: Path | None, replay: Path | None, replay_or_record: Path | None) -> Recording | None:
    """What the three flags say together.

    Raises:
        InvalidInput: more than one was given.
    """
    from agent_runtime.agent.manifest import Recording, RecordingMode
    from agent_runtime.errors import InvalidInput

    paths = {
        RecordingMode.RECORD: record,
        RecordingMode.REPLAY: replay,
        RecordingMode.REPLAY_OR_RECORD: replay_or_record,
    }
    chosen = [Recording(path, tape) for tape, path in paths.items() if path is not None]
    if len(chosen) > 1:
        flags = " and ".join(f"--{one.tape}" for one in chosen)
        raise InvalidInput.one(flags, "exclude each other", "give one of them")
    return chosen[0] if chosen else None
