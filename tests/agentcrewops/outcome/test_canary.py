"""A verdict at the terminal: its exit code and its words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentcrewops.outcome.canary import announce, announce_shard, exit_code, toned
from evals.canary.sharding import ShardRun
from evals.results.facts import Facts, FailOn
from evals.results.verdict import Tone, Verdict, VerdictKind
from evals.sampling.shards import Shard


def of(kind: VerdictKind, fail_on: FailOn | None = None) -> Verdict:
    return Verdict(kind, "**X** — in short.", facts=Facts(fail_on=fail_on))


def said(verdict: Verdict, capsys: pytest.CaptureFixture[str]) -> list[str]:
    announce(verdict, Path("out"), as_json=False)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (VerdictKind.PASS, 0),
        (VerdictKind.UNDECIDED, 0),
        (VerdictKind.NO_BASELINE, 0),
        (VerdictKind.DRIFT, 1),
        (VerdictKind.BELOW_FLOOR, 1),
        (VerdictKind.NOT_MEASURED, 3),
    ],
)
def test_each_verdict_has_its_exit_code(kind: VerdictKind, code: int) -> None:
    assert exit_code(of(kind)) == code


def test_what_the_gate_says_wins_over_the_flag() -> None:
    assert exit_code(of(VerdictKind.UNDECIDED, FailOn.UNDECIDED), FailOn.NEVER) == 1
    assert exit_code(of(VerdictKind.DRIFT, FailOn.NEVER), FailOn.DRIFT) == 0


def test_strict_fails_what_is_undecided_unless_the_gate_lets_everything_pass() -> None:
    assert exit_code(of(VerdictKind.UNDECIDED, FailOn.DRIFT), strict=True) == 1
    assert exit_code(of(VerdictKind.UNDECIDED, FailOn.NEVER), strict=True) == 0


def test_nothing_makes_a_canary_pass_that_could_not_measure() -> None:
    assert exit_code(of(VerdictKind.NOT_MEASURED, FailOn.NEVER), FailOn.NEVER) == 3


def test_a_baseline_that_is_required_and_not_there_is_no_measurement() -> None:
    assert exit_code(of(VerdictKind.NO_BASELINE), require_baseline=True) == 3
    assert exit_code(of(VerdictKind.PASS), require_baseline=True) == 0


def test_a_reason_that_the_headline_gives_is_not_said_twice(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = ("Success fell.", "Case `a` is broken.")
    verdict = Verdict(VerdictKind.DRIFT, "**DRIFT** — success fell: 90 % → 50 %.", reasons, ("Few runs.",))
    assert said(verdict, capsys) == [
        "DRIFT — success fell: 90 % → 50 %.",
        "  - Case a is broken.",
        "  ! Few runs.",
        "report: out/report.html",
    ]


def test_what_an_agent_said_cannot_write_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict(VerdictKind.NOT_MEASURED, "**X** — \x1b[2J", ("it said \u202e",), ("and \x07",))
    assert not set("".join(said(verdict, capsys))) & set("\x1b\u202e\x07")


def test_as_json_it_is_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    announce(of(VerdictKind.PASS), Path("out"), as_json=True)
    assert json.loads(capsys.readouterr().out)["verdict"] == "pass"


def test_only_at_a_terminal_with_colours_the_verdict_has_that_of_its_tone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert toned("DRIFT — down.", Tone.BAD) == "DRIFT — down."
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert toned("DRIFT — down.", Tone.BAD) == "\x1b[31m\x1b[1mDRIFT\x1b[0m — down."


def test_a_shard_has_no_verdict_and_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    announce_shard(
        ShardRun(Shard(2, 4), 8, 9, "quota\x1b"), Path("s2"), as_json=False, merge="guardian merge"
    )
    first, trouble, merge = capsys.readouterr().out.splitlines()
    assert first.startswith("SHARD 2/4 — 8 of 9 runs made")
    assert trouble.startswith("  - quota")
    assert trouble.endswith(": run this shard again")
    assert ("\x1b" in trouble, merge) == (False, "guardian merge s2 …")
