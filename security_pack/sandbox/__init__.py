"""Where probes are run: everything that a run touches is replaced by a stand-in that only records."""

from security_pack.sandbox.guarded import run_guarded
from security_pack.sandbox.unguarded import run_unguarded

__all__ = ["run_guarded", "run_unguarded"]
