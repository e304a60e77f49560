"""What `doctor` finds out: would a canary run here, and is anything set up in a way its owner will regret?"""

from __future__ import annotations

import asyncio
import importlib.util
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agent_runtime.agent.manifest import Manifest, load_manifest
from agent_runtime.errors import InvalidInput, Problem, UnknownPrice
from agent_runtime.guard.egress import Destination, Refusal, check_url
from agent_runtime.models import key_name
from agent_runtime.models.prices import price_of
from agentcrewops import __version__
from evals.canary.preparation import CanaryOptions, Prepared, prepare
from evals.suite.suite_file import HttpTarget

PROBE_SECONDS = 5.0
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    ADVICE = "advice"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `bad_input` marks what is wrong in a file, rather than around it."""

    level: Level
    what: str
    fix: str = ""
    bad_input: bool = False


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """What to look at: a suite and the agent it names, an agent alone, or only the environment."""

    suite: Path | None = None
    agent: Path | None = None
    policy: Path | None = None
    out: Path = Path("canary-out")


@dataclass(frozen=True, slots=True)
class Setup:
    """What could be read of the patient's files, and what was wrong with them."""

    manifest: Manifest | None = None
    endpoint: HttpTarget | None = None
    judges: tuple[Manifest, ...] = ()
    findings: tuple[Finding, ...] = ()


def examine(patient: CheckSubject, environ: Mapping[str, str]) -> list[Finding]:
    """Look at everything; nothing is run, and nothing but the declared endpoints is connected to."""
    setup = _read(patient, environ)
    models = [*([setup.manifest] if setup.manifest else []), *setup.judges]
    return [
        *_environment(),
        *setup.findings,
        *(finding for manifest in models for finding in _model(manifest, environ)),
        *(_served(setup.endpoint) if setup.endpoint else []),
        *(_policy(setup.manifest) if setup.manifest else []),
        _writable(patient.out),
    ]


def exit_code(findings: Iterable[Finding]) -> int:
    """0 nothing but advice · 1 a problem · 2 a file that cannot be used."""
    problems = [finding for finding in findings if finding.level is Level.PROBLEM]
    return 2 if any(problem.bad_input for problem in problems) else int(bool(problems))


def _ok(what: str) -> Finding:
    return Finding(Level.OK, what)


def _environment() -> Iterator[Finding]:
    yield _ok(f"agentcrewops {__version__} on Python {platform.python_version()}, {platform.system()}")
    litellm = "is installed" if importlib.util.find_spec("litellm") else "is not installed"
    yield _ok(f"extra 'litellm' {litellm}; only providers without an OpenAI-compatible endpoint need it")
    if shutil.which("git") is None:
        fix = "install git, so that results name their commit"
        yield Finding(Level.ADVICE, "git is not on the PATH", fix)


def _read(patient: CheckSubject, environ: Mapping[str, str]) -> Setup:
    try:
        if patient.suite is not None:
            options = CanaryOptions(patient.suite, patient.agent, patient.policy)
            return _of_suite(patient.suite, prepare(options, environ))
        if patient.agent is not None:
            manifest = load_manifest(patient.agent, patient.policy)
            return Setup(manifest, findings=(_ok(f"{patient.agent} and its policy can be used"),))
    except InvalidInput as error:
        return Setup(findings=tuple(map(_bad_input, error.problems)))
    nothing = "neither suite.yaml nor agent.yaml is here"
    return Setup(findings=(Finding(Level.ADVICE, nothing, "name one with --suite or --agent"),))


def _of_suite(path: Path, ready: Prepared) -> Setup:
    return Setup(
        ready.evaluation.manifest,
        ready.evaluation.suite.target.http,
        tuple(account.manifest for account in ready.judges.accounts),
        (_ok(f"{path} and everything it names can be used"),),
    )


def _bad_input(problem: Problem) -> Finding:
    place = f"{problem.file}:{problem.line}" if problem.line is not None else problem.file
    return Finding(Level.PROBLEM, f"{place}: {problem.what}", problem.fix, bad_input=True)


def _model(manifest: Manifest, environ: Mapping[str, str]) -> Iterator[Finding]:
    spec = manifest.spec
    if spec.simulated:
        yield _ok(f"{spec.model} is simulated: no key, no money, nothing to reach")
        return
    yield _price(manifest)
    if spec.provider == "openai" or spec.base_url is not None:
        yield from _direct(spec.model, spec.base_url, f"{spec.provider.upper()}_API_KEY", environ)
        return
    yield from _key(spec.model, key_name(spec.provider), environ)
    if importlib.util.find_spec("litellm") is None:
        fix = "uv tool install 'agentcrewops[litellm]'"
        yield Finding(Level.PROBLEM, f"{spec.model} needs the extra 'litellm'", fix)
    else:
        yield _ok(f"{spec.model} goes through litellm, which knows its address; not probed")


def _key(model: str, name: str | None, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the key is there; its value is never part of a finding."""
    if name is None:
        yield Finding(
            Level.ADVICE, f"{model}: its provider has ways of its own to log in", "see litellm's docs"
        )
    elif environ.get(name, "").strip():
        yield _ok(f"{name} is set, for {model}")
    else:
        yield Finding(Level.PROBLEM, f"{name} is not set, and {model} needs it", f"export {name}=…")


def _price(manifest: Manifest) -> Finding:
    model = manifest.spec.model
    try:
        price = price_of(manifest)
    except UnknownPrice as error:
        [problem] = error.problems
        return Finding(Level.PROBLEM, problem.what, problem.fix)
    return _ok(f"{model} costs ${price.input_per_mtok} in, ${price.output_per_mtok} out per million tokens")


def _direct(model: str, base_url: str | None, key: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    """A model behind an OpenAI-compatible endpoint; one on this very machine needs no key."""
    from agent_runtime.models.openai_http import OPENAI  # aiohttp is heavy

    destination = check_url(base_url or OPENAI, [base_url or OPENAI])
    if isinstance(destination, Refusal):
        what = f"{model}: base_url cannot be used: {destination.reason}"
        yield Finding(Level.PROBLEM, what, 'write it like  base_url: "https://host/v1"')
        return
    if destination.host not in _LOCAL:
        yield from _key(model, key, environ)
    yield asyncio.run(_reachable(destination))


async def _reachable(destination: Destination) -> Finding:
    """Any answer will do, a refusal for want of a key too; the runtime's own egress rules apply."""
    from agent_runtime.wire import NotAnswered, Wire  # aiohttp is heavy

    wire = Wire([destination.origin])
    try:
        url = f"{destination.url.rstrip('/')}/models"
        response = await wire.send("GET", url, headers={}, timeout_seconds=PROBE_SECONDS)
    except NotAnswered as error:
        fix = "is it running, and may this machine reach it?"
        return Finding(Level.PROBLEM, f"{destination.origin} cannot be reached: {error}", fix)
    finally:
        await wire.aclose()
    return _ok(f"{destination.origin} answers (HTTP {response.status} in {response.latency_ms:.0f} ms)")


def _served(target: HttpTarget) -> Iterator[Finding]:
    from evals.targets.exchange.request import Address

    if target.start is not None:
        yield _ok(f"{target.url} is served by `{target.start}`, which a canary starts itself")
        return
    address = Address.of(target.url)
    if asyncio.run(address.accepts()):
        yield _ok(f"{address} accepts connections")
    else:
        fix = "start the agent, or add  start: …  to the target"
        yield Finding(Level.PROBLEM, f"nothing answers at {address}", fix)


def _policy(manifest: Manifest) -> Iterator[Finding]:
    """What loads and runs, and is not what most owners would want."""
    policy, advice = manifest.policy, Level.ADVICE
    if policy.spend.per_run_usd_max is None or policy.spend.per_day_usd_max is None:
        fix = "add  spend: { per_run_usd_max: …, per_day_usd_max: … }  to policy.yaml"
        yield Finding(advice, "spending is not capped for every run and day", fix)
    if "*" in policy.domains_allowlist:
        yield Finding(advice, "domains_allowlist has a bare *: tools reach any host", "name the hosts")
    if policy.output_contract is None:
        fix = "add  output_contract: { schema_ref: … }  to policy.yaml"
        yield Finding(advice, "answers have no contract: any text will do", fix)
    if not policy.pii_redaction:
        fix = 'add  pii_redaction: ["email", "phone"]  to policy.yaml'
        yield Finding(advice, "nothing is redacted in what is written down", fix)
    for tool in manifest.spec.tools:
        if not tool.read_only and not tool.needs_approval:
            what = f"tool '{tool.name}' may {', '.join(tool.allow)} without approval"
            yield Finding(advice, what, "add  approval: { required: true }  to the tool")


def _writable(folder: Path) -> Finding:
    place = next((path for path in (folder, *folder.resolve().parents) if path.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            return _ok(f"{folder}/ can be written")
    except OSError as error:
        return Finding(Level.PROBLEM, f"{folder} cannot be written: {error.strerror}", "choose another --out")
