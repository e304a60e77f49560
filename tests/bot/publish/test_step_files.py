from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from bot.publish.step_files import MOST_SUMMARY_BYTES, write_outputs, write_step_summary
from tests.fakes.step_files import as_the_runner_reads


def test_outputs_are_appended(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.write_text("earlier=1\n")
    write_outputs(file, {"verdict": "drift", "ci-low": "-0.19", "cost-usd": ""})
    assert as_the_runner_reads(file.read_text()) == {
        "earlier": "1",
        "verdict": "drift",
        "ci-low": "-0.19",
        "cost-usd": "",
    }


@pytest.mark.parametrize("value", ["a\nverdict=pass", "a\rb", "x\0", "\u2028", "a\x1b[0m"])
def test_a_value_that_could_be_a_line_of_its_own_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(InvalidInput, match="output report-path"):
        write_outputs(tmp_path / "output", {"report-path": value})
    assert not (tmp_path / "output").exists()


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"])))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_sets_another_output(tmp_path: Path, value: str) -> None:
    file = tmp_path / "output"
    file.write_text("")
    write_outputs(file, {"a": value})
    assert as_the_runner_reads(file.read_text()) == {"a": value}


def test_a_summary_is_appended_and_cut_on_a_line_to_what_is_left(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("earlier\n")
    write_step_summary(file, "a line\n" * 200_000)
    text = file.read_text()
    assert len(text.encode()) <= MOST_SUMMARY_BYTES
    assert text.startswith("earlier\na line\n")
    assert text.endswith("a line\n\n*Cut here: a step summary holds 1 MiB.*\n")


def test_a_full_summary_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("x" * MOST_SUMMARY_BYTES)
    write_step_summary(file, "more")
    assert file.stat().st_size == MOST_SUMMARY_BYTES


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_step_summary(tmp_path / "no" / "summary", "x")
