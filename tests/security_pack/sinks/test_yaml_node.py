"""YAML: what builds more than data."""

from __future__ import annotations

import pytest

from security_pack.catalog.conditions import SinkKind
from security_pack.sinks import active_parts, fires

CANARY = "qx7canary7xq"


def rules(kind: SinkKind, text: str) -> set[str]:
    return {hit.rule for hit in active_parts(kind, text)}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("!!python/object/apply:os.system [id]", "tag"),
        ("a: !Ref x", "tag"),
        ("a: &x [1]\nb: *x", "alias"),
        ("a: &x {b: 1}\nc: {<<: *x}", "merge_key"),
    ],
)
def test_yaml_that_builds_more_than_data_is_live(text: str, rule: str) -> None:
    assert rule in rules("yaml", text)


@pytest.mark.parametrize(
    "text", ["a: 1\nb: [x, 'y']", "wow! great", "a: '!x'", "Note: the *best* & <<more>>", "!"]
)
def test_plain_yaml_is_not(text: str) -> None:
    assert rules("yaml", text) == set()


def test_a_canary_fires_under_a_tag_at_any_depth() -> None:
    assert fires("yaml", f"!!python/object/apply:os.system\nargs: [[{CANARY}]]", CANARY)
    assert not fires("yaml", f"- !x a\n- {CANARY}", CANARY)
