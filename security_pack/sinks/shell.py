"""Shell: text that ends the word it was put into and commands something. Read by tree-sitter's bash grammar.

https://github.com/tree-sitter/tree-sitter-bash
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import tree_sitter
import tree_sitter_bash

from security_pack.sinks.interface import TOO_COMPLEX, Part, Sink, until_nth

_SPECIAL = "|&;()<>$`{}\"'\n=[]\\"
_MOST_SPECIAL = 3_000
"""Special characters that are read: the grammar's recovery from errors is quadratic in them."""
_SUBSTITUTING = frozenset(["command_substitution", "process_substitution"])
_COMMAND = "q7z"
_RULES = {
    "command": "command",
    "subshell": "command",
    "compound_statement": "command",
    "function_definition": "command",
    "declaration_command": "command",
    "test_command": "command",
    "if_statement": "command",
    "while_statement": "command",
    "for_statement": "command",
    "case_statement": "command",
    "command_substitution": "substitution",
    "process_substitution": "substitution",
    "file_redirect": "redirect",
    "herestring_redirect": "redirect",
    "heredoc_redirect": "redirect",
    "&": "background",
}


def parts(text: str) -> Iterator[Part]:
    """Commands, substitutions and redirects, in the text as a bare word and inside either kind of quotes."""
    read = until_nth(text, _SPECIAL, _MOST_SPECIAL)
    if len(read) < len(text):
        yield Part(TOO_COMPLEX, f"more than {_MOST_SPECIAL:,} special characters")
    if not any(character in read for character in _SPECIAL):
        return
    yield from _acting(f"{_COMMAND} {read}", whole=False)
    for quote in ("'", '"'):
        if quote in read or (quote == '"' and ("$" in read or "`" in read)):
            yield from _acting(f"{_COMMAND} {quote}{read}{quote}", whole=True)


def _acting(script: str, *, whole: bool) -> Iterator[Part]:
    """What a shell would do beside our own command; nothing if `whole` and the script does not parse."""
    source = script.encode("utf-8", "replace")
    root = _parser().parse(source).root_node
    if whole and root.has_error:
        return
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error and node.child_count == 0:
            continue
        rule = _RULES.get(node.type)
        if rule is not None and not (node.start_byte == 0 and node.type == "command"):
            yield Part(rule, source[node.start_byte : node.end_byte].decode("utf-8", "replace"))
            if rule != "background":
                continue
        waiting.extend(node.children)


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


SINK = Sink("shell", parts)
