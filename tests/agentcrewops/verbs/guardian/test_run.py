"""`agentcrewops guardian`: passes on the example, and names the line that was weakened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agentcrewops.conftest import Shell, shell
from tests.conftest import edit

__all__ = ["shell"]

CAPS = "  spend:\n    per_run_usd_max: 0.25\n    per_day_usd_max: 30\n"


def line_of(path: Path, text: str) -> int:
    return next(
        at for at, line in enumerate(path.read_text().splitlines(), start=1) if line.strip().startswith(text)
    )


def test_the_example_passes(shell: Shell, starter: Path) -> None:
    said = shell("guardian", "--agent", "agent.yaml", "--out", "out", cwd=starter)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("PASS — ")
    assert sorted(path.name for path in (starter / "out").iterdir()) == [
        "findings.json",
        "guardian.sarif",
        "report.html",
        "summary.md",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "title"),
    [
        (
            "agent.yaml",
            "      approval: { required: true }\n",
            "",
            '- name: "billing.refund"',
            "billing.refund runs without asking anybody",
        ),
        (
            "policy.yaml",
            '["*.your-company.com"]',
            '["*"]',
            "domains_allowlist:",
            "The agent may connect where it should not",
        ),
        (
            "policy.yaml",
            '  pii_redaction: ["email", "phone"]\n',
            "",
            "policy:",
            "Personal data is kept or shown as it is",
        ),
        ("policy.yaml", CAPS, "", "policy:", "Nothing stops the agent from spending"),
    ],
)
def test_a_weakened_file_fails_and_its_line_is_named(
    shell: Shell, starter: Path, file: str, old: str, new: str, line: str, title: str
) -> None:
    edit(starter / file, old, new)
    said = shell("guardian", "--quiet", cwd=starter)
    number = line_of(starter / file, line)
    assert said.code == 1
    assert said.out.startswith("BREACH — ")
    [told] = [row for row in said.out.splitlines() if row.startswith("  ") and title in row]
    assert told.startswith(f"  {file}:{number}  {title} (")
    assert told.endswith(", blocks)")
    found = json.loads((starter / "guardian-out" / "findings.json").read_text())["findings"]
    named = [one for one in found if one["location"] == {"file": file, "line": number} and one["blocking"]]
    assert {one["tier"] for one in named} == {None, "enforcement"}


def test_run_may_be_left_out(shell: Shell, starter: Path) -> None:
    first = shell("guardian", "run", "--family", "contract", "--json", cwd=starter)
    second = shell("guardian", "--family", "contract", "--json", cwd=starter)
    assert (first.code, second.code) == (0, 0)
    assert json.loads(first.out)["conclusion"] == json.loads(second.out)["conclusion"] == "pass"


def test_help_is_the_groups_own(shell: Shell, starter: Path) -> None:
    assert "explain" in shell("guardian", "--help", cwd=starter).out
    assert "--probe" in shell("guardian", "run", "--help", cwd=starter).out


def test_only_some_probes(shell: Shell, starter: Path) -> None:
    said = shell("guardian", "--probe", "tool-unknown", "--json", cwd=starter)
    assert {probe["probe_id"] for probe in json.loads(said.out)["probes"]} == {"tool-unknown"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--agent", "none.yaml"), "none.yaml: does not exist"),
        (("--probe", "tool-unknwon"), "did you mean 'tool-unknown'?"),
        (("--family", "magic"), "write one of  direct_injection"),
        (("--probes", "none"), "none: is not a folder of probes"),
        (("--settings", "none.yaml"), "none.yaml: does not exist"),
        (("--probe", "tool-unknown", "--family", "leaks"), "no probe is left"),
    ],
)
def test_bad_input_says_what_to_do(
    shell: Shell, starter: Path, arguments: tuple[str, ...], said: str
) -> None:
    refused = shell("guardian", *arguments, cwd=starter)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err


def test_a_suppression_lets_it_pass_until_it_expires(shell: Shell, starter: Path) -> None:
    edit(starter / "policy.yaml", CAPS, "")
    weak = shell("guardian", "--json", cwd=starter)
    rules = {one["rule_id"] for one in json.loads(weak.out)["findings"] if one["blocking"]}
    suppressions = "".join(
        f'  - {{ id: {rule}, reason: "a demo", expires: 9999-12-31 }}\n' for rule in sorted(rules)
    )
    (starter / "guardian.yaml").write_text(f"suppressions:\n{suppressions}")
    assert shell("guardian", cwd=starter).code == 0
    edit(starter / "guardian.yaml", "9999-12-31", "2020-01-31")
    said = shell("guardian", cwd=starter)
    assert said.code == 1
    assert "  guardian.yaml:2  A suppression has expired (high, blocks)" in said.out


def test_an_own_probe_is_played_too(shell: Shell, starter: Path) -> None:
    shell("guardian", "new", "mine-01", "--family", "tool_abuse", "--out", "mine/mine-01.yaml", cwd=starter)
    (starter / "guardian.yaml").write_text("probes: [mine]\n")
    said = shell("guardian", "--probe", "mine-01", "--json", cwd=starter)
    assert said.code in {0, 1}
    assert json.loads(said.out)["probes"][0]["probe_id"] == "mine-01"
