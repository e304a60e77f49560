"""Where the agent may connect: a URL is parsed here once, and the result is what gets connected to.

Two URL parsers that disagree about the host are how allow-lists are passed by, so nothing downstream
parses the text again: connect to `Destination`, at an address that `check_address` let through, with
the destination's host as SNI and Host header. Check every redirect anew (default: follow none).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote

MAX_URL = 8192
"""Characters; 8,000 is what every server should take (https://www.rfc-editor.org/rfc/rfc9110#section-4.1)."""
_PORTS = {"http": 80, "https": 443}

# Generic syntax, https://www.rfc-editor.org/rfc/rfc3986#section-3; stricter than it wherever parsers disagree.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)([^#]*)(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?", re.DOTALL)
# Labels have up to 63 characters and names 253 (https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4); hosts inside
# companies do have underscores, whatever that document says.
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NEVER_IN_A_URL = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")
_SENT_AS_WRITTEN = "/?:@!$&'()*+,;=-._~%"
"""What a path or query may hold (https://www.rfc-editor.org/rfc/rfc3986#section-3.3), and % of what is encoded."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An allowed place to connect to. `host` is lower-case ASCII, an IPv6 address without its brackets."""

    scheme: str
    host: str
    port: int
    path_and_query: str

    @property
    def origin(self) -> str:
        """Scheme, host and port; a default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def url(self) -> str:
        """The URL in the one form that every parser reads alike."""
        return self.origin + self.path_and_query


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a connection is not made: a stable rule name, and a reason fit for a model and a person."""

    rule: str
    reason: str


def check_url(url: str, allowlist: Sequence[str]) -> Destination | Refusal:
    """The destination `url` names, if an entry of `allowlist` matches it.

    An entry is a host (`api.example.com`), its subdomains (`*.example.com`, never the apex), any host
    (`*`) — these three mean HTTPS on port 443 and no IP address — or a full origin
    (`http://127.0.0.1:8080`), which must match exactly.
    """
    destination = _parse(url)
    if isinstance(destination, Refusal) or _origin_listed(destination, allowlist):
        return destination
    return _refuse_for_host_entries(destination, allowlist) or destination


def check_address(address: str, destination: Destination, allowlist: Sequence[str]) -> Refusal | None:
    """Why `address`, which the destination's host resolved to, must not be connected to; None if it may.

    Only public addresses pass. An origin that is listed in full may also be at a loopback or private
    address: it was asked for by name. Addresses that carry another one inside (v4-mapped, NAT64, 6to4,
    Teredo), link-local (cloud metadata), multicast and unspecified ones pass in no case but one: the
    listed origin is that very address.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return Refusal("bad_address", f"'{_short_ascii(address)}' is not an IP address")
    if _public(ip):
        return None
    if _origin_listed(destination, allowlist) and (_local(ip) or destination.host == address.lower()):
        return None
    return Refusal(
        "private_address",
        f"{destination.host} is at {ip}, which is not a public address; if that is meant, "
        f"list the full origin {destination.origin} in domains_allowlist",
    )


def _parse(url: str) -> Destination | Refusal:
    if len(url) > MAX_URL:
        return Refusal("oversize", f"the URL is longer than {MAX_URL} characters")
    if _NEVER_IN_A_URL.search(url):
        return Refusal(
            "control_character", "the URL contains a space or control character; percent-encode it"
        )
    # Browsers read it as a slash (https://url.spec.whatwg.org/#path-state) and others as part of the host.
    if "\\" in url:
        return Refusal("backslash", "the URL contains a backslash; percent-encode it as %5C")
    parts = _URL.fullmatch(url)
    if parts is None:
        return Refusal("malformed", f"'{_short_ascii(url)}' is not a full URL; write https://host/path")
    scheme, authority, rest = parts[1].lower(), parts[2], parts[3]
    if scheme not in _PORTS:
        return Refusal("scheme", f"scheme '{_short_ascii(scheme)}' is not allowed; use https")
    place = _place(authority, _PORTS[scheme])
    if isinstance(place, Refusal):
        return place
    path_and_query = quote(
        rest if rest.startswith("/") else "/" + rest, safe=_SENT_AS_WRITTEN, errors="replace"
    )
    return Destination(scheme, *place, path_and_query)


def _place(authority: str, default_port: int) -> tuple[str, int] | Refusal:
    if "@" in authority:
        return Refusal("userinfo", "the URL carries a user name or password before the host; remove it")
    if not authority.isascii():
        return Refusal("non_ascii_host", "the host is not ASCII; write it in its xn-- form")
    authority = authority.lower()  # only now: the Kelvin sign's lower case is an ASCII k
    if "%" in authority:
        return Refusal("percent_in_host", "the host contains '%'; write it plainly")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        return Refusal("port", f"'{_short_ascii(authority)}' does not end in a port number")
    port = int(parts[2]) if parts[2] else default_port
    if not 0 < port < 65536:
        return Refusal("port", f"{port} is not a port number")
    host = _bare_host(parts[1])
    return (
        Refusal("malformed", f"'{_short_ascii(parts[1])}' is not a host name")
        if host is None
        else (host, port)
    )


def _bare_host(host: str) -> str | None:
    if host.startswith("["):
        return host[1:-1] if _is_ipv6(host[1:-1]) else None
    labels_are_right = all(map(_LABEL.fullmatch, host.split(".")))
    return host if labels_are_right and len(host) <= 253 else None


def _is_ipv6(text: str) -> bool:
    try:
        return isinstance(ip_address(text), IPv6Address)
    except ValueError:
        return False


def _origin_listed(destination: Destination, allowlist: Sequence[str]) -> bool:
    own = (destination.scheme, destination.host, destination.port)
    for entry in allowlist:
        listed = _parse(entry) if "://" in entry else None
        if isinstance(listed, Destination) and own == (listed.scheme, listed.host, listed.port):
            return True
    return False


def _refuse_for_host_entries(destination: Destination, allowlist: Sequence[str]) -> Refusal | None:
    if _is_ip_literal(destination.host):
        return Refusal("ip_literal", f"{destination.host} is an IP address; list its full origin to allow it")
    if not any(_host_matches(destination.host, entry.lower()) for entry in allowlist):
        return Refusal("not_allowlisted", f"{destination.host} is not in domains_allowlist")
    if destination.scheme != "https":
        return Refusal("scheme", f"{destination.host} may be reached by https only")
    if destination.port != 443:
        return Refusal("port", f"{destination.host} may be reached on port 443 only")
    return None


def _host_matches(host: str, entry: str) -> bool:
    if entry.startswith("*."):
        return host.endswith(entry[1:])
    return entry in {"*", host}


def _is_ip_literal(host: str) -> bool:
    """True for every notation some resolver takes for an address: 127.0.0.1, 127.1, 0x7f.1, 2130706433.

    https://url.spec.whatwg.org/#ends-in-a-number-checker
    """
    return ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]) is not None


# Private, shared and loopback networks: RFC 1918, RFC 6598, RFC 4193, as the registries below list them.
_LOCAL = [
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1",
        "fc00::/7",
    )
]

# IANA's special-purpose registries, written out: `is_global` differs between Python patch releases.
# https://www.iana.org/assignments/iana-ipv4-special-registry/
# https://www.iana.org/assignments/iana-ipv6-special-registry/
_SPECIAL_V4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast and reserved; broadcast is inside
    )
]
# All that is assigned so far: https://www.iana.org/assignments/ipv6-address-space/
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = [ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]


def _public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _SPECIAL_V4)
    return ip in _GLOBAL_V6 and not any(ip in network for network in _SPECIAL_V6)


def _local(ip: IPv4Address | IPv6Address) -> bool:
    return any(ip in network for network in _LOCAL)


def _short_ascii(text: str) -> str:
    """Hostile text, short and in ASCII."""
    return ascii(text[:80])[1:-1]
