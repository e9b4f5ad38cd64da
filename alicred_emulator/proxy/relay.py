"""Passes on what is said between a client and a host that the proxy lets pass."""

import contextlib
import socket
import threading
from typing import Final

from alicred_emulator.connection import Connection
from alicred_emulator.messages import Request

CONNECT_SECONDS: Final = 10.0
"""How long a host may take to accept a connection."""

_NAME: Final = "alicred-relay"
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
    connection.share_end(upstream)
    # Each way has a thread: a side that says much before it listens must not keep the other from being heard.
    back = threading.Thread(target=_pass_on, args=(upstream, client), name=_NAME, daemon=True)
    back.start()
    _pass_on(client, upstream)
    back.join()


def _pass_on(source: socket.socket, goal: socket.socket) -> None:
    try:
        while data := source.recv(_SIZE):
            goal.sendall(data)
        goal.shutdown(socket.SHUT_WR)
    except OSError:
        for side in (source, goal):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


def forward(request: Request, connection: Connection, upstream: socket.socket) -> None:
    """Ask a host what the client asked, and pass on the answer until it closes, or somebody wants an end.

    Raises:
        OSError: Either side is gone.
    """
    connection.share_end(upstream)
    upstream.sendall(_as_sent_to_the_host(request))
    while data := upstream.recv(_SIZE):
        connection.send(data)


def _as_sent_to_the_host(request: Request) -> bytes:
    query = f"?{request.query}" if request.query else ""
    kept = {name: value for name, value in request.headers.items() if name not in _OWN_FIELDS}
    fields = kept | {"host": request.host, "connection": "close"}
    if request.body or "content-length" in fields:
        fields["content-length"] = str(len(request.body))
    lines = [f"{request.method} {request.raw_path}{query} HTTP/1.1"]
    lines.extend(f"{name}: {value}" for name, value in fields.items())
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + request.body
