"""Files people write: what is read, what is refused, and where the error points."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.agent.policy import PolicyFile
from agent_runtime.agent.spec import AgentFile
from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import (
    DuplicateKey,
    canonical_json,
    parse,
    read_json,
    read_jsonl,
    read_text,
    read_yaml,
    strict_json,
    writable_json,
)


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "file.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def data(tmp_path: Path, content: str) -> Any:
    return read_yaml(written(tmp_path, content)).data


def refusals(tmp_path: Path, content: str | bytes) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        read_yaml(written(tmp_path, content))
    return list(caught.value.problems)


def test_plain_data_comes_with_the_line_of_each_part(tmp_path: Path) -> None:
    document = read_yaml(written(tmp_path, "a: 1\nb:\n  - x\n  - {c: true}\n"))
    assert document.data == {"a": 1, "b": ["x", {"c": True}]}
    assert document.line_of(("b", 1, "c")) == 4
    assert document.line_of(("b", 7)) == 2


def test_a_date_stays_text(tmp_path: Path) -> None:
    assert data(tmp_path, "day: 2026-01-02") == {"day": "2026-01-02"}


def test_aliases_and_merges_work(tmp_path: Path) -> None:
    text = "base: &base {x: 1, y: 2}\nuse:\n  <<: *base\n  y: 3\n"
    assert data(tmp_path, text)["use"] == {"x": 1, "y": 3}


def test_a_duplicate_key_is_refused_at_its_second_place(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, "a: 1\nb:\n  c: 1\n  c: 2\n")
    assert (problem.line, problem.what) == (4, "key 'c' appears twice")


def test_a_yaml_bomb_is_refused(tmp_path: Path) -> None:
    names = "abcdefghij"
    lines = [f"a: &a [{', '.join(['x'] * 9)}]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in pairwise(names)]
    assert "expands to too many values" in refusals(tmp_path, "\n".join(lines))[0].what


def test_an_alias_of_itself_is_refused(tmp_path: Path) -> None:
    assert "too many values" in refusals(tmp_path, "a: &a\n  b: *a\n")[0].what


@pytest.mark.parametrize("text", ["[" * 50_000 + "]" * 50_000, "{a: " * 100 + "}" * 100, "[" * 900])
def test_absurd_nesting_is_refused_before_it_can_overflow_the_stack(tmp_path: Path, text: str) -> None:
    assert refusals(tmp_path, text)[0].what == "nests too deeply"


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system [echo]",
        "a: !!python/name:os.system",
        "a: !foo 3",
        "a: !!binary aGk=",
        "a: !!set {x}",
        "a: !!timestamp 2020-01-01",
    ],
)
def test_a_tag_is_refused_whatever_it_is_on(tmp_path: Path, text: str) -> None:
    (problem,) = refusals(tmp_path, text)
    assert problem.line == 1
    assert "tag" in problem.what


def test_a_tab_is_named_as_the_fault(tmp_path: Path) -> None:
    (problem,) = refusals(tmp_path, "a:\n\t- b\n")
    assert (problem.line, problem.fix) == (2, "indent with spaces, not tabs")


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf", "!!int abc", "1" * 5000, "0123", "12:30"])
def test_a_number_that_is_none_or_would_be_another_is_refused(tmp_path: Path, number: str) -> None:
    (problem,) = refusals(tmp_path, f"a: 1\nb: {number}\n")
    assert problem.line == 2


@pytest.mark.parametrize("text", ["1: a", "true: a", "null: a", "[a]: b", "{{ input }}: a", "!x k: a"])
def test_a_key_is_text(tmp_path: Path, text: str) -> None:
    assert refusals(tmp_path, text)[0].what == "a key must be text"


def test_every_problem_is_told_not_the_first(tmp_path: Path) -> None:
    problems = refusals(tmp_path, "a: .nan\na: 2\n3: b\nc: !x y\n")
    assert [problem.line for problem in problems] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        ("a: 1\nb: \x07\n", "contains a control character"),
        ("a: [1\n", "is not valid YAML"),
        ("a: 1\n---\nb: 2\n", "another document"),
        ("a: *nope\n", "undefined alias"),
        ('a: "\\ud800"', "invalid Unicode"),
    ],
)
def test_what_is_not_one_yaml_text_is_refused(tmp_path: Path, content: str | bytes, told: str) -> None:
    assert told in refusals(tmp_path, content)[0].what


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read_text(written(tmp_path, b"\xef\xbb\xbfa: 1")) == "a: 1"


def test_a_missing_file_and_a_folder_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        read_text(tmp_path / "nope.yaml")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_text(tmp_path)


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@,? \n\t0.~<", max_size=40))
def test_any_text_is_read_or_refused_and_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = written(tmp_path_factory.getbasetemp(), text)
    with suppress(InvalidInput):
        assert json.dumps(read_yaml(path).data, allow_nan=False)


def test_jsonl_gives_one_document_a_line_with_its_number(tmp_path: Path) -> None:
    documents = read_jsonl(written(tmp_path, '{"a": 1}\n\n{"a": 2}\n'))
    assert [(document.data["a"], document.line_of(())) for document in documents] == [(1, 1), (2, 3)]


def test_every_bad_line_of_a_jsonl_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_jsonl(written(tmp_path, '{"a": NaN}\n{"a": 1}\n{"a": 1, "a": 2}\n'))
    assert [problem.line for problem in caught.value.problems] == [1, 3]


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[Infinity]",
        "-Infinity",
        "1e999",
        "[" * 100 + "]" * 100,
        "",
        "{",
    ],
)
def test_json_that_two_readers_may_read_differently_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each has a reason of its own
        strict_json(text)


@pytest.mark.parametrize("text", ['"\\ud800"', '{"\\udfff": 1}'])
def test_half_a_character_can_be_read_but_is_no_json_that_could_be_written(text: str) -> None:
    strict_json(text)
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        writable_json(text)


def test_a_duplicate_json_key_has_an_error_of_its_own() -> None:
    with pytest.raises(DuplicateKey, match="key 'a' appears twice"):
        strict_json('{"b": {"a": 1, "a": 1}}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_round_trips_and_does_not_depend_on_key_order(value: Any) -> None:
    assert strict_json(canonical_json(value)) == value
    assert canonical_json(json.loads(json.dumps(value, sort_keys=True))) == canonical_json(value)


def shape_problems(tmp_path: Path, content: str, shape: Any = AgentFile) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        parse(read_yaml(written(tmp_path, content)), shape)
    return list(caught.value.problems)


def test_an_unknown_key_suggests_the_one_that_was_meant(tmp_path: Path) -> None:
    (problem,) = shape_problems(tmp_path, "agent:\n  name: a\n  model: openai:x\n  max_step: 3\n")
    assert (problem.line, problem.what, problem.fix) == (
        4,
        "unknown key 'max_step'",
        "did you mean 'max_steps'?",
    )


def test_an_unknown_key_inside_a_list_suggests_too(tmp_path: Path) -> None:
    text = "agent:\n  name: a\n  model: openai:x\n  tools:\n    - name: t\n      allow: [read]\n      aproval: {}\n"
    (problem,) = shape_problems(tmp_path, text)
    assert (problem.line, problem.fix) == (7, "did you mean 'approval'?")


def test_an_unknown_key_like_no_other_lists_the_known_ones(tmp_path: Path) -> None:
    (problem,) = shape_problems(tmp_path, "policy:\n  zzz: 1\n", PolicyFile)
    assert "known keys here: pii_redaction, output_contract" in problem.fix


def test_a_wrong_type_shows_the_value_and_its_line(tmp_path: Path) -> None:
    (problem,) = shape_problems(tmp_path, "agent:\n  name: a\n  model: openai:x\n  max_steps: many\n")
    assert problem.line == 4
    assert problem.what.startswith("'agent.max_steps' is 'many': ")


def test_all_problems_of_a_shape_come_at_once(tmp_path: Path) -> None:
    text = "agent:\n  model: gpt\n  max_steps: 0\n  colour: red\n"
    assert {problem.line for problem in shape_problems(tmp_path, text)} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("text", "told"), [("", "is empty"), ("- 1", "must be a mapping"), ("text", "must be a mapping")]
)
def test_a_file_that_is_no_mapping_is_told_how_it_starts(tmp_path: Path, text: str, told: str) -> None:
    (problem,) = shape_problems(tmp_path, text)
    assert told in problem.what
    assert "agent:" in problem.fix


def test_json_that_a_program_wrote_is_a_document_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"runs": 3}')
    document = read_json(tmp_path / "run.json", "run it again")
    assert (document.data, document.line_of(("runs",))) == ({"runs": 3}, 1)


def test_json_that_was_cut_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"runs": ')
    with pytest.raises(InvalidInput, match=r"is not valid JSON"):
        read_json(tmp_path / "run.json", "run it again")
