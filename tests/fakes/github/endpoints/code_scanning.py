"""SARIF uploads: unpacked, and their shape checked."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import uuid
import zlib
from typing import Any

from tests.fakes.github.bodies import ANYTHING, FLAG, record, text
from tests.fakes.github.routes import Call, Route, repo_path
from tests.fakes.github.state import Sarif
from tests.fakes.github.wire import Reply, not_found, refused

MAX_GZIP_BYTES = 10_000_000
MAX_RUNS = 20
MAX_RESULTS = 25_000
MAX_RULES = 25_000
MAX_LOCATIONS = 1_000
_LEVELS = {"none", "note", "warning", "error"}


def _upload(call: Call) -> Reply:
    if not call.repo.code_scanning:
        raise refused(403, "Advanced Security must be enabled for this repository to use code scanning.")
    sha, ref = call.body["commit_sha"], call.body["ref"]
    if not re.fullmatch(r"[0-9a-fA-F]{40}", sha):
        raise refused(422, "commit_sha must be a full 40-character SHA.")
    if not call.repo.git.has(sha):
        raise refused(422, f"commit not found: {sha}")
    if not re.match(r"refs/(heads|tags|pull)/.", ref):
        raise refused(422, f"ref '{ref}' not found in this repository")
    document = _unpacked(call.body["sarif"])
    number = str(uuid.uuid4())
    call.repo.sarifs[number] = Sarif(number, sha, ref, document, sarif_errors(document))
    return Reply(202, {"id": number, "url": f"{call.shapes.api(call.repo)}/code-scanning/sarifs/{number}"})


def _unpacked(given: str) -> Any:
    try:
        packed = base64.b64decode(given, validate=True)
        if len(packed) > MAX_GZIP_BYTES:
            raise refused(413, "SARIF upload is too large")
        return json.loads(gzip.decompress(packed))
    except (binascii.Error, OSError, EOFError, zlib.error, ValueError):
        raise refused(400, "Invalid SARIF. Must be gzipped and Base64 encoded JSON.") from None


def sarif_errors(document: Any) -> list[str]:
    """What GitHub's processing would say of a SARIF file; empty when it would show its results."""
    if not isinstance(document, dict) or document.get("version") != "2.1.0":
        return ["the file is not SARIF 2.1.0"]
    runs = document.get("runs")
    if not isinstance(runs, list):
        return ["the file has no runs"]
    if len(runs) > MAX_RUNS:
        return [f"too many runs: {len(runs)} > {MAX_RUNS}"]
    return [error for number, run in enumerate(runs) for error in _run_errors(f"runs[{number}]", run)]


def _run_errors(where: str, run: dict[str, Any]) -> list[str]:
    driver = run.get("tool", {}).get("driver", {})
    errors = [] if driver.get("name") else [f"{where}.tool.driver.name is missing"]
    rules = {rule.get("id") for rule in driver.get("rules", [])}
    if len(rules) > MAX_RULES:
        errors.append(f"{where}: too many rules")
    results = run.get("results", [])
    if len(results) > MAX_RESULTS:
        errors.append(f"{where}: too many results")
    for number, result in enumerate(results):
        errors += _result_errors(f"{where}.results[{number}]", result, rules)
    return errors


def _result_errors(where: str, result: dict[str, Any], rules: set[str]) -> list[str]:
    errors = []
    if not result.get("message", {}).get("text"):
        errors.append(f"{where}.message.text is missing")
    if result.get("level", "warning") not in _LEVELS:
        errors.append(f"{where}.level is not one of {sorted(_LEVELS)}")
    if rules and result.get("ruleId") not in rules:
        errors.append(f"{where}.ruleId {result.get('ruleId')!r} is not among the rules")
    locations = result.get("locations", [])
    if not locations:
        errors.append(f"{where}.locations is empty: GitHub shows no result without a location")
    if len(locations) > MAX_LOCATIONS:
        errors.append(f"{where}: too many locations")
    for location in locations:
        errors += _location_errors(where, location.get("physicalLocation", {}))
    return errors


def _location_errors(where: str, place: dict[str, Any]) -> list[str]:
    uri = place.get("artifactLocation", {}).get("uri")
    errors = [] if uri else [f"{where}: a location has no artifactLocation.uri"]
    if uri and (uri.startswith("/") or "://" in uri or ".." in uri.split("/")):
        errors.append(f"{where}: the uri {uri!r} is not relative to the repository")
    if place.get("region", {}).get("startLine", 1) < 1:
        errors.append(f"{where}: startLine is less than 1")
    return errors


def _state(call: Call) -> Reply:
    sarif = call.repo.sarifs.get(call.args["sarif_id"])
    if sarif is None:
        raise not_found()
    if sarif.errors:
        return Reply(200, {"processing_status": "failed", "analyses_url": None, "errors": sarif.errors})
    url = f"{call.shapes.api(call.repo)}/code-scanning/analyses?sarif_id={sarif.id}"
    return Reply(200, {"processing_status": "complete", "analyses_url": url, "errors": None})


_UPLOAD = record(
    "commit_sha ref sarif",
    commit_sha=text(),
    ref=text(),
    sarif=text(),
    checkout_uri=text(),
    started_at=text(),
    tool_name=text(),
    validate=FLAG,
    category=ANYTHING,
)

ROUTES = (
    Route(
        "POST",
        repo_path("/code-scanning/sarifs"),
        _upload,
        ("security_events:write",),
        role="write",
        body=_UPLOAD,
    ),
    Route("GET", repo_path("/code-scanning/sarifs/{sarif_id}"), _state, ("security_events:read",)),
)
