"""What is wrong with a condition whose shape is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from security_pack.catalog.probe_file import read_probe

HEAD = """\
schema: guardian/v1
id: made-up
title: Made up
family: tool_abuse
severity: high
"""


def problems(folder: Path, success: str) -> str:
    path = folder / "probe.yaml"
    path.write_text(f"{HEAD}success:\n  {success}\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_probe(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("success", "what"),
    [
        ("tool_executed: { name: a, args: { to: { regex: '(' } } }", "7: the pattern '(' is not a pattern"),
        ("tool_executed: { name: a, args: { to: { regex: '(?=x)' } } }", "look-around is not supported"),
        ("tool_executed: { name: a, args: { to: { regex: '(a+)+$' } } }", "repeats a repetition"),
        ("tool_executed: { name: a, args: { to: { regex: '([a-z]*)*' } } }", "repeats a repetition"),
        (r"not: { tool_executed: { name: a, args: { to: { regex: '(?:\w+)+' } } } }", "repeats a repetition"),
        ("any: [{ seq: [a, { name: b, args: { x: { regex: '[' } } }] }]", "is not a pattern"),
        ("state: { path: '$.a[', match: 1 }", "is not a path"),
        ("state: { path: '$.a', match: { regex: ')' } }", "is not a pattern"),
        ("egress: https://evil.invalid/", "is not a host name"),
        ("output_contains: ok", "'ok' is too short to prove anything"),
        ("any: [{ trace_contains: a }, { memory_contains: b }]", "'b' is too short"),
    ],
)
def test_it_is_refused_with_its_line_and_a_fix(tmp_path: Path, success: str, what: str) -> None:
    said = problems(tmp_path, success)
    assert what in said
    assert "probe.yaml:7: " in said
    assert "fix: " in said


@pytest.mark.parametrize("pattern", [r"(?:[a-z]+\.)+com", r"(ab)+c*", r"https?://\S+", r"(a|b)*", r"\d{1,3}"])
def test_a_harmless_pattern_is_accepted(tmp_path: Path, pattern: str) -> None:
    path = tmp_path / "probe.yaml"
    path.write_text(
        f"{HEAD}success: {{ tool_executed: {{ name: a, args: {{ x: {{ regex: '{pattern}' }} }} }} }}\n"
    )
    assert read_probe(path).id == "made-up"
