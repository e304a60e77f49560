"""The flags that several verbs share, spelled once so that they are alike everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent_runtime.agent.manifest import Recording

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
GateFrom = Annotated[
    str | None,
    typer.Option(
        "--gate-from",
        metavar="REF",
        help="Judge by the gate and baseline of the commit where HEAD left this branch, as in origin/main.",
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
RecordFile = Annotated[
    Path | None,
    typer.Option("--record", help="Write the model's answers, redacted, to this file; replaces it."),
]
ReplayFile = Annotated[
    Path | None,
    typer.Option(
        "--replay",
        help="Take the model's answers from this file: no key, no money. A request it does not hold fails.",
    ),
]
ReplayOrRecordFile = Annotated[
    Path | None,
    typer.Option("--replay-or-record", help="Take answers from this file; ask for, and add, what it lacks."),
]


def recording_of(record: Path | None, replay: Path | None, replay_or_record: Path | None) -> Recording | None:
    """What the three flags say together.

    Raises:
        InvalidInput: more than one was given.
    """
    from agent_runtime.agent.manifest import Recording, RecordingMode
    from agent_runtime.errors import InvalidInput

    given = {
        RecordingMode.RECORD: record,
        RecordingMode.REPLAY: replay,
        RecordingMode.REPLAY_OR_RECORD: replay_or_record,
    }
    chosen = [Recording(path, tape) for tape, path in given.items() if path is not None]
    if len(chosen) > 1:
        flags = " and ".join(f"--{one.tape}" for one in chosen)
        raise InvalidInput.one(flags, "exclude each other", "give one of them")
    return chosen[0] if chosen else None
