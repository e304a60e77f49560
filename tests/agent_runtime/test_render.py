from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest
from jinja2 import UndefinedError

from agent_runtime.render import asset, render, templates_folder


def test_templates_of_a_checkout_are_found_beside_the_packages() -> None:
    assert (templates_folder() / "report" / "page.html.j2").is_file()


def test_a_template_that_asks_for_a_missing_value_fails_instead_of_printing_nothing() -> None:
    with pytest.raises(UndefinedError):
        render("report/page.html.j2")


def test_an_asset_carries_the_hash_that_a_browser_computes_of_its_text() -> None:
    script = asset("report/page.js")
    assert script.source == f"'sha256-{b64encode(hashlib.sha256(script.text.encode()).digest()).decode()}'"
