"""A service calls the libraries from its own loop, several at once: no loop of theirs, no signals, no prints."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agent_runtime.progress import Advance, Announcement, Events
from agentcrewops.outcome.folder import render_canary, write_guardian
from agentcrewops.outcome.publication import publish_results
from bot.publish.publishing import PublishOptions
from evals.canary.canary import run_canary
from evals.canary.preparation import CanaryOptions
from evals.canary.regrading import regrade
from evals.canary.sharding import merge_shards, run_shard
from evals.report.folder import write_results
from evals.report.result import CanaryResult
from evals.results.verdict import VerdictKind
from evals.sampling.caller import Caller, CancelSwitch
from evals.sampling.shards import Shard
from security_pack.findings.findings import Conclusion
from security_pack.guardian.guardian import GuardianOptions, conclude, joined, prepare_guardian, run_probes
from security_pack.resistance.preparation import ResistanceOptions
from security_pack.resistance.resistance import run_resistance
from tests.bot.samples import drift
from tests.fakes.github import FakeGitHub

REPO = "acme/shop"
WRITES = {"checks": "write", "pull-requests": "write", "statuses": "write"}


@pytest.fixture(autouse=True)
def nothing_is_printed_and_no_signal_is_taken(capsys: pytest.CaptureFixture[str]) -> object:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    yield
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert capsys.readouterr().err == ""


def options(folder: Path, out: str, **changes: object) -> CanaryOptions:
    base = CanaryOptions(suite=folder / "suite.yaml", samples=2, seed=1, fixed=True, out=folder / out)
    return replace(base, **changes)  # type: ignore[arg-type]


async def canaries(folder: Path, *outs: str) -> list[CanaryResult]:
    return await asyncio.gather(*(run_canary(options(folder, out), {}) for out in outs))


def test_two_canaries(starter: Path) -> None:
    found = asyncio.run(canaries(starter, "one", "two"))
    for name, one in zip(("one", "two"), found, strict=True):
        render_canary(starter / name, one)
    for name in ("samples.jsonl", "verdict.json", "report.html"):
        assert (starter / "one" / name).read_bytes() == (starter / "two" / name).read_bytes()


def test_each_caller_hears_of_its_own_canary(starter: Path) -> None:
    heard: dict[str, list[Announcement | Advance]] = {"one": [], "two": []}

    async def both() -> None:
        callers = {out: Caller(Events(events.append)) for out, events in heard.items()}
        await asyncio.gather(*(run_canary(options(starter, out), {}, callers[out]) for out in callers))

    asyncio.run(both())
    for events in heard.values():
        assert isinstance(events[0], Announcement)
        assert events[1] == Advance("runs", 24, 0)
        assert isinstance(events[-1], Advance)
        assert (events[-1].done, len(events)) == (24, 26)


def test_one_of_two_is_cancelled(starter: Path) -> None:
    switch = CancelSwitch()
    ended = Caller(Events(lambda event: switch.press() if isinstance(event, Advance) else None), switch)

    async def both() -> tuple[CanaryResult, CanaryResult]:
        return await asyncio.gather(
            run_canary(options(starter, "one"), {}, ended), run_canary(options(starter, "two"), {})
        )

    one, two = asyncio.run(both())
    assert one.verdict.verdict is VerdictKind.NOT_MEASURED
    assert one.verdict.reasons[0].startswith("cancelled; the runs that had ended were kept")
    assert two.verdict.verdict is VerdictKind.NO_BASELINE


def test_two_shards_are_made_and_merged_twice(starter: Path) -> None:
    async def whole() -> list[CanaryResult]:
        shards = [starter / name for name in ("first", "second")]
        runs = [
            run_shard(options(starter, folder.name), Shard(number, 2), {})
            for number, folder in enumerate(shards, start=1)
        ]
        await asyncio.gather(*runs)
        merges = (asyncio.to_thread(merge_shards, shards, None, starter / out) for out in "ab")
        return await asyncio.gather(*merges)

    assert [len(found.runs.samples) for found in asyncio.run(whole())] == [24, 24]


def test_two_are_graded_again(starter: Path) -> None:
    async def graded() -> list[CanaryResult]:
        await canaries(starter, "out")
        again = (CanaryOptions(suite=starter / "suite.yaml", out=starter / out) for out in "ab")
        return await asyncio.gather(*(regrade(starter / "out", one, {}) for one in again))

    for found in asyncio.run(graded()):
        assert "0 of 24 runs are judged otherwise than before." in found.verdict.warnings[0]


def test_two_guardians_of_both_tiers(starter: Path) -> None:
    async def guarded(out: Path) -> Conclusion:
        ready = prepare_guardian(GuardianOptions(starter / "agent.yaml"))
        attack = ResistanceOptions(agent=starter / "agent.yaml", samples=1, seed=1, out=out)
        evidence, found = await asyncio.gather(run_probes(ready), run_resistance(attack, ready.chosen, {}))
        assessment = conclude(ready, joined(evidence, found), date(2026, 1, 1), simulated=True)
        write_guardian(out, assessment, starter / "agent.yaml")
        return assessment.conclusion

    async def both() -> list[Conclusion]:
        outs = [starter / out for out in "ab"]
        for out in outs:
            out.mkdir()
        return await asyncio.gather(*map(guarded, outs))

    one, two = asyncio.run(both())
    assert one is two
    for name in ("findings.json", "resistance/samples.jsonl"):
        assert (starter / "a" / name).read_bytes() == (starter / "b" / name).read_bytes()


def test_two_are_published(tmp_path: Path) -> None:
    async def publish_both(environ: Mapping[str, str]) -> list[int]:
        requests = [request(tmp_path / "out", name) for name in ("refunds", "parcels")]
        calls = (asyncio.to_thread(publish_results, one, environ) for one in requests)
        return await asyncio.gather(*calls)

    with FakeGitHub() as fake:
        fake.add_repo(REPO)
        head = fake.pull(REPO, fake.add_pull(REPO)).head_sha
        results = drift()
        assert results.verdict is not None
        assert results.samples is not None
        (tmp_path / "out").mkdir()
        verdict, runs = replace(results.verdict, commit=head), replace(results.samples, commit=head)
        write_results(tmp_path / "out", verdict, runs)
        assert asyncio.run(publish_both(environ_of(fake, head, tmp_path))) == [1, 1]
        assert sorted(check.name for check in fake.check_runs(REPO, head)) == ["parcels", "refunds"]


def request(folder: Path, check_name: str) -> PublishOptions:
    return PublishOptions(folders=(folder,), check_name=check_name, comment=False, as_json=True)


def environ_of(fake: FakeGitHub, sha: str, folder: Path) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": REPO,
        "GITHUB_SHA": sha,
        "GITHUB_API_URL": fake.url,
        "GITHUB_TOKEN": fake.token("actions", WRITES),
        "GITHUB_WORKSPACE": str(folder),
    }
