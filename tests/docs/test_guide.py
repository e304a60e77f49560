"""The guide keeps its word: its commands run as written, and its YAML is accepted."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from evals.graders import graders_for
from evals.suite.suite import load_suite
from evals.targets.declared_inputs import declared_inputs
from security_pack.findings.settings import load_settings
from tests.agentcrewops.conftest import Shell, shell
from tests.conftest import EXAMPLE
from tests.fakes.grading import case_of, means

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
PAGES = ("first-suite", "graders", "baselines", "costs", "ci-elsewhere", "guardian", "probes")
COMMAND = re.compile(r"^(?P<words>agentcrewops [^#\n]*)(?:#(?P<note>.*))?$", re.MULTILINE)

__all__ = ["shell"]


def blocks(page: str, language: str) -> list[str]:
    text = (GUIDE / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("small_pack")
def test_every_command_runs_as_written(page: str, shell: Shell, starter: Path) -> None:
    commands = [found for block in blocks(page, "sh") for found in COMMAND.finditer(block)]
    assert commands
    for command in commands:
        words = shlex.split(command["words"])[1:]
        expected = 1 if "exit 1" in (command["note"] or "") else 0
        assert shell(*words, cwd=starter).code == expected, command[0]


def test_every_evaluator_of_the_guide_is_accepted(starter: Path) -> None:
    [checks] = blocks("graders", "python")
    (starter / "checks.py").write_text(checks)
    (starter / "labelled.jsonl").write_text('{"input": "a", "output": "b", "passed": true}\n')
    written = [yaml.safe_load(block)["evaluator"] for block in blocks("graders", "yaml")]
    assert len(written) == 6
    for evaluator in written:
        assert graders_for(case_of(evaluator), means({"type": "object"}, starter))


def test_the_case_of_the_guide_is_accepted(shell: Shell, starter: Path) -> None:
    [case] = blocks("first-suite", "yaml")
    suite = starter / "suite.yaml"
    suite.write_text(suite.read_text() + "".join(f"  {line}\n" for line in case.splitlines()))
    assert shell("check", "--offline", cwd=starter).code == 0


def test_the_settings_of_the_guide_are_accepted(starter: Path) -> None:
    written = blocks("guardian", "yaml")[0]
    (starter / "probes").mkdir()
    (starter / "guardian.yaml").write_text(written)
    [one] = load_settings(starter / "guardian.yaml").suppressions
    assert one.subject == "billing.refund"


def test_the_suite_of_the_guide_names_tools_that_probes_bind_to(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(blocks("guardian", "yaml")[1])
    suite = load_suite(tmp_path / "suite.yaml")
    assert [tool.name for tool in suite.tools] == ["ticket.read", "mail.send"]
    assert "stubs" in declared_inputs(suite)


@pytest.mark.usefixtures("small_pack")
def test_the_parts_of_a_probe_in_the_guide_make_one(shell: Shell, starter: Path) -> None:
    head = (
        "schema: guardian/v1\nid: guide-probe\ntitle: From the guide\nfamily: exfiltration\nseverity: high\n"
    )
    (starter / "probes").mkdir()
    (starter / "probes/guide.yaml").write_text(head + "".join(blocks("probes", "yaml")))
    assert shell("guardian", "selftest", "--probes", "probes", cwd=starter).code == 0


def test_links_between_pages_lead_somewhere() -> None:
    for page in GUIDE.glob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+)[^)]*\)", page.read_text(encoding="utf-8")):
            away = link in {"http", "https"}
            assert away or (page.parent / link).exists(), f"{page.name} links to {link}"
    assert EXAMPLE.is_dir()
