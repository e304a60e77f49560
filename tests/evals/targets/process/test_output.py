"""What a program printed is shown without the secrets it was given."""

from __future__ import annotations

import pytest

from evals.targets.process.output import last_output, without_secrets


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "GH_TOKEN", "my_secret", "DB_PASSWORD", "DATABASE_URL"])
def test_the_value_of_a_variable_that_is_named_like_a_secret_is_left_out(name: str) -> None:
    assert without_secrets("got hunter22 back", {name: "hunter22"}) == "got [secret] back"


def test_a_value_that_everybody_may_know_stays() -> None:
    assert without_secrets("in /home/jo", {"HOME": "/home/jo"}) == "in /home/jo"


def test_a_short_value_stays_since_it_would_be_a_word() -> None:
    assert without_secrets("it is on", {"AUTH": "on"}) == "it is on"


def test_a_secret_that_holds_another_is_left_out_whole() -> None:
    environ = {"A_TOKEN": "abcdef", "B_TOKEN": "abcdef-ghijkl"}
    assert without_secrets("abcdef-ghijkl", environ) == "[secret]"


def test_personal_data_is_left_out_too() -> None:
    assert "jo@example.com" not in without_secrets("mailed jo@example.com", {})


def test_the_end_is_kept_and_what_is_cut_is_marked() -> None:
    assert last_output(b"  " + b"x" * 1_000 + b"\n", {}) == "x" * 1_000
    assert last_output(b"x" * 2_000 + b"end", {}) == "[…] " + "x" * 997 + "end"


def test_bytes_that_are_no_text_do_not_break_it() -> None:
    assert last_output(b"\xff", {}) == "\ufffd"
    assert last_output(b"", {}) == ""
