"""Who may talk to the server: the machine's own pages, and nobody's else.

A page from elsewhere can make a browser send requests here. Two things stop it: the Host header
must be a name of this server (against DNS rebinding, where a foreign name leads here), and where a
browser says which page asks (Origin), it must be one of ours.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

SAFE_METHODS = {"GET", "HEAD"}
REFUSED = 1008  # policy violation, RFC 6455


class Guard:
    """ASGI middleware that refuses foreign hosts and origins and adds the security headers.

    Args:
        app: what is guarded.
        host: the address the server is bound to. An IP address in a Host header is never a
            rebound name; it is accepted where it is a loopback address or the server is bound to
            more than those.
        names: further host names under which the server may be reached.
        policy: the Content-Security-Policy of every page that brings none of its own.
    """

    def __init__(
        self, app: ASGIApp, *, host: str, names: Iterable[str] = (), policy: str = ""
    ) -> None:
        self._app = app
        self._local = _is_loopback(host)
        own = () if self._local else (socket.gethostname().lower(),)
        self._names = {"localhost", host.lower(), *own, *(name.lower() for name in names)}
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        if complaint := self._complaint(scope):
            if scope["type"] == "websocket":
                await WebSocketClose(REFUSED, complaint)(scope, receive, send)
            else:
                await PlainTextResponse(f"{complaint}\n", 403)(scope, receive, send)
            return None

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", self._policy)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        return await self._app(scope, receive, send_guarded)

    def _complaint(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(host):
            return "this server does not answer under that name; see hexlaw serve --help"
        asks = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        origin = headers.get("origin")  # programs that are no browsers send none
        if asks and origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return "another site's page may not ask this server"
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").lower()
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._local


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
