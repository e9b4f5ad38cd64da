"""What the first message of a TLS client says: the host that it wants to talk to.

Python's own call for it prints a traceback when that name is not ASCII, and there is nobody to catch it.
The rule kept here: whatever arrives, there is an answer; whether the message is good, OpenSSL decides.
"""

from typing import Final

FIRST_BYTE: Final = b"\x16"
"""What a connection begins with on which TLS is spoken; no HTTP request does."""

_HEADER_SIZE: Final = 5
_MAJOR_VERSION: Final = 3
_LARGEST_RECORD: Final = 2**14
_FIXED_FIELDS: Final = 4 + 2 + 32  # kind and length, version, random number
_SERVER_NAME: Final = b"\0\0"


class _TooShortError(Exception):
    """Something says that it is longer than it is."""


class _Cursor:
    """Reads fields of a message, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __bool__(self) -> bool:
        return bool(self._data)

    def take(self, size: int) -> bytes:
        field, self._data = self._data[:size], self._data[size:]
        if len(field) < size:
            raise _TooShortError
        return field

    def vector(self, length_size: int) -> bytes:
        return self.take(int.from_bytes(self.take(length_size), "big"))


def missing_bytes(data: bytes) -> int:
    """Say how many bytes at least are missing until a client hello is whole.

    Args:
        data: What has arrived.

    Returns:
        0 when it is whole, and when it cannot become one.
    """
    if len(data) < _HEADER_SIZE:
        return _HEADER_SIZE - len(data)
    size = int.from_bytes(data[3:_HEADER_SIZE], "big")
    hopeless = data[1] != _MAJOR_VERSION or size > _LARGEST_RECORD
    return 0 if hopeless else max(0, _HEADER_SIZE + size - len(data))


def requested_host(data: bytes) -> str:
    """Read the host name (SNI, RFC 6066 3) from a client hello.

    Args:
        data: The whole message.

    Returns:
        The name, empty if there is none, or none that can be read.
    """
    try:
        return _server_name(_Cursor(data))
    except _TooShortError:
        return ""


def _server_name(record: _Cursor) -> str:
    record.take(3)
    hello = _Cursor(record.vector(2))
    hello.take(_FIXED_FIELDS)
    for length_size in (1, 2, 1):  # session, ciphers, compression
        hello.vector(length_size)
    extensions = _Cursor(hello.vector(2))
    while extensions:
        kind, content = extensions.take(2), extensions.vector(2)
        if kind == _SERVER_NAME:
            names = _Cursor(_Cursor(content).vector(2))
            names.take(1)
            return names.vector(2).decode("latin-1")
    return ""
