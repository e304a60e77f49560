import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.files.placeholders import CannotFill, fill, fill_environment, fill_text, names_in

VALUES = {"input": 'say "hi"', "seed": 7, "messages": [{"role": "user"}]}


def test_a_string_that_is_one_placeholder_takes_the_value_as_it_is() -> None:
    template = {"seed": "{{ seed }}", "list": ["{{messages}}"], "fixed": None}
    assert fill(template, VALUES) == {"seed": 7, "list": [[{"role": "user"}]], "fixed": None}


def test_inside_a_longer_text_values_read_as_text_or_json() -> None:
    assert fill("{{ input }} #{{ seed }} {{ messages }}", VALUES) == 'say "hi" #7 [{"role": "user"}]'


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(
        CannotFill, match=r"'{{ inptu }}' has no value here; known names: input, messages, seed"
    ):
        fill({"q": "{{ inptu }}"}, VALUES)


def test_an_expression_is_not_a_name() -> None:
    with pytest.raises(CannotFill, match="has no value"):
        fill("{{ input | upper }}", VALUES)


@given(st.text())
def test_a_filled_in_value_is_never_read_as_a_template(value: str) -> None:
    assert fill("<{{ a }}>", {"a": value, "b": "secret"}) == f"<{value}>"


def test_keys_are_left_alone() -> None:
    assert fill({"{{ seed }}": 1}, VALUES) == {"{{ seed }}": 1}


def test_the_caller_has_the_last_word_on_a_whole_value() -> None:
    filled = fill(["{{ a }}", "x{{ a }}"], {"a": "5"}, native=lambda name, value: int(value))
    assert filled == [5, "x5"]


def test_text_is_encoded_for_its_place() -> None:
    assert fill_text("/a/{{ x }}", {"x": "b c"}, encode=lambda text: text.replace(" ", "%20")) == "/a/b%20c"


def test_names_are_found_at_any_depth() -> None:
    assert names_in({"a": ["{{ x }}", {"b": "y {{ y }} {{z}}"}], "n": 1}) == {"x", "y", "z"}


def test_environment_values_are_filled_in_without_their_line_end() -> None:
    assert fill_environment("Bearer ${TOKEN}", {"TOKEN": "abc\n"}) == "Bearer abc"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "TOKEN is not set"),
        ({"TOKEN": " "}, "TOKEN is not set"),
        ({"TOKEN": "a\r\nb"}, "control character"),
    ],
)
def test_an_unusable_variable_is_named_and_its_value_is_not_shown(environ: dict[str, str], says: str) -> None:
    with pytest.raises(CannotFill, match=says):
        fill_environment("Bearer ${TOKEN}", environ)
