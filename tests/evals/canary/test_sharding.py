"""A canary on several machines says, byte for byte, what it says on one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent_runtime.errors import InvalidInput
from evals.canary.preparation import CanaryOptions
from evals.results.samples import read_samples, write_samples
from evals.results.verdict import VerdictKind
from evals.sampling.journal import Start
from evals.sampling.shards import Shard, ShardResult, read_shard, runs_of, write_shard
from tests.conftest import ExampleResults, edit
from tests.fakes.canaries import canary_verdict, merged_verdict, shard_run
from tests.fakes.threaded import agent_endpoint_thread

FILES = ("verdict.json", "samples.jsonl", "report.html", "summary.md", "junit.xml")


def options(folder: Path, **changes: object) -> CanaryOptions:
    base = CanaryOptions(suite=folder / "suite.yaml", samples=4, seed=3, fixed=True, out=folder / "out")
    return replace(base, **changes)  # type: ignore[arg-type]


def shards(folder: Path, of: int, **changes: object) -> list[Path]:
    paths = [folder / f"{number}-of-{of}" for number in range(1, of + 1)]
    for number, path in enumerate(paths, start=1):
        shard_run(options(folder, out=path, **changes), Shard(number, of), {})
    return paths


@pytest.fixture
def baseline(starter: Path, example_results: ExampleResults) -> Path:
    return example_results(5, starter / "before")


@pytest.mark.parametrize("of", [1, 2, 4, 8])
def test_merged_shards_are_byte_for_byte_the_unsharded_result(starter: Path, baseline: Path, of: int) -> None:
    changed = starter / "agent.proposed.yaml"
    canary_verdict(options(starter, agent=changed, baseline=baseline), {})
    merged_verdict(shards(starter, of, agent=changed, baseline=baseline), baseline, starter / "merged")
    for name in FILES:
        assert (starter / "merged" / name).read_bytes() == (starter / "out" / name).read_bytes(), name


def test_a_shard_writes_its_runs_and_what_it_is_a_part_of_and_no_verdict(starter: Path) -> None:
    [first, _] = shards(starter, 2)
    assert {path.name for path in first.iterdir()} == {"samples.jsonl", "shard.json", "protocol.json"}
    assert len((first / "samples.jsonl").read_text().splitlines()) == 12 * 4 // 2


def test_more_shards_than_runs_leave_some_without_any(starter: Path) -> None:
    edit(starter / "suite.yaml", "samples: 10", "samples: 1")
    canary_verdict(options(starter, samples=None), {})
    merged_verdict(shards(starter, 13, samples=None), None, starter / "merged")
    assert (starter / "merged/verdict.json").read_bytes() == (starter / "out/verdict.json").read_bytes()


def test_any_split_of_the_same_runs_of_a_real_target_gives_the_same_verdict(tmp_path: Path) -> None:
    with agent_endpoint_thread({"output": "yes", "cost_usd": 0.01}) as url:
        (tmp_path / "suite.yaml").write_text(
            f'suite: s\ntarget: {{ http: {{ url: "{url}", cost_usd: "$.cost_usd" }} }}\nsamples: 6\ncases:\n'
            "  - { case_id: a, input: hi, success: \"contains('yes')\" }\n"
            "  - { case_id: b, input: ho, success: \"contains('no')\" }\n"
        )
        paths = shards(tmp_path, 2, samples=None)
    merged_verdict(paths, None, tmp_path / "two")
    merged_verdict(_split_again(tmp_path, paths, 3), None, tmp_path / "three")
    assert (tmp_path / "three/verdict.json").read_bytes() == (tmp_path / "two/verdict.json").read_bytes()


def _split_again(folder: Path, paths: list[Path], of: int) -> list[Path]:
    """The same samples as if `of` machines had measured them."""
    plan = read_shard(paths[0]).plan.model_copy(update={"of": of})
    whole = read_samples(folder / "two/samples.jsonl")
    again = []
    for number in range(1, of + 1):
        mine = set(runs_of(Shard(number, of), plan.runs_of_case))
        cases = tuple(
            replace(
                case, samples=tuple(run for run in case.samples if (run.case_id, run.sample_index) in mine)
            )
            for case in whole.cases
        )
        again.append(folder / f"again-{number}")
        again[-1].mkdir()
        write_shard(again[-1], ShardResult(plan, number, replace(whole, cases=cases)))
    return again


def test_a_missing_shard_measures_nothing_and_shows_what_there_is(starter: Path) -> None:
    paths = shards(starter, 4)
    verdict = merged_verdict([*paths[:2], paths[3]], None, starter / "merged")
    assert verdict.verdict is VerdictKind.NOT_MEASURED
    assert "shard 3/4 is missing" in verdict.headline
    assert len((starter / "merged/samples.jsonl").read_text().splitlines()) == 36
    assert "shard 3/4 is missing" in (starter / "merged/summary.md").read_text()


def test_shards_of_different_seeds_are_not_one_evaluation(starter: Path) -> None:
    paths = shards(starter, 3)
    shard_run(options(starter, seed=4, out=paths[1]), Shard(2, 3), {})
    verdict = merged_verdict(paths, None, starter / "merged")
    assert verdict.verdict is VerdictKind.NOT_MEASURED
    assert any("seed is 4, not 3" in reason for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("flag", "changes"),
    [
        ("--looks", {"looks": (3, 5)}),
        ("--max-samples", {"max_samples": 30}),
        ("--add-to", {"start": Start.ADD}),
    ],
)
def test_a_shard_neither_looks_nor_adds(starter: Path, flag: str, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=f"{flag}: does not go with --shard"):
        shard_run(options(starter, **changes), Shard(1, 2), {})


def test_a_shard_that_was_stopped_goes_on_where_it_was(starter: Path) -> None:
    canary_verdict(options(starter), {})
    paths = shards(starter, 2)
    whole = (paths[0] / "samples.jsonl").read_bytes()
    (paths[0] / "samples.jsonl").write_bytes(b"".join(whole.splitlines(keepends=True)[:7]))
    again = options(starter, out=paths[0], start=Start.RESUME)
    assert shard_run(again, Shard(1, 2), {}).runs == 24
    assert (paths[0] / "samples.jsonl").read_bytes() == whole


def test_a_folder_with_another_shards_runs_is_not_gone_on_with(starter: Path) -> None:
    paths = shards(starter, 2)
    with pytest.raises(InvalidInput, match="holds runs that are not of this shard"):
        shard_run(options(starter, out=paths[0], start=Start.RESUME), Shard(2, 2), {})


def test_long_texts_of_all_shards_come_along(tmp_path: Path) -> None:
    with agent_endpoint_thread({"output": "yes" * 30_000}) as url:
        (tmp_path / "suite.yaml").write_text(
            f'suite: s\ntarget: {{ http: {{ url: "{url}" }} }}\nsamples: 2\n'
            "cases: [{ case_id: a, input: hi, success: \"contains('yes')\" }]\n"
        )
        paths = shards(tmp_path, 2, samples=None)
    (paths[0] / "artifacts" / "../shard.txt").write_text("a stranger")
    merged_verdict(paths, None, tmp_path / "merged")
    [kept] = (tmp_path / "merged/artifacts").iterdir()
    assert kept.read_text() == "yes" * 30_000


def test_a_hostile_shard_cannot_write_into_the_summary(starter: Path) -> None:
    paths = shards(starter, 2)
    edit(paths[1] / "shard.json", '"stopped": null', '"stopped": "<img src=x> @team [x](http://a.example)"')
    merged_verdict(paths, None, starter / "merged")
    summary = (starter / "merged/summary.md").read_text()
    assert "<img" not in summary.replace("\\<img", "")
    assert "[x](" not in summary


def test_a_forgotten_baseline_is_asked_for(
    starter: Path, baseline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = shards(starter, 2, baseline=baseline)
    monkeypatch.chdir(starter)
    with pytest.raises(InvalidInput, match="the shards had a baseline"):
        merged_verdict(paths, None, starter / "merged")


def test_the_usual_baseline_is_used_where_the_merge_runs(
    starter: Path, baseline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_samples(starter / "baselines/support-triage.json", read_samples(baseline / "samples.jsonl"))
    canary_verdict(options(starter), {})
    monkeypatch.chdir(starter)
    merged_verdict(shards(starter, 2), None, starter / "merged")
    assert (starter / "merged/verdict.json").read_bytes() == (starter / "out/verdict.json").read_bytes()


def test_all_shards_together_keep_the_cap(tmp_path: Path) -> None:
    with agent_endpoint_thread({"output": "yes", "cost_usd": 0.10}) as url:
        (tmp_path / "suite.yaml").write_text(
            f'suite: s\ntarget: {{ http: {{ url: "{url}", cost_usd: "$.cost_usd" }} }}\nsamples: 20\n'
            "gate: { max_usd: 1.0 }\ncases: [{ case_id: a, input: hi, success: \"contains('yes')\" }]\n"
        )
        paths = shards(tmp_path, 2, samples=None)
    spent = [len((path / "samples.jsonl").read_text().splitlines()) for path in paths]
    assert spent == [5, 5]
    verdict = merged_verdict(paths, None, tmp_path / "merged")
    assert "stopped early: $0.5000 of $0.50 is spent" in verdict.headline


def test_a_cap_too_small_to_be_divided_is_refused_before_anything_runs(starter: Path) -> None:
    edit(starter / "agent.yaml", 'model: "sim:simulation.yaml"', 'model: "openai:gpt-4.1-mini"')
    with pytest.raises(InvalidInput, match=r"leaves \$0.12 for shard 1/8, less than one run may cost"):
        shard_run(options(starter, max_usd=1.0), Shard(1, 8), {"OPENAI_API_KEY": "x"})


def test_a_shard_whose_runs_all_met_broken_infrastructure_must_be_run_again(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(
        'suite: s\ntarget: { http: { url: "http://127.0.0.1:9/run" } }\nsamples: 2\n'
        "cases: [{ case_id: a, input: hi, success: \"contains('yes')\" }]\n"
    )
    done = shard_run(options(tmp_path, samples=None), Shard(1, 2), {})
    assert "no run reached the agent" in done.trouble
    assert json.loads((tmp_path / "out/shard.json").read_text())["stopped"] is None
