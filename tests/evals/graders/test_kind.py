"""A kind of grader is one record and one line of `evals.graders.KINDS`: everything else takes it from there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from agent_runtime.errors import InvalidInput
from agentcrewops.schemas import schema_of
from docs.publish import grader_table
from evals import graders
from evals.graders.answer.text import EXACT
from evals.graders.kind import GraderKind
from evals.results.records import Attempt, Grade
from tests.fakes.grading import case_of, completed, judged, means

BUILT_IN = graders.KINDS


@dataclass(frozen=True, slots=True)
class Shout:
    """The answer ends with so many exclamation marks."""

    marks: str
    name = "shout"

    def grade(self, attempt: Attempt) -> Grade:
        return Grade(self.name, (attempt.output or "").endswith(self.marks))


SHOUT = GraderKind(
    name="shout",
    read=EXACT.read,
    build=lambda marks, _: Shout(marks),
    checks="The answer ends loudly.",
    example='shout: "!!"',
)


@pytest.fixture(autouse=True)
def _one_line_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graders, "KINDS", (*graders.KINDS, SHOUT))


def test_a_suite_may_use_it_alone_and_inside_a_combination() -> None:
    evaluator = [{"shout": "!"}, {"any": [{"shout": "!!"}, {"exact": "x"}]}]
    built = graders.graders_for(case_of(evaluator), means())
    assert judged(built, completed("Hello!!"))[0] is True
    assert judged(built, completed("Hello!"))[0] is False


def test_a_misspelled_name_leads_to_it() -> None:
    with pytest.raises(InvalidInput, match="did you mean 'shout'"):
        graders.graders_for(case_of({"shuot": "!"}), means())


def test_an_error_in_its_settings_names_it_and_the_case() -> None:
    with pytest.raises(InvalidInput, match="case 'refund': shout: needs text, not 5"):
        graders.graders_for(case_of({"shout": 5}), means())


def test_the_guide_lists_it() -> None:
    assert '| `shout` | The answer ends loudly. | `shout: "!!"` |' in grader_table()


def test_the_schema_of_suites_knows_it() -> None:
    known = schema_of("suite")["$defs"]["Evaluator"]["properties"]
    assert known["shout"] == {"description": 'The answer ends loudly. shout: "!!"'}


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_the_example_of_every_kind_is_accepted(kind: GraderKind[object], tmp_path: Path) -> None:
    (tmp_path / "checks.py").write_text("def refund_was_booked(run): return True\n")
    evaluator = yaml.safe_load(kind.example)
    [grader, *_] = graders.graders_for(case_of(evaluator, "a == 1"), means({"type": "object"}, tmp_path))
    assert grader.name == kind.name
