"""What a step of GitHub Actions leaves behind: its outputs and its summary."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from agent_runtime.errors import InvalidInput
from bot.message.limits import whole_lines

MOST_SUMMARY_BYTES = 1024 * 1024
"""GitHub drops a step's summary that is longer.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits
"""
_CUT = "\n\n*Cut here: a step summary holds 1 MiB.*\n"


def write_outputs(file: Path, outputs: Mapping[str, str]) -> None:
    """Append the outputs, each between delimiters that nobody can guess: no value can set another.

    Raises:
        InvalidInput: a value holds a character that has no place in one, or the file cannot be written.
    """
    _append(file, "".join(_output(name, value) for name, value in outputs.items()))


def _output(name: str, value: str) -> str:
    if "\0" in value or not value.isprintable():
        fix = "choose a name without line breaks and control characters"
        raise InvalidInput.one(f"output {name}", f"{value[:60]!r} cannot be an output", fix)
    # https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#multiline-strings
    delimiter = f"agentcrewops_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def write_step_summary(file: Path, markdown: str) -> None:
    """Append markdown to the step's summary, cut on a whole line to what is left of its 1 MiB.

    Raises:
        InvalidInput: the file cannot be written.
    """
    taken = file.stat().st_size if file.is_file() else 0
    _append(file, whole_lines(markdown, MOST_SUMMARY_BYTES - taken, _CUT))


def _append(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8", errors="replace", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise InvalidInput.one(
            file, f"cannot be written: {error.strerror}", "is this a step of Actions?"
        ) from None
