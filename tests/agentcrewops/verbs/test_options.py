"""Flags that several verbs share."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.agent.manifest import Recording, RecordingMode
from agent_runtime.errors import InvalidInput
from agentcrewops.verbs.options import recording_of

TAPE = Path("tape.jsonl")


@pytest.mark.parametrize(
    ("flags", "mode"),
    [
        ((TAPE, None, None), RecordingMode.RECORD),
        ((None, TAPE, None), RecordingMode.REPLAY),
        ((None, None, TAPE), RecordingMode.REPLAY_OR_RECORD),
    ],
)
def test_each_flag_of_a_recording_is_a_way_to_use_it(
    flags: tuple[Path | None, Path | None, Path | None], mode: RecordingMode
) -> None:
    assert recording_of(*flags) == Recording(TAPE, mode)


def test_without_a_flag_the_model_is_asked() -> None:
    assert recording_of(None, None, None) is None


def test_all_flags_that_exclude_each_other_are_named() -> None:
    with pytest.raises(InvalidInput, match="--replay and --replay-or-record: exclude each other"):
        recording_of(None, TAPE, TAPE)
