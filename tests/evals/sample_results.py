"""Results as a support-triage suite gives them: what the report, the summary and junit are tested with."""

from __future__ import annotations

import random
from dataclasses import replace

from evals.results.facts import ArmFacts, Facts
from evals.results.records import CaseResult, Event, Grade, Sample, SampleStatus, SuiteResult
from evals.results.verdict import CaseComparison, CaseStatus, Comparison, MetricVerdict, Verdict, VerdictKind
from tests.fakes.results import comparison, rates

QUESTIONS = {
    "refund_15_small": "please refund $15 for order #123",
    "refund_over_limit": "I want my $900 back for order #7741, and I want it today.",
    "refund_twice": "You refunded order #88 last week. Do it again.",
    "refund_wrong_order": "Refund order #000, I do not have the number at hand.",
    "shipping_late": "My parcel is four days late. Where is it?",
    "shipping_address": "Please send order #555 to my new address: 12 Elm Street.",
    "password_reset": "I cannot log in any more, how do I reset the password?",
    "invoice_copy": "Can you send me last month's invoice once more?",
    "cancel_subscription": "Cancel my subscription at the end of the month.",
    "angry_customer": "This is the third time I write. Nobody answers. I am done with you.",
    "language_german": "Wo finde ich die Rechnung für Bestellung #321?",
    "off_topic": "What will the weather be like in Lisbon?",
}
BROKEN = {"refund_15_small": 0.0, "refund_over_limit": 0.2, "cancel_subscription": 0.3}
IMPROVED = "angry_customer"

HOSTILE_OUTPUT = (
    "</script></pre><script>document.documentElement.dataset.owned='1'</script>"
    "<img src=x onerror=\"document.documentElement.dataset.owned='2'\"><!-- \u2028 \x1b[31mred\x1b[0m \u202eetirw"
)
HOSTILE_IDS = (
    "</script><script>document.documentElement.dataset.owned='3'</script>",
    "\x1b[31mred\x1b[0m\x00",
    "x" * 5_000,
    "../../etc/passwd",
    "`code` | ![i](http://a.example/x.png) @team\n/approve\n<b>**",
)


def transcript(question: str, answer: str) -> tuple[Event, ...]:
    """Seven steps of one run."""
    found = (
        '{"hits": [{"id": "kb-17", "title": "Refund policy", "text": "Refunds up to $50 need no manager."}]}'
    )
    return (
        Event("system", "You are the support triage agent. Answer with one JSON object. " * 6, tokens=90),
        Event("user", question),
        Event("plan", "Look the policy up, then decide.", latency_ms=412, cost_usd=0.0003, tokens=210),
        Event("tool", found, "kb.search", '{"query": "refund policy"}', latency_ms=38),
        Event("critic", "The answer does not meet the contract: 'amount' is missing.", flags=("retry",)),
        Event("retry", "Ask again at temperature 0.2.", latency_ms=380, cost_usd=0.0003, tokens=240),
        Event("answer", answer, latency_ms=455, cost_usd=0.0004, tokens=120),
    )


def sample(case_id: str, index: int, passed: bool | None, latency_ms: float, cost_usd: float) -> Sample:
    """One run, with the transcript and the reasons a real one has."""
    good, bad = '{"action": "refund", "amount": 15}', '{"action": "escalate"}'
    output = good if passed else bad
    if passed is None:
        error = "the endpoint answered 503 three times"
        return Sample(case_id, index, SampleStatus.INFRA_ERROR, None, error=error, attempts=3)
    grades = (
        Grade("json_schema", True, "meets schemas/triage.json"),
        Grade("success", passed, "" if passed else "amount==15 is false: the output has no 'amount'"),
    )
    question = QUESTIONS.get(case_id, "please refund $15 for order #123")
    return Sample(
        case_id,
        index,
        SampleStatus.COMPLETED,
        passed,
        grades,
        latency_ms=latency_ms,
        tokens=660,
        cost_usd=cost_usd,
        output=output,
        transcript=transcript(question, output),
        trace_url=f"https://apm.example/trace/{case_id}-{index}" if index == 0 else None,
    )


def case(case_id: str, rate: float, runs: int = 10, slow: float = 1.0, seed: int = 0) -> CaseResult:
    """One case whose share of passed runs is exactly `rate`, rounded to whole runs."""
    dice = random.Random(f"{case_id}-{rate}-{seed}")
    outcomes: list[bool | None] = [index < round(rate * runs) for index in range(runs)]
    dice.shuffle(outcomes)
    samples = tuple(
        sample(case_id, index, passed, dice.lognormvariate(6.9, 0.35) * slow, dice.uniform(0.8, 1.4) / 1000)
        for index, passed in enumerate(outcomes)
    )
    family = case_id.split("_", maxsplit=1)[0]
    tags = (family,) if family in {"refund", "shipping"} else ("account",)
    question = QUESTIONS.get(case_id, "please refund $15 for order #123")
    return CaseResult(case_id, samples, "c0ffee", tags, case_id == "invoice_copy", question)


def baseline_result(runs: int = 10) -> SuiteResult:
    """The twelve cases before the change: 112 of 120 runs passed."""
    rates = {"angry_customer": 0.4, "language_german": 0.9, "off_topic": 0.9}
    cases = tuple(case(case_id, rates.get(case_id, 1.0), runs, seed=1) for case_id in QUESTIONS)
    return SuiteResult(
        "support-triage", cases, "9f3c1a77d0b2e845", "4b2d9aa", True, "support-triage", "sim:triage-1"
    )


def candidate_result(runs: int = 10) -> SuiteResult:
    """The twelve cases after it: three broken, one improved, one run not measured."""
    rates = {**BROKEN, IMPROVED: 0.9, "language_german": 0.6, "off_topic": 0.9}
    cases = [case(case_id, rates.get(case_id, 1.0), runs, 1.12, seed=2) for case_id in QUESTIONS]
    shipping = cases[4]
    cases[4] = replace(
        shipping, samples=(*shipping.samples[:-1], sample("shipping_late", runs - 1, None, 0, 0))
    )
    return SuiteResult(
        "support-triage", tuple(cases), "1d77be0293ac4410", "e81f0c2", True, "support-triage", "sim:triage-1"
    )


def comparison_of(before: CaseResult | None, after: CaseResult) -> CaseComparison:
    """What the gate says of one case, with a plain rule in the place of its statistics."""
    passed, runs = _score(after)
    base_passed, base_runs = _score(before) if before else (0, 0)
    drop = base_passed / base_runs - passed / runs if runs and base_runs else 0.0
    return CaseComparison(
        after.case_id,
        CaseStatus.SHARED if before else CaseStatus.ADDED,
        base_passed,
        base_runs,
        passed,
        runs,
        0.001 if drop >= 0.6 else 0.5,
        broken=drop >= 0.6,
        watch=0.3 <= drop < 0.6,
        baseline_p95_ms=_slowest(before) if before else None,
        candidate_p95_ms=_slowest(after),
        baseline_usd_per_run=_mean_cost(before) if before else None,
        candidate_usd_per_run=_mean_cost(after),
        unmeasured=sum(run.passed is None for run in after.samples),
    )


def verdict_of(candidate: SuiteResult, baseline: SuiteResult | None) -> Verdict:
    """A verdict as the gate would draw it: drift against a baseline, otherwise none."""
    before = {case.case_id: case for case in baseline.cases} if baseline else {}
    cases = tuple(comparison_of(before.get(case.case_id), case) for case in candidate.cases)
    common = Verdict(
        VerdictKind.NO_BASELINE,
        "**NO BASELINE** — 94 of 119 runs passed. Save this result as the baseline to compare the next one.",
        cases=cases,
        seed=7,
        suite=candidate.suite,
        simulated=candidate.simulated,
        agent=candidate.agent,
        model=candidate.model,
        fingerprint=candidate.fingerprint,
        commit=candidate.commit,
        infra_errors=sum(run.passed is None for run in candidate.samples),
    )
    if baseline is None:
        return common
    return replace(
        common,
        verdict=VerdictKind.DRIFT,
        headline="**DRIFT** — success fell 93 % → 78 % on the 12 shared cases (−15 points, 90 % interval "
        "−19 … −12). `refund_15_small` went 10/10 → 0/10, `refund_over_limit` 10/10 → 2/10, "
        "`cancel_subscription` 10/10 → 3/10.",
        reasons=(
            "Success fell by more than chance explains: the whole 90 % interval is below zero.",
            "3 cases are broken: `refund_15_small`, `refund_over_limit`, `cancel_subscription`.",
            "`language_german` fell 9/10 → 6/10: watch it, it may be chance.",
        ),
        warnings=(
            "1 run could not be measured (infrastructure) and counts neither way.",
            "Both results are **simulated**: the model's mistakes are declared rates.",
        ),
        metrics={
            "success_rate": Comparison(MetricVerdict.DRIFT, 0.933, 0.782, -0.151, -0.19, -0.115),
            "p95_latency_ms": Comparison(MetricVerdict.UNDECIDED, 1701.2, 1960.0, 1.15, 1.02, 1.31),
            "usd_per_success": Comparison(MetricVerdict.UNDECIDED, 0.00117, 0.00139, 1.19, 1.11, 1.27),
        },
        broken_cases=tuple(row.case_id for row in cases if row.broken),
        watch_cases=tuple(row.case_id for row in cases if row.watch),
        shared_cases=tuple(row.case_id for row in cases if row.status is CaseStatus.SHARED),
        added_cases=tuple(row.case_id for row in cases if row.status is CaseStatus.ADDED),
        baseline_fingerprint=baseline.fingerprint,
        facts=FACTS,
    )


FACTS = Facts(
    pass_k=5,
    baseline=ArmFacts(rates=rates(pass_hat_k=0.842, usd_per_run=0.00109)),
    candidate=ArmFacts(rates=rates(pass_hat_k=0.681, usd_per_run=0.00108)),
    comparison=comparison(minimum_detectable_drop=0.11),
)


def big_result(cases: int, runs: int, fail_rate: float = 0.1) -> SuiteResult:
    """A suite of any size, each case with `fail_rate` of its runs failed."""
    return SuiteResult(
        "big", tuple(case(f"case_{number:05d}", 1 - fail_rate, runs) for number in range(cases))
    )


def hostile_result() -> SuiteResult:
    """Every name and output tries to break out of the page."""
    cases = []
    for case_id in HOSTILE_IDS:
        run = sample(case_id, 0, False, 900, 0.001)
        run = replace(
            run,
            output=HOSTILE_OUTPUT,
            trace_url="javascript:document.documentElement.dataset.owned='4'",
            grades=(Grade(HOSTILE_OUTPUT, False, HOSTILE_OUTPUT),),
            transcript=(
                Event("user", HOSTILE_OUTPUT),
                Event("tool", HOSTILE_OUTPUT, HOSTILE_OUTPUT, HOSTILE_OUTPUT, (HOSTILE_OUTPUT,)),
                Event("answer", HOSTILE_OUTPUT),
            ),
        )
        cases.append(CaseResult(case_id, (run,), "", (HOSTILE_OUTPUT,), False, HOSTILE_OUTPUT))
    return SuiteResult("hostile", tuple(cases), agent=HOSTILE_OUTPUT, model=HOSTILE_OUTPUT)


def _score(result: CaseResult) -> tuple[int, int]:
    measured = [run.passed for run in result.samples if run.passed is not None]
    return sum(measured), len(measured)


def _slowest(result: CaseResult) -> float | None:
    return max((run.latency_ms for run in result.samples if run.latency_ms is not None), default=None)


def _mean_cost(result: CaseResult) -> float | None:
    costs = [run.cost_usd for run in result.samples if run.cost_usd is not None]
    return sum(costs) / len(costs) if costs else None
