"""Agents of other frameworks, each in an environment of its own, judged against a model of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from evals.canary.preparation import CanaryOptions
from evals.results.samples import read_samples
from evals.results.verdict import VerdictKind
from tests.fakes.canaries import canary_verdict
from tests.fakes.model_server import TOKENS_PER_CALL, model_server

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

pytestmark = pytest.mark.frameworks


def fresh_clone(example: str, folder: Path) -> Path:
    """The example as it is in git, set up as its README says."""
    ignored = shutil.ignore_patterns(".venv", "__pycache__", "canary-out")
    clone = shutil.copytree(EXAMPLES / example, folder / example, ignore=ignored)
    for step in ("uv venv -q", "uv pip install -q -r requirements.txt"):
        environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        subprocess.run(step.split(), cwd=clone, env=environ, check=True)
    return clone


@pytest.mark.parametrize("example", ["langgraph-agent", "openai-agents", "pydantic-ai-agent"])
def test_an_example_passes_every_case_and_tells_its_tools_and_tokens(example: str, tmp_path: Path) -> None:
    clone = fresh_clone(example, tmp_path)
    with model_server() as url:
        environ = {**os.environ, "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none", "MODEL": "mock"}
        options = CanaryOptions(suite=clone / "suite.yaml", out=tmp_path / "out", samples=3)
        verdict = canary_verdict(options, environ)
    samples = read_samples(tmp_path / "out/samples.jsonl").samples
    assert verdict.verdict is VerdictKind.NO_BASELINE
    assert [sample.passed for sample in samples] == [True] * 9, [sample.error for sample in samples]
    assert {sample.tokens for sample in samples} == {TOKENS_PER_CALL, 2 * TOKENS_PER_CALL}
