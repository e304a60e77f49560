"""Texts too long for a line: kept whole beside it, and cut with a mark."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.results.files import CannotKeepRuns
from evals.results.records import Event, Sample, SampleStatus
from evals.results.texts import LONGEST, LongTexts

LONG = "y" * 5_000_000


def saying(text: str) -> Sample:
    return Sample("../c", 0, SampleStatus.COMPLETED, True, output=text, transcript=(Event("answer", text),))


def test_five_megabytes_are_kept_whole_in_one_file_and_cut_with_a_mark_that_names_it(tmp_path: Path) -> None:
    sample = LongTexts(tmp_path).cut(saying(LONG))
    [file] = (tmp_path / "artifacts").iterdir()
    assert file.read_text() == LONG
    assert sample.output is not None
    assert sample.output.startswith(
        f"[cut: the first 50,000 of 5,000,000 characters; all of it: artifacts/{file.name}]\nyyy"
    )
    assert sample.transcript[0].text == sample.output
    assert len(sample.output) < LONGEST + 200


def test_a_short_text_stays_and_makes_no_folder(tmp_path: Path) -> None:
    sample = saying("y" * LONGEST)
    assert LongTexts(tmp_path).cut(sample) is sample
    assert list(tmp_path.iterdir()) == []


def test_half_a_character_is_kept_too(tmp_path: Path) -> None:
    LongTexts(tmp_path).cut(saying("\ud800" * (LONGEST + 1)))
    assert len(list((tmp_path / "artifacts").iterdir())) == 1


def test_a_folder_that_cannot_be_written_stops_the_canary(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("in the way")
    with pytest.raises(CannotKeepRuns, match="--resume"):
        LongTexts(tmp_path).cut(saying(LONG))
