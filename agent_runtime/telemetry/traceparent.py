"""Trace ids for a request to an agent elsewhere, so that its trace can be found again. No SDK needed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceIds:
    """One trace (32 hex digits) and the span (16) that the request is sent from."""

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        """The value of the `traceparent` header, version 00, sampled.

        https://www.w3.org/TR/trace-context/#traceparent-header
        """
        return f"00-{self.trace_id}-{self.span_id}-01"


def new_trace(seed_text: str) -> TraceIds:
    """The trace ids of `seed_text`; the same text gives the same ids, so put in what makes it unique."""
    digest = hashlib.sha256(seed_text.encode("utf-8", "surrogatepass")).hexdigest()
    return TraceIds(digest[:32], digest[32:48])
