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

from agent_runtime.visible import printable


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
