"""guardian.sarif: findings as SARIF 2.1.0, for code scanning. One result per finding, one rule per probe.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub reads of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning

The fingerprint of a result holds what it is (agent, rule, subject), and no rate: it stays the same finding while the
model's mood changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agent_runtime import __version__
from agent_runtime.files.atomic_file import replace_file
from agent_runtime.visible import printable
from evals.formatting import markdown
from security_pack.catalog.probe import Severity, TaxonomyIds
from security_pack.findings.findings import Assessment, Conclusion, Finding

NAME = "guardian.sarif"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Mapping[Severity, str] = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_SCORES: Mapping[Severity, str] = {
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
"""A number in the middle of each of GitHub's ranges: over 9.0 critical, from 7.0 high, from 4.0 medium."""


def write_sarif(folder: Path, assessment: Assessment) -> None:
    """Write guardian.sarif into `folder`: a whole file or nothing."""
    replace_file(folder / NAME, json.dumps(sarif_log(assessment), ensure_ascii=False, indent=1) + "\n")


def sarif_log(assessment: Assessment) -> dict[str, Any]:
    """The assessment as a SARIF log with one run."""
    ruled: dict[str, Finding] = {}
    for finding in assessment.findings:
        ruled.setdefault(finding.rule_id, finding)
    places = {rule_id: at for at, rule_id in enumerate(ruled)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(list(ruled.values()))},
                "automationDetails": {"id": f"agentcrewops-guardian/{_plain(assessment.agent)}/"},
                "invocations": [
                    {"executionSuccessful": assessment.conclusion is not Conclusion.INCONCLUSIVE}
                ],
                "results": [
                    _result(finding, places[finding.rule_id], assessment.agent)
                    for finding in assessment.findings
                ],
            }
        ],
    }


def _driver(examples: Sequence[Finding]) -> dict[str, Any]:
    return {
        "name": "AgentCrewOps Guardian",
        "version": __version__,
        "rules": [_rule(finding) for finding in examples],
    }


def _rule(finding: Finding) -> dict[str, Any]:
    """What is known of a rule from one of its findings."""
    return {
        "id": finding.rule_id,
        "shortDescription": {"text": _plain(finding.title)},
        "fullDescription": {"text": _plain(finding.title)},
        "help": {
            "text": _plain(f"{finding.title}. Fix: {finding.fix}."),
            "markdown": f"**{markdown.text(finding.title)}**\n\nFix: {markdown.code(finding.fix, 500)}",
        },
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {
            "tags": ["security", *_tags(finding.maps)],
            "precision": "very-high" if finding.blocking else "medium",
            "security-severity": _SCORES[finding.severity],
        },
    }


def _tags(maps: TaxonomyIds) -> Iterator[str]:
    yield from (f"owasp-llm-2025/{name}" for name in maps.owasp_llm)
    yield from (f"owasp-agentic-2026/{name}" for name in maps.owasp_asi)
    yield from (f"mitre-atlas/{name}" for name in maps.atlas)
    yield from (f"external/cwe/cwe-{number:03d}" for number in maps.cwe)


def _result(finding: Finding, rule: int, agent: str) -> dict[str, Any]:
    suppressed = finding.suppressed
    return {
        "ruleId": finding.rule_id,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _plain(f"{finding.message} Fix: {finding.fix}.")},
        "locations": [{"physicalLocation": _location(finding)}],
        # GitHub takes results of one fingerprint for one alert; without one it would hash the line.
        "partialFingerprints": {"agentcrewopsGuardian/v1": fingerprint(finding, agent)},
        "suppressions": []
        if suppressed is None
        else [
            {
                "kind": "external",
                "status": "accepted",
                "justification": _plain(f"{suppressed.reason} (until {suppressed.expires})"),
            }
        ],
        "properties": {
            "tier": finding.tier.value if finding.tier is not None else "static",
            "subject": _plain(finding.subject),
            "blocking": finding.blocking,
            "reproduce": _plain(finding.reproduce),
        },
    }


def _location(finding: Finding) -> dict[str, Any]:
    where = finding.location
    return {
        "artifactLocation": {"uri": quote(where.file.encode("utf-8", "replace"), safe="/~-._")},
        "region": {"startLine": max(where.line, 1)},
    }


def fingerprint(finding: Finding, agent: str) -> str:
    """What makes it the same finding tomorrow: agent, tier, rule and subject."""
    tier = finding.tier.value if finding.tier is not None else "static"
    return hashlib.sha256("\0".join((agent, tier, finding.rule_id, finding.subject)).encode()).hexdigest()


def _plain(text: str) -> str:
    """Text that a SARIF viewer cannot take for a link, with control and bidi characters made visible."""
    # SARIF 3.11.6: a message may embed links, as in [text](target).
    return printable(text).replace("](", "] (")
