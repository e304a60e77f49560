"""URLs: schemes that run or read local files, and hosts that are not what they seem. Decided by egress."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from agent_runtime.guard.egress import Destination, check_url
from security_pack.sinks.interface import Part, Sink

_ADDRESS = re.compile(
    r"""(?:[A-Za-z][A-Za-z0-9+.\-]{1,31}:(?=[^\s:])|(?<![^\s"'(<=\[])[/\\]{2}(?=[^\s/\\]))[^\s"'<>`]{1,4096}"""
)
_RUNNING = frozenset(
    [
        "javascript", "vbscript", "livescript", "data", "blob", "file", "gopher", "ftp", "sftp", "dict", "ldap",
        "ldaps", "tftp", "jar", "netdoc", "php", "phar", "expect", "view-source", "ws", "wss", "smb", "ssh",
        "git", "telnet", "rtsp", "filesystem", "intent", "ms-msdt", "search-ms", "feed", "zip", "glob", "s3",
    ]
)  # fmt: skip
_HOST_IS_ODD = frozenset(
    [
        "userinfo", "ip_literal", "backslash", "percent_in_host", "non_ascii_host", "control_character",
        "malformed", "oversize",
    ]
)  # fmt: skip
# Names inside a network: some reserved (https://www.iana.org/assignments/special-use-domain-names), some by habit.
_LOCAL = (".local", ".internal", ".localhost", ".localdomain", ".home.arpa", ".lan", ".intranet")


def parts(text: str) -> Iterator[Part]:
    """Every address in the text: live where no honest link looks like that, else its host, which is not."""
    for found in _ADDRESS.finditer(text):
        yield from _of_address(found[0].rstrip(".,;!?)]}*"))


def _of_address(address: str) -> Iterator[Part]:
    if address.startswith(("/", "\\")):
        yield from _of_host("https:" + address.replace("\\", "/"), "")
        return
    scheme, _, rest = address.partition(":")
    scheme = scheme.lower()
    if scheme in _RUNNING and rest:
        yield Part("scheme", address)
    elif rest.startswith(("//", "\\", "/\\")):
        yield from _of_host(address, scheme)


def _of_host(address: str, scheme: str) -> Iterator[Part]:
    checked = check_url(address, ["*"])
    if not isinstance(checked, Destination) and checked.rule in _HOST_IS_ODD:
        yield Part(checked.rule, unquote(address))
        return
    host = checked.host if isinstance(checked, Destination) else _authority(address)
    bare = host.partition(":")[0]
    if _NUMERIC.match(bare):
        yield Part("ip_literal", address)
    elif bare == "localhost" or bare.endswith(_LOCAL):
        yield Part("local_host", address)
    else:
        yield Part("host" if scheme else "relative_host", host, live=not scheme)


_NUMERIC = re.compile(r"\[|(?:[^.]+\.)*(?:\d+|0x[0-9a-f]*)\.?$", re.I)


def _authority(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return address


SINK = Sink("url", parts)
