"""Where probes are played: everything a run touches is replaced by something that only takes notes."""

from security_pack.stage.guarded import play_guarded
from security_pack.stage.unguarded import play_unguarded

__all__ = ["play_guarded", "play_unguarded"]
