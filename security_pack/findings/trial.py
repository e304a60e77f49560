"""One probe tried once against one agent: what a tier hands to whoever writes the findings."""

from __future__ import annotations

from dataclasses import dataclass

from security_pack.catalog.binding import Binding
from security_pack.catalog.probe import Probe, Tier
from security_pack.episodes.episode import Episode, Judgement


@dataclass(frozen=True, slots=True)
class Trial:
    """A probe, what happened, and what that means.

    Attributes:
        probe: bound, so its texts hold tool names and canaries.
        episode, judgement: None if the probe was not applicable; `note` then says why.
    """

    probe: Probe
    binding: Binding
    tier: Tier
    episode: Episode | None = None
    judgement: Judgement | None = None
    note: str = ""
