"""Where probes are run: everything a run touches is replaced by something that only takes notes."""

from security_pack.sandbox.guarded import run_guarded
from security_pack.sandbox.unguarded import run_unguarded

__all__ = ["run_guarded", "run_unguarded"]
