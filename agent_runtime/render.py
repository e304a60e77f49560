"""The only Jinja2 Environment: view models in, text out, every value escaped."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Asset:
    """One style or script to put inline. `source` is its CSP source expression, `'sha256-…'`."""

    text: Markup
    source: str


def render(template: str, **model: object) -> str:
    """The named template of `templates/`, filled with the model's values.

    Every value is escaped for HTML and shown without control characters, unless it is `Markup` already.

    Raises:
        jinja2.UndefinedError: the template names something that the model does not have.
    """
    return _environment().get_template(template).render(**model)


def asset(name: str) -> Asset:
    """A style or script file of `templates/`, with the hash by which a strict page admits it."""
    text = (templates_folder() / name).read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Asset(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - a file of ours, not input


@cache
def templates_folder() -> Path:
    """Where the templates are: inside the installed package, or beside it in a checkout."""
    packages = Path(__file__).resolve().parent
    installed = packages / "_templates"
    return installed if installed.is_dir() else packages.parent / "templates"


def printable(text: str) -> str:
    """The text with every character that could act on a terminal or reorder a line made visible.

    Control, bidirectional, invisible and tag characters and lone surrogates become their number: ESC is ‹U+001B›.
    Newline and tab stay. Linear time.
    """
    return text.translate(_VISIBLE)


_INVISIBLE = (
    *range(0x09),
    *range(0x0B, 0x20),
    *range(0x7F, 0xA0),  # 0x9B alone starts an ANSI sequence
    0x00AD,
    0x061C,
    0x180E,
    *range(0x200B, 0x200D),  # the joiner U+200D stays: emoji and several scripts need it
    *range(0x200E, 0x2010),
    *range(0x2028, 0x202F),  # line separators and bidirectional embeddings
    *range(0x2060, 0x2070),
    *range(0xD800, 0xE000),  # lone surrogates cannot be written as UTF-8
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),  # tag characters: instructions nobody sees
)

_VISIBLE = {number: f"‹U+{number:04X}›" for number in _INVISIBLE}


def _made_visible(value: Any) -> Any:
    """Runs on every value a template prints, before it is escaped."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_made_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
