from __future__ import annotations

from agent_runtime.files.suggestion import did_you_mean, similar


def test_a_slip_of_the_pen_is_recognized() -> None:
    assert did_you_mean("promt", ["model", "prompt"], "remove it") == "did you mean 'prompt'?"


def test_a_name_like_no_other_gets_the_other_advice() -> None:
    assert did_you_mean("model", ["policy"], "there are policy") == "there are policy"
    assert did_you_mean("model", [], "remove it") == "remove it"


def test_the_most_similar_name_comes_first() -> None:
    assert similar("exfil-1", ["exfil-12", "exfil-1x", "other", "exfil-01"], most=2) == [
        "exfil-1x",
        "exfil-12",
    ]
