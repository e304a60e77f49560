"""LLM judges: models that are asked, by a rubric, whether an answer is right.

A judge is a measuring instrument, and a poor one until it is shown to be a good one. So each answer gets several
votes and the split is shown; labelled examples say how often the judge is right; a reply in any other form than
the one asked for is no vote; and without a majority of all votes a sample is unmeasured, never a pass.

The answer is hostile: it may speak to its judge. It is handed over as data between marks that its author
cannot know, and whatever the judge then says, only one strict JSON object counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from agent_runtime.agent.manifest import Manifest, resolve_inside
from agent_runtime.agent.policy import PiiKind, Policy, Price
from agent_runtime.agent.spec import AgentSpec
from agent_runtime.errors import InvalidInput, UnknownPrice
from agent_runtime.files.documents import Document, canonical_json, parse, read_jsonl, read_yaml
from agent_runtime.guard.budget import MemoryLedger, OverBudget, micros_of
from agent_runtime.guard.redact import Redactor
from agent_runtime.models import open_model
from agent_runtime.models.interface import Model, ModelError, ModelRequest
from agent_runtime.models.metered import Metered
from agent_runtime.models.prices import price_of
from agent_runtime.models.retrying import complete_with_retries
from agent_runtime.records import MICROS
from evals.graders.llm_judge.votes import (
    Ballot,
    JudgeInput,
    JudgeSettings,
    LabelledExample,
    Vote,
    one_line,
    read_vote,
    request_of,
)

MAX_INPUT = 100_000
"""Characters. If only a part were judged, an answer could hide the rest, so a longer one is not judged at all."""
_Z_95 = 1.96
"""Of a 95 % interval: https://en.wikipedia.org/wiki/97.5th_percentile_point"""


@dataclass(slots=True)
class JudgeRecord:
    """The counts of what the judges of one account decided so far."""

    judged: int = 0
    split: int = 0
    undecided: int = 0
    labels: int = 0
    agreed: int = 0


class JudgeAccount:
    """One model that judges, its price and its budget: shared by all judges written alike."""

    def __init__(self, settings: JudgeSettings, root: Path) -> None:
        """Find the model's price and simulation file; nothing is opened.

        Attributes:
            manifest: the judge as an agent without tools.

        Raises:
            InvalidInput
        """
        self.model_name = settings.model
        self.max_usd = float(settings.max_usd)
        self.record = JudgeRecord()
        self.manifest = _manifest(settings, root)
        self._price = _price(self.manifest)
        self._ledger = MemoryLedger(per_day_micros=micros_of(settings.max_usd), scope="judge")
        self._model: Model | None = None

    @property
    def simulated(self) -> bool:
        """True if no real model judges."""
        return self.manifest.spec.simulated

    @property
    def spent_usd(self) -> float:
        """Of all calls so far."""
        return self._ledger.committed_micros / MICROS

    async def open(self, environ: Mapping[str, str], stack: AsyncExitStack) -> None:
        """Open the model.

        Raises:
            InvalidInput: its key is missing, or its address cannot be used.
        """
        self._model = open_model(self.manifest, environ)
        stack.push_async_callback(self._model.aclose)

    async def vote(self, request: ModelRequest) -> Vote:
        """Ask the model once; a call that failed, or that the budget does not cover, is a void vote."""
        if self._model is None:
            raise RuntimeError("open the judges with `async with` first")
        metered = Metered(self._model, self._price, self._ledger, "judge")
        try:
            completion = await complete_with_retries(metered, request)
        except (ModelError, OverBudget) as error:
            return Vote(None, one_line(str(error)))
        return read_vote(completion.reply.text)


class Judge:
    """One rubric, decided by the model of one account."""

    def __init__(
        self, settings: JudgeSettings, account: JudgeAccount, examples: Sequence[LabelledExample]
    ) -> None:
        self.settings = settings
        self.account = account
        self.examples = examples

    async def ballot(self, judge_input: JudgeInput) -> Ballot:
        """Collect all votes on one answer, at the same time."""
        if len(judge_input.asked) + len(judge_input.answer) + len(judge_input.actions) > MAX_INPUT:
            return Ballot((Vote(None, f"more than {MAX_INPUT:,} characters are not judged"),))
        requests = [request_of(self.settings, judge_input, number) for number in range(self.settings.votes)]
        return Ballot(tuple(await asyncio.gather(*map(self.account.vote, requests))))

    async def judge(self, judge_input: JudgeInput) -> Ballot:
        """The ballot on one run, entered in the account's record."""
        ballot = await self.ballot(judge_input)
        record = self.account.record
        record.judged += 1
        record.undecided += ballot.passed is None
        record.split += ballot.passed is not None and not ballot.unanimous
        return ballot

    async def compare_with_labels(self) -> None:
        """Judge the labelled examples; no majority counts as no agreement."""
        inputs = [JudgeInput(example.input, example.output) for example in self.examples]
        ballots = await asyncio.gather(*map(self.ballot, inputs))
        record = self.account.record
        record.labels += len(ballots)
        record.agreed += sum(
            ballot.passed is example.passed for ballot, example in zip(ballots, self.examples, strict=True)
        )


class JudgePanel:
    """All judges of a suite, opened with `async with` while its samples are graded.

    Args:
        root: folder of the suite; files that judges name are beside it.
        kinds: personal data that leaves for no judge; it sees placeholders.
    """

    def __init__(self, root: Path, environ: Mapping[str, str], kinds: Sequence[PiiKind]) -> None:
        self._root = root
        self._environ = environ
        self._kinds = kinds
        self._accounts: dict[str, JudgeAccount] = {}
        self._judges: dict[str, Judge] = {}
        self._stack = AsyncExitStack()

    def judge_of(self, document: Document) -> Judge:
        """The judge that is written there; equal settings give the same judge.

        Raises:
            InvalidInput: with every problem of its settings, model, price and examples.
        """
        settings = parse(document, JudgeSettings)
        name = canonical_json(settings.model_dump(mode="json"))
        if name not in self._judges:
            account = self._accounts.get(settings.account) or JudgeAccount(settings, self._root)
            self._accounts[settings.account] = account
            self._judges[name] = Judge(settings, account, _examples(settings, self._root))
        return self._judges[name]

    def judge_input(self, asked: str, answer: str, actions: str = "") -> JudgeInput:
        """What a judge is shown of a run, with placeholders for personal data."""
        clean = Redactor(self._kinds).redact
        return JudgeInput(clean(asked), clean(answer), clean(actions))

    async def __aenter__(self) -> Self:
        """Open every model, and find out how well each judge agrees with its labels.

        Raises:
            InvalidInput: a key is missing, or an address cannot be used.
        """
        async with AsyncExitStack() as opening:
            for account in self.accounts:
                await account.open(self._environ, opening)
            await asyncio.gather(*(judge.compare_with_labels() for judge in self._judges.values()))
            self._stack = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def accounts(self) -> tuple[JudgeAccount, ...]:
        """Every model that judges, once for each budget."""
        return tuple(self._accounts.values())

    @property
    def estimate(self) -> str:
        """Who judges, and what it may cost at most; "" without judges."""
        return "; ".join(
            f"judged by {account.model_name} (at most ${account.max_usd:.2f})" for account in self.accounts
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """How far each judge can be trusted, for the reader of a verdict."""
        return tuple(map(_trust, self.accounts))


def _trust(account: JudgeAccount) -> str:
    kind = " (simulated)" if account.simulated else ""
    parts = [f"The judge `{account.model_name}`{kind} {_agreement(account.record)}", *_doubts(account.record)]
    if not account.simulated:
        parts.append(f"it spent ${account.spent_usd:.4f} of ${account.max_usd:.2f}")
    return "; ".join(parts) + "."


def _agreement(record: JudgeRecord) -> str:
    if not record.labels:
        return "has no labelled examples, so nobody knows how often it is right"
    from agent_runtime.statistics.stats import wilson  # numpy is heavy

    rate = record.agreed / record.labels
    low, high = wilson(rate, record.labels, _Z_95)
    agreement = f"agrees with {record.agreed} of {record.labels} labels, {rate:.0%}"
    interval = f"(95 % interval {low * 100:.0f}–{high * 100:.0f} %)"
    coin = ", which is not shown to be better than a coin" if low <= 0.5 else ""
    return f"{agreement.replace('%', ' %')} {interval}{coin}"


def _doubts(record: JudgeRecord) -> list[str]:
    of = f"of {record.judged} judged runs"
    doubts = ((record.split, f"its votes were split in {record.split} {of}"),)
    undecided = (
        (record.undecided, f"it came to no verdict in {record.undecided} {of}, which count as unmeasured"),
    )
    return [words for count, words in (*doubts, *undecided) if count]


def _manifest(settings: JudgeSettings, root: Path) -> Manifest:
    """The judge as an agent without tools, so that its model and price are found in the same way as an agent's."""
    spec = AgentSpec(name="judge", model=settings.model, base_url=settings.base_url)
    prices = {} if settings.price is None else {settings.model: settings.price}
    simulation = None
    if spec.simulated:
        simulation = read_yaml(_file_beside_suite(root, settings.model.partition(":")[2], "model"))
    return Manifest(spec, Policy(prices=prices), root, prompt="", simulation=simulation)


def _price(manifest: Manifest) -> Price:
    try:
        return price_of(manifest)
    except UnknownPrice:
        what = f"no price is known for '{manifest.spec.model}', so its budget could not hold"
        fix = "add  price: { input_per_mtok: …, output_per_mtok: … }"
        raise InvalidInput.one("judge", what, fix) from None


def _examples(settings: JudgeSettings, root: Path) -> list[LabelledExample]:
    if settings.examples is None:
        return []
    path = _file_beside_suite(root, settings.examples, "examples")
    examples = [parse(line, LabelledExample) for line in read_jsonl(path)]
    if not examples:
        raise InvalidInput.one(path, "has no examples", 'write lines like  {"output": "…", "passed": true}')
    return examples


def _file_beside_suite(root: Path, reference: str, key: str) -> Path:
    try:
        return resolve_inside(root, reference)
    except ValueError as error:
        raise InvalidInput.one(key, str(error), "keep it beside the suite or below") from None
