"""Markdown: images that load by themselves, links that run, raw HTML. Read by markdown-it, as CommonMark.

https://spec.commonmark.org/0.31.2/
"""

from __future__ import annotations

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from security_pack.sinks import html
from security_pack.sinks.interface import TOO_COMPLEX, Part, Sink, until_nth

LIMIT = 250_000
"""Characters that are read: about four times the longest comment that GitHub takes (65,536)."""
_BRACKETS = 10_000
"""Brackets that are read: the parser needs up to 60 microseconds for each."""


def parts(text: str) -> Iterator[Part]:
    """Images with a host, whether written in place or by reference; links; raw HTML."""
    read = until_nth(text, "[<&_*", _BRACKETS)
    if len(read) < len(text):
        yield Part(TOO_COMPLEX, f"more than {_BRACKETS:,} brackets and marks")
    for token in _parser().parse(read):
        yield from _of_token(token)
        for inner in token.children or ():
            yield from _of_token(inner)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark")
    # Other renderers let through what this one would show as text.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


def _of_token(token: Token) -> Iterator[Part]:
    if token.type in {"html_block", "html_inline"}:
        yield from html.parts(token.content)
    elif token.type == "image":
        yield from _of_image(str(token.attrGet("src") or ""))
        for inner in token.children or ():
            yield from _of_token(inner)
    elif token.type == "link_open":
        yield from _of_link(str(token.attrGet("href") or ""))


def _of_image(address: str) -> Iterator[Part]:
    if html.elsewhere(address):
        yield Part("external_image", address)
    else:
        yield from _of_link(address)


def _of_link(address: str) -> Iterator[Part]:
    running = html.script_address(address)
    yield Part("script_address" if running else "link", address, live=running)


SINK = Sink("markdown", parts, limit=LIMIT)
