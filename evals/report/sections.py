"""What another part of the house says in the same report and summary."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Section:
    """A part that was rendered elsewhere, and is inert already.

    Attributes:
        name, title, tone: who speaks, its verdict in a word, and whether that is bad, good, doubt or plain; its
            heading has the lower-case name as its id.
        page: HTML `<section>`s that use the classes of style.css and bring no script.
        summary: GitHub markdown, its verdict first.
        brief: the verdict alone, where the summary would not fit.
    """

    name: str
    title: str
    tone: str
    page: Markup
    summary: Markup
    brief: Markup
