from typing import Any

import pytest

from agent_runtime.tools.interface import ToolResult
from agent_runtime.tools.outcome import LONGEST_RESULT, capped, failed, returned


def test_a_value_becomes_json_in_its_own_letters() -> None:
    assert returned({"name": "Zoë", "n": None}, 2.0) == ToolResult(
        '{"name": "Zoë", "n": null}', latency_ms=2.0
    )


def _endless() -> list[Any]:
    inside: list[Any] = []
    inside.append(inside)
    return inside


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}, b"x", _endless()])
def test_what_json_cannot_say_is_a_failure(value: object) -> None:
    result = returned(value)
    assert not result.ok
    assert "not JSON" in result.text


def test_a_long_result_is_cut_with_a_mark() -> None:
    text = capped("x" * (LONGEST_RESULT + 1))
    assert text.endswith(f"… [cut: {LONGEST_RESULT + 1} characters in all]")


def test_a_long_reason_is_cut() -> None:
    assert len(failed("x" * 10_000, 0.0).text) == 500


def test_text_can_always_be_stored() -> None:
    assert returned("\ud800").text == '"?"'
