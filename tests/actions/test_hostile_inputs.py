"""Twenty inputs that would like to be more than inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.actions.conftest import Project

pytestmark = pytest.mark.actions

TOUCH = "touch $PWNED"
HOSTILE = [
    ("suite", "--help"),
    ("suite", "-c"),
    ("suite", "$(touch $PWNED)"),
    ("suite", "`touch $PWNED`"),
    ("suite", "suite.yaml; touch $PWNED"),
    ("suite", "suite.yaml\ntouch $PWNED"),
    ("suite", "../../../etc/passwd"),
    ("suite", "/etc/passwd"),
    ("suite", "suite.yaml' && touch $PWNED && '"),
    ("suite", 'suite.yaml" && touch $PWNED && "'),
    ("spec", "--policy=/etc/passwd"),
    ("spec", "agent.yaml\n::set-output name=verdict::pass"),
    ("policy", "$PWNED/../../../../etc/passwd"),
    ("samples", "10; touch $PWNED"),
    ("samples", "1e9"),
    ("shard", "1/1 && touch $PWNED"),
    ("model", "--model"),
    ("model", "sim:$(touch $PWNED)"),
    ("max-usd", "1 || touch $PWNED"),
    ("fail-on", "never\nverdict=pass"),
]
STEP = """
      - uses: OURS/actions/canary@REF
        id: step{number}
        continue-on-error: true
        with: {inputs}
"""
WORKFLOW = """
on: pull_request
jobs:
  hostile:
    runs-on: ubuntu-latest
    env: { PWNED: "FILE" }
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd
        with: { fetch-depth: 0, persist-credentials: false }
      - uses: OURS/actions/setup@REF
"""


def test_twenty_of_twenty_are_refused_and_do_nothing(project: Project, tmp_path: Path) -> None:
    pwned = tmp_path / "pwned"
    steps = [
        STEP.format(number=number, inputs=json.dumps({name: value}))
        for number, (name, value) in enumerate(HOSTILE)
    ]
    workflow = project.written(WORKFLOW.replace("FILE", str(pwned)) + "".join(steps))
    ran = project.run_pull(project.pull({"README.md": "hello"}), workflow)
    refused = [error["arg"] for error in ran.commands("error")]
    assert len(refused) == len(HOSTILE) == 20, refused
    assert ran.text.count("exit status 2") == 20
    assert not pwned.exists()
    assert ran.output("verdict") == ""
