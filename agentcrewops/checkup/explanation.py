"""What `check --explain` tells: every setting that will hold, where it comes from, and what will run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import BaseModel

from agent_runtime.agent.policy import PolicyFile
from agent_runtime.agent.spec import AgentFile, Implementation, ToolSpec
from agent_runtime.files.documents import Document, Location, parse, read_yaml
from agent_runtime.tools import implementation_of
from agentcrewops.checkup.files import AgentFiles, CheckedFiles
from evals.canary.evaluation import expense
from evals.canary.preparation import Prepared
from evals.suite.suite import EvalCase
from evals.suite.suite_file import SuiteFile

_LISTED_APART = {("cases",), ("agent", "tools")}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that holds; `source` is file:line, or default."""

    name: str
    value: Any
    source: str


def settings_of(document: Document, written: BaseModel, at: Location = ()) -> Iterator[Setting]:
    """Every setting of a file, with the line that says so."""
    for name, field in type(written).model_fields.items():
        where = (*at, field.alias or name)
        value = getattr(written, name)
        if where in _LISTED_APART or (value is None and where[0] == "target"):
            continue
        if isinstance(value, BaseModel):
            yield from settings_of(document, value, where)
            continue
        line = document.lines.get(where)
        source = "default" if line is None else f"{document.file}:{line}"
        yield Setting(".".join(map(str, where)), _plain(value), source)


def explain(files: CheckedFiles) -> dict[str, Any] | None:
    """Every setting of files that can be used, as plain data; None if there are no files."""
    if files.prepared is not None:
        return _suite(files.prepared, files.agent)
    return _agent(files.agent, ()) if files.agent is not None else None


def _agent(files: AgentFiles, cases: Sequence[EvalCase]) -> dict[str, Any]:
    """The settings of an agent and its policy, and what its tools run."""
    agent, policy = read_yaml(files.agent), read_yaml(files.policy)
    settings = (*settings_of(agent, parse(agent, AgentFile)), *settings_of(policy, parse(policy, PolicyFile)))
    tools = {tool.name: _runs(tool, cases) for tool in files.manifest.spec.tools}
    return {"settings": list(map(asdict, settings)), "tools": tools}


def _suite(prepared: Prepared, agent: AgentFiles | None) -> dict[str, Any]:
    suite = prepared.evaluation.suite
    ours = _agent(agent, suite.cases) if agent is not None else {"settings": [], "tools": {}}
    settings = [asdict(setting) for setting in settings_of(suite.document, parse(suite.document, SuiteFile))]
    return {
        "plan": _plan(prepared),
        "baseline": str(prepared.baseline_file) if prepared.baseline_file else None,
        "settings": settings + ours["settings"],
        "cases": [_case(case, prepared) for case in suite.cases],
        "tools": ours["tools"],
    }


def lines_of(explained: Mapping[str, Any]) -> Iterator[str]:
    """The explanation as a person reads it."""
    if "plan" in explained:
        yield f"\nplan         {explained['plan']}"
        yield f"baseline     {explained['baseline'] or 'none'}"
    yield "\nsettings"
    width = max(len(setting["name"]) for setting in explained["settings"])
    for setting in explained["settings"]:
        yield f"  {setting['name']:{width}}  {_short(setting['value'])}  ({setting['source']})"
    yield from _titled("graders of each case", map(_case_line, explained.get("cases", ())))
    yield from _titled(
        "what a tool runs in evals", (f"{n}: {runs}" for n, runs in explained["tools"].items())
    )


def _titled(title: str, lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == 0:
            yield f"\n{title}"
        yield f"  {line}"


def _case_line(case: Mapping[str, Any]) -> str:
    return f"{case['case_id']}: {', '.join(case['graders'])}  ({case['source']})"


def _plan(prepared: Prepared) -> str:
    """How many runs, where the gate looks, and what that may cost."""
    evaluation, schedule = prepared.evaluation, prepared.evaluation.schedule
    agent = evaluation.target.agent or "the agent"
    cases = len(evaluation.suite.cases)
    parts = [f"{cases} cases × {schedule.planned} = {cases * schedule.planned} runs of {agent}"]
    if within := [look for look in schedule.looks if look <= schedule.planned]:
        parts.append(f"looks at {', '.join(map(str, within))} runs per case")
    cost = expense(evaluation, cases * schedule.planned, judges=prepared.judges.estimate)
    return "; ".join([*parts, *cost])


def _case(case: EvalCase, prepared: Prepared) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "graders": [grader.name for grader in prepared.graders[case.case_id]],
        "source": f"{case.file}:{case.line}",
    }


def _runs(tool: ToolSpec, cases: Sequence[EvalCase]) -> str:
    stubbed = sum(tool.name in case.stubs for case in cases)
    chosen = implementation_of(tool, evals=True)
    if chosen is None:
        return "the stub of each case"
    kind = "its eval:" if chosen is tool.eval else "itself, since it only reads:"
    apart = f"; the case's own stub in {stubbed} of {len(cases)} cases" if stubbed else ""
    return f"{kind} {_where(chosen)}{apart}"


def _where(implementation: Implementation) -> str:
    if implementation.http is not None:
        return f"{implementation.http.method} {implementation.http.url}"
    return implementation.python or ""


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
