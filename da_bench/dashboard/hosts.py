"""Refusal of requests from pages of other sites, by their Host and Origin.

A page of any site can make its own name point to this machine (DNS rebinding); a browser then
takes the app for a part of that page. The name in the request shows it.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

LOCAL = ("localhost", "127.0.0.1", "::1")
"""Names of this machine for itself."""
EVERY = ("0.0.0.0", "::")
"""Addresses that stand for all addresses of this machine."""
PORTS = {"http": 80, "https": 443}
FORM = re.compile(r"([a-zA-Z][\w.+-]*:)?//(\[[^][/@\s]+\]|[^][/?#@:\s\\]+)(:\d*)?", re.ASCII)
"""Pattern of a scheme, a name and a port, and nothing else; URL parsers accept much more."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class KnownHosts:
    """An ASGI application around another that answers 403 to requests for unknown hosts.

    Known are ``localhost``, ``127.0.0.1``, ``[::1]``, the address that the server listens on, and
    ``more_names``. A request of a page (it has an Origin) must come from the same host and port, or
    from one of ``more_names``.

    Args:
        app: Application that is served.
        host: Address that the server listens on.
        more_names: Further names, such as that of a proxy before the server.
    """

    def __init__(self, app: Any, host: str, more_names: Sequence[str] = ()) -> None:
        self.app, self.host, self.more = app, plain(host), {plain(name) for name in more_names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or refuses it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        reason = self.refusal(scope)
        if not reason:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": reason})
        else:
            text = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": text})
            await send({"type": "http.response.body", "body": f"{reason}\n".encode()})

    def refusal(self, scope: Scope) -> str:
        """Why a request is refused, in words; empty where it is answered."""
        headers: dict[bytes, list[str]] = {b"host": [], b"origin": []}
        for key, value in scope["headers"]:
            if key.lower() in headers:
                headers[key.lower()].append(value.decode("latin-1"))
        hosts, origins = headers[b"host"], headers[b"origin"]
        if len(hosts) != 1 or len(origins) > 1:
            return "expected one Host, and at most one Origin"
        try:
            requested_host = parts(f"//{hosts[0]}")
            page = parts(origins[0]) if origins else None
        except ValueError:
            return "Host or Origin is not one"
        known_names = {*LOCAL, self.host, *self.more}
        if self.host in EVERY and scope.get("server"):
            # The address that this very request came to.
            known_names.add(plain(str(scope["server"][0])))
        if requested_host[1] not in known_names:
            return "this name is not served: da-bench dashboard --allow-host NAME lets one in"
        if page is None or (page[0] in PORTS and page[1] in self.more):
            return ""
        scheme, name, port = page
        default_port = PORTS.get(scheme)
        is_same_host = (name, port or default_port) == (
            requested_host[1],
            requested_host[2] or default_port,
        )
        return "" if default_port and is_same_host else "pages of other sites are not answered"


def parts(url: str) -> tuple[str, str, int | None]:
    """Splits a URL into scheme, name and port; the port is None where there is none.

    Args:
        url: ``scheme://name:port``, of which scheme and port may be missing.

    Raises:
        ValueError: The URL has more than these, or no name.
    """
    url_parts = urlsplit(url)
    if not FORM.fullmatch(url) or not url_parts.hostname:
        raise ValueError(url)
    return url_parts.scheme, plain(url_parts.hostname), url_parts.port


def check_name(name: str) -> None:
    """Checks a value of ``--allow-host``.

    Raises:
        ValueError: It is not just the name of a host.
    """
    try:
        scheme, host, port = parts(f"//{name}")
    except ValueError:
        scheme, host, port = "", "", None
    if scheme or not host or port is not None or set("*,;") & set(host) or name[-1:] == ":":
        raise ValueError(f"--allow-host {name!r}: expected the name of a host alone, such as "
                         "results.example.org: no scheme, port or *")  # fmt: skip


def plain(name: str) -> str:
    """A host's name in the form in which names are compared: lower case, IPv4 where possible."""
    name = name.strip("[]").lower().removesuffix(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name
    ipv4_address = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(ipv4_address or address)
