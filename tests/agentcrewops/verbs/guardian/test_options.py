"""Words that Guardian's flags take."""

from __future__ import annotations

import pytest

from agent_runtime.errors import InvalidInput
from agentcrewops.verbs.guardian.options import member_named
from security_pack.catalog.probe import Severity


def test_a_word_that_is_known_is_its_member() -> None:
    assert member_named(Severity, "high", "--severity") is Severity.HIGH


def test_a_flag_that_was_not_given_is_nothing() -> None:
    assert member_named(Severity, None, "--severity") is None


def test_a_word_that_is_none_is_refused_with_its_flag_and_those_that_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        member_named(Severity, "High", "--severity")
    [problem] = refused.value.problems
    assert (problem.file, problem.what) == ("--severity", "'High' is not known")
    assert all(word in problem.fix for word in Severity)
