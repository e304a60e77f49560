"""Foreign text inside GitHub markdown: it may be read, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from markupsafe import Markup

from agent_runtime.visible import printable
from evals.formatting.excerpts import excerpt, one_line, web_link
from evals.formatting.prose import Span

_ACTIVE = re.compile(r"([\\`*_\[\]<>&|~$!])")
_OPENING = re.compile(r"^(\s*)(?=[/#+\-=]|::)|^(\s*\d+)(?=[.)])")
"""What makes a line a command, a heading, a list or a rule, where a text begins one."""
_LINKED = re.compile(
    r"(?<=@)(?=\S)|(?<=#)(?=\w)|(?<=:)(?=//|[\w+\\-]+:)|(?<=\bwww)(?=\.)|(?<=\bGH-)(?=\d)",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"[0-9a-f]{6}(?=[0-9a-f])")
"""Seven of these signs in a row may be a commit of the repository, and a link to it."""
_NOTHING = "\u200b"  # breaks mentions, references, bare links and :pictures:, which escapes do not


def code(text: str, limit: int = 120) -> Markup:
    """The text as one code span: no markup, mention, link, HTML or line of its own, whatever it says."""
    # Look-alikes: inside a code span a backslash is no escape (https://github.github.com/gfm/#code-spans), and a bar
    # would still end the cell of a table.
    shown = one_line(text, limit).replace("`", "ˋ").replace("|", "¦").strip()
    return Markup(f"`{shown or ' '}`")  # noqa: S704 - a code span without a backtick inside is inert


def text(words: str) -> Markup:
    """The text as markdown that shows exactly these words, in one line."""
    plain = printable(words.replace("\n", " ").replace("\t", " "))
    escaped = _OPENING.sub(r"\1\2\\", _ACTIVE.sub(r"\\\1", plain))
    loose = _COMMIT.sub(rf"\g<0>{_NOTHING}", escaped)
    return Markup(_LINKED.sub(_NOTHING, loose))  # noqa: S704 - every active sign is escaped


def block(text: str, limit: int = 2_000) -> Markup:
    """The text's lines in a quoted code block: nothing in it acts, and none begins a line of the comment."""
    shown = excerpt(text, limit)
    runs = (len(run) for run in _TICKS.findall(shown.text))
    fence = "`" * max(3, 1 + max(runs, default=0))
    lines = [fence, *shown.text.split("\n"), fence, *([shown.left_out] if shown.left_out else [])]
    return Markup("\n".join(f"> {line}" for line in lines))  # noqa: S704 - no line holds a fence as long


def link(name: str, address: str | None) -> Markup:
    """Our own word as a link, or "" if the address is none that a browser may follow."""
    if web_link(address) is None:
        return Markup("")
    safe = quote(address or "", safe=_ADDRESS_SIGNS).replace("(", "%28").replace(")", "%29")
    return Markup(f"[{text(name)}]({safe})")  # noqa: S704 - escaped, quoted


def prose(spans: Sequence[Span], limit: int = 600) -> Markup:
    """A sentence of the verdict, its bold and code kept, at most `limit` characters before escaping."""
    written: list[Markup] = []
    left = limit
    for span in spans:
        shown = printable(span.text)
        words = shown if len(shown) <= left else f"{shown[: max(left - 1, 0)]}…"
        written.append(_WRITERS[span.kind](words))
        left -= len(words)
        if left <= 0:
            break
    return Markup("").join(written)


def place(hint: str) -> Markup:
    """Where the report is: a link if it is a web address, else a path."""
    address = web_link(hint)
    if address is None:
        return code(hint, 300)
    return Markup(f"<{quote(address, safe=_ADDRESS_SIGNS)}>")  # noqa: S704 - quoted: no bracket, no space


def _bold(words: str) -> Markup:
    return Markup("**{}**").format(text(words.strip())) if words.strip() else Markup("")


_TICKS = re.compile(r"`+")
_ADDRESS_SIGNS = ":/?#@!$&'()*+,;=%~-._"
_WRITERS: Mapping[str, Callable[[str], Markup]] = {"text": text, "code": code, "bold": _bold}
