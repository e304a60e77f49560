"""YAML: tags that name a type, aliases, and keys that merge. Read as libyaml's event stream; nothing is built.

Plain tags are those of https://yaml.org/type/; any other may name a class that a loader would build.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from security_pack.sinks.interface import TOO_COMPLEX, Part, Sink, until_nth

_BRACKETS = 10_000
"""Flow brackets that are read: libyaml is quadratic in their depth."""
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "set", "omap", "binary")
) | {"!"}
_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parts(text: str) -> Iterator[Part]:
    """Tags with what they stand on, and aliases."""
    read = until_nth(text, "[{", _BRACKETS)
    if len(read) < len(text):
        yield Part(TOO_COMPLEX, f"more than {_BRACKETS:,} brackets")
    try:
        yield from _of_events(read)
    except (yaml.YAMLError, ValueError):  # ValueError: half a surrogate pair
        return


def _of_events(text: str) -> Iterator[Part]:
    tagged: str | None = None
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            yield Part("alias", f"*{event.anchor}")
        if (
            isinstance(event, yaml.ScalarEvent)
            and event.tag is None
            and event.value == "<<"
            and not event.style
        ):
            yield Part("merge_key", "<<")
        own = _own_tag(event)
        if own is not None and tagged is None:
            tagged, depth = own, 0
        if tagged is not None:
            yield Part("tag", f"{own or tagged} {getattr(event, 'value', '') or ''}")
            depth += _step(event)
            if depth <= 0:
                tagged = None


def _own_tag(event: yaml.Event) -> str | None:
    tag = getattr(event, "tag", None)
    return tag if tag is not None and tag not in _PLAIN_TAGS else None


def _step(event: yaml.Event) -> int:
    if isinstance(event, yaml.CollectionStartEvent):
        return 1
    return -1 if isinstance(event, yaml.CollectionEndEvent) else 0


SINK = Sink("yaml", parts)
