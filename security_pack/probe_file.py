"""A probe file -> a Probe, or every reason why not, with its line and fix."""

from __future__ import annotations

from pathlib import Path

from agent_runtime.documents import Document, parse, read_yaml
from agent_runtime.errors import InvalidInput, Problem
from security_pack.predicates.checks import check_condition
from security_pack.probe import Probe


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
