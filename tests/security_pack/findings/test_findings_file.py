"""findings.json: the same when read again, and refused in plain words when it is not ours."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agent_runtime.errors import InvalidInput
from security_pack.findings.findings import Assessment
from security_pack.findings.findings_file import (
    assessment_document,
    assessment_of,
    findings_schema,
    read_assessment,
    write_assessment,
)
from tests.security_pack.sample_trials import a_breach, a_finding, a_hostile_assessment, a_pass

ALL = (a_breach(), a_pass(), a_hostile_assessment())


@pytest.mark.parametrize("assessment", ALL)
def test_what_is_read_is_what_was_written(tmp_path: Path, assessment: Assessment) -> None:
    write_assessment(tmp_path, assessment)
    assert read_assessment(tmp_path) == assessment


@pytest.mark.parametrize("assessment", ALL)
def test_it_follows_its_schema(assessment: Assessment) -> None:
    Draft202012Validator.check_schema(findings_schema())
    Draft202012Validator(findings_schema()).validate(assessment_document(assessment))


def test_what_scripts_rely_on_is_there() -> None:
    document = assessment_document(a_breach())
    assert document["conclusion"] == "breach"
    first = document["findings"][0]
    assert first["location"] == {"file": "agent.yaml", "line": 17}
    assert {"rule_id", "severity", "blocking", "fix", "reproduce", "suppressed", "rate"} <= first.keys()


def test_version_1_which_says_blame_for_control_is_still_read() -> None:
    document = changed(schema_version=1)
    for finding in document["findings"]:
        finding["blame"] = finding.pop("control")
    assert assessment_of(document) == a_breach()


def test_half_a_character_is_written_all_the_same(tmp_path: Path) -> None:
    write_assessment(tmp_path, a_breach(findings=(a_finding(message="\ud800"),)))
    assert read_assessment(tmp_path).findings[0].message == "?"


def changed(**changes: Any) -> dict[str, Any]:
    return assessment_document(a_breach()) | changes


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (changed(schema_version=3), "is of version 3; this agentcrewops reads version 2"),
        (changed(schema_version="2"), "is not a findings.json of version 2"),
        (changed(schema_version=True), "is not a findings.json of version 2"),
        ([], "is not a findings.json"),
        (changed(conclusion="fine"), "conclusion"),
        (changed(findings="none"), "findings"),
        (changed(simulated=1), "simulated"),
        (changed(headline="x" * 20_001), "far too long"),
        (changed(warnings=["x"] * 10_001), "far too long"),
        (changed(findings=[{"rule_id": "a", "location": {"file": "a", "line": "1"}}]), "findings.0"),
        (changed(agent="\ud800"), "Invalid JSON"),
    ],
)
def test_what_is_not_ours_is_refused(document: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        assessment_of(document)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["{", "", '{"a": NaN}', '{"a": 1, "a": 2}', "[" * 100_000, "\x00\xff"])
def test_what_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "findings.json").write_text(text, encoding="latin-1")
    with pytest.raises(InvalidInput):
        read_assessment(tmp_path)


def test_a_huge_file_is_not_even_parsed(tmp_path: Path) -> None:
    with (tmp_path / "findings.json").open("wb") as file:
        file.truncate(10_000_001)
    with pytest.raises(InvalidInput, match="is larger than 10 MB"):
        read_assessment(tmp_path)


PARTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(changed())), PARTS)
def test_any_part_exchanged_is_read_or_refused(key: str, part: Any) -> None:
    document = json.loads(json.dumps(changed(**{key: part}), allow_nan=True))
    with suppress(InvalidInput):
        assert isinstance(assessment_of(document), Assessment)
