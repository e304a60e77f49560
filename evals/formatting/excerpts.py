"""Long texts, cut where a reader stops reading, with a mark that says so."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from agent_runtime.visible import printable
from evals.formatting import figures


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a text. `left_out` says how much is missing, "" if nothing is."""

    text: str
    left_out: str = ""


def excerpt(text: str, limit: int) -> Excerpt:
    """At most `limit` visible characters of the text.

    Control characters are made visible first, so that they cannot make the page longer than the limit says.
    """
    # One more than the limit: enough to know that there is more, and a megabyte is not looked through for it.
    shown = printable(text[: limit + 1])
    if len(text) <= limit and len(shown) <= limit:
        return Excerpt(shown)
    cut = shown[:limit]
    return Excerpt(cut, f"cut here, {figures.count(max(len(text) - limit, 1), 'more character')}")


def one_line(text: str, limit: int) -> str:
    """The text in one line of at most `limit` characters, an ellipsis where it was cut."""
    # Four times the limit, since runs of white space shrink; the rest is never looked at.
    line = printable(" ".join(text[: 4 * limit].split()))
    return line if len(line) <= limit and len(text) <= 4 * limit else f"{line[: limit - 1].rstrip()}…"


def web_link(url: str | None) -> str | None:
    """The address if a browser may follow it: http or https with a host. None otherwise."""
    if url is None or len(url) > 2_000:
        return None
    try:
        parts = urlsplit(url)
    # `urlsplit` raises for a broken IPv6 host.
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
