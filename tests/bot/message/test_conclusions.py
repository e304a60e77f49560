from __future__ import annotations

from dataclasses import replace

import pytest

from bot.message.conclusions import EXIT_CODES, Conclusion, conclusion_of, fail_on_of
from evals.results.facts import Facts, FailOn
from evals.results.verdict import VerdictKind
from security_pack.findings import findings
from tests.bot.samples import breach, drift, of_kind

KIND = VerdictKind


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (KIND.PASS, (0, 0, 0)),
        (KIND.DRIFT, (1, 1, 0)),
        (KIND.BELOW_FLOOR, (1, 1, 0)),
        (KIND.UNDECIDED, (0, 1, 0)),
        (KIND.PROVIDER_DRIFT, (0, 1, 0)),
        (KIND.NO_BASELINE, (0, 0, 0)),
        (KIND.NOT_MEASURED, (3, 3, 3)),
    ],
)
def test_each_verdict_exits_as_fail_on_says(kind: VerdictKind, codes: tuple[int, int, int]) -> None:
    asked = (FailOn.DRIFT, FailOn.UNDECIDED, FailOn.NEVER)
    assert tuple(EXIT_CODES[conclusion_of(of_kind(kind), each)] for each in asked) == codes


@pytest.mark.parametrize("kind", [KIND.UNDECIDED, KIND.NO_BASELINE, KIND.PROVIDER_DRIFT])
def test_doubt_is_never_called_success(kind: VerdictKind) -> None:
    assert conclusion_of(of_kind(kind), FailOn.DRIFT) is Conclusion.NEUTRAL


def test_the_worse_of_the_two_decides() -> None:
    both = replace(of_kind(KIND.PASS), assessment=breach().assessment)
    assert conclusion_of(both, FailOn.DRIFT) is Conclusion.FAILURE


@pytest.mark.parametrize(
    ("said", "conclusion"),
    [
        (findings.Conclusion.PASS, Conclusion.SUCCESS),
        (findings.Conclusion.BREACH, Conclusion.FAILURE),
        (findings.Conclusion.INCONCLUSIVE, Conclusion.ACTION_REQUIRED),
    ],
)
def test_guardian_concludes(said: findings.Conclusion, conclusion: Conclusion) -> None:
    assessment = breach().assessment
    assert assessment is not None
    results = replace(breach(), assessment=replace(assessment, conclusion=said))
    assert conclusion_of(results, FailOn.DRIFT) is conclusion


def test_the_gates_own_setting_holds_whatever_a_workflow_asks_for() -> None:
    results = of_kind(KIND.UNDECIDED, facts=Facts(fail_on=FailOn.UNDECIDED))
    assert fail_on_of(results, None) is FailOn.UNDECIDED
    assert fail_on_of(results, FailOn.NEVER) is FailOn.UNDECIDED
    assert fail_on_of(drift(), None) is FailOn.DRIFT


def test_a_forks_artifact_cannot_say_what_fails() -> None:
    results = replace(of_kind(KIND.DRIFT, facts=Facts(fail_on=FailOn.NEVER)), trusted=False)
    assert fail_on_of(results, None) is FailOn.DRIFT


@pytest.mark.parametrize(
    ("kind", "conclusion"), [(KIND.PASS, Conclusion.NEUTRAL), (KIND.DRIFT, Conclusion.FAILURE)]
)
def test_a_forks_claim_is_neutral_at_best(kind: VerdictKind, conclusion: Conclusion) -> None:
    assert conclusion_of(replace(of_kind(kind), trusted=False), FailOn.DRIFT) is conclusion
