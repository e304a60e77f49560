"""What every test module keeps to; tests/README.md says why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
MODULES = sorted(TESTS.rglob("test_*.py"))


def imported_names(source: str) -> Iterator[str]:
    """Dotted names of the modules that are imported, and of what is taken out of them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_test_module_is_imported() -> None:
    names = {".".join(module.relative_to(TESTS.parent).with_suffix("").parts) for module in MODULES}
    importers = {
        str(file.relative_to(TESTS)): found
        for file in TESTS.rglob("*.py")
        if (found := names.intersection(imported_names(file.read_text(encoding="utf-8"))))
    }
    assert importers == {}, "move what they share to a module that is named after it"


@pytest.mark.parametrize(
    "line", ["from tests.a.test_b import c", "from tests.a import test_b", "import tests.a.test_b"]
)
def test_every_spelling_of_an_import_is_seen(line: str) -> None:
    assert "tests.a.test_b" in set(imported_names(line))
