"""Check runs, their annotations and suites."""

from __future__ import annotations

from tests.fakes.github.bodies import ANYTHING, COUNT, many, one_of, record, text
from tests.fakes.github.heads import Heads
from tests.fakes.github.routes import Call, Route, repo_path
from tests.fakes.github.shapes import Json
from tests.fakes.github.state import CheckRun, CheckSuite
from tests.fakes.github.wire import Reply, bad_request, not_found, refused

MAX_ANNOTATIONS = 50
MAX_ACTIONS = 3
MAX_OUTPUT = 65_535
MAX_ANNOTATION_BYTES = 64 * 1024


def _create(call: Call) -> Reply:
    _check_writer(call)
    sha = call.body["head_sha"]
    if not call.repo.git.has(sha):
        raise refused(422, f"No commit found for SHA: {sha}")
    _check_completion(call.body)
    _check_annotations(call.body)
    suite = Heads(call.world, call.events).suite(call.repo, _app_id(call), sha, None)
    run = CheckRun(
        id=next(call.world.ids),
        suite=suite,
        name=call.body["name"],
        sha=sha,
        status="queued",
        conclusion=None,
        started=call.body.get("started_at", call.world.now()),
        completed=None,
        details_url=None,
        external_id="",
        output={},
        annotations=[],
        actions=[],
    )
    _apply(call, run)
    call.repo.checks[run.id] = run
    _announce(call, run, "created")
    if run.status == "completed":
        _announce(call, run, "completed")
    return Reply(201, call.shapes.check_run(call.repo, run))


def _update(call: Call) -> Reply:
    run = run_of(call)
    _check_writer(call)
    if run.suite.app_id != _app_id(call):
        why = "check run can only be modified by the GitHub App that created it."
        raise refused(403, f"Invalid app_id `{_app_id(call)}` - {why}")
    _check_completion(call.body)
    _check_annotations(call.body)
    was = run.status
    run.name = call.body.get("name", run.name)
    _apply(call, run)
    if run.status == "completed" != was:
        _announce(call, run, "completed")
    return Reply(200, call.shapes.check_run(call.repo, run))


def run_of(call: Call) -> CheckRun:
    """The check run that the path names."""
    run = call.repo.checks.get(call.number("check_run_id"))
    if run is None:
        raise not_found()
    return run


def _app_id(call: Call) -> int:
    return call.token.app_id or 0


def _check_writer(call: Call) -> None:
    """Only an App writes checks; GITHUB_TOKEN is the token of one."""
    if call.token.kind not in ("actions", "installation"):
        raise refused(403, "You must authenticate via a GitHub App.")


def _check_completion(body: Json) -> None:
    completes = body.get("status") == "completed" or "completed_at" in body
    if completes and "conclusion" not in body:
        raise bad_request('"conclusion" wasn\'t supplied.')
    if body.get("conclusion") == "stale":
        raise bad_request("Only GitHub can set the conclusion to stale.")


def _check_annotations(body: Json) -> None:
    for one in body.get("output", {}).get("annotations", []):
        if one["start_line"] < 1 or one["end_line"] < one["start_line"]:
            raise bad_request("start_line must be at least 1 and end_line not before it.")
        if one["start_line"] != one["end_line"] and ("start_column" in one or "end_column" in one):
            raise bad_request("start_column and end_column are only for annotations of one line.")
        for name in ("message", "raw_details"):
            if len(one.get(name, "").encode()) > MAX_ANNOTATION_BYTES:
                raise bad_request(f"{name} is larger than 64 KB.")


def _apply(call: Call, run: CheckRun) -> None:
    """Write the fields that were given; annotations are added to those that are there."""
    body = call.body
    run.details_url = body.get("details_url", run.details_url)
    run.external_id = body.get("external_id", run.external_id)
    run.actions = body.get("actions", run.actions)
    if "output" in body:
        output = dict(body["output"])
        run.annotations.extend(output.pop("annotations", []))
        run.output = {**run.output, **output}
    run.status = "completed" if "conclusion" in body else body.get("status", run.status)
    if run.status == "completed":
        run.conclusion = body.get("conclusion", run.conclusion)
        run.completed = body.get("completed_at", run.completed or call.world.now())
    else:
        run.conclusion = run.completed = None


def _announce(call: Call, run: CheckRun, action: str) -> None:
    payload = {"action": action, "check_run": call.shapes.check_run(call.repo, run)}
    call.events.fire(call.repo, "check_run", payload, call.login)


def _get(call: Call) -> Reply:
    return Reply(200, call.shapes.check_run(call.repo, run_of(call)))


def _annotations(call: Call) -> Reply:
    run = run_of(call)
    return call.page([call.shapes.annotation(call.repo, run, one) for one in run.annotations])


def _rerequest(call: Call) -> Reply:
    run = run_of(call)
    _announce(call, run, "rerequested")
    return Reply(201, {})


def _of_commit(call: Call) -> Reply:
    sha = call.commit("ref")
    return _listed(call, [run for run in call.repo.checks.values() if run.sha == sha])


def _of_suite(call: Call) -> Reply:
    suite = _suite_of(call)
    return _listed(call, [run for run in call.repo.checks.values() if run.suite is suite])


def _listed(call: Call, runs: list[CheckRun]) -> Reply:
    name, status, app = call.wanted("check_name"), call.wanted("status"), call.wanted("app_id")
    found = [
        run
        for run in reversed(runs)
        if name in (None, run.name) and status in (None, run.status) and app in (None, str(run.suite.app_id))
    ]
    if call.wanted("filter", "latest") == "latest":
        found = list({(r.suite.app_id, r.name): r for r in reversed(found)}.values())
    return call.page([call.shapes.check_run(call.repo, run) for run in found], "check_runs")


def _suite_of(call: Call) -> CheckSuite:
    for suite in call.repo.suites:
        if suite.id == call.number("check_suite_id"):
            return suite
    raise not_found()


def _suite(call: Call) -> Reply:
    return Reply(200, call.shapes.suite(call.repo, _suite_of(call)))


def _suites(call: Call) -> Reply:
    sha = call.commit("ref")
    found = [call.shapes.suite(call.repo, suite) for suite in call.repo.suites if suite.sha == sha]
    return call.page(found, "check_suites")


def _create_suite(call: Call) -> Reply:
    _check_writer(call)
    sha = call.body["head_sha"]
    if not call.repo.git.has(sha):
        raise refused(422, f"No commit found for SHA: {sha}")
    known = [s for s in call.repo.suites if (s.app_id, s.sha) == (_app_id(call), sha)]
    suite = Heads(call.world, call.events).suite(call.repo, _app_id(call), sha, None)
    return Reply(200 if known else 201, call.shapes.suite(call.repo, suite))


def _rerequest_suite(call: Call) -> Reply:
    suite = _suite_of(call)
    payload = {"action": "rerequested", "check_suite": call.shapes.suite(call.repo, suite)}
    call.events.fire(call.repo, "check_suite", payload, call.login)
    return Reply(201, {})


_ANNOTATION = record(
    "path start_line end_line annotation_level message",
    path=text(),
    start_line=COUNT,
    end_line=COUNT,
    start_column=COUNT,
    end_column=COUNT,
    annotation_level=one_of("notice", "warning", "failure"),
    message=text(),
    title=text(255),
    raw_details=text(),
)
_ACTION = record("label description identifier", label=text(20), description=text(40), identifier=text(20))
_OUTPUT = {
    "title": text(),
    "summary": text(MAX_OUTPUT),
    "text": text(MAX_OUTPUT),
    "annotations": many(_ANNOTATION, MAX_ANNOTATIONS),
    "images": many(ANYTHING),
}
_FIELDS = {
    "name": text(),
    "details_url": text(pattern="^https?://"),
    "external_id": text(),
    "started_at": text(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    "completed_at": text(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
    "status": one_of("queued", "in_progress", "completed"),
    "conclusion": one_of(
        "action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out"
    ),
    "actions": many(_ACTION, MAX_ACTIONS),
}
_NEW = record("name head_sha", head_sha=text(), output=record("title summary", **_OUTPUT), **_FIELDS)
_CHANGED = record(output=record("summary", **_OUTPUT), **_FIELDS)
_READ, _WRITE = ("checks:read",), ("checks:write",)

ROUTES = (
    Route("POST", repo_path("/check-runs"), _create, _WRITE, body=_NEW),
    Route("GET", repo_path("/check-runs/{check_run_id}"), _get, _READ),
    Route("PATCH", repo_path("/check-runs/{check_run_id}"), _update, _WRITE, body=_CHANGED),
    Route("GET", repo_path("/check-runs/{check_run_id}/annotations"), _annotations, _READ),
    Route("POST", repo_path("/check-runs/{check_run_id}/rerequest"), _rerequest, _WRITE),
    Route("GET", repo_path("/commits/{ref}/check-runs"), _of_commit, _READ),
    Route("GET", repo_path("/commits/{ref}/check-suites"), _suites, _READ),
    Route(
        "POST", repo_path("/check-suites"), _create_suite, _WRITE, body=record("head_sha", head_sha=text())
    ),
    Route("GET", repo_path("/check-suites/{check_suite_id}"), _suite, _READ),
    Route("GET", repo_path("/check-suites/{check_suite_id}/check-runs"), _of_suite, _READ),
    Route("POST", repo_path("/check-suites/{check_suite_id}/rerequest"), _rerequest_suite, _WRITE),
)
