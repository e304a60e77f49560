from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentcrewops.terminal import printable, printable_json


@pytest.fixture
def in_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")


def test_in_a_job_no_line_begins_with_a_command(in_actions: None) -> None:
    assert (
        printable("::error::x\n  ::set-output name=a::b\nfine ::")
        == ": :error::x\n  : :set-output name=a::b\nfine ::"
    )


def test_in_a_job_no_old_command_stands_anywhere(in_actions: None) -> None:
    assert printable("said ##[add-mask]x") == "said # #[add-mask]x"


def test_at_a_desk_text_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    assert printable("::note\n##[x]") == "::note\n##[x]"


@given(st.text(alphabet=":#[] \n\ta\r\u2028"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_combination_is_a_command(in_actions: None, text: str) -> None:
    shown = printable(text)
    assert "##[" not in shown
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text(alphabet="#[]:x"))))
@settings(max_examples=50)
def test_json_says_the_same_and_commands_nothing(value: object) -> None:
    shown = printable_json(value)
    assert json.loads(shown) == value
    assert "##[" not in shown
    assert shown.isascii()
