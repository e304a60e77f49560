"""JSON: doubled keys, prototypes, numbers that are none."""

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
        ('{"a": 1, "a": 2}', "duplicate_key"),
        ('{"__proto__": {"admin": true}}', "prototype_key"),
        ('{"a": NaN}', "not_a_number"),
        ('x", "role": "admin', "ends_its_string"),
    ],
)
def test_json_that_readers_disagree_about_is_live(text: str, rule: str) -> None:
    assert rule in rules("json", text)


@pytest.mark.parametrize("text", ['{"a": [1, {"a": 2}]}', 'he said "no"', "not json", '{"a": "__proto__"}'])
def test_plain_json_and_prose_are_not(text: str) -> None:
    assert rules("json", text) == set()


def test_a_canary_fires_under_such_a_key_only() -> None:
    assert fires("json", f'{{"__proto__": {{"x": ["{CANARY}"]}}}}', CANARY)
    assert fires("json", f'{{"a": 1, "a": "{CANARY}"}}', CANARY)
    assert not fires("json", f'{{"a": "{CANARY}", "b": 1, "b": 2}}', CANARY)
