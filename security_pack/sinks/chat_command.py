"""Chat commands: a line that begins with `/word`, which a bot that reads the comment would obey."""

from __future__ import annotations

import re
from collections.abc import Iterator

from security_pack.sinks.interface import Part, Sink

_COMMAND = re.compile(r"^[ \t]*/[a-z][a-z_\-]{1,30}(?:[ \t][^\r\n]*)?$", re.MULTILINE | re.IGNORECASE)


def parts(text: str) -> Iterator[Part]:
    """Every such line, wherever it stands: bots that read lines know nothing of quotes and code fences."""
    for line in text.splitlines():
        if found := _COMMAND.match(line):
            yield Part("command", found[0])


SINK = Sink("command", parts)
