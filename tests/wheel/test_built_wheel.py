"""The built wheel in an empty environment, beside a stranger's packages of the same names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.wheel
ROOT = Path(__file__).resolve().parents[2]


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel, its locked dependencies, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    locked = folder / "requirements.txt"
    export = ("uv", "export", "--frozen", "--no-dev", "--no-emit-project", "--quiet", "--output-file", locked)
    steps = [
        ("uv", "build", "--wheel", "--quiet", "--out-dir", folder),
        export,
        ("uv", "venv", "--quiet", "--python", sys.executable, folder / "env"),
        (
            "uv",
            "pip",
            "install",
            "--quiet",
            "--python",
            folder / "env/bin/python",
            "--require-hashes",
            "-r",
            locked,
        ),
    ]
    for step in steps:
        done = run(*step, cwd=ROOT)
        assert done.returncode == 0, done.stderr
    wheel = next(folder.glob("*.whl"))
    done = run(
        "uv",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--python",
        folder / "env/bin/python",
        wheel,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder / "env/bin/python"


def test_the_starter_runs_from_the_wheel_and_writes_all_five_files(python: Path, tmp_path: Path) -> None:
    cli = (python, "-I", "-m", "agentcrewops")
    assert run(*cli, "init", "x", cwd=tmp_path).returncode == 0
    done = run(*cli, "canary", "--suite", "suite.yaml", "--samples", "3", "--json", cwd=tmp_path / "x")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "no_baseline"
    written = {path.name for path in (tmp_path / "x/canary-out").iterdir()}
    assert written >= {"report.html", "verdict.json", "summary.md", "junit.xml", "samples.jsonl"}


def test_guardians_pack_and_its_starter_are_in_the_wheel(python: Path, tmp_path: Path) -> None:
    cli = (python, "-I", "-m", "agentcrewops", "guardian")
    assert run(*cli, "new", "mine", cwd=tmp_path).returncode == 0
    done = run(*cli, "list", "--probes", "probes", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) > 85


def test_a_strangers_evals_package_is_never_run(python: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "evals"
    stranger.mkdir()
    (stranger / "__init__.py").write_text("raise SystemExit('the stranger ran')")
    done = run(python, "-I", "-m", "agentcrewops", "--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_isolation_a_shadowing_package_is_named_instead_of_run(python: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "evals"
    stranger.mkdir()
    (stranger / "__init__.py").write_text("raise SystemExit('the stranger ran')")
    done = run(python, "-m", "agentcrewops", "--version", cwd=tmp_path)
    assert done.returncode == 2
    assert str(stranger / "__init__.py") in done.stderr
    assert "python -I -m agentcrewops" in done.stderr
