"""Who may ask: only pages of this server itself, and programs. Another site in the same browser may not.

A site can make a browser send requests here, and with a name of its own that leads to this machine (DNS rebinding) it
could even read the answers. Its name then stands in the header Host, so only known names and plain addresses are let in;
and a request that a page of another site makes has that site in the header Origin.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


class Guard:
    """Refuses requests that were sent to another name, or by a page of another site."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
            await send(message)

        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get(b"host", ""), headers.get(b"origin")
        if not self.knows(host):
            name = host_name(host) or "no name"
            problem = _error(421, "host", f"this server is not called {name}; start it with --allow-host NAME")
            await problem(scope, receive, send_guarded)
        elif origin is not None and host_of_origin(origin) != host.lower():
            await _error(403, "origin", "a page of another site may not ask here")(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def knows(self, host: str) -> bool:
        """Tell whether a header Host names this server: an address, localhost, or a name that was allowed."""
        name = host_name(host)
        if name is None:
            return False
        return name in self._names or is_address(name)


def host_name(host: str) -> str | None:
    """Return the name in a header Host, without its port.

    >>> host_name("LocalHost:8000"), host_name("[::1]:8000"), host_name("a b"), host_name("")
    ('localhost', '::1', None, None)
    """
    if not host or any(character in host for character in " /@?#,\\"):
        return None
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def is_address(name: str) -> bool:
    """Tell whether a name is an IP address, which no site can have as its own name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def host_of_origin(origin: str) -> str | None:
    """Return host and port of an origin in lower case; None for `null` and what is none."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _error(status: int, kind: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"type": kind, "message": message}}, status)
