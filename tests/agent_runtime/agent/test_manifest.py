"""agent.yaml + policy.yaml + their references: checked together, with one fingerprint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_runtime.agent.manifest import load_manifest, resolve_inside
from agent_runtime.errors import InvalidInput

AGENT = """\
agent:
  name: "support-triage"
  model: "openai:gpt-4.1-mini"
  prompt: "prompts/system.md"
  temperature: [0.0, 0.4]
  max_steps: 8
  tools:
    - name: "kb.search"            # read-only
      allow: ["read"]
      implementation: { python: "tools/kb.py:search" }
    - name: "billing.refund"       # high-impact: needs approval
      allow: ["create"]
      approval: { required: true }
"""
POLICY = """\
policy:
  pii_redaction: ["email", "phone"]
  output_contract: { type: "json", schema_ref: "schemas/triage.json" }
  spend:
    per_run_usd_max: 0.25
    per_day_usd_max: 30
  domains_allowlist: ["*.your-company.com"]
"""
SCHEMA = '{"type": "object", "required": ["amount"]}'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "agent.yaml": AGENT,
        "policy.yaml": POLICY,
        "prompts/system.md": "Be kind.\n",
        "schemas/triage.json": SCHEMA,
        "tools/kb.py": "def search(): ...\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def edit(project: Path, name: str, old: str, new: str) -> None:
    path = project / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def fingerprint(project: Path) -> str:
    return load_manifest(project / "agent.yaml").fingerprint


def problems(project: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        load_manifest(project / "agent.yaml")
    return str(caught.value)


def test_everything_referenced_is_read(project: Path) -> None:
    manifest = load_manifest(project / "agent.yaml")
    assert manifest.prompt == "Be kind.\n"
    assert manifest.contract == json.loads(SCHEMA)
    assert set(manifest.digests) == {"prompts/system.md", "schemas/triage.json", "tools/kb.py"}


def test_the_fingerprint_does_not_see_order_comments_or_spelled_out_defaults(project: Path) -> None:
    before = fingerprint(project)
    edit(project, "agent.yaml", '  name: "support-triage"\n', "")
    edit(
        project,
        "agent.yaml",
        "  max_steps: 8\n",
        "  max_steps: 8  # few\n  name: support-triage\n  timeout_seconds: 120\n",
    )
    assert fingerprint(project) == before


@pytest.mark.parametrize("name", ["prompts/system.md", "schemas/triage.json", "tools/kb.py"])
def test_an_edit_of_any_referenced_file_changes_the_fingerprint(project: Path, name: str) -> None:
    before = fingerprint(project)
    (project / name).write_text((project / name).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert fingerprint(project) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("agent.yaml", "max_steps: 8", "max_steps: 9"),
        ("policy.yaml", "0.25", "0.26"),
        ("agent.yaml", "required: true", "required: false"),
    ],
)
def test_an_edit_of_spec_or_policy_changes_the_fingerprint(
    project: Path, name: str, old: str, new: str
) -> None:
    before = fingerprint(project)
    edit(project, name, old, new)
    assert fingerprint(project) != before


def test_the_fingerprint_does_not_depend_on_where_the_project_lies(project: Path) -> None:
    before = fingerprint(project)
    moved = project.rename(project.with_name(project.name + "-moved"))
    assert fingerprint(moved) == before


def test_another_model_given_by_hand_is_another_manifest(project: Path) -> None:
    other = load_manifest(project / "agent.yaml", model="openai:gpt-4.1")
    assert other.spec.model == "openai:gpt-4.1"
    assert other.fingerprint != fingerprint(project)
    with pytest.raises(InvalidInput, match="is not provider:model"):
        load_manifest(project / "agent.yaml", model="gpt")


def test_the_problems_of_both_files_come_at_once_with_their_lines(project: Path) -> None:
    edit(project, "agent.yaml", "max_steps: 8", "max_step: 8")
    edit(project, "policy.yaml", "per_day_usd_max: 30", "per_day_usd_max: lots")
    message = problems(project)
    assert "agent.yaml:6: unknown key 'max_step'" in message
    assert "policy.yaml:6: 'policy.spend.per_day_usd_max' is 'lots'" in message


def test_missing_references_are_told_where_they_are_written(project: Path) -> None:
    for name in ("prompts/system.md", "schemas/triage.json", "tools/kb.py"):
        (project / name).unlink()
    message = problems(project)
    assert "agent.yaml:4: 'prompts/system.md' does not exist" in message
    assert "policy.yaml:3: 'schemas/triage.json' does not exist" in message
    assert "agent.yaml:10: 'tools/kb.py' does not exist" in message


@pytest.mark.parametrize("path", ["../secret.json", "/etc/hostname", "schemas/../../x.json"])
def test_a_reference_that_leaves_the_project_is_refused(project: Path, path: str) -> None:
    edit(project, "policy.yaml", "schemas/triage.json", path)
    assert "leads out of the project folder" in problems(project)


def test_a_symbolic_link_out_of_the_project_is_refused(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.md"
    outside.write_text("secret", encoding="utf-8")
    (project / "prompts" / "link.md").symlink_to(outside)
    with pytest.raises(ValueError, match="leads out"):
        resolve_inside(project, "prompts/link.md")


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ("{", "is not a usable JSON Schema"),
        ('{"type": "objekt"}', "objekt"),
        ("false", "must be an object"),
        ("[]", "must be an object"),
        ('{"a": 1, "a": 2}', "appears twice"),
        ('{"pattern": "("}', "is not a usable JSON Schema"),
    ],
)
def test_a_contract_that_is_no_json_schema_is_refused(project: Path, schema: str, told: str) -> None:
    (project / "schemas" / "triage.json").write_text(schema, encoding="utf-8")
    message = problems(project)
    assert "policy.yaml:3" in message
    assert told in message


def test_arguments_that_are_no_json_schema_are_refused(project: Path) -> None:
    edit(
        project,
        "agent.yaml",
        '      allow: ["read"]\n',
        '      allow: ["read"]\n      arguments: { type: 3 }\n',
    )
    assert "agent.yaml:10: arguments of 'kb.search' are not a usable JSON Schema" in problems(project)


def test_an_http_tool_that_does_more_than_it_may_is_refused(project: Path) -> None:
    http = '{ http: { method: DELETE, url: "https://kb.your-company.com/" } }'
    edit(project, "agent.yaml", '{ python: "tools/kb.py:search" }', http)
    assert "makes a DELETE request, which means 'delete', but may not" in problems(project)
