"""Text that somebody pipes in."""

from __future__ import annotations

import sys


def read_stdin() -> str:
    """All of stdin, as it is; UTF-8 and nothing else.

    Raises:
        InvalidInput
    """
    from agent_runtime.errors import InvalidInput

    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text (byte {error.start} is 0x{data[error.start]:02x})"
        raise InvalidInput.one("stdin", what, "convert it first, as in  iconv -f latin1 -t utf-8") from None
