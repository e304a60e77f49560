"""What GitHub would make of markdown: parsed, and looked at for anything that acts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

OUR_HTML = re.compile(r"</?(details|details open|summary|b|sub)>|<br>|<!-- agentcrewops:[a-z0-9-]+ -->")
_LIVE_IN_TEXT = (
    ("a mention", re.compile(r"@\w")),
    ("a reference", re.compile(r"#\d|\bGH-\d", re.IGNORECASE)),
    ("a bare link", re.compile(r"\w://|\bwww\.", re.IGNORECASE)),
    ("an emoji picture", re.compile(r":[\w+-]+:")),
    ("a commit", re.compile(r"\b[0-9a-f]{7,40}\b")),
)
_COMMAND = re.compile(r"^\s*(/\w|::|##\[)", re.MULTILINE)


def what_acts(markdown: str, our_links: tuple[str, ...] = ()) -> list[str]:
    """Everything in it that is more than text; [] if it may be read, and nothing else."""
    found = ["a command"] if _COMMAND.search(markdown) else []
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in _all(parser.parse(markdown)):
        found.extend(_of_token(token, our_links))
    return found


def _of_token(token: Token, our_links: tuple[str, ...]) -> Iterator[str]:
    if token.type in {"html_inline", "html_block"} and OUR_HTML.sub("", token.content).strip("\n 0123456789"):
        rest = OUR_HTML.sub("", token.content)
        if "<" in rest or ">" in rest:
            yield f"HTML {rest[:40]!r}"
    elif token.type == "image":
        yield "an image"
    elif token.type == "link_open" and not str(token.attrs["href"]).startswith(our_links or ("\0",)):
        yield f"a link to {token.attrs['href']}"
    elif token.type == "text":
        yield from (name for name, pattern in _LIVE_IN_TEXT if pattern.search(token.content))


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or [])
