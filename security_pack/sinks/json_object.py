"""JSON: keys that are doubled or reach a prototype, numbers that are none, and text that ends its own string.

What two equal keys mean is left open (https://www.rfc-editor.org/rfc/rfc8259#section-4), so two readers may differ;
NaN and Infinity are no JSON (section 6).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from security_pack.sinks.interface import TOO_COMPLEX, Part, Sink

# https://cwe.mitre.org/data/definitions/1321.html
_PROTOTYPE = frozenset(["__proto__", "constructor", "prototype", "__defineGetter__", "__defineSetter__"])
_SHOWN = 50


def parts(text: str) -> Iterator[Part]:
    """What is wrong in the text as a JSON document, or as a string that somebody pasted into one."""
    found: list[Part] = []
    document = _read(text, found)
    if document is _NOTHING and '"' in text:
        inside: list[Part] = []
        if _read(f'{{"value": "{text}"}}', inside) is not _NOTHING:
            yield Part("ends_its_string", text)
            yield from inside
    yield from found


_NOTHING = object()


def _read(text: str, found: list[Part]) -> Any:
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counted = Counter(key for key, _ in pairs)
        for key, value in pairs:
            if counted[key] > 1:
                found.append(Part("duplicate_key", f"{key}: {_shown(value)}"))
            if key in _PROTOTYPE:
                found.append(Part("prototype_key", f"{key}: {_shown(value)}"))
        return dict(pairs)

    def constant(name: str) -> str:
        found.append(Part("not_a_number", name))
        return name

    try:
        return json.loads(
            text, object_pairs_hook=members, parse_constant=constant, parse_int=str, parse_float=str
        )
    except RecursionError:
        found.append(Part(TOO_COMPLEX, "nests too deeply"))
    except ValueError:
        pass
    return _NOTHING


def _shown(value: Any) -> str:
    """The first strings in a value; each level of a nest asks again, so it is not walked to its end."""
    said, waiting = [], [value]
    for _ in range(_SHOWN):
        if not waiting:
            break
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend(list(part.values())[:_SHOWN] + list(part)[:_SHOWN])
        elif isinstance(part, list):
            waiting.extend(part[:_SHOWN])
        else:
            said.append(str(part))
    return " ".join(said)


SINK = Sink("json", parts, of_values=False)
