"""HTML: text that becomes elements, handlers, scripts, styles or loads. Read by lexbor, as a browser would.

Lexbor follows the parsing rules of https://html.spec.whatwg.org/multipage/parsing.html. Which attributes hold
addresses: https://html.spec.whatwg.org/multipage/indices.html#attributes-3
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from security_pack.sinks.interface import TOO_COMPLEX, Part, Sink


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EMBEDDING = _names("applet embed fencedframe frame iframe object portal")
_OF_THE_DOCUMENT = _names("base link meta")
_LOADING = _names("background dynsrc lowsrc poster src srcset data icon")
_ADDRESSES = _LOADING | _names(
    "action archive by cite classid code codebase content folder formaction from href longdesc manifest ping"
    " profile to usemap values xlink:href xml:base"
)
_HARMLESS = _names(
    "abbr align alt border cellpadding cellspacing colspan datetime dir height hidden lang open placeholder"
    " reversed role rowspan scope span start title type valign value width xml:lang"
)
_ORDINARY = _names(
    "a abbr address article aside b bdi bdo blockquote body br button caption center cite code col colgroup dd"
    " del details dfn div dl dt em figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i"
    " img input ins kbd label li main mark nav ol p path pre q rp rt ruby s samp section select small span"
    " strong sub summary sup svg table tbody td template tfoot th thead time title tr tt u ul var wbr g rect"
    " line text circle polyline polygon"
)
_ACTIVE_SCHEME = re.compile(
    r"(?:javascript|vbscript|livescript|mocha):"
    r"|(?:feed|jar|view-source):(?=[a-z]+:)"
    r"|data:(?:[a-z\-]*/[a-z0-9.+\-]*(?:html|xml|svg|script)|[;,])",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"(?:https?:)?[/\\]{2}|ftp:", re.IGNORECASE)
# A browser drops these before it looks for the scheme: https://url.spec.whatwg.org/#concept-basic-url-parser
_BEFORE_A_SCHEME = re.compile(r"\A[\x00-\x20\x7f\xa0\ufffd]+|[\x00-\x1f\x7f\xa0\ufffd]+")
_SAYS_NOTHING_YET = re.compile(r"\s*[A-Za-z\-]+:\s")
_CLOSES_AN_ATTRIBUTE = re.compile(
    r"""["'][\s/]*(on[a-z]{3,24})\s*=\s*([^\s"'>][^>]{0,200}|["'][^"'>]{0,200})""", re.I
)

# Where the tree builder drops a tag that stands alone, the place that a template may well give it.
_HOMES = (
    (re.compile(r"<t(?:body|head|foot|r|d|h)\b|<caption\b", re.I), "<table>"),
    (re.compile(r"<t[dh]\b", re.I), "<table><tr>"),
    (re.compile(r"<col(?:group)?\b", re.I), "<table><colgroup>"),
    (re.compile(r"<frame(?:set)?\b", re.I), "<frameset>"),
    (re.compile(r"<(?:html|body|head)\b", re.I), "<html>"),
)
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]{0,40})")
_NEVER_NESTS = _names(
    "p li dt dd td th tr thead tbody tfoot option br img input hr meta link base col area wbr source track"
    " param embed html head body"
)
_MOST_WORK = 2_000_000
"""Open elements summed over all tags. The tree builder is quadratic in depth; pages do a tenth of this."""
_MOST_FORMATTING = 25
"""Open formatting elements. The tree builder opens them all again in every paragraph that follows:
https://html.spec.whatwg.org/multipage/parsing.html#reconstruct-the-active-formatting-elements"""
_FORMATTING = _names("a b big code em font i nobr s small strike strong tt u")
_SENTINEL = "q7zsentinelq7z"


def parts(text: str) -> Iterator[Part]:
    """Live elements and attributes, in the text as content and as an attribute's value."""
    yield from _as_attribute(text)
    if "<" not in text:
        return
    pieces = list(_shallow(text))
    if len(pieces) > 1:
        yield Part(TOO_COMPLEX, "elements are nested deeper than a page's are")
    for piece in pieces:
        yield from _of_tree(piece)
        for mentioned, home in _HOMES:
            if mentioned.search(piece):
                yield from _of_tree(piece, home)
    yield from _dangling(pieces[-1])


def script_address(address: str) -> bool:
    """Whether a browser that follows this address runs a script from it."""
    return _ACTIVE_SCHEME.match(_BEFORE_A_SCHEME.sub("", address[:2_000])) is not None


def elsewhere(address: str) -> bool:
    """Whether this address leads to a named host."""
    return _ELSEWHERE.match(_BEFORE_A_SCHEME.sub("", address[:2_000])) is not None


def _as_attribute(text: str) -> Iterator[Part]:
    """The text as the value of an attribute: an address that runs, or a quote that ends the value."""
    if script_address(text) and not _SAYS_NOTHING_YET.match(text):  # "JavaScript: the good parts" is a title
        yield Part("script_address", text[:2_000])
    for found in _CLOSES_AN_ATTRIBUTE.finditer(text):
        yield Part("event_handler", found[0])


def _of_tree(text: str, home: str = "<body>") -> Iterator[Part]:
    root = LexborHTMLParser(f"{home}{text}").root
    if root is None:
        return
    for node in root.traverse(include_text=True):
        if node.tag == "template" and (held := node.html):  # its content is a document of its own
            yield from _of_tree(held.replace("<template", "<div"))
        else:
            yield from _of_node(node)


def _of_node(node: LexborNode) -> Iterator[Part]:
    tag = node.tag or ""
    if tag == "-text":
        return
    if tag == "-comment":
        yield Part("comment", node.html or "")
        return
    if tag == "script":
        yield Part("script", node.text() or "<script>")
    elif tag == "style":
        yield Part("style", node.text() or "<style>")
    elif tag in _EMBEDDING:
        yield Part("embedded_page", _opening(node))
    elif tag in _OF_THE_DOCUMENT:
        yield Part("document_setting", _opening(node))
    elif tag not in _ORDINARY:
        yield Part("element", tag, live=False)
    for name, value in node.attributes.items():
        yield from _of_attribute(tag, name.lower(), value or "")


def _opening(node: LexborNode) -> str:
    written = "".join(f' {name}="{value or ""}"' for name, value in node.attributes.items())
    return f"<{node.tag}{written}>"


def _of_attribute(tag: str, name: str, value: str) -> Iterator[Part]:
    written = f"{name}={value}"
    if not value:
        yield Part("attribute_name", name, live=False)
    elif name.startswith("on"):
        yield Part("event_handler", written)
    elif name in _ADDRESSES and script_address(value):
        yield Part("script_address", written)
    elif name in _LOADING and elsewhere(value):
        yield Part("external_image" if tag in {"img", "image"} else "external_resource", written)
    elif name == "href" and tag in {"a", "area"}:
        yield Part("link", written, live=False)
    elif name in _HARMLESS or name.startswith(("data-", "aria-")):
        yield Part("attribute_name", name, live=False)
    else:
        yield Part("attribute", written)


def _dangling(text: str) -> Iterator[Part]:
    """A tag, comment or raw text that is never closed takes in what the page says next."""
    if "<" not in text[-4_000:] and ">" not in text[-4_000:] and len(text) > 4_000:
        return
    root = LexborHTMLParser(f"{text}<{_SENTINEL}>").root
    if root is not None and root.css_first(_SENTINEL) is None:
        yield Part("unclosed", text[text.rfind("<") :])


def _shallow(text: str) -> Iterator[str]:
    """The text, cut wherever the tree builder's work would pass `_MOST_WORK`."""
    begin, load = 0, _Load()
    for tag in _TAG.finditer(text):
        load.meet(tag[2].lower(), closing=bool(tag[1]))
        if load.work > _MOST_WORK or load.formatting > _MOST_FORMATTING:
            yield text[begin : tag.start()]
            begin, load = tag.start(), _Load()
    yield text[begin:]


@dataclass
class _Load:
    """What the tree builder has open, as far as tags alone tell."""

    work: int = 0
    depth: int = 0
    formatting: int = 0
    opened: Counter[str] = field(default_factory=Counter)

    def meet(self, name: str, *, closing: bool) -> None:
        if name not in _NEVER_NESTS and not (closing and not self.opened[name]):
            step = -1 if closing else 1
            self.opened[name] += step
            self.depth += step
            self.formatting += step if name in _FORMATTING else 0
        self.work += self.depth


SINK = Sink("html", parts)
