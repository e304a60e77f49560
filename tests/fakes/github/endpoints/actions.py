"""Workflow runs, artifacts and workflow dispatch."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import yaml

from tests.fakes.github.bodies import FLAG, record, text
from tests.fakes.github.git import GitRefused
from tests.fakes.github.routes import Call, Route, no_content, repo_path
from tests.fakes.github.shapes import workflow_id
from tests.fakes.github.state import Artifact, Repository, WorkflowRun, World
from tests.fakes.github.wire import Reply, Request, not_found, refused

BLOB_SECONDS = 60
FOLDER = ".github/workflows"


def _runs(call: Call) -> Reply:
    return _listed(call, list(call.repo.runs.values()))


def _listed(call: Call, runs: list[WorkflowRun]) -> Reply:
    found = [run for run in reversed(runs) if _wanted(call, run)]
    return call.page([call.shapes.workflow_run(call.repo, run) for run in found], "workflow_runs")


def _wanted(call: Call, run: WorkflowRun) -> bool:
    status = call.wanted("status")
    return (
        call.wanted("head_sha") in (None, run.head_sha)
        and call.wanted("event") in (None, run.event)
        and call.wanted("branch") in (None, run.head_branch)
        and (status is None or status in (run.status, run.conclusion))
    )


def _run_of(call: Call) -> WorkflowRun:
    run = call.repo.runs.get(call.number("run_id"))
    if run is None:
        raise not_found()
    return run


def _run(call: Call) -> Reply:
    return Reply(200, call.shapes.workflow_run(call.repo, _run_of(call)))


def _artifacts(call: Call) -> Reply:
    return _artifact_page(call, list(call.repo.artifacts.values()))


def _run_artifacts(call: Call) -> Reply:
    run = _run_of(call)
    return _artifact_page(call, [a for a in call.repo.artifacts.values() if a.run_id == run.id])


def _artifact_page(call: Call, artifacts: list[Artifact]) -> Reply:
    name = call.wanted("name")
    found = [one for one in artifacts if name in (None, one.name)]
    return call.page([call.shapes.artifact(call.repo, one) for one in found], "artifacts")


def _artifact_of(call: Call) -> Artifact:
    artifact = call.repo.artifacts.get(call.number("artifact_id"))
    if artifact is None:
        raise not_found()
    return artifact


def _artifact(call: Call) -> Reply:
    return Reply(200, call.shapes.artifact(call.repo, _artifact_of(call)))


def _download(call: Call) -> Reply:
    """A redirect to the blob store, which GitHub signs for a minute."""
    artifact = _artifact_of(call)
    if call.args["format"] != "zip":
        raise refused(415, "Unsupported archive format")
    if artifact.expired:
        raise refused(410, "Artifact has expired")
    if call.token.kind == "anonymous":
        raise refused(401, "Requires authentication")
    until = int(call.world.clock()) + BLOB_SECONDS
    where = f"/_blob/{call.repo.full_name}/{artifact.id}"
    location = f"{call.world.url}{where}?se={until}&sig={_signature(where, until)}"
    return Reply(302, None, {"Location": location})


def _delete(call: Call) -> Reply:
    del call.repo.artifacts[_artifact_of(call).id]
    return no_content()


def blob(world: World, request: Request) -> Reply:
    """What the blob store answers: the zip; like Azure's it refuses a request that brings its own credential."""
    if "authorization" in request.headers:
        message = "Authentication information is not given in the correct format."
        return _blob_error(400, "InvalidAuthenticationInfo", message)
    until = request.query.get("se", "0")
    if request.query.get("sig") != _signature(request.path, int(until) if until.isdecimal() else 0):
        return _blob_error(403, "AuthenticationFailed", "Signature did not match.")
    if int(until) < world.clock():
        return _blob_error(403, "AuthenticationFailed", "Signature not valid in the specified time frame.")
    _, _, owner, name, number = request.path.split("/")
    artifact = world.repository(f"{owner}/{name}").artifacts.get(int(number))
    if artifact is None:
        return _blob_error(404, "BlobNotFound", "The specified blob does not exist.")
    return Reply(200, artifact.content, {"Content-Type": "application/zip"})


def _signature(where: str, until: int) -> str:
    return hmac.new(b"blob store", f"{where} {until}".encode(), hashlib.sha256).hexdigest()


def _blob_error(status: int, code: str, message: str) -> Reply:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Reply(status, body.encode(), {"Content-Type": "application/xml"})


# -- workflows


def _dispatch(call: Call) -> Reply:
    ref = call.body["ref"]
    sha = call.repo.git.resolve(ref.removeprefix("refs/heads/"))
    if sha is None:
        raise refused(422, f"No ref found for: {ref}")
    file, definition = _workflow(call, sha)
    trigger = _trigger(definition)
    if trigger is None:
        raise refused(422, "Workflow does not have 'workflow_dispatch' trigger")
    inputs = _checked_inputs(trigger, call.body.get("inputs", {}))
    run = start_run(call.world, call.repo, file, "workflow_dispatch", sha, ref, call.login)
    run.status, run.conclusion, run.inputs = "queued", None, inputs
    payload = {"ref": f"refs/heads/{ref}", "workflow": f"{FOLDER}/{file}", "inputs": inputs}
    call.events.fire(call.repo, "workflow_dispatch", payload, call.login)
    if not call.body.get("return_run_details"):
        return no_content()
    shape = call.shapes.workflow_run(call.repo, run)
    return Reply(200, {"workflow_run_id": run.id, "run_url": shape["url"], "html_url": shape["html_url"]})


def _workflow(call: Call, sha: str) -> tuple[str, dict[Any, Any]]:
    """The file that the path names, by name or number, and what it holds."""
    wanted = call.args["workflow_id"]
    for entry in call.repo.git.tree(sha, recursive=True):
        file = entry.path.removeprefix(f"{FOLDER}/")
        if entry.path.startswith(f"{FOLDER}/") and wanted in (file, str(workflow_id(file))):
            return file, yaml.safe_load(call.repo.git.read_blob(entry.sha)) or {}
    raise not_found()


def _trigger(definition: dict[Any, Any]) -> dict[str, Any] | None:
    # YAML 1.1 reads the key `on` as true.
    triggers = definition.get("on", definition.get(True))
    if isinstance(triggers, str):
        triggers = [triggers]
    if not triggers or "workflow_dispatch" not in triggers:
        return None
    return (triggers["workflow_dispatch"] or {}) if isinstance(triggers, dict) else {}


def _checked_inputs(trigger: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    declared = trigger.get("inputs") or {}
    if unknown := sorted(set(given) - set(declared)):
        raise refused(422, f"Unexpected inputs provided: {unknown}".replace("'", '"'))
    for name, rule in declared.items():
        if (rule or {}).get("required") and name not in given and "default" not in rule:
            raise refused(422, f"Required input '{name}' not provided")
    defaults = {name: rule["default"] for name, rule in declared.items() if "default" in (rule or {})}
    return {**defaults, **given}


def start_run(
    world: World, repo: Repository, workflow: str, event: str, sha: str, branch: str, author: str
) -> WorkflowRun:
    """A new run, completed with success until someone says otherwise."""
    number = len(repo.runs) + 1
    run = WorkflowRun(
        next(world.ids),
        number,
        workflow,
        event,
        "completed",
        "success",
        branch,
        sha,
        repo.full_name,
        author,
        world.now(),
    )
    repo.runs[run.id] = run
    return run


def _workflow_runs(call: Call) -> Reply:
    wanted = call.args["workflow_id"]
    known = [r for r in call.repo.runs.values() if wanted in (r.workflow, str(workflow_id(r.workflow)))]
    return _listed(call, known)


def _get_workflow(call: Call) -> Reply:
    try:
        file, _ = _workflow(call, call.repo.git.resolve(call.repo.default_branch) or "")
    except GitRefused:
        raise not_found() from None
    api = call.shapes.api(call.repo)
    number = workflow_id(file)
    return Reply(
        200,
        {
            "id": number,
            "node_id": str(number),
            "name": file,
            "path": f"{FOLDER}/{file}",
            "state": "active",
            "created_at": call.repo.created,
            "updated_at": call.repo.created,
            "url": f"{api}/actions/workflows/{number}",
            "html_url": f"{call.shapes.html(call.repo)}/blob/{call.repo.default_branch}/{FOLDER}/{file}",
            "badge_url": f"{call.shapes.html(call.repo)}/workflows/{file}/badge.svg",
        },
    )


_READ, _WRITE = ("actions:read",), ("actions:write",)
_DISPATCH = record("ref", ref=text(), inputs={"type": "object", "maxProperties": 25}, return_run_details=FLAG)

ROUTES = (
    Route("GET", repo_path("/actions/runs"), _runs, _READ),
    Route("GET", repo_path("/actions/runs/{run_id}"), _run, _READ),
    Route("GET", repo_path("/actions/runs/{run_id}/artifacts"), _run_artifacts, _READ),
    Route("GET", repo_path("/actions/artifacts"), _artifacts, _READ),
    Route("GET", repo_path("/actions/artifacts/{artifact_id}"), _artifact, _READ),
    Route("DELETE", repo_path("/actions/artifacts/{artifact_id}"), _delete, _WRITE, role="write"),
    Route("GET", repo_path("/actions/artifacts/{artifact_id}/{format}"), _download, _READ),
    Route("GET", repo_path("/actions/workflows/{workflow_id}"), _get_workflow, _READ),
    Route("GET", repo_path("/actions/workflows/{workflow_id}/runs"), _workflow_runs, _READ),
    Route(
        "POST",
        repo_path("/actions/workflows/{workflow_id}/dispatches"),
        _dispatch,
        _WRITE,
        role="write",
        body=_DISPATCH,
    ),
)
