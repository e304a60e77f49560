"""Add a case to the text of a suite, and leave everything else in it as a person wrote it, comments included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from agent_runtime.errors import InvalidInput
from agent_runtime.files.atomic_file import replace_file
from agent_runtime.files.documents import read_text
from agent_runtime.files.yaml_text import one_line
from evals.suite.suite import EvalCase, load_suite


def add_case(suite: Path, case: Mapping[str, Any], comment: str) -> Path:
    """Append `case` to the suite's cases, in suite.yaml or in the file it names; returns the file that changed.

    The changed file is read again: if it is not the same suite with one more case, the old text is written back.

    Raises:
        InvalidInput: the suite is wrong, or would be with this case in it, or cannot be written.
    """
    before = load_suite(suite)
    file = Path(before.cases[0].file)
    text = read_text(file)
    if file == suite:
        _replace(suite, _with_case(text, case, comment), suite, before.cases)
    else:
        line = json.dumps(dict(case), ensure_ascii=False)
        _replace(file, f"{text.rstrip()}\n{line}\n", suite, before.cases)
    return file


def _with_case(text: str, case: Mapping[str, Any], comment: str) -> str:
    node = _cases_node(text)
    last = node.value[-1]
    if node.flow_style:
        at = last.end_mark.index
        return f"{text[:at]}, {one_line(dict(case))}{text[at:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    at = _end_of_line(text, _end(last))
    before = text[:at] if text[:at].endswith("\n") else text[:at] + newline
    gap = newline if _has_blank_lines(text, node) else ""
    added = newline.join(_lines(case, comment, " " * node.start_mark.column))
    return f"{before}{gap}{added}{newline}{text[at:]}"


def _cases_node(text: str) -> yaml.SequenceNode:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = next((value for key, value in pairs if key.value == "cases"), None)
    if not isinstance(found, yaml.SequenceNode):
        raise AssertionError("unreachable: the suite was read, and its cases are a list")
    return found


def _end(node: yaml.Node) -> int:
    """Where the text of the node ends. PyYAML puts the end of a block where the next begins: take its last part."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    index: int = node.end_mark.index
    return index


def _end_of_line(text: str, at: int) -> int:
    """The start of the next line, past a comment; `at` itself if a line begins there."""
    if at > 0 and text[at - 1] == "\n":
        return at
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _has_blank_lines(text: str, node: yaml.SequenceNode) -> bool:
    """True if a blank line stands between the cases."""
    if len(node.value) < 2:
        return True
    before = text[: node.value[-1].start_mark.index].splitlines()[:-1]
    while before and before[-1].lstrip().startswith("#"):
        before.pop()
    return bool(before) and not before[-1].strip()


def _lines(case: Mapping[str, Any], comment: str, indent: str) -> list[str]:
    first, *others = [f"{key}: {_on_one_line(value)}" for key, value in case.items()]
    return [f"{indent}# {comment}", f"{indent}- {first}", *(f"{indent}  {line}" for line in others)]


def _on_one_line(value: Any) -> str:
    """The value on one line; a mapping with spaces inside its braces, as in the examples."""
    text = one_line(value)
    return f"{{ {text[1:-1]} }}" if isinstance(value, Mapping) and value else text


def _replace(file: Path, text: str, suite: Path, before: tuple[EvalCase, ...]) -> None:
    """Write the text, and the old one again unless exactly one case was added at the end."""
    old = file.read_bytes()
    try:
        replace_file(file, text)
        try:
            after = load_suite(suite).cases
            if after[:-1] != before:
                raise InvalidInput.one(suite, "cannot take a case at its end", "add the case by hand")
        except InvalidInput:
            replace_file(file, old)
            raise
    except OSError as error:
        raise InvalidInput.one(file, f"cannot be written: {error.strerror}") from None
