"""`agentcrewops policy redact`"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent_runtime.agent.policy import PiiKind


def redact(
    spans: Annotated[
        bool, typer.Option("--spans", help="Print [{type, start, end}] in characters instead of the text.")
    ] = False,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--kinds", help="Only these, as in email,phone; known: email, phone, card, iban, api_key."
        ),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Only what this policy.yaml redacts; default: everything.")
    ] = None,
) -> None:
    """Read text on stdin, write it on stdout with placeholders for personal data and keys.

    Within one text the same value gets the same placeholder: [EMAIL_1], [PHONE_1], …

    Example:  agentcrewops policy redact --policy policy.yaml < mail.txt

    Exit codes: 0 written · 2 bad input.
    """
    from agent_runtime.guard.redact import Redactor, find_pii
    from agentcrewops.runs.standard_input import read_stdin

    chosen = RedactionChoice(kinds, policy).resolved()
    text = read_stdin()
    if spans:
        found = [{"type": span.kind, "start": span.start, "end": span.end} for span in find_pii(text, chosen)]
        typer.echo(json.dumps(found))
        return
    sys.stdout.buffer.write(Redactor(chosen).redact(text).encode())


@dataclass(frozen=True, slots=True)
class RedactionChoice:
    """Which kinds were asked for: by name, by a policy, or all."""

    kinds: str | None
    policy: Path | None

    def resolved(self) -> tuple[PiiKind, ...]:
        """The kinds to redact.

        Raises:
            InvalidInput
        """
        from agent_runtime.agent.policy import PolicyFile
        from agent_runtime.errors import InvalidInput
        from agent_runtime.files.documents import parse, read_yaml
        from agent_runtime.guard.redact import ALL_KINDS

        if self.kinds is not None and self.policy is not None:
            raise InvalidInput.one("--kinds", "contradicts --policy", "give one of them")
        if self.policy is not None:
            return tuple(parse(read_yaml(self.policy), PolicyFile).policy.pii_redaction)
        if self.kinds is None:
            return ALL_KINDS
        named = [name.strip() for name in self.kinds.split(",")]
        unknown = [name for name in named if name not in ALL_KINDS]
        if unknown:
            raise InvalidInput.one(
                "--kinds", f"'{unknown[0]}' is not a kind", f"there are {', '.join(ALL_KINDS)}"
            )
        return tuple(kind for kind in ALL_KINDS if kind in named)
