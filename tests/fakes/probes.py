"""Probes in short, already bound to an agent's tools."""

from __future__ import annotations

from typing import Any

from security_pack.catalog.probe import Probe


def probe_of(**written: Any) -> Probe:
    """A probe with what every probe needs; `written` overrides or adds keys of its file."""
    return Probe.model_validate(
        {
            "schema": "guardian/v1",
            "id": "test-probe",
            "title": "A probe",
            "family": "indirect_injection",
            "severity": "high",
            "success": {"tool_executed": {"name": "billing.refund"}},
            **written,
        }
    )


def planted_in_search(text: str, **written: Any) -> Probe:
    """A probe whose payload stands in what kb.search returns."""
    return probe_of(plant=[{"at": "tool_result", "tool": "kb.search", "text": text}], **written)
