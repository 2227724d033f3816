"""Who may ask the app: requests are served by their Host and Origin, other sites' pages never.

A page of any site can make its own name point to this machine (DNS rebinding); a browser then
takes the app for a part of that page. The name that the browser asks for gives it away.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

LOCAL = ("localhost", "127.0.0.1", "::1")
"""Names of this machine for itself."""
EVERY = ("0.0.0.0", "::")
"""Listening there is listening on each address of this machine."""
PORTS = {"http": 80, "https": 443}
FORM = re.compile(r"([a-zA-Z][\w.+-]*:)?//(\[[^][/@\s]+\]|[^][/?#@:\s\\]+)(:\d*)?", re.ASCII)
"""Of a scheme, a name and a port, and nothing else: to read a URL is to pass over much."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class KnownHosts:
    """An ASGI application before another: answers 403 to what names a host that is not ours.

    Served are ``localhost``, ``127.0.0.1``, ``[::1]``, the address that the server listens on, and
    the names in ``more``. A request of a page (it has an Origin) must come from that very host and
    port, or from a name in ``more``.

    Args:
        app: What is served.
        host: Address that the server listens on.
        more: Further names, such as that of a proxy before it.
    """

    def __init__(self, app: Any, host: str, more: Sequence[str] = ()) -> None:
        self.app, self.host, self.more = app, plain(host), {plain(name) for name in more}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on, or refuses."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        why = self.refused(scope)
        if not why:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": why})
        else:
            text = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": text})
            await send({"type": "http.response.body", "body": f"{why}\n".encode()})

    def refused(self, scope: Scope) -> str:
        """Why a request is not answered; empty where it is."""
        found: dict[bytes, list[str]] = {b"host": [], b"origin": []}
        for key, value in scope["headers"]:
            if key.lower() in found:
                found[key.lower()].append(value.decode("latin-1"))
        hosts, origins = found[b"host"], found[b"origin"]
        if len(hosts) != 1 or len(origins) > 1:
            return "expected one Host, and at most one Origin"
        try:
            asked = parts(f"//{hosts[0]}")
            page = parts(origins[0]) if origins else None
        except ValueError:
            return "Host or Origin is not one"
        known = {*LOCAL, self.host, *self.more}
        if self.host in EVERY and scope.get("server"):
            known.add(plain(str(scope["server"][0])))  # the address that this very request came to
        if asked[1] not in known:
            return "this name is not served: da-bench dashboard --allow-host NAME lets one in"
        if page is None or (page[0] in PORTS and page[1] in self.more):
            return ""
        scheme, name, port = page
        default = PORTS.get(scheme)
        same = (name, port or default) == (asked[1], asked[2] or default)
        return "" if default and same else "pages of other sites are not answered"


def parts(url: str) -> tuple[str, str, int | None]:
    """Scheme, name and port of what has nothing else.

    Raises:
        ValueError: It has more, or no name.
    """
    split = urlsplit(url)
    if not FORM.fullmatch(url) or not split.hostname:
        raise ValueError(url)
    return split.scheme, plain(split.hostname), split.port


def check_name(name: str) -> None:
    """Raises ValueError where ``--allow-host`` is given more than the name of a host, or none."""
    try:
        scheme, found, port = parts(f"//{name}")
    except ValueError:
        scheme, found, port = "", "", None
    if scheme or not found or port is not None or set("*,;") & set(found) or name[-1:] == ":":
        raise ValueError(f"--allow-host {name!r}: expected the name of a host alone, such as "
                         "results.example.org: no scheme, port or *")  # fmt: skip


def plain(name: str) -> str:
    """A host's name in the one form that is compared."""
    name = name.strip("[]").lower().removesuffix(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
