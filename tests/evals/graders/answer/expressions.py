"""What a `success` expression says of an output, and any output that is JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from evals.graders.answer.expression import compile_condition

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def holds(source: str, output: Any) -> bool:
    """Whether the expression holds for a text, or for a value written as JSON."""
    return reason(source, output) == ""


def reason(source: str, output: Any) -> str:
    """Why the expression does not hold; "" if it does."""
    text = output if isinstance(output, str) else json.dumps(output)
    return compile_condition(source)(text) or ""
