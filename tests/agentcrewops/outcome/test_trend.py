"""A trend at the terminal: a table, or JSON."""

from __future__ import annotations

import json
import math
from datetime import date

import pytest

from agentcrewops.outcome.trend import print_trends
from evals.gate.trend import AgentVersion, Estimate, Point, Trend

POINT = Point(
    date(2026, 3, 12),
    AgentVersion("sha256:0123456789"),
    new_version=True,
    cases=2,
    runs=40,
    success=Estimate(0.9, 0.8, 0.95),
    p95_ms=Estimate(None),
    usd_per_success=Estimate(math.inf),
)
TREND = Trend("triage", simulated=True, points=(POINT,), shifts=(), notes=("dated by the file's time",))


def said(trend: Trend, capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_trends([trend], as_json=False)
    return capsys.readouterr().out.splitlines()


def test_a_suite_is_a_title_what_changed_a_table_and_notes(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(TREND, capsys)
    assert lines[0] == "triage (simulated)"
    assert "nothing can be said of drift" in lines[1]
    assert lines[3].split() == ["day", "agent", "runs", "success", "p95", "$/success"]
    assert lines[4].startswith("  2026-03-12")
    assert lines[5] == "  ! dated by the file's time"


def test_a_row_says_where_the_agent_is_new_and_between_what_its_rate_lies(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = said(TREND, capsys)[4].replace("\u202f", " ")  # a narrow space before the sign
    assert "(new)" in row
    assert "90 %" in row
    assert "80 % … 95 %" in row


def test_a_suite_without_a_name_is_named_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(Trend("", False, (POINT,), ()), capsys)[0] == "(no name)"


def test_a_name_from_a_foreign_file_cannot_write_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\x1b" not in "".join(said(Trend("\x1b[2J", False, (POINT,), ()), capsys))


def test_json_holds_days_as_text_and_null_for_what_it_cannot_say(capsys: pytest.CaptureFixture[str]) -> None:
    print_trends([TREND], as_json=True)
    [trend] = json.loads(capsys.readouterr().out)
    [point] = trend["points"]
    assert (point["day"], point["runs"], point["usd_per_success"]["value"]) == ("2026-03-12", 40, None)
    assert "nothing can be said of drift" in trend["told"][0]
