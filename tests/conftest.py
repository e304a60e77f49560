"""Fixtures that every room uses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.fakes.github.openapi import OpenApi

settings.register_profile("ours", deadline=None)  # how long something takes belongs to benchmarks/
settings.load_profile("ours")

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "support-triage"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--github-schemas",
        action="store_true",
        help="judge every request to the fake GitHub by GitHub's own OpenAPI (needs npm)",
    )


@pytest.fixture(scope="session")
def github_schemas(request: pytest.FixtureRequest) -> OpenApi | None:
    """GitHub's OpenAPI, for `FakeGitHub(schemas=…)`; None unless the run asks for it."""
    if not request.config.getoption("--github-schemas"):
        return None
    from tests.fakes.github.openapi import OpenApi

    return OpenApi.fetched()


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """A fresh copy of the example agent, as `init` writes it."""
    folder = tmp_path / "triage"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".agentcrewops"))
    return folder


def edit(path: Path, old: str, new: str) -> None:
    """Replace `old`, which must be there, in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
