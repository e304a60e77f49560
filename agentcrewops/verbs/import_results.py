"""`agentcrewops canary import inspect|promptfoo|junit`"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentcrewops.verbs.panels import add, group

if TYPE_CHECKING:
    from evals.importers import Reader

app = group("Turn another harness's results into samples.jsonl, for `compare` and `baseline save`.")

Files = Annotated[
    list[Path], typer.Argument(help="Result files; a case that is in several of them was repeated.")
]
Out = Annotated[Path, typer.Option("--out", help="The samples.jsonl to write.")]
SuiteName = Annotated[
    str | None, typer.Option("--suite", help="Name of the suite; default: what the harness calls it.")
]
SAMPLES = Path("samples.jsonl")


def inspect_log(
    files: Files,
    out: Out = SAMPLES,
    suite: SuiteName = None,
    pass_at: Annotated[
        float | None,
        typer.Option(
            "--pass-at", help="A score of at least this passes; default: scores are right or wrong."
        ),
    ] = None,
    scorer: Annotated[
        str | None, typer.Option("--scorer", help="The score that counts; default: a run must pass them all.")
    ] = None,
) -> None:
    """Logs of inspect_ai (.eval or .json): epochs are runs, errors and stopped runs are not measured.

    Needs the extra: uv tool install 'agentcrewops[inspect]'.

    Example:  agentcrewops canary import inspect logs/*.eval

    Exit codes: 0 written · 2 bad input.
    """
    from evals.importers.inspect_log import read_inspect

    _import(files, partial(read_inspect, pass_at=pass_at, scorer=scorer), out, suite)


def promptfoo(
    files: Files,
    out: Out = SAMPLES,
    suite: SuiteName = None,
    provider: Annotated[
        str | None, typer.Option("--provider", help="Label or id of the provider, if there are several.")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", help="Label or number of the prompt, if there are several.")
    ] = None,
) -> None:
    """JSON output of promptfoo (eval --repeat 10 -o results.json): repeats are runs, errors are not measured.

    Example:  agentcrewops canary import promptfoo results.json

    Exit codes: 0 written · 2 bad input.
    """
    from evals.importers.promptfoo import read_promptfoo

    _import(files, partial(read_promptfoo, provider=provider, prompt=prompt), out, suite)


def junit(files: Files, out: Out = SAMPLES, suite: SuiteName = None) -> None:
    """JUnit XML of any test runner: test cases of the same name are runs; skipped ones are left out.

    Example:  agentcrewops canary import junit first.xml second.xml

    Exit codes: 0 written · 2 bad input.
    """
    from evals.importers.junit import read_junit

    _import(files, read_junit, out, suite)


def _import(files: list[Path], read: Reader, out: Path, suite: str | None) -> None:
    from agentcrewops.terminal import printable
    from evals.importers import import_results
    from evals.results.samples import write_samples

    imported = import_results(files, read, suite)
    write_samples(out, imported.result)
    typer.echo(printable(f"wrote {out}: {imported.summary}"))


add(app, "inspect", inspect_log)
add(app, "promptfoo", promptfoo)
add(app, "junit", junit)
