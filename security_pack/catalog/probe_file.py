"""A probe file -> a Probe, or every reason why not, with its line and fix."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent_runtime.errors import InvalidInput, Problem
from agent_runtime.files.documents import Document, parse, read_yaml
from agent_runtime.files.placeholders import names_in
from security_pack.catalog.binding import Binding, bound
from security_pack.catalog.condition_checks import check_condition
from security_pack.catalog.probe import Probe


def read_probe(path: Path) -> Probe:
    """The probe written in `path`; data only.

    Raises:
        InvalidInput: unknown keys, YAML tags, patterns that do not work, texts that prove nothing, …
    """
    return probe_in(read_yaml(path))


def probe_in(document: Document) -> Probe:
    """The probe in a document that was read.

    Raises:
        InvalidInput
    """
    probe = parse(document, Probe)
    if problems := list(_problems(probe, document)):
        raise InvalidInput(problems)
    return probe


def _problems(probe: Probe, document: Document) -> list[Problem]:
    written = {("success",): probe.success, ("attempt",): probe.attempt}
    problems = [
        problem
        for location, condition in written.items()
        if condition is not None
        for problem in check_condition(condition, document, location)
    ]
    return problems + check_condition(probe.benign_twin.expect, document, ("benign_twin", "expect"))


def bind_names(probe: Probe, values: Mapping[str, str], file: Path) -> Probe:
    """The probe's `success` and `attempt` about an agent seen elsewhere, every `{{name}}` filled in.

    Args:
        values: what each name stands for; `write.recipient` names the argument of role recipient of the
            tool that plays `write`.

    Raises:
        InvalidInput: naming what has no value. A probe that asks for nothing real would find nothing.
    """
    judged = Probe.model_validate(_judged_part(probe))
    missing = sorted(names_in(_written(judged)) - set(values))
    if missing:
        flags = " ".join(f"--set {name}=…" for name in missing)
        what = f"'{{{{{missing[0]}}}}}' has no value outside our own runs"
        raise InvalidInput.one(file, what, f"say what it is in these runs:  {flags}")
    arguments: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        role, dot, argument = name.partition(".")
        if dot:
            arguments.setdefault(role, {})[argument] = value
    return bound(judged, Binding(arguments=arguments), values)


_JUDGED = frozenset(["schema", "id", "title", "family", "tier", "severity", "success", "attempt"])


def _judged_part(probe: Probe) -> dict[str, Any]:
    return {name: value for name, value in _written(probe).items() if name in _JUDGED}


def _written(probe: Probe) -> dict[str, Any]:
    return probe.model_dump(by_alias=True, exclude_unset=True)
