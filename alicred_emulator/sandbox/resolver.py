"""Names inside: a resolver that knows the emulated hosts, whatever region they name, and no others.

It runs outside, on a socket that was bound inside.
"""

import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Final

from alicred_emulator.sandbox.socket_loop import SocketLoop

Lookup = Callable[[str], str | None]
"""Returns the IPv4 address of a name, None if there is no such name."""

_HEADER: Final = struct.Struct("!6H")
_QUESTION_END: Final = struct.Struct("!2H")
_RECORD: Final = struct.Struct("!3HIH4s")
_ADDRESS: Final = 1
_INTERNET: Final = 1
_RESPONSE: Final = 0x8480  # A response, authoritative, from a server that does recursion.
_RECURSION_DESIRED: Final = 0x0100
_IS_RESPONSE: Final = 0x8000
_NAME_BEGINS: Final = 0xC000 | _HEADER.size
_TTL_SECONDS: Final = 60
_OK, _MALFORMED, _NO_SUCH_NAME = 0, 1, 3
_LARGEST: Final = 4096
_LONGEST_LABEL: Final = 63


def answer(query: bytes, lookup: Lookup) -> bytes | None:
    """Answer a query of DNS.

    Args:
        query: The message.
        lookup: Who knows the addresses.

    Returns:
        The message to send back, None if it was no query.
    """
    if len(query) < _HEADER.size:
        return None
    number, flags, questions, *_ = _HEADER.unpack_from(query)
    if flags & _IS_RESPONSE:
        return None
    flags = _RESPONSE | flags & _RECURSION_DESIRED
    asked = _asked(query) if questions == 1 else None
    if asked is None:
        return _HEADER.pack(number, flags | _MALFORMED, 0, 0, 0, 0)
    name, kind, question = asked
    address = lookup(name)
    if address is None:
        return _HEADER.pack(number, flags | _NO_SUCH_NAME, 1, 0, 0, 0) + question
    if kind != (_ADDRESS, _INTERNET):
        # The name is there, with nothing of that kind; so whoever asks for IPv6 goes on with IPv4.
        return _HEADER.pack(number, flags | _OK, 1, 0, 0, 0) + question
    record = _RECORD.pack(_NAME_BEGINS, _ADDRESS, _INTERNET, _TTL_SECONDS, 4, socket.inet_aton(address))
    return _HEADER.pack(number, flags | _OK, 1, 1, 0, 0) + question + record


def _asked(query: bytes) -> tuple[str, tuple[int, int], bytes] | None:
    """Return the name in a question, what is asked of it, and the question's bytes."""
    try:
        name, end = _name(query)
        kind, family = _QUESTION_END.unpack_from(query, end)
    except (struct.error, IndexError, UnicodeDecodeError):
        return None
    return name, (kind, family), query[_HEADER.size : end + _QUESTION_END.size]


def _name(query: bytes) -> tuple[str, int]:
    labels: list[str] = []
    place = _HEADER.size
    while length := query[place]:
        if length > _LONGEST_LABEL:
            raise IndexError("a question has no compressed name")
        labels.append(query[place + 1 : place + 1 + length].decode("ascii"))
        place += 1 + length
    return ".".join(labels).lower(), place + 1


class Resolver(SocketLoop):
    """Answers on a socket for the length of its context.

    Args:
        sock: The bound UDP socket, which it owns from now on.
        lookup: Who knows the addresses.
    """

    def __init__(self, sock: socket.socket, lookup: Lookup) -> None:
        super().__init__("alicred-resolver", [sock], self._answer)
        self._lookup = lookup

    def _answer(self, sock: socket.socket) -> None:
        # Whoever asked may be gone.
        with contextlib.suppress(OSError):
            query, client = sock.recvfrom(_LARGEST)
            reply = answer(query, self._lookup)
            if reply is not None:
                sock.sendto(reply, client)
