"""How a reply travels: its bytes, and whatever a fault does to them on the way."""

from email.utils import formatdate
from functools import lru_cache
from typing import Final

from alicred_emulator.connection import Connection
from alicred_emulator.messages import UNDISTURBED, Reply, Request
from alicred_emulator.pages import reason_phrase

_BODILESS: Final = frozenset({204, 304})


def transmit(connection: Connection, request: Request, reply: Reply, now: float) -> bool:
    """Send a reply as its effect says.

    Args:
        connection: Where to.
        request: What is answered.
        reply: The answer.
        now: The fakes' time in epoch seconds, for the ``Date``.

    Returns:
        Whether the connection may carry another request.

    Raises:
        OSError: If the connection broke.
    """
    effect = reply.effect
    if effect is UNDISTURBED:
        head, body, keep = _serialise(request, reply, now)
        connection.send(head + body)
        return keep
    if effect.delay and not connection.pause(effect.delay):
        return False
    if effect.ending == "reset":
        connection.reset()
        return False
    if effect.ending == "silence":
        connection.await_end()
        return False
    head, body, keep = _serialise(request, reply, now)
    body = body[: effect.keep_bytes]
    at_once, dripping = (b"", head + body) if effect.drip_headers else (head, body)
    whole = _drip(connection, at_once, dripping, effect.drip_bytes, effect.drip_interval)
    return whole and keep and effect.keep_bytes is None


def _drip(connection: Connection, at_once: bytes, dripping: bytes, size: int, interval: float) -> bool:
    connection.send(at_once)
    size = size or len(dripping) or 1
    for start in range(0, len(dripping), size):
        if start and not connection.pause(interval):
            return False
        connection.send(dripping[start : start + size])
    return True


def _serialise(request: Request, reply: Reply, now: float) -> tuple[bytes, bytes, bool]:
    """Return head, body, and whether the connection is kept."""
    body, keep = reply.payload, _client_keeps(request)
    lines = [f"HTTP/1.1 {reply.status} {reason_phrase(reply.status)}"]
    given = {name.lower() for name, _ in reply.headers}
    if "date" not in given:
        lines.append(_date_field(int(now)))
    if reply.content_type:
        lines.append(f"Content-Type: {reply.content_type}")
    lines.extend(f"{name}: {value}" for name, value in reply.headers)
    if reply.status not in _BODILESS and "content-length" not in given:
        lines.append(f"Content-Length: {len(body)}")
    if not keep:
        lines.append("Connection: close")
    elif request.version == 0:
        lines.append("Connection: keep-alive")
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    bodiless = request.method == "HEAD" or reply.status in _BODILESS
    return head, b"" if bodiless else body, keep


def _client_keeps(request: Request) -> bool:
    options = request.headers.get("connection", "").lower()
    return "close" not in options if request.version else "keep-alive" in options


@lru_cache(maxsize=1)
def _date_field(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}"
