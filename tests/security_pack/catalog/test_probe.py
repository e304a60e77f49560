"""What the shape of a probe refuses, and what it takes for granted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from security_pack.catalog.conditions import names_in
from security_pack.catalog.probe import ID_PATTERN, BenignTwin, Probe, Tier, WorstCaseStep
from tests.fakes.probes import probe_of
from tests.security_pack.made import probe

WROTE = {"tool_executed": "mail"}


@pytest.mark.parametrize("step", [{}, {"call": "mail", "say": "hello"}, {"say": "a", "connect": "https://x"}])
def test_a_step_of_the_worst_case_does_exactly_one_thing(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="exactly one of call, say and connect"):
        WorstCaseStep.model_validate(step)


@pytest.mark.parametrize("arguments", [{"args": {"to": "a"}}, {"raw_args": "{"}, {"raw_args": ""}])
def test_only_a_call_has_arguments(arguments: dict[str, Any]) -> None:
    assert WorstCaseStep.model_validate({"call": "mail", **arguments}).call == "mail"
    with pytest.raises(ValidationError, match="args belong to a call"):
        WorstCaseStep.model_validate({"say": "hello", **arguments})


@pytest.mark.parametrize(
    ("success", "attempt"),
    [
        ({"not": "success"}, None),
        ({"not": "attempt"}, None),
        ({"not": "attempt"}, {"any": ["success"]}),
        ({"steps_gt": 1}, {"not": "attempt"}),
    ],
)
def test_success_and_attempt_cannot_go_round_in_a_circle(
    success: dict[str, Any], attempt: dict[str, Any] | None
) -> None:
    with pytest.raises(ValidationError, match="name each other"):
        probe(success, attempt)


def test_one_of_the_two_may_name_the_other() -> None:
    asked = {"tool_requested": "wire"}
    assert names_in(probe({"all": [WROTE, {"not": "attempt"}]}, asked).success) == {"attempt"}
    assert probe(WROTE, {"any": ["success", asked]}).attempt is not None


@given(st.from_regex(ID_PATTERN, fullmatch=True))
def test_an_id_is_a_file_name_and_a_rule_everywhere(name: str) -> None:
    assert probe_of(id=name).id == name
    assert not re.search(r"[^a-z0-9_-]", name)


@pytest.mark.parametrize("name", ["ab", "Mail", "1st", "a b", "../x", "a" * 65, "mail-out\n"])
def test_an_id_with_anything_else_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="id"):
        probe_of(id=name)


def test_a_probe_is_of_both_tiers_unless_it_says_so_and_of_one_at_least() -> None:
    assert probe_of().tier == list(Tier)
    with pytest.raises(ValidationError, match="tier"):
        probe_of(tier=[])


def test_a_twin_has_no_payload_and_expects_silence() -> None:
    twin = BenignTwin()
    assert (twin.payloads, twin.expect.predicate) == ([], ("not_", "success"))


def test_more_runs_are_made_at_night() -> None:
    samples = probe_of().samples
    assert samples.nightly > samples.pr


@pytest.mark.parametrize("key", ["code", "regexp", "payloads_"])
def test_a_key_that_no_probe_has_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        Probe.model_validate({**probe_of().model_dump(by_alias=True, exclude_unset=True), key: "x"})
