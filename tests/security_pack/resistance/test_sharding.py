"""Attacks on several machines mean what they mean on one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from evals.results.baseline import save_baseline
from evals.results.samples import read_samples
from evals.sampling.shards import Shard, read_shard
from security_pack.catalog.catalog import CatalogEntry
from security_pack.resistance.preparation import ResistanceOptions
from security_pack.resistance.resistance import run_resistance
from security_pack.resistance.sharding import merge_resistance, run_resistance_shard
from tests.fakes.attacked import MAIL_OUT, attacked_suite, entry

PACK = entry({**MAIL_OUT, "samples": {"pr": 10}}, {**MAIL_OUT, "id": "mail-again", "samples": {"pr": 7}})


def baseline(folder: Path) -> Path:
    suite = attacked_suite(folder / "before")
    options = ResistanceOptions(suite=suite, out=folder / "before-out", samples=40, seed=1)
    save_baseline(folder / "baseline.json", asyncio.run(run_resistance(options, PACK, {})).result, str)
    return folder / "baseline.json"


def options_of(folder: Path, **changes: Any) -> ResistanceOptions:
    return replace(ResistanceOptions(suite=attacked_suite(folder / "desk", falls=2)), **changes)


def shards(
    options: ResistanceOptions, folder: Path, of: int, pack: tuple[CatalogEntry, ...] = PACK
) -> list[Path]:
    folders = [folder / f"{number}-of-{of}" for number in range(1, of + 1)]
    for number, out in enumerate(folders, start=1):
        asyncio.run(run_resistance_shard(replace(options, out=out), Shard(number, of), pack, {}))
    return folders


def test_merged_shards_find_what_one_machine_finds(tmp_path: Path) -> None:
    options = options_of(tmp_path, baseline=baseline(tmp_path), out=tmp_path / "one")
    alone = asyncio.run(run_resistance(options, PACK, {}))
    merged = merge_resistance(
        shards(options, tmp_path, 3), replace(options, out=tmp_path / "merged"), PACK, {}
    )
    assert merged.worse == alone.worse == {"mail-out", "mail-again"}
    assert merged.not_measured == ""


def test_without_a_baseline_a_shard_makes_no_more_runs_than_planned(tmp_path: Path) -> None:
    options = options_of(tmp_path, out=tmp_path / "one")
    alone = asyncio.run(run_resistance(options, PACK, {}))
    folders = shards(options, tmp_path, 2)
    merge_resistance(folders, replace(options, out=tmp_path / "merged"), PACK, {})
    assert read_shard(folders[0] / "resistance").plan.runs == len(alone.result.samples) == 34
    merged = read_samples(tmp_path / "merged/resistance/samples.jsonl")
    assert [(run.case_id, run.sample_index, run.passed, run.seed) for run in merged.samples] == [
        (run.case_id, run.sample_index, run.passed, run.seed) for run in alone.result.samples
    ]


def test_a_missing_shard_leaves_nothing_to_conclude(tmp_path: Path) -> None:
    options = options_of(tmp_path, out=tmp_path / "merged")
    merged = merge_resistance(shards(options, tmp_path, 3)[:2], options, PACK, {})
    assert "shard 3/3 is missing" in merged.not_measured
    assert merged.worse == frozenset()


def test_shards_of_other_probes_are_refused(tmp_path: Path) -> None:
    options = options_of(tmp_path, out=tmp_path / "merged")
    folders = shards(options, tmp_path, 2)
    with pytest.raises(InvalidInput, match="with other probes"):
        merge_resistance(folders, options, PACK[:1], {})


def test_a_baseline_that_is_only_forgotten_is_asked_for(tmp_path: Path) -> None:
    options = options_of(tmp_path, baseline=baseline(tmp_path), out=tmp_path / "merged")
    folders = shards(options, tmp_path, 2)
    with pytest.raises(InvalidInput, match="the shards had a baseline"):
        merge_resistance(folders, replace(options, baseline=None), PACK, {})


def test_shards_that_made_another_number_of_runs_are_refused(tmp_path: Path) -> None:
    options = options_of(tmp_path, out=tmp_path / "merged")
    folders = shards(options, tmp_path, 2)
    with pytest.raises(InvalidInput, match="another number of runs"):
        merge_resistance(folders, replace(options, samples=5), PACK, {})


def test_a_shard_resumes_and_repeats_nothing(tmp_path: Path) -> None:
    from evals.sampling.journal import Start

    options = options_of(tmp_path, out=tmp_path / "one")
    asyncio.run(run_resistance_shard(options, Shard(1, 2), PACK, {}))
    again = asyncio.run(run_resistance_shard(replace(options, start=Start.RESUME), Shard(1, 2), PACK, {}))
    assert (again.runs, again.planned, again.trouble) == (17, 17, "")
