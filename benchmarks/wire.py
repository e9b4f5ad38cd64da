"""Requests as they go over the wire."""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit


def http_request(method: str, target: str, host: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a request; one with a body says how long that is."""
    fields = {"Host": host, **headers}
    if body:
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def address_of(url: str) -> tuple[str, int]:
    """Return the host and the port that a URL names."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def status_of(url: str, request: bytes) -> int:
    """Send one request to a server and return the status of its answer."""
    with socket.create_connection(address_of(url)) as connection:
        connection.sendall(request)
        return int(connection.recv(65536).split()[1])
