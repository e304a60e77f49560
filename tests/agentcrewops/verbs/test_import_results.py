"""`canary import` and what comes after it, as a person types it."""

from __future__ import annotations

from pathlib import Path

from tests.agentcrewops.conftest import Shell

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "imports"


def test_two_real_promptfoo_outputs_go_through_to_a_report(shell: Shell, tmp_path: Path) -> None:
    for name in ("before", "after"):
        said = shell(
            "canary",
            "import",
            "promptfoo",
            FIXTURES / f"promptfoo-{name}.json",
            "--out",
            f"{name}.jsonl",
            cwd=tmp_path,
        )
        assert said.code == 0
    assert said.out == "wrote after.jsonl: 12 runs of 4 cases · 10 passed, 1 failed · 1 not measured\n"
    said = shell("compare", "before.jsonl", "after.jsonl", cwd=tmp_path)
    assert said.code == 0
    assert said.out.startswith("UNDECIDED — 100 % → 92 %")
    assert (tmp_path / "compare-out/report.html").exists()


def test_an_import_can_be_saved_as_a_baseline_under_the_harness_name(shell: Shell, tmp_path: Path) -> None:
    shell("canary", "import", "junit", FIXTURES / "pytest.xml", cwd=tmp_path)
    assert shell("baseline", "save", "samples.jsonl", cwd=tmp_path).code == 0
    assert (tmp_path / "baselines/pytest.json").exists()


def test_the_same_test_in_several_reports_was_repeated(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "again.xml").write_bytes((FIXTURES / "pytest.xml").read_bytes())
    said = shell("canary", "import", "junit", FIXTURES / "pytest.xml", "again.xml", cwd=tmp_path)
    assert "24 runs of 4 cases" in said.out


def test_a_file_that_cannot_be_used_is_bad_input_and_writes_nothing(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<html/>")
    said = shell("canary", "import", "junit", "x.xml", cwd=tmp_path)
    assert said.code == 2
    assert "x.xml:1: is not a JUnit report" in said.err
    assert not (tmp_path / "samples.jsonl").exists()
