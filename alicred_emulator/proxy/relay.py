"""Passes on what is said between a client and a host that the proxy lets pass."""

import contextlib
import selectors
import socket
from collections.abc import Callable
from typing import Final

from alicred_emulator.connection import Connection
from alicred_emulator.messages import Request

CONNECT_SECONDS: Final = 10.0
"""How long a host may take to accept a connection."""

_SIZE: Final = 64 * 1024
_OWN_FIELDS: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
    }
)
"""Fields that are for the next hop alone (RFC 9110 7.6.1); bodies arrive here whole, so without trailers."""


def connected(host: str, port: int) -> socket.socket:
    """Connect to a host.

    Raises:
        OSError: It cannot be reached.
    """
    upstream = socket.create_connection((host, port), CONNECT_SECONDS)
    upstream.settimeout(None)
    return upstream


def exchange(connection: Connection, upstream: socket.socket) -> None:
    """Pass on bytes both ways until both sides have said all, either is gone, or somebody wants an end."""
    client = connection.raw
    peers = {client: upstream, upstream: client}
    with selectors.DefaultSelector() as selector, contextlib.suppress(OSError):
        for side in peers:
            selector.register(side, selectors.EVENT_READ)
        while selector.get_map() and connection.wanted:
            for key, _ in selector.select():
                side = client if key.fileobj is client else upstream
                data = side.recv(_SIZE)
                if data:
                    peers[side].sendall(data)
                else:
                    selector.unregister(side)
                    peers[side].shutdown(socket.SHUT_WR)


def forward(request: Request, upstream: socket.socket, send: Callable[[bytes], None]) -> None:
    """Ask a host what the client asked, and send the client what it answers, until it closes.

    Raises:
        OSError: Either side is gone.
    """
    upstream.sendall(_as_sent_to_the_host(request))
    while data := upstream.recv(_SIZE):
        send(data)


def _as_sent_to_the_host(request: Request) -> bytes:
    query = f"?{request.query}" if request.query else ""
    kept = {name: value for name, value in request.headers.items() if name not in _OWN_FIELDS}
    fields = kept | {"host": request.host, "connection": "close"}
    if request.body or "content-length" in fields:
        fields["content-length"] = str(len(request.body))
    lines = [f"{request.method} {request.raw_path}{query} HTTP/1.1"]
    lines.extend(f"{name}: {value}" for name, value in fields.items())
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + request.body
