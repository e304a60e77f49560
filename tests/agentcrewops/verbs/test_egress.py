"""`policy egress`: what the runtime decides on a URL, for a shell."""

from __future__ import annotations

import json
from pathlib import Path

from tests.agentcrewops.conftest import Said, Shell

POLICY = (
    'policy: { pii_redaction: ["email"], domains_allowlist: ["*.your-company.com", "http://127.0.0.1:9"] }\n'
)


def egress(shell: Shell, folder: Path, *arguments: str) -> Said:
    (folder / "policy.yaml").write_text(POLICY)
    return shell("policy", "egress", "--policy", "policy.yaml", *arguments, cwd=folder)


def test_an_allowed_url_leaves_with_0(shell: Shell, tmp_path: Path) -> None:
    said = egress(shell, tmp_path, "https://api.your-company.com/x", "http://127.0.0.1:9/y")
    assert said.code == 0
    assert said.out.startswith("allowed  https://api.your-company.com/x")


def test_one_refused_url_leaves_with_1_and_the_rule(shell: Shell, tmp_path: Path) -> None:
    said = egress(shell, tmp_path, "https://api.your-company.com/x", "https://your-company.com/")
    assert said.code == 1
    assert "refused  https://your-company.com/  (not_allowlisted: " in said.out


def test_json_says_the_same(shell: Shell, tmp_path: Path) -> None:
    said = egress(shell, tmp_path, "--json", "https://user@api.your-company.com/")
    [facts] = json.loads(said.out)
    assert (said.code, facts["allowed"], facts["rule"]) == (1, False, "userinfo")


def test_a_hostile_url_cannot_write_to_the_terminal(shell: Shell, tmp_path: Path) -> None:
    assert "\x1b" not in egress(shell, tmp_path, "https://a.your-company.com/\x1b[2J").out


def test_a_policy_that_cannot_be_read_leaves_with_2(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("policy: { domains: [] }\n")
    said = shell("policy", "egress", "--policy", "bad.yaml", "https://x.y/", cwd=tmp_path)
    assert said.code == 2
    assert "unknown key 'domains'" in said.err
