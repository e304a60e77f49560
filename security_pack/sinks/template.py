"""Templates: expressions that some engine would evaluate. Read by Jinja's lexer, with each engine's delimiters.

The attack: https://portswigger.net/web-security/server-side-template-injection
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from jinja2 import Environment, TemplateSyntaxError
from jinja2.lexer import Lexer

from security_pack.sinks.interface import Part, Sink

_JINJA = Environment(autoescape=True).lexer
"""Twig, Liquid, Handlebars and Angular share its delimiters."""
_ERB = Environment(
    autoescape=True,
    variable_start_string="<%=",
    variable_end_string="%>",
    block_start_string="<%",
    block_end_string="%>",
    comment_start_string="<%#",
    comment_end_string="%>",
).lexer
"""EJS and JSP share its delimiters."""
_LEXERS = (
    (_JINJA, re.compile(r"\{\{|\{%"), {"{{": "}}", "{%": "%}"}),
    (_ERB, re.compile("<%"), {"<%": "%>"}),
)
# ${…} of Mako, JSP, Freemarker and Velocity; #{…} of Pug, JSF and Ruby; *{…} and @{…} of Thymeleaf;
# {$…}, {php} and {if …} of Smarty; <#…> and [#…] of Freemarker; ${{…}} falls under the first.
_OTHERS = re.compile(
    r"[$#*@~]!?\{[^{}\s][^{}]{0,2000}\}|[$#]\{\{?[^{}]{1,2000}\}\}?|\{\$[A-Za-z_][^{}]{0,2000}\}"
    r"|\{/?(?:php|if|foreach|include|literal|eval|fetch|math|assign)\b[^{}]{0,2000}\}"
    r"|[<\[]#[a-z]{2,20}\b[^>\]#]{0,2000}[>\]]|#(?:set|foreach|if|evaluate|include|parse)\s*\([^)#]{1,2000}\)"
    r"|\$!?[A-Za-z_]\w{0,40}(?:\.\w{1,40}){1,9}\([^()$]{0,500}\)|@\([^()@]{1,500}\)"
    r"|\{(?:[A-Za-z_]\w{0,40}::|!)[^{}]{1,2000}\}"
    r"|<\?(?:php|=)[^?]{1,2000}(?:\?>|$)"
)
LIMIT = 500_000
_MAX_EXPRESSIONS = 500
_LONGEST = 5_000
"""Characters of one expression."""
_BEGINS = frozenset(["variable_begin", "block_begin"])
_ENDS = frozenset(["variable_end", "block_end"])


def parts(text: str) -> Iterator[Part]:
    """Every expression, statement or directive."""
    for lexer, opener, closers in _LEXERS:
        if opener.search(text):
            lexed = _lexed(lexer, text)
            yield from _delimited(text, opener, closers) if lexed is None else lexed
    for found in _OTHERS.finditer(text):
        yield Part("expression", found[0])


def _lexed(lexer: Lexer, text: str) -> list[Part] | None:
    """The expressions of a text that is a template of this engine's; None if it is not."""
    found: list[Part] = []
    current: list[str] | None = None
    try:
        for _, kind, value in lexer.tokeniter(text, None):
            if kind in _BEGINS:
                current = []
            elif kind in _ENDS and current is not None:
                found.append(Part("expression", "".join(current).strip()))
                current = None
            elif current is not None:
                current.append(value)
    except TemplateSyntaxError:
        return None
    return [part for part in found if part.text]


def _delimited(text: str, opener: re.Pattern[str], closers: Mapping[str, str]) -> Iterator[Part]:
    """What stands between delimiters, in a language that the lexer does not know."""
    for found in islice(opener.finditer(text), _MAX_EXPRESSIONS):
        end = text.find(closers[found[0]], found.end(), found.end() + _LONGEST)
        inner = text[found.end() : end].strip() if end >= 0 else ""
        if inner:
            yield Part("expression", inner)


SINK = Sink("template", parts, limit=LIMIT)
