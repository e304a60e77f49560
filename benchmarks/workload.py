"""What every harness is asked to do: 50 cases, 10 runs each, 50 at a time, a reply after 200 ms."""

from __future__ import annotations

import json

CASES, RUNS, CONCURRENCY = 50, 10, 50
BASELINE_RUNS = 30
LATENCY = 0.2
"""Seconds the mock takes for a reply."""
CALLS = CASES * RUNS
IDEAL_SECONDS = CALLS / CONCURRENCY * LATENCY
"""What the calls alone take if nothing else takes any time."""


def question(case: int) -> str:
    """The input of a case; mocks find its number behind the word "case"."""
    return f"case {case}: where is my order #{1000 + case}? Reply with the answer only."


def answer(case: int) -> str:
    """What a right reply contains."""
    return f"ANSWER-{case}"


def suite_text(url: str) -> str:
    """The suite.yaml of this work, for an endpoint at `url`."""
    target = {
        "url": url,
        "body": {"input": "{{ input }}"},
        "output": "$.output",
        "usage": "$.usage.tokens",
        "cost_usd": "$.usage.cost_usd",
    }
    cases = [
        {"case_id": f"case_{number}", "input": question(number), "success": f"contains('{answer(number)}')"}
        for number in range(CASES)
    ]
    head = {"suite": "harness", "target": {"http": target}, "samples": RUNS, "concurrency": CONCURRENCY}
    return "\n".join(
        [
            *(f"{key}: {json.dumps(value)}" for key, value in head.items()),
            "cases:",
            *(f"  - {json.dumps(case)}" for case in cases),
            "",
        ]
    )
