"""Where things live: the project's own folder for rows and artifacts, and our templates."""

from __future__ import annotations

from pathlib import Path

import agent_runtime


def state_folder(agent_file: Path) -> Path:
    """Rows and artifacts of the agent described by `agent_file`: `.agentcrewops/` beside it."""
    return agent_file.resolve().parent / ".agentcrewops"


def starter_folder() -> Path:
    """The files that `init` writes: in the wheel beside the templates, in a checkout the example itself."""
    ground_floor = Path(agent_runtime.__file__).resolve().parent
    packaged = ground_floor / "_templates" / "starter"
    return packaged if packaged.is_dir() else ground_floor.parent / "examples" / "support-triage"
