from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from evals.suite.edit import add_case
from evals.suite.suite import load_suite

NEW: dict[str, Any] = {"case_id": "new", "input": "hi: there #1\n", "success": "contains('x')"}
ADDED = '# from run 1\n- case_id: "new"\n  input: "hi: there #1\\n"\n  success: "contains(\'x\')"\n'


def suite(folder: Path, cases: str, *, head: str = "suite: s\n", tail: str = "") -> Path:
    path = folder / "suite.yaml"
    path.write_bytes(f"{head}cases:{cases}{tail}".encode())
    return path


def added(path: Path, case: dict[str, Any] = NEW) -> str:
    """The whole text after adding the case, which must be the last of the suite."""
    file = add_case(path, case, "from run 1")
    last = load_suite(path).cases[-1]
    assert (last.case_id, last.messages[0].content) == (case["case_id"], case["input"])
    return file.read_bytes().decode()


def indented(text: str, by: str) -> str:
    return "".join(by + line for line in text.splitlines(keepends=True))


@pytest.mark.parametrize(
    ("cases", "indent"),
    [
        ("\n  - case_id: a\n    input: x\n    success: \"contains('y')\"\n", "  "),
        ("\n- case_id: a\n  input: x\n  success: \"contains('y')\"  # why\n", ""),
        ("\n  - { case_id: a, input: x, success: \"contains('y')\" } # why\n", "  "),
        (
            "\n    -   case_id: a\n        success: \"contains('y')\"\n        input: |\n          two\n",
            "    ",
        ),
    ],
)
def test_a_case_is_appended_in_the_suites_own_indentation(tmp_path: Path, cases: str, indent: str) -> None:
    path = suite(tmp_path, cases)
    before = path.read_text()
    assert added(path) == before + "\n" + indented(ADDED, indent)


def test_what_follows_the_cases_stays_behind_them(tmp_path: Path) -> None:
    one = "\n  - case_id: a\n    input: x\n    success: \"contains('y')\"\n"
    path = suite(tmp_path, one, tail="\n# how often\nsamples: 3 # three\n")
    text = added(path)
    assert text.index('case_id: "new"') < text.index("# how often")
    assert text.endswith("\n# how often\nsamples: 3 # three\n")


def test_cases_without_blank_lines_between_them_get_none(tmp_path: Path) -> None:
    one = "  - { case_id: %s, input: x, success: \"contains('y')\" }\n"
    path = suite(tmp_path, "\n" + one % "a" + one % "b")
    assert "}\n  # from run 1\n" in added(path)


def test_a_list_in_brackets_gets_its_case_inside(tmp_path: Path) -> None:
    path = suite(tmp_path, " [{ case_id: a, input: x, success: \"contains('y')\" }, ] # all\n")
    assert added(path).endswith("success: \"contains('x')\"}, ] # all\n".replace("success", '"success"'))


def test_a_file_without_a_last_newline_and_one_with_windows_newlines(tmp_path: Path) -> None:
    one = "\n  - case_id: a\n    input: x\n    success: \"contains('y')\""
    assert added(suite(tmp_path, one)).count("\n\n") == 1
    text = added(suite(tmp_path, one.replace("\n", "\r\n") + "\r\n", head="suite: s\r\n"))
    assert text.count("\r\n") == text.count("\n")


def test_cases_in_a_file_of_their_own_get_a_line_there(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"case_id": "a", "input": "x", "success": "contains(\'y\')"}')
    text = added(suite(tmp_path, ' "cases.jsonl"\n'))
    assert len(text.splitlines()) == 2
    assert (tmp_path / "suite.yaml").read_text() == 'suite: s\ncases: "cases.jsonl"\n'


def test_a_case_that_the_suite_cannot_take_changes_nothing(tmp_path: Path) -> None:
    path = suite(tmp_path, "\n  - case_id: a\n    input: x\n    success: \"contains('y')\"\n")
    before = path.read_text()
    with pytest.raises(InvalidInput, match="already used"):
        add_case(path, {**NEW, "case_id": "a"}, "from run 1")
    assert path.read_text() == before
    assert [file.name for file in tmp_path.iterdir()] == ["suite.yaml"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=6,
)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), JSON)
def test_any_input_and_any_stub_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, said: str, stub: Any
) -> None:
    path = suite(
        tmp_path_factory.mktemp("s"), "\n  - case_id: a\n    input: x\n    success: \"contains('y')\"\n"
    )
    add_case(path, {**NEW, "input": said, "stubs": {"t": stub}}, "from run 1")
    written = yaml.safe_load(path.read_text(encoding="utf-8"))["cases"][-1]
    assert (written["input"], written["stubs"]) == (said, {"t": stub})
