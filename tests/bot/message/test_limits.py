from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.message.limits import weight, whole_blocks, whole_lines

BLOCKS = st.lists(st.text(alphabet="aé𝄞\n", max_size=60), max_size=12)


def test_what_fits_is_left_as_it_is() -> None:
    assert whole_blocks(["a", "b\n", ""], 100, "cut") == "a\n\nb\n"


def test_blocks_are_kept_whole_and_the_cut_is_said() -> None:
    assert whole_blocks(["first", "x" * 100, "third"], 50, "cut here") == "first\n\ncut here\n"


def test_a_first_block_that_is_too_long_is_cut_on_a_line() -> None:
    assert whole_blocks(["one\ntwo\n" + "x" * 100], 40, "cut here") == "one\ntwo\n\ncut here\n"


@given(BLOCKS, st.integers(20, 200))
def test_it_never_weighs_more_than_it_may(blocks: list[str], most: int) -> None:
    assert weight(whole_blocks(blocks, most, "cut")) <= most


@given(st.text(alphabet="aé\n"), st.integers(0, 60))
def test_lines_are_never_cut_in_the_middle(text: str, most: int) -> None:
    cut = whole_lines(text, most, "…")
    assert weight(cut) <= most
    kept = cut.removesuffix("…")
    assert cut == text or not kept or text.startswith(kept)
