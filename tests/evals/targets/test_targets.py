from __future__ import annotations

from evals.suite.suite_file import TargetSpec
from evals.targets import OPENERS


def test_every_kind_that_a_suite_may_name_can_be_opened() -> None:
    assert set(OPENERS) == set(TargetSpec.model_fields)


def test_every_kind_says_in_words_what_it_is() -> None:
    assert (
        TargetSpec.model_validate({"http": {"url": "http://localhost/run"}}).description == "an HTTP endpoint"
    )
    assert TargetSpec.model_validate({"recorded": {"file": "samples.jsonl"}}).description == "a recording"
