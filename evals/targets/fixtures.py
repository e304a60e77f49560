"""What is run around each sample: seed a database before, reset a sandbox after."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from agent_runtime.errors import CrewError, InvalidInput, Problem
from agent_runtime.files.placeholders import fill_text, names_in
from agent_runtime.tools.python_file import call_function, load_function
from evals.results.records import Attempt, Event, Sample, SampleStatus
from evals.suite.suite import EvalCase, Suite
from evals.suite.suite_file import Fixture
from evals.targets.exchange.reply import MAX_ANSWER_BYTES
from evals.targets.interface import Target
from evals.targets.prints import prints_on_stderr
from evals.targets.process.output import last_output, without_secrets
from evals.targets.process.process import Process, program_words
from evals.targets.python_file import source_of

NAMES = frozenset({"case_id", "sample_index"})
"""The values that a fixture may use."""

ROLE = "after"
"""Role of the event in a transcript for an `after` that failed."""

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_SHELLS = frozenset({"sh", "bash", "dash", "ksh", "zsh", "fish"})


@dataclass(frozen=True, slots=True)
class LocatedFixture:
    """A fixture and where it was written."""

    fixture: Fixture
    file: str
    line: int | None


class FixtureFailed(CrewError):
    """A fixture did not do its work."""

    exit_code = 3


class Runner(Protocol):
    """A fixture ready to be run."""

    async def __call__(self, values: Mapping[str, Any]) -> None:
        """Run it once; raises FixtureFailed."""
        ...


def with_fixtures(target: Target, suite: Suite, environ: Mapping[str, str]) -> Target:
    """The target with the fixtures of suite and cases around each sample; itself if there are none.

    Raises:
        InvalidInput: with every problem of every fixture that can be found without running it.
    """
    fixtures = list(_fixtures_of(suite))
    if not fixtures:
        return target
    found = [
        (place, wrong) for place in fixtures for wrong in _problems_of(place.fixture, suite.root, environ)
    ]
    if found:
        raise InvalidInput(Problem(place.file, place.line, *wrong) for place, wrong in found)
    return FixturedTarget(target, suite, environ)


def fixture_warnings(samples: Sequence[Sample]) -> tuple[str, ...]:
    """One sentence if an `after` failed: later samples may have met what earlier ones left behind."""
    failed = [event.text for sample in samples for event in sample.transcript if event.role == ROLE]
    if not failed:
        return ()
    return (f"`after` failed {len(failed)} times, so samples may not be independent; first: {failed[0]}",)


class FixturedTarget:
    """A target with `before` and `after` around each sample."""

    def __init__(self, target: Target, suite: Suite, environ: Mapping[str, str]) -> None:
        self.simulated = target.simulated
        self.fingerprint = target.fingerprint
        self.agent = target.agent
        self.model = target.model
        self.worst_case_usd = target.worst_case_usd
        self._target = target
        self._suite = suite
        self._environ = environ
        self._exclusive = asyncio.Lock()
        self._runners: dict[Fixture, Runner] = {}
        self._opened = ExitStack()

    async def __aenter__(self) -> Self:
        """Load the functions of the fixtures, then open the target.

        Raises:
            InvalidInput, CannotMeasure
        """
        with ExitStack() as opening:
            opening.enter_context(prints_on_stderr())
            self._runners = {
                place.fixture: _runner(place.fixture, self._suite.root, self._environ)
                for place in _fixtures_of(self._suite)
            }
            await self._target.__aenter__()
            self._opened = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._target.__aexit__(kind, error, trace)
        self._opened.close()

    async def attempt(self, case: EvalCase, sample_index: int, seed: int) -> Attempt:
        """Before of the suite, of the case, the agent, after of the case, of the suite.

        A failed before leaves the sample unmeasured; every after is run, whatever became of the sample.
        """
        befores = [fixture for fixture in (self._suite.before, case.before) if fixture is not None]
        afters = [fixture for fixture in (case.after, self._suite.after) if fixture is not None]
        values = {"case_id": case.case_id, "sample_index": sample_index}
        async with AsyncExitStack() as stack:
            if any(fixture.exclusive for fixture in (*befores, *afters)):
                await stack.enter_async_context(self._exclusive)
            try:
                attempt = await self._measured(befores, values, case, seed)
            finally:
                failures = await self._clear_up(afters, values)
        return replace(attempt, transcript=(*attempt.transcript, *failures)) if failures else attempt

    async def _measured(
        self, befores: Sequence[Fixture], values: Mapping[str, Any], case: EvalCase, seed: int
    ) -> Attempt:
        try:
            for fixture in befores:
                await self._runners[fixture](values)
        except FixtureFailed as error:
            return Attempt(SampleStatus.INFRA_ERROR, error=f"before: {error}")
        return await self._target.attempt(case, values["sample_index"], seed)

    async def _clear_up(self, afters: Sequence[Fixture], values: Mapping[str, Any]) -> list[Event]:
        failures = []
        for fixture in afters:
            try:
                await self._runners[fixture](values)
            except FixtureFailed as error:
                failures.append(Event(ROLE, str(error), flags=("failed",)))
        return failures


class CommandFixture:
    """A program and its arguments; all that it started ends with it."""

    def __init__(
        self, fixture: Fixture, words: Sequence[str], root: Path, environ: Mapping[str, str]
    ) -> None:
        self._seconds = fixture.timeout_seconds
        self._words = words
        self._root = root
        self._environ = environ

    async def __call__(self, values: Mapping[str, Any]) -> None:
        """Run it once."""
        words = [fill_text(word, values) for word in self._words]
        variables = {name.upper(): str(values[name]) for name in NAMES}
        try:
            process = await Process.start(words, self._root, {**self._environ, **variables})
        except OSError as error:
            raise FixtureFailed(f"'{words[0]}' cannot be started: {error.strerror}") from None
        try:
            process.write_last(b"")
            async with asyncio.timeout(self._seconds):
                code = await process.ended()
        except TimeoutError:
            raise FixtureFailed(f"'{words[0]}' did not end within {self._seconds:g} s") from None
        finally:
            await process.stop()
        if process.output_too_large:
            raise FixtureFailed(f"'{words[0]}' printed more than {MAX_ANSWER_BYTES // 1_000_000} MB")
        if code != 0:
            end = last_output(bytes(process.stderr_end) or process.stdout, self._environ)
            raise FixtureFailed(
                f"'{words[0]}' ended with code {code}; the last it printed: {end or '(nothing)'}"
            )


class FunctionFixture:
    """A function in a Python file, called in our process."""

    def __init__(self, fixture: Fixture, function: Callable[..., Any], parameters: frozenset[str]) -> None:
        self._name = fixture.python or ""
        self._seconds = fixture.timeout_seconds
        self._function = function
        self._parameters = parameters

    async def __call__(self, values: Mapping[str, Any]) -> None:
        """Call it once."""
        try:
            async with asyncio.timeout(self._seconds):
                await call_function(self._function, {name: values[name] for name in self._parameters})
        except TimeoutError:
            raise FixtureFailed(f"'{self._name}' did not return within {self._seconds:g} s") from None
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's function, whatever it does
            what = without_secrets(f"{type(error).__name__}: {error}"[:500], {})
            raise FixtureFailed(f"'{self._name}' raised {what}") from None


def _fixtures_of(suite: Suite) -> Iterator[LocatedFixture]:
    document = suite.document
    for key, fixture in (("before", suite.before), ("after", suite.after)):
        if fixture is not None:
            yield LocatedFixture(fixture, document.file, document.line_of((key,)))
    for case in suite.cases:
        for fixture in (case.before, case.after):
            if fixture is not None:
                yield LocatedFixture(fixture, case.file, case.line)


def _problems_of(fixture: Fixture, root: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong and its fix, as far as can be known without running it."""
    try:
        if fixture.python is not None:
            source_of(root, fixture.python)
            return
        words = _words(fixture, root, environ)
    except ValueError as error:
        yield f"the fixture '{fixture.python or fixture.command}' {error}", "correct the path"
        return
    asked = names_in(words)
    for name in sorted(asked - NAMES):
        yield f"'{{{{ {name} }}}}' has no value here", f"known names: {', '.join(sorted(NAMES))}"
    if asked and Path(words[0]).name in _SHELLS:
        yield "a shell would run what a case_id says", 'write  "$CASE_ID"  and  "$SAMPLE_INDEX"'


def _words(fixture: Fixture, root: Path, environ: Mapping[str, str]) -> list[str]:
    """The words of a command, its placeholders whole: a shell's rules would split `{{ case_id }}` in three."""
    return program_words(_PLACEHOLDER.sub(r"{{\1}}", fixture.command or ""), root, environ)


def _runner(fixture: Fixture, root: Path, environ: Mapping[str, str]) -> Runner:
    if fixture.python is None:
        return CommandFixture(fixture, _words(fixture, root, environ), root, environ)
    function = load_function(root, fixture.python, "a fixture")
    return FunctionFixture(fixture, function, NAMES & set(inspect.signature(function).parameters))
