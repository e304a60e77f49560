"""`agentcrewops check`: would a canary run here, and is anything set up in a way its owner will regret?"""

from __future__ import annotations

import importlib.util
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_runtime.errors import InvalidInput
from agentcrewops import __version__
from agentcrewops.checkup.connections import endpoint_finding, model_findings
from agentcrewops.checkup.facts import facts_of
from agentcrewops.checkup.files import AgentFiles, CheckedFiles, CheckSubject, read_files
from agentcrewops.checkup.findings import Finding, Level, bad_input, ok
from security_pack.assessment.static_checks import check_statically
from security_pack.findings.controls import read_places


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found out.

    Attributes:
        facts: about files that can be used; empty if one cannot.
        files: None if one cannot be used.
    """

    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]
    files: CheckedFiles | None


async def check(subject: CheckSubject, environ: Mapping[str, str], *, offline: bool = False) -> Checkup:
    """Look at everything; nothing is run, and nothing but the declared endpoints is connected to.

    Args:
        offline: connect to nothing, and look for no key.
    """
    around = tuple(_environment())
    try:
        files = read_files(subject, environ)
    except InvalidInput as error:
        wrong = map(bad_input, error.problems)
        return Checkup((*around, *wrong, _writable(subject.out)), {}, None)
    connections = await _connections(files, environ, offline=offline)
    policy = _static(files.agent) if files.agent is not None else ()
    findings = (*around, _readable(subject), *connections, *policy, _writable(subject.out))
    return Checkup(findings, facts_of(files), files)


def _environment() -> Iterator[Finding]:
    yield ok(f"agentcrewops {__version__} on Python {platform.python_version()}, {platform.system()}")
    litellm = "is installed" if importlib.util.find_spec("litellm") else "is not installed"
    yield ok(f"extra 'litellm' {litellm}; only providers without an OpenAI-compatible endpoint need it")
    if shutil.which("git") is None:
        fix = "install git, so that results name their commit"
        yield Finding(Level.ADVICE, "git is not on the PATH", fix)


def _readable(subject: CheckSubject) -> Finding:
    if subject.suite is not None:
        return ok(f"{subject.suite} and everything it names can be used")
    if subject.agent is not None:
        return ok(f"{subject.agent} and its policy can be used")
    nothing = "neither suite.yaml nor agent.yaml is here"
    return Finding(Level.ADVICE, nothing, "name one with --suite or --agent")


async def _connections(
    files: CheckedFiles, environ: Mapping[str, str], *, offline: bool
) -> tuple[Finding, ...]:
    found = [
        finding
        for manifest in files.models
        async for finding in model_findings(manifest, environ, offline=offline)
    ]
    endpoint = files.prepared.evaluation.suite.target.http if files.prepared is not None else None
    return (*found, *([await endpoint_finding(endpoint)] if endpoint is not None and not offline else []))


def _static(files: AgentFiles) -> Iterator[Finding]:
    """What loads and runs, and is not what most owners would want: Guardian's own static findings, as advice."""
    for found in check_statically(files.manifest, read_places(files.agent, files.policy)):
        place = f"{found.location.file}:{found.location.line}"
        yield Finding(Level.ADVICE, f"{place}: {found.message}", found.fix)


def _writable(folder: Path) -> Finding:
    # The folder need not be there yet: the nearest one above says whether it can be made.
    place = next((path for path in (folder, *folder.resolve().parents) if path.exists()), folder)
    try:
        # Tried, not asked: permission bits say nothing of a read-only mount.
        with tempfile.TemporaryFile(dir=place):
            return ok(f"{folder}/ can be written")
    except OSError as error:
        return Finding(Level.PROBLEM, f"{folder} cannot be written: {error.strerror}", "choose another --out")
