"""Files: what a run read and wrote."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agent_runtime.artifacts.folder import Folder
from agent_runtime.artifacts.interface import Artifacts, CannotKeep

__all__ = ["Artifacts", "CannotKeep", "Folder", "open_artifacts"]


def open_artifacts(where: str | Path, aside: Path, environ: Mapping[str, str]) -> Artifacts:
    """The place for files at a path or an `s3://…` URL.

    Args:
        aside: a folder of this machine for what a bucket does not take at the moment.

    Raises:
        InvalidInput: it cannot be used.
    """
    if isinstance(where, Path) or "://" not in where:
        return Folder(Path(where))
    from agent_runtime.artifacts.s3 import S3, Bucket
    from agent_runtime.artifacts.spool import Spool

    return Spool(S3(Bucket.of(where, environ)), aside)
