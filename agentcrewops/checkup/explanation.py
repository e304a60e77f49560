"""What `validate --explain` tells: every setting that will hold, where it comes from, and what will run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from agent_runtime.agent.manifest import Manifest
from agent_runtime.agent.policy import PolicyFile
from agent_runtime.agent.spec import AgentFile, Implementation, ToolSpec
from agent_runtime.files.documents import Document, Location, parse, read_yaml
from agent_runtime.tools import implementation_of
from evals.canary.evaluation import expense
from evals.canary.preparation import CanaryOptions, Prepared
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


def explain_agent(agent: Path, policy: Path | None, manifest: Manifest) -> dict[str, Any]:
    """The settings of an agent and its policy, which were found to be right before, and what its tools run."""
    agent_document, policy_document = read_yaml(agent), read_yaml(policy or agent.parent / "policy.yaml")
    settings = (
        *settings_of(agent_document, parse(agent_document, AgentFile)),
        *settings_of(policy_document, parse(policy_document, PolicyFile)),
    )
    tools = {tool.name: _runs(tool, ()) for tool in manifest.spec.tools}
    return {"settings": list(map(asdict, settings)), "tools": tools}


def explain_suite(ready: Prepared, options: CanaryOptions) -> dict[str, Any]:
    """Everything about a suite that is ready to run, as plain data."""
    suite, manifest = ready.evaluation.suite, ready.evaluation.manifest
    settings = [asdict(setting) for setting in settings_of(suite.document, parse(suite.document, SuiteFile))]
    tools: dict[str, str] = {}
    if manifest is not None and (named := suite.target.runtime) is not None:
        agent = options.agent or suite.root / named.agent
        policy = options.policy or suite.root / named.policy
        settings += explain_agent(agent, policy, manifest)["settings"]
        tools = {tool.name: _runs(tool, suite.cases) for tool in manifest.spec.tools}
    return {
        "plan": _plan(ready),
        "baseline": str(ready.baseline_file) if ready.baseline_file else None,
        "settings": settings,
        "cases": [_case(case, ready) for case in suite.cases],
        "tools": tools,
    }


def lines_of(explained: Mapping[str, Any]) -> Iterator[str]:
    """The explanation as a person reads it."""
    if "plan" in explained:
        yield f"\nplan         {explained['plan']}"
        yield f"baseline     {explained['baseline'] or 'none'}"
    yield "\nsettings"
    width = max(len(setting["name"]) for setting in explained["settings"])
    for setting in explained["settings"]:
        yield f"  {setting['name']:{width}}  {_shown(setting['value'])}  ({setting['source']})"
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


def _plan(ready: Prepared) -> str:
    """How many runs, where the gate looks, and what that may cost."""
    evaluation, schedule = ready.evaluation, ready.evaluation.schedule
    agent = evaluation.target.agent or "the agent"
    cases = len(evaluation.suite.cases)
    parts = [f"{cases} cases × {schedule.planned} = {cases * schedule.planned} runs of {agent}"]
    if within := [look for look in schedule.looks if look <= schedule.planned]:
        parts.append(f"looks at {', '.join(map(str, within))} runs per case")
    cost = expense(evaluation, cases * schedule.planned, judges=ready.judges.estimate)
    return "; ".join([*parts, *cost])


def _case(case: EvalCase, ready: Prepared) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "graders": [grader.name for grader in ready.graders[case.case_id]],
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


def _shown(value: Any) -> str:
    text = "none" if value is None else str(value)
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
