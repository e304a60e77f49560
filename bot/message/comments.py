"""The sticky comment: one per pull request and key, found by a hidden marker, edited in place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.github.records import Comment
from bot.message.limits import whole_blocks
from bot.message.links import Links, footer
from bot.message.overview import icon_and_title, overview
from bot.message.results import Results

MOST_BYTES = 60_000
"""GitHub refuses a comment above 65,536 characters (https://github.com/orgs/community/discussions/27190)."""
_CUT = "*The rest did not fit here: the check and the report have it.*"
_EDITED = "edited in place as the pull request changes"
_NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")


def key_of(check_name: str) -> str:
    """What tells our comments on one pull request apart: "AgentCrewOps / refunds" is agentcrewops-refunds."""
    return _NOT_IN_A_KEY.sub("-", check_name.lower()).strip("-") or "agentcrewops"


def marker(key: str) -> str:
    """The first line of a sticky comment, which GitHub does not show."""
    return f"<!-- agentcrewops:{key} -->"


def comment_body(results: Results, key: str, links: Links, note: str = _EDITED) -> str:
    """The whole comment: marker, verdict, table, folded details, links, and what becomes of it."""
    icon, title = icon_and_title(results)
    head, foot = f"{marker(key)}\n## {icon} {title}\n\n", f"\n{footer(links, note)}\n"
    return head + whole_blocks(overview(results), MOST_BYTES - len((head + foot).encode()), _CUT) + foot


@dataclass(frozen=True, slots=True)
class OwnComments:
    """Our comments under one key: the one to keep, and those that a second job made at the same time."""

    kept: Comment | None
    surplus: tuple[Comment, ...]


def own_comments(comments: Iterable[Comment], key: str, login: str) -> OwnComments:
    """Ours are those that we wrote and that begin with the marker; a stranger's marker makes no comment ours.

    The oldest is kept: every job decides alike, whenever it looks.
    """
    first_line = marker(key)
    found = sorted(
        (each for each in comments if each.author == login and each.body.startswith(first_line)),
        key=lambda each: each.id,
    )
    return OwnComments(found[0] if found else None, tuple(found[1:]))
