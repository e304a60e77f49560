"""JSON data as one line of YAML, for files that people go on editing."""

from __future__ import annotations

from typing import Any

import yaml

from agent_runtime.visible import exact_yaml


class _Quoting(yaml.SafeDumper):
    """Quotes every text, so that none is read as a number, and refers to nothing written before."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value out each time it occurs."""
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _quoted)


def one_line(value: Any) -> str:
    """The value in flow style, texts in double quotes, what cannot be seen as an escape.

    Reading it as YAML gives the value again.
    """
    text = yaml.dump(
        [value],
        Dumper=_Quoting,
        default_flow_style=True,
        allow_unicode=True,
        width=float("inf"),
        sort_keys=False,
    )
    return exact_yaml(text.strip()[1:-1])
