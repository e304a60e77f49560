"""docs/architecture.md and the import contracts say the same, and the map names only what is there."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return found


def floors_in_the_map() -> dict[str, list[str]]:
    block = MAP.split("```")[1]
    lines = (line.partition(":") for line in block.strip().splitlines())
    return {name: [floor.strip() for floor in floors.split(">")] for name, _, floors in lines}


def floors_in_the_contracts() -> dict[str, list[str]]:
    named = {one["name"].removeprefix("Floors of "): one["layers"] for one in contracts() if "layers" in one}
    packages = {name: floors for name, floors in named.items() if (ROOT / name).is_dir()}
    house = next(floors for name, floors in named.items() if name.startswith("The house"))
    return {"house": house, **packages}


def test_the_map_draws_the_floors_that_the_contracts_hold() -> None:
    assert floors_in_the_map() == floors_in_the_contracts()


def test_no_room_is_without_a_floor() -> None:
    floors = [one for one in contracts() if one["name"].startswith("Floors of ")]
    assert all(one["exhaustive"] for one in floors)


@pytest.mark.parametrize("package", ["evals", "security_pack"])
def test_a_package_has_twelve_rooms_at_the_most(package: str) -> None:
    rooms = [
        one
        for one in (ROOT / package).iterdir()
        if one.name not in {"__init__.py", "__pycache__"} and not one.name.startswith(".")
    ]
    assert len(rooms) <= 12, sorted(one.name for one in rooms)


@pytest.mark.parametrize(
    "path",
    sorted(
        set(re.findall(r"`((?:agentcrewops|bot|security_pack|evals|agent_runtime|tests|docs)/[\w/.]*)`", MAP))
    ),
)
def test_what_the_map_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("package", ["agent_runtime", "evals", "security_pack", "bot", "agentcrewops"])
def test_every_room_says_what_it_is_for(package: str) -> None:
    silent = [
        str(one.relative_to(ROOT))
        for one in (ROOT / package).rglob("__init__.py")
        if not one.read_text(encoding="utf-8").lstrip().startswith('"""')
    ]
    assert silent == []


LIBRARIES = ("agent_runtime", "evals", "security_pack", "bot")
PROGRAMS = {"evals/targets/process/python_worker.py"}  # the main of a process of its own
SPEAKS = {
    "agent_runtime/progress.py",  # writes on the stream that a verb gave it
    "evals/targets/prints.py",  # what an agent prints in our process goes to stderr, out of the verdict's way
}


def nodes(package: str) -> Iterator[tuple[str, ast.AST]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        name = str(path.relative_to(ROOT))
        yield from ((name, node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("package", LIBRARIES)
def test_a_library_starts_no_event_loop(package: str) -> None:
    loops = {"asyncio.run", "asyncio.new_event_loop", "asyncio.Runner"}
    calls = [(name, ast.unparse(node.func)) for name, node in nodes(package) if isinstance(node, ast.Call)]
    assert {name for name, call in calls if call in loops} <= PROGRAMS


@pytest.mark.parametrize("package", LIBRARIES)
def test_a_library_is_silent(package: str) -> None:
    said = [
        name
        for name, node in nodes(package)
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"})
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "print")
    ]
    assert set(said) <= SPEAKS
