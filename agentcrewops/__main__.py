"""`python -I -m agentcrewops`: check that nothing shadows us, then run the command line."""

from __future__ import annotations

import gc
import sys
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("agent_runtime", "evals", "security_pack", "bot")
"""Our packages with generic names, which a checkout's own folder of that name could shadow."""

_NEW_OBJECTS = 50_000
"""Between two searches for garbage. At Python's 700, the 70,000 objects that a canary's imports make, none of them
ever garbage, are gone through again and again: 8 % of the processor time of `benchmarks/harness.py`.
"""


def shadowing_package() -> str | None:
    """What stands in front of one of our packages, as a sentence; None if nothing does."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        # None is a folder without __init__.py: a namespace package, which a checkout may well have.
        if origin is None or origin.parent.parent != home:
            return f"{origin or name} stands in front of AgentCrewOps' own '{name}' package"
    return None


def main() -> None:
    """Entry point of the `agentcrewops` command."""
    gc.set_threshold(_NEW_OBJECTS)
    if (shadow := shadowing_package()) is not None:
        sys.stderr.write(f"error: {shadow}\n    fix: run it isolated:  python -I -m agentcrewops …\n")
        raise SystemExit(2)
    from agentcrewops.cli import run

    run()


if __name__ == "__main__":
    main()
