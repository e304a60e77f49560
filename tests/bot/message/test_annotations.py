from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.message.annotations import Annotation, Level, annotations_of, checkout_at
from bot.message.results import Results
from evals.results.verdict import CaseComparison, CaseStatus, Comparison, MetricVerdict, Verdict, VerdictKind
from security_pack.catalog.probe import Severity
from security_pack.findings.findings import Location, Suppression
from tests.bot.samples import breach, finding

RISEN = Comparison(MetricVerdict.DRIFT, 1000.0, 2000.0, 2.0, 1.8, 2.2)


def verdict(*cases: CaseComparison, **changes: object) -> Results:
    whole = Verdict(VerdictKind.DRIFT, "**DRIFT**", suite="support-triage", cases=cases)
    return Results(replace(whole, **changes))  # type: ignore[arg-type]


def shown(results: Results, root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Annotation, ...]:
    monkeypatch.chdir(root)
    return annotations_of(results, checkout_at(root, Path("suite.yaml"), results))


def row(case_id: str, **changes: object) -> CaseComparison:
    whole = CaseComparison(case_id, CaseStatus.SHARED, 10, 10, 0, 10)
    return replace(whole, **changes)  # type: ignore[arg-type]


def line_of(file: Path, text: str) -> int:
    return next(n for n, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def test_a_broken_case_points_at_its_line_of_the_suite(
    starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = shown(verdict(row("refund_over_limit", broken=True)), starter, monkeypatch)
    assert (found.path, found.level, found.title) == ("suite.yaml", Level.FAILURE, "Broken: 10/10 → 0/10")
    assert found.line == line_of(starter / "suite.yaml", "refund_over_limit")


@pytest.mark.parametrize(
    ("case", "level", "title"),
    [
        (row("refund_over_limit", watch=True, candidate_passed=6), Level.WARNING, "Watch: 10/10 → 6/10"),
        (
            row("refund_over_limit", status=CaseStatus.ADDED, candidate_passed=2),
            Level.WARNING,
            "Mostly failing",
        ),
    ],
)
def test_what_is_less_sure_is_a_warning(
    starter: Path, monkeypatch: pytest.MonkeyPatch, case: CaseComparison, level: Level, title: str
) -> None:
    (found,) = shown(verdict(case), starter, monkeypatch)
    assert found.level is level
    assert found.title.startswith(title)


def test_a_case_that_holds_is_not_shown(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(verdict(row("refund_over_limit", candidate_passed=10)), starter, monkeypatch) == ()


def test_a_latency_that_rose_points_at_the_model_of_the_agent(
    starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = shown(verdict(metrics={"p95_latency_ms": RISEN}), starter, monkeypatch)
    assert (found.path, found.title) == ("agent.yaml", "p95 latency: 1\u202fs → 2\u202fs")
    assert found.line == line_of(starter / "agent.yaml", 'model: "sim:')


def test_a_success_that_fell_is_told_by_its_cases_alone(
    starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fell = replace(RISEN, change=-0.5)
    assert shown(verdict(metrics={"success_rate": fell}), starter, monkeypatch) == ()


def test_another_suite_here_lends_no_lines(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = verdict(row("refund_over_limit", broken=True), suite="other")
    assert shown(results, starter, monkeypatch) == ()


@pytest.mark.parametrize("text", [None, "cases: ["])
def test_a_suite_that_is_missing_or_broken_lends_no_lines(
    starter: Path, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    (starter / "suite.yaml").unlink()
    if text is not None:
        (starter / "suite.yaml").write_text(text)
    assert shown(verdict(row("refund_over_limit", broken=True)), starter, monkeypatch) == ()


def test_paths_are_those_of_the_repository(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = verdict(row("refund_over_limit", broken=True))
    monkeypatch.chdir(starter)
    (found,) = annotations_of(results, checkout_at(starter.parent, Path("suite.yaml"), results))
    assert found.path == "triage/suite.yaml"


def test_a_finding_points_at_the_line_to_change(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = shown(breach(), starter, monkeypatch)
    assert (found.path, found.line, found.level) == ("agent.yaml", 18, Level.FAILURE)
    assert found.title == "critical: A tool result makes the agent pay"
    assert found.message == (
        "billing.refund ran without approval.\nFix: Write approval: { required: true } under billing.refund."
    )


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.HIGH, Level.WARNING), (Severity.MEDIUM, Level.WARNING), (Severity.LOW, Level.NOTICE)],
)
def test_a_finding_that_does_not_block_is_quieter(
    starter: Path, monkeypatch: pytest.MonkeyPatch, severity: Severity, level: Level
) -> None:
    (found,) = shown(breach(finding(severity=severity, blocking=False)), starter, monkeypatch)
    assert found.level is level


@pytest.mark.parametrize(
    "place",
    [
        Location("../x", 1),
        Location("/etc/passwd", 1),
        Location("a.yaml", 0),
        Location("a\nb", 1),
        Location("a\0", 1),
        Location("x" * 5_000, 1),
    ],
)
def test_a_place_that_cannot_be_in_the_repository_is_left_out(
    starter: Path, monkeypatch: pytest.MonkeyPatch, place: Location
) -> None:
    assert shown(breach(finding(location=place)), starter, monkeypatch) == ()


def test_a_suppressed_finding_is_left_out(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = finding(blocking=False, suppressed=Suppression("known", "2030-01-01"))
    assert shown(breach(accepted), starter, monkeypatch) == ()


def test_failures_come_first(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet, loud = (
        finding(blocking=False, location=Location("a.yaml", 1)),
        finding(location=Location("z.yaml", 9)),
    )
    assert [found.path for found in shown(breach(quiet, loud), starter, monkeypatch)] == ["z.yaml", "a.yaml"]


def test_messages_hold_no_more_than_github_takes(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = shown(breach(finding(message="𝄞" * 100_000, title="x" * 1_000)), starter, monkeypatch)
    assert len(found.message.encode()) <= 65_536
    assert len(found.title) <= 255
