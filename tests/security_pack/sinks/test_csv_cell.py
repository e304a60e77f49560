"""CSV cells: what a spreadsheet would take for a formula."""

from __future__ import annotations

import pytest

from security_pack.catalog.conditions import SinkKind
from security_pack.sinks import active_parts


def rules(kind: SinkKind, text: str) -> set[str]:
    return {hit.rule for hit in active_parts(kind, text)}


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", "a,=1", "a;=1", "a\t=1", '"=1"', "ok\n=1", " =1"],
)
def test_a_formula_in_any_cell_is_live(text: str) -> None:
    assert rules("csv", text) == {"formula"}


@pytest.mark.parametrize(
    "text", ["-5", "+3.2 %", "- a bullet", "+1 202-555-0123", "a=b", '"a,=b"', "-1.5e-3", "--"]
)
def test_numbers_phones_bullets_and_quoted_cells_are_not(text: str) -> None:
    assert rules("csv", text) == set()
