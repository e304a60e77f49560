from pathlib import Path
from typing import Any

import pytest

from agent_runtime.errors import InvalidInput
from agent_runtime.files.documents import Document, read_yaml
from agent_runtime.models.simulation import Simulation, Skill, read_simulation

PLAIN: dict[str, Any] = {
    "name": "plain",
    "prices": {"input_per_mtok": 0.4, "output_per_mtok": 1.6},
    "default": {"answer": "I do not know."},
}


def read(**parts: Any) -> Simulation:
    return read_simulation(Document("sim.yaml", {"simulation": PLAIN | parts}, {}))


def test_a_model_needs_a_name_a_price_and_a_default() -> None:
    simulation = read()
    assert simulation.default.answer == "I do not know."
    assert sum(simulation.failures.rates.values()) == 0


def test_a_bare_number_is_a_skill_that_no_prompt_changes() -> None:
    behaviour = {"name": "a", "when": "x", "skill": 0.9, "answer": "y", "otherwise": [{"answer": "n"}]}
    assert read(behaviours=[behaviour]).behaviours[0].skill.chance("any prompt") == 0.9


@pytest.mark.parametrize(("combine", "chance"), [("last", 0.7), ("lowest", 0.2), ("highest", 0.9)])
def test_rules_that_match_together_combine_as_declared(combine: Any, chance: float) -> None:
    rules = [
        {"says": "verify", "chance": 0.9},
        {"says": "be brief", "chance": 0.2},
        {"says": "order", "chance": 0.7},
    ]
    skill = Skill.model_validate({"default": 0.5, "prompt": rules, "combine": combine})
    assert skill.chance("Verify the order. Be brief.") == chance
    assert skill.chance("Say hello.") == 0.5


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        ({"when": "("}, "not a regular expression"),
        ({"skill": 0.5}, "does not say how"),
        ({"skill": {"prompt": [{"says": "x", "chance": 0.5}]}}, "does not say how"),
        ({"answer": {"amount": "{{ amount }}"}}, "'amount', which `when` does not catch"),
        ({"calls": [{"tool": "t", "arguments": {"q": "{{ q }}"}}]}, "'q', which `when` does not catch"),
        ({"text": ["order"]}, "'order', which `when` does not catch"),
    ],
)
def test_a_behaviour_that_cannot_work_is_refused(behaviour: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read(behaviours=[{"name": "a", "when": "x", "answer": "y"} | behaviour])


def test_failure_chances_above_one_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"add up to 1\.2"):
        read(failures={"timeout": 0.6, "loop": 0.6})


def test_a_default_cannot_use_what_nothing_caught() -> None:
    with pytest.raises(InvalidInput, match="default uses 'amount'"):
        read(default={"answer": "{{ amount }}"})


def test_a_mistake_is_reported_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "sim.yaml"
    file.write_text("simulation:\n  name: s\n  failure: {}\n", encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_simulation(read_yaml(file))
    assert f"{file}:3: unknown key 'failure'" in str(caught.value)
    assert "did you mean 'failures'?" in str(caught.value)
