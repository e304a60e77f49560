"""A desk whose agent can be attacked."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.fakes.attacked import MAIL_OUT, attacked_suite


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A suite whose agent falls every other time, and one probe of the user's own; the baseline never fell."""
    (tmp_path / "probes").mkdir()
    (tmp_path / "probes/mail-out.yaml").write_text(yaml.safe_dump(MAIL_OUT))
    attacked_suite(tmp_path, falls=0)
    return tmp_path


def only(*arguments: str) -> list[str]:
    """The arguments of a verb of Guardian that is about the desk and its one probe."""
    return ["guardian", *arguments, "--suite", "suite.yaml", "--probes", "probes"]
