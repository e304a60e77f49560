"""JUnit XML, as pytest and most other test runners write it: a test case is a case, a repeat of it a run.

`failure` is a fail, `error` measured nothing (a fixture or the runner broke), `skipped` is left out. There is no
standard; the common form is described at https://github.com/testmoapp/junitxml.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.parsers import expat

from agent_runtime.errors import InvalidInput
from evals.importers.interface import MAX_TEXT, Imported, ImportedRun
from evals.results.records import CaseResult, Grade, Sample, SampleStatus

MAX_DEPTH = 100
_CHUNK = 1 << 16
_FAILURE, _ERROR, _SKIPPED = "failure", "error", "skipped"
_EARLIER_TRIES = {"flakyFailure": False, "rerunFailure": False, "flakyError": None, "rerunError": None}
"""Tries that the runner replaced by another, whether they passed: each was a run, and counts as one.
https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html"""
_NOT_RUN = {"notrun", "skipped", "disabled", "suppressed"}
_REPEAT = re.compile(
    r"(?P<test>.*)\[(?:(?P<parameters>.*)-)?(?P<number>\d{1,5})-(?P<of>\d{1,5})\]", re.DOTALL
)
"""How pytest-repeat names the repeats of a test: test_x[1-3], or test_x[parameters-1-3].
https://github.com/pytest-dev/pytest-repeat"""


@dataclass(slots=True)
class _Testcase:
    """One <testcase>: the text of its children, by their tag."""

    name: str
    time_ms: float | None
    not_run: bool
    texts: dict[str, str] = field(default_factory=dict)
    earlier_tries: list[tuple[bool | None, str]] = field(default_factory=list)


def read_junit(path: Path) -> Imported:
    """Every test case that was run, with its earlier tries first.

    Raises:
        InvalidInput: with the line, for anything but a JUnit report.
    """
    reader = _Reader(path)
    reader.read()
    counted = [test for test in reader.found if not (test.not_run or _SKIPPED in test.texts)]
    ids = _case_ids(test.name for test in reader.found)
    runs = tuple(run for test in counted for run in _runs(ids[test.name], test))
    return Imported(runs, suite=reader.suite, left_out=len(reader.found) - len(counted))


class _Reader:
    """Reads with expat itself: one test case in memory at a time, and no document type, so no entities."""

    def __init__(self, path: Path) -> None:
        self.found: list[_Testcase] = []
        self.suite = ""
        self._path = path
        self._open: list[str] = []
        self._test: _Testcase | None = None
        self._text: list[str] = []
        self._characters_left = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def read(self) -> None:
        """Read the whole file."""
        try:
            with self._path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    self._parser.Parse(chunk, False)
                self._parser.Parse(b"", True)
        except FileNotFoundError:
            raise InvalidInput.one(self._path, "does not exist", "check the path") from None
        except OSError as error:
            raise InvalidInput.one(self._path, f"cannot be read: {error.strerror}") from None
        except expat.ExpatError as error:
            what = f"is not valid XML: {expat.errors.messages[error.code]}"
            raise InvalidInput.one(self._path, what, "is it whole?", error.lineno) from None
        except (LookupError, ValueError) as error:
            raise self._problem(f"is not valid XML: {error}", "write it as UTF-8") from None

    def _problem(self, what: str, fix: str) -> InvalidInput:
        return InvalidInput.one(self._path, what, fix, self._parser.CurrentLineNumber)

    def _refuse_doctype(self, *_: object) -> None:
        raise self._problem("declares a document type, which may hide entity bombs", "remove the DOCTYPE")

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if not self._open and tag not in {"testsuites", "testsuite"}:
            raise self._problem(f"is not a JUnit report: it starts with <{tag[:40]}>", "give a junit.xml")
        self._open.append(tag)
        if len(self._open) > MAX_DEPTH:
            raise self._problem("nests too deeply", "give a junit.xml")
        if tag == "testsuite":
            self.suite = self.suite or attributes.get("name", "")
        elif tag == "testcase":
            self._test = self._testcase(attributes)
        message = attributes.get("message", "")[:MAX_TEXT]
        self._text, self._characters_left = [message, "\n"], MAX_TEXT - len(message)

    def _testcase(self, attributes: Mapping[str, str]) -> _Testcase:
        if not (name := attributes.get("name")):
            raise self._problem("a <testcase> has no name", "give each test a name")
        states = {attributes.get("status", "").lower(), attributes.get("result", "").lower()}
        parts = [part for part in (attributes.get("classname"), name) if part]
        return _Testcase(".".join(parts), self._milliseconds(attributes.get("time")), bool(states & _NOT_RUN))

    def _milliseconds(self, seconds: str | None) -> float | None:
        if not seconds:
            return None
        try:
            number = float(seconds.replace(",", ""))  # Surefire separates thousands
        except ValueError:
            number = math.nan
        if not 0 <= number < math.inf:
            raise self._problem(f"time {seconds[:40]!r} is not a number of seconds", 'write  time="1.5"')
        return number * 1000

    def _characters(self, text: str) -> None:
        if self._test is not None and self._characters_left > 0:
            self._text.append(text[: self._characters_left])
            self._characters_left -= len(text)

    def _end(self, tag: str) -> None:
        self._open.pop()
        if self._test is None:
            return
        if tag == "testcase":
            self.found.append(self._test)
            self._test = None
        elif self._open[-1] == "testcase":
            text = "".join(self._text).strip()
            if tag in _EARLIER_TRIES:
                self._test.earlier_tries.append((_EARLIER_TRIES[tag], text))
            else:
                self._test.texts[tag] = text


def _runs(case_id: str, test: _Testcase) -> Iterator[ImportedRun]:
    for passed, text in test.earlier_tries:
        yield _run(case_id, passed, text)
    failed = test.texts.get(_FAILURE)
    passed = False if failed is not None else None if _ERROR in test.texts else True
    last = _run(case_id, passed, failed if failed is not None else test.texts.get(_ERROR, ""))
    yield replace(last, sample=replace(last.sample, latency_ms=test.time_ms))


def _run(case_id: str, passed: bool | None, text: str) -> ImportedRun:
    status = SampleStatus.INFRA_ERROR if passed is None else SampleStatus.COMPLETED
    grades = () if passed is None else (Grade("test", passed, text),)
    sample = Sample(case_id, 0, status, passed, grades, error=text if passed is None else None)
    return ImportedRun(CaseResult(case_id, ()), sample)


def _case_ids(names: Iterable[str]) -> dict[str, str]:
    """The case of each test: its name, but one case for all the repeats that pytest-repeat made of it.

    The repeats 1 to n must all be there: a lone test_x[1-3] is a test with two parameters.
    """
    ids = {name: name for name in names}
    families: defaultdict[tuple[str, int], dict[int, str]] = defaultdict(dict)
    for name in ids:
        if repeat := _REPEAT.fullmatch(name):
            stem = repeat["test"] + (f"[{repeat['parameters']}]" if repeat["parameters"] else "")
            families[stem, int(repeat["of"])][int(repeat["number"])] = name
    for (stem, of), repeats in families.items():
        if of > 1 and set(repeats) == set(range(1, of + 1)):
            ids.update(dict.fromkeys(repeats.values(), stem))
    return ids
