"""Where probes are played: everything a run touches is replaced by something that only takes notes."""

from security_pack.sandbox.guarded import play_guarded
from security_pack.sandbox.unguarded import play_unguarded

__all__ = ["play_guarded", "play_unguarded"]
