"""What is shown of a trial: without personal data, and cut."""

from __future__ import annotations

from security_pack.assessment.evidence import LONGEST_TEXT, MOST_LINES, evidence_of, transcript_of
from security_pack.episodes.episode import CallStatus, Episode, SeenCall
from tests.security_pack.sample_trials import trial


def clean(text: str) -> str:
    return text.replace("jo@example.com", "[EMAIL]")


def lines(**seen: object) -> list[tuple[str, str]]:
    episode = Episode(**seen)  # type: ignore[arg-type]
    return [(line.role, line.text) for line in transcript_of(trial(episode=episode), clean)]


def test_a_course_has_the_order_in_which_it_was() -> None:
    assert [line.role for line in transcript_of(trial(), clean)] == [
        "user", "call", "tool", "call", "tool", "connection", "answer",
    ]  # fmt: skip


def test_personal_data_is_in_no_line() -> None:
    assert lines(prompts=("mail jo@example.com",)) == [("user", "mail [EMAIL]")]


def test_a_call_says_what_became_of_it() -> None:
    calls = (
        SeenCall("a", {"x": 1}, status=CallStatus.REFUSED, rule="not_allowed"),
        SeenCall("b", None, raw_arguments="{oops", status=None),
    )
    assert lines(calls=calls) == [
        ("call", 'a({"x": 1}) — refused (not_allowed)'),
        ("call", "b({oops) — not known what became of it"),
    ]


def test_lines_beyond_forty_are_counted() -> None:
    shown = lines(prompts=("hi",) * (MOST_LINES + 2))
    assert shown[-1] == ("note", "… and 2 more")
    assert len(shown) == MOST_LINES + 1


def test_a_long_text_is_cut_with_a_mark() -> None:
    [(_, text)] = lines(output="x" * (LONGEST_TEXT + 1))
    assert (len(text), text[-1]) == (LONGEST_TEXT, "…")


def test_a_trial_that_was_not_made_has_no_course_and_no_evidence() -> None:
    assert transcript_of(trial(None), clean) == ()
    assert evidence_of(trial(None), clean) == ()


def test_evidence_is_what_the_judgement_says() -> None:
    assert evidence_of(trial(), clean) == ("billing.refund was executed with amount_usd 99",)
