"""Where a reader goes from a comment or a check."""

from __future__ import annotations

from bot.message.links import Links, footer

SHA = "0123456789abcdef" * 2 + "01234567"
REPORT, RUN, CHECK = "https://a.example/r", "https://a.example/run", "https://a.example/check"


def test_a_footer_of_nothing_names_the_commit() -> None:
    assert footer(Links(SHA)) == "<sub>commit `0123456789ab`</sub>"


def test_a_report_on_the_web_comes_first() -> None:
    shown = footer(Links(SHA, REPORT, RUN).with_check(CHECK), "a note")
    assert shown == (
        f"<sub>[Full report]({REPORT}) · [Check]({CHECK}) · [Artifacts]({RUN}) · commit `0123456789ab` · a note</sub>"
    )


def test_without_one_the_artifacts_hold_it_and_the_check_says_what_it_shows() -> None:
    shown = footer(Links(SHA, run=RUN, check=CHECK))
    assert f"[Check, with every failing case]({CHECK})" in shown
    assert f"[Full report among the artifacts]({RUN})" in shown


def test_an_empty_address_of_a_check_is_none() -> None:
    assert Links(SHA).with_check("").check is None


def test_an_address_that_is_none_is_left_out() -> None:
    assert "javascript" not in footer(Links(SHA, report="javascript:alert(1)"))
