"""Fixtures that every room uses."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.fakes.shared_folders import SharedFolders

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
    parser.addoption(
        "--services",
        action="store_true",
        help="use a real PostgreSQL and a real S3 server (make test-services)",
    )


@pytest.fixture(scope="session")
def github_schemas(request: pytest.FixtureRequest) -> OpenApi | None:
    """GitHub's OpenAPI, for `FakeGitHub(schemas=…)`; None unless the run asks for it."""
    if not request.config.getoption("--github-schemas"):
        return None
    from tests.fakes.github.openapi import OpenApi

    return OpenApi.fetched()


@pytest.fixture(scope="session")
def shared_folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SharedFolders:
    """What is dear to make is made once a session, by whichever worker of pytest-xdist comes first."""
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if hasattr(request.config, "workerinput") else base) / "shared"
    root.mkdir(exist_ok=True)
    return SharedFolders(root)


ExampleResults = Callable[[int, Path], Path]


@pytest.fixture
def example_results(shared_folders: SharedFolders) -> ExampleResults:
    """Copy the results of the example agent, with so many runs per case and seed 1, to a folder."""

    def copy(samples: int, folder: Path) -> Path:
        measured = shared_folders.folder(f"example-{samples}", partial(_measure_example, samples))
        return Path(shutil.copytree(measured / "before", folder))

    return copy


def _measure_example(samples: int, folder: Path) -> None:
    from evals.canary.preparation import CanaryOptions
    from tests.fakes.canaries import canary_verdict

    copy_example(folder / "triage")
    options = CanaryOptions(
        suite=folder / "triage/suite.yaml", samples=samples, seed=1, fixed=True, out=folder / "before"
    )
    canary_verdict(options)


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """A fresh copy of the example agent, as `init` writes it."""
    return copy_example(tmp_path / "triage")


def copy_example(folder: Path) -> Path:
    """Copy the example agent, without what running it left there."""
    ignored = shutil.ignore_patterns("__pycache__", ".agentcrewops")
    return Path(shutil.copytree(EXAMPLE, folder, ignore=ignored))


@pytest.fixture
def small_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Guardian with a probe or two of each family, where the whole pack shows no more and costs ten times as much.

    The whole pack is run by tests/security_pack/catalog/test_pack.py.
    """
    from security_pack.catalog.catalog import PACK, load_pack

    (tmp_path / "pack").mkdir()
    named = re.compile("direct-override|exfil-tool-url")
    for family in sorted(path for path in PACK.iterdir() if path.is_dir()):
        files = sorted(family.glob("*.yaml"))
        for file in {*files[:1], *(file for file in files if named.match(file.stem))}:
            shutil.copy(file, (tmp_path / "pack").joinpath(family.name + "-" + file.name))
    monkeypatch.setitem(load_pack.__kwdefaults__ or {}, "built_in", tmp_path / "pack")
    return tmp_path / "pack"


def edit(path: Path, old: str, new: str) -> None:
    """Replace `old`, which must be there, in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
