"""What a workflow hands over is checked before anything is done with it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.errors import InvalidInput
from agentcrewops.action.inputs import Inputs, Mode, read_inputs
from evals.sampling.shards import Shard


def read(tmp_path: Path, **given: str) -> Inputs:
    return read_inputs({f"AGENTCREWOPS_{name.upper()}": value for name, value in given.items()}, tmp_path)


def test_what_is_not_given_is_left_to_the_suite(tmp_path: Path) -> None:
    inputs = read(tmp_path, samples="", spec=" ")
    assert (inputs.mode, inputs.samples, inputs.spec, inputs.shard) == (Mode.BOTH, None, None, Shard(1, 1))
    assert not inputs.sharded


def test_everything_given_is_read(tmp_path: Path) -> None:
    inputs = read(tmp_path, mode="canary", shard="2/4", max_usd="2.50", samples="30", suite="a/suite.yaml")
    assert inputs.sharded
    assert (inputs.max_usd, inputs.samples, inputs.suite) == (2.5, 30, Path("a/suite.yaml"))


HOSTILE = {
    "mode": ["--help", "all", "canary\nboth"],
    "suite": [
        "--suite=x",
        "/etc/passwd",
        "../suite.yaml",
        "a/../../x.yaml",
        "x\n::set-output name=a::b",
        "a\0b",
    ],
    "spec": ["-c", "$(touch x)/../../y", "~/../../agent.yaml/../../../.."],
    "samples": ["0", "-1", "1e3", "10; rm -rf /", "99999999", "١٠"],
    "shard": ["5/4", "0/4", "1/0", "a/b", "1/4 && true"],
    "model": ["--model", "openai", "openai:gpt 4", "openai:`id`", "x:" + "y" * 500],
    "max_usd": ["-1", "nan", "inf", "1,50", "$2"],
    "fail_on": ["sometimes", "--strict"],
    "name": ["-x", "a--b", "a/b", "a\nb", "*", "${{ secrets.X }}", "<img>"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in HOSTILE.items() for value in values]
)
def test_a_value_that_cannot_be_right_is_named_and_nothing_is_run(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(InvalidInput, match=f"input {name.replace('_', '-')}"):
        read(tmp_path, **{name: value})


def test_every_wrong_input_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, mode="x", samples="x", shard="x")
    assert len(caught.value.problems) == 3


def test_a_link_that_leads_out_of_the_checkout_is_refused(tmp_path: Path) -> None:
    (tmp_path / "suites").symlink_to("/etc")
    with pytest.raises(InvalidInput, match="not a path inside the checkout"):
        read(tmp_path, suite="suites/passwd")


@given(st.text(max_size=60), st.sampled_from(sorted(HOSTILE)))
def test_no_text_gets_further_as_a_flag(text: str, name: str) -> None:
    with suppress(InvalidInput):
        inputs = read(Path("/nowhere"), **{name: text})
        assert not str(getattr(inputs, name)).startswith("-")
