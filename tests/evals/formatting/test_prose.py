from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from evals.formatting.prose import Span, new_reasons, spans, unbroken, without_title
from evals.results.verdict import Verdict, VerdictKind


def test_bold_and_code_are_told_from_text() -> None:
    assert spans("**PASS** — `a` ok") == (
        Span("bold", "PASS"),
        Span("text", " — "),
        Span("code", "a"),
        Span("text", " ok"),
    )


def test_other_markup_stays_text() -> None:
    assert spans("[x](y) <b>") == (Span("text", "[x](y) <b>"),)


@given(st.text())
def test_no_character_is_lost_but_the_markers(text: str) -> None:
    kept = "".join(span.text for span in spans(text))
    assert kept.replace("*", "").replace("`", "") == text.replace("*", "").replace("`", "")


def test_the_title_is_taken_off_a_headline_with_its_simulated_mark() -> None:
    pieces = without_title(spans("**DRIFT** (simulated) — success fell; `a` broke"))
    assert "".join(piece.text for piece in pieces) == "Success fell; a broke"


def test_a_headline_without_a_title_stays_whole() -> None:
    assert without_title(spans("Nothing to compare.")) == (Span("text", "Nothing to compare."),)


def test_a_reason_that_the_headline_gives_is_not_given_again() -> None:
    verdict = Verdict(VerdictKind.DRIFT, "**DRIFT** — success fell. `a` broke.")
    verdict = replace(verdict, reasons=("Success fell.", "Another reason."))
    assert new_reasons(verdict) == ((Span("text", "Another reason."),),)


def test_a_score_and_a_percentage_stay_on_one_line() -> None:
    assert unbroken(spans("fell 93 % → 78 %")) == (Span("text", "fell 93\u00a0%\u00a0→\u00a078\u00a0%"),)
