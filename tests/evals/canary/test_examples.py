"""Every example runs as its files say."""

from __future__ import annotations

import shutil
from pathlib import Path

from evals.canary.preparation import CanaryOptions
from evals.results.verdict import VerdictKind
from tests.fakes.canaries import canary_verdict

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def test_an_agent_that_is_a_service_is_started_asked_and_stopped(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "http-agent", tmp_path / "agent")
    options = CanaryOptions(suite=tmp_path / "agent/suite.yaml", out=tmp_path / "out", samples=5)
    verdict = canary_verdict(options, {})
    assert verdict.verdict is VerdictKind.NO_BASELINE
    assert verdict.infra_errors == 0
