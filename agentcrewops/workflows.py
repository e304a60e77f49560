"""The workflows that `init` writes: our templates, with where the agent is and which commit of ours they run."""

from __future__ import annotations

import re
from pathlib import Path

from agent_runtime.render import templates_folder
from agentcrewops import __version__
from evals.git.trees import commit_of

_COMMIT = re.compile(r"[0-9a-f]{40}")
_OURS = re.compile(r"(?<=uses: agentcrewops/agentcrewops)([\w/-]*)@AGENTCREWOPS_REF")
_PATH = re.compile(r"(?<=: )(suite|agent)\.yaml$", re.MULTILINE)


def workflow_files(agent_folder: str) -> dict[str, str]:
    """Path below the repository's root, and text, of every workflow.

    Args:
        agent_folder: where suite.yaml and agent.yaml are, from the root; "" if they stand there.
    """
    ours, prefix = our_ref(), f"{agent_folder}/" if agent_folder else ""
    return {
        f".github/workflows/{template.name}": _filled(template.read_text(encoding="utf-8"), ours, prefix)
        for template in sorted((templates_folder() / "workflows").glob("*.yml"))
    }


def our_ref() -> str:
    """What a workflow pins our actions to: this very commit, with the version it belongs to beside it."""
    commit = _built_from() or _checked_out()
    return f"{commit} # v{__version__}" if commit else f"v{__version__}"


def repository_root(folder: Path) -> Path:
    """The root of the git repository that `folder` is in or will be in; the folder itself outside git."""
    folder = folder.resolve()
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), folder)


def _filled(text: str, ours: str, prefix: str) -> str:
    return _PATH.sub(lambda found: prefix + found[0], _OURS.sub(lambda found: f"{found[1]}@{ours}", text))


def _built_from() -> str | None:
    """The commit that a wheel was built from; `make dist` notes it among the templates."""
    note = templates_folder() / "commit"
    text = note.read_text(encoding="utf-8").strip() if note.is_file() else ""
    return text if _COMMIT.fullmatch(text) else None


def _checked_out() -> str | None:
    """The commit of the checkout that runs; None in an installed package."""
    root = templates_folder().parent
    if not (root / ".git").exists():
        return None
    commit = commit_of(root)
    return commit if commit and _COMMIT.fullmatch(commit) else None
