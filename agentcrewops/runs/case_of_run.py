"""`agentcrewops case add`: a stored run as an eval case, saying no more than the run and the person said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agent_runtime.agent.manifest import Manifest, load_manifest
from agent_runtime.agent.spec import ToolSpec
from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import strict_json
from agent_runtime.guard.redact import ALL_KINDS
from agentcrewops.runs.home import state_folder
from agentcrewops.runs.run_record import RunRecord, ToolUse, read_run
from evals.graders.answer.expression import success
from evals.suite.edit import add_case
from evals.suite.suite import load_suite

_PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(kind.upper() for kind in ALL_KINDS)})_\d+\]")


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """What to make of which run."""

    run_id: str
    suite: Path
    agent: Path
    policy: Path | None = None
    case_id: str | None = None
    success: str | None = None
    must_pass: bool = False


@dataclass(frozen=True, slots=True)
class AddedCase:
    """What was written. `notes` is what a person should know about it."""

    case_id: str
    file: Path
    record: RunRecord
    keys: Mapping[str, Any]
    notes: tuple[str, ...]


def case_of_run(request: CaseRequest) -> AddedCase:
    """Append the run to the suite as a case.

    Raises:
        InvalidInput: there is no such run, nothing says what is right, or the suite cannot take the case.
    """
    manifest = load_manifest(request.agent, request.policy)
    record = read_run(state_folder(request.agent), request.run_id)
    case = _case(request, record, manifest)
    _refuse_unusable(case, request.suite)
    comment = f"from run {record.run_id}: {record.status} ({record.stop})"
    file = add_case(request.suite, case, comment)
    return AddedCase(case["case_id"], file, record, case, tuple(_notes(request, record, case, manifest)))


def _case(request: CaseRequest, record: RunRecord, manifest: Manifest) -> dict[str, Any]:
    case: dict[str, Any] = {
        "case_id": request.case_id or f"run_{record.run_id[:8]}",
        "input": record.input,
    }
    if manifest.contract is not None:
        case["evaluator"] = "json_schema"
    if request.success is not None:
        case["success"] = request.success
    # The run itself is no standard: it was stored because somebody found it worth a case, often a wrong one.
    if not {"evaluator", "success"} & case.keys():
        raise InvalidInput.one(
            "--success",
            "nothing says what is right: the agent has no output contract, and what it did may be the mistake",
            "say what a right answer is:  --success \"contains('…')\"",
        )
    optional = {
        "approvals": _approvals(record),
        "stubs": _stubs(record, manifest),
        "must_pass": request.must_pass,
    }
    return case | {key: value for key, value in optional.items() if value}


def _approvals(record: RunRecord) -> dict[str, str]:
    """What the person said about each tool; what was denied once stays denied."""
    approvals: dict[str, str] = {}
    for use in record.tool_uses:
        if use.approval is not None and approvals.get(use.tool) != "deny":
            approvals[use.tool] = use.approval
    return approvals


def _stubs(record: RunRecord, manifest: Manifest) -> dict[str, Any]:
    """What each tool that may change the world returned the first time it worked."""
    stubs: dict[str, Any] = {}
    for use in record.tool_uses:
        tool = manifest.spec.tool(use.tool)
        # Tools that only read run in evals themselves; what failed would teach the agent that it fails.
        if tool is not None and not tool.read_only and use.ok and use.tool not in stubs:
            stubs[use.tool] = _value(use)
    return stubs


def _value(use: ToolUse) -> Any:
    try:
        return strict_json(use.text)
    except ValueError:
        return use.text


def _refuse_unusable(case: Mapping[str, Any], suite: Path) -> None:
    """Find a wrong expression, or an id that is taken, before anything is written."""
    try:
        if "success" in case:
            success(case["success"])
    except InvalidInput as error:
        raise InvalidInput(replace(problem, file="--success") for problem in error.problems) from None
    if case["case_id"] in {other.case_id for other in load_suite(suite).cases}:
        raise InvalidInput.one(suite, f"has a case '{case['case_id']}' already", "choose another  --case-id")


def _notes(request: CaseRequest, record: RunRecord, case: Mapping[str, Any], manifest: Manifest) -> list[str]:
    notes = []
    if removed := sorted(set(_PLACEHOLDER.findall(record.input))):
        notes.append(
            f"personal data was removed when the run was stored: the input says {', '.join(removed)}; "
            "write a made-up value there if the agent needs one"
        )
    if request.success is None:
        notes.append(
            "the case only asks for the output contract; add  success:  with what a right answer says"
        )
    for tool in manifest.spec.tools:
        notes.extend(_notes_on(tool, record, case))
    return notes


def _notes_on(tool: ToolSpec, record: RunRecord, case: Mapping[str, Any]) -> list[str]:
    uses = [use for use in record.tool_uses if use.tool == tool.name and not tool.read_only]
    notes = []
    if len({use.text for use in uses if use.ok}) > 1:
        notes.append(f"{tool.name} gave several results; its stub gives the first each time")
    if any(not use.ok and use.approval != "deny" for use in uses):
        notes.append(f"{tool.name} failed or was refused in the run; a stub always succeeds")
    if not tool.read_only and tool.eval is None and tool.name not in case.get("stubs", {}):
        notes.append(f'{tool.name} has no stand-in yet: add  stubs: {{ "{tool.name}": … }}  to the case')
    return notes
