"""`{{ name }}` in templates that people write, and `${NAME}` for values of the environment.

A template is anything JSON can say. Only its strings are filled, never its keys, and a filled-in value
is never read as a template again: what a model wrote cannot ask for a second name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from agent_runtime.errors import CrewError

_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")

Native = Callable[[str, Any], Any]


class CannotFill(CrewError):
    """A template asks for a name that has no value."""

    exit_code = 2

    def __init__(self, what: str) -> None:
        super().__init__(what)


def fill(template: Any, values: Mapping[str, Any], native: Native = lambda name, value: value) -> Any:
    """The template with every `{{ name }}` replaced; a string that is just one takes the value as it is.

    Args:
        native: last word on such a value, given its name: `"{{ amount }}"` may become a number.

    Raises:
        CannotFill: for a name without a value.
    """
    if isinstance(template, str):
        whole = _PLACEHOLDER.fullmatch(template)
        if whole is not None:
            return native(whole[1].strip(), _value(whole[1], values))
        return fill_text(template, values)
    if isinstance(template, Mapping):
        return {key: fill(part, values, native) for key, part in template.items()}
    if isinstance(template, list):
        return [fill(part, values, native) for part in template]
    return template


def fill_text(template: str, values: Mapping[str, Any], encode: Callable[[str], str] = str) -> str:
    """The template as text; `encode` makes each value fit its place, as percent-encoding does in a URL.

    Raises:
        CannotFill: for a name without a value.
    """
    return _PLACEHOLDER.sub(lambda found: encode(as_text(_value(found[1], values))), template)


def fill_environment(template: str, environ: Mapping[str, str]) -> str:
    """The template with every `${NAME}` replaced, white space around a value removed.

    Raises:
        CannotFill: naming the variable that is not set, or whose value cannot stand in a header.
    """
    return _VARIABLE.sub(lambda found: _variable(found[1].strip(), environ), template)


def names_in(template: Any) -> frozenset[str]:
    """Every name the template asks for."""
    if isinstance(template, str):
        return frozenset(found.strip() for found in _PLACEHOLDER.findall(template))
    parts = (
        template.values() if isinstance(template, Mapping) else template if isinstance(template, list) else ()
    )
    return frozenset().union(*map(names_in, parts))


def as_text(value: Any) -> str:
    """How a value reads inside a longer text: itself if it is text, else its JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(written: str, values: Mapping[str, Any]) -> Any:
    name = written.strip()
    if name not in values:
        known = ", ".join(sorted(values)) or "none"
        raise CannotFill(f"'{{{{ {name[:60]} }}}}' has no value here; known names: {known}")
    return values[name]


def _variable(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise CannotFill(f"the environment variable {name[:60]} is not set")
    if not value.isprintable():
        raise CannotFill(f"the environment variable {name[:60]} holds a control character")
    return value
