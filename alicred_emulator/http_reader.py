"""Reads HTTP/1 requests from a stream of bytes: strict about framing, lenient about everything else.

Two readings of where a request ends are how requests are smuggled and connections poisoned, so any
doubt about that is an error. What clients merely write oddly (no Host, a whole URL as target, bare line
feeds) is taken as it comes. The standard library's reader costs several times as much.
"""

import re
from collections.abc import Callable
from typing import Final

from alicred_emulator.messages import Headers, Request

LONGEST_HEAD: Final = 64 * 1024
"""Bytes of request line and headers; an OIDC token of 20,000 characters fits into a query."""

LONGEST_BODY: Final = 10 * 1024 * 1024
"""Bytes of a body: what the STS API allows for a POST (documented)."""

MOST_HEADERS: Final = 200

_RECEIVE_SIZE: Final = 64 * 1024
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word for a name
_REQUEST_LINE: Final = re.compile(rf"({_TOKEN}) ([!-~\x80-\xff]+) HTTP/([0-9])\.([0-9])")
_FIELD: Final = re.compile(rf"({_TOKEN}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_DIGITS: Final = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?")


class BadRequestError(Exception):
    """A request that cannot be read; the connection is of no use after it.

    Attributes:
        status: The HTTP status to answer with.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestReader:
    """Reads one connection's requests, one after the other.

    Args:
        receive: Returns up to so many bytes from the peer, none when it has hung up.
        send_continue: Tells the peer that its body is wanted (``Expect: 100-continue``).

    Attributes:
        begun: Whether a request has begun to arrive, until the next one is asked for.
    """

    def __init__(self, receive: Callable[[int], bytes], send_continue: Callable[[], None]) -> None:
        self._receive = receive
        self._send_continue = send_continue
        self._buffer = b""
        self.begun: bool = False

    @property
    def ahead(self) -> bool:
        """Whether more has arrived than the requests that were read."""
        return bool(self._buffer)

    def read(self) -> Request | None:
        """Read the next request with its whole body.

        Returns:
            The request, or None if the peer hung up between two requests.

        Raises:
            BadRequestError: If it cannot be read.
            OSError: If the connection broke.
        """
        self.begun = bool(self._buffer)
        head = self._read_head()
        if head is None:
            return None
        lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
        method, target, version = _parse_request_line(lines[0])
        headers = _parse_fields(lines[1:])
        body = self._read_body(headers, version)
        return Request.of(method, target, headers, body, version)

    def _read_head(self) -> bytes | None:
        while True:
            # A robust server skips empty lines before a request (RFC 9112 2.2).
            buffer = self._buffer = self._buffer.lstrip(b"\r\n")
            end, length = _end_of_head(buffer)
            if 0 <= end <= LONGEST_HEAD:
                self._buffer = buffer[end + length :]
                return buffer[:end]
            if len(buffer) > LONGEST_HEAD:
                raise BadRequestError(431, f"the head is longer than {LONGEST_HEAD} bytes")
            _check_beginning(buffer)
            if not self._fill():
                if buffer:
                    raise BadRequestError(400, "the connection ended within a request")
                return None

    def _read_body(self, headers: Headers, version: int) -> bytes:
        coding, length = headers.get("transfer-encoding"), headers.get("content-length")
        if coding is None and length is None:
            return b""
        if coding is not None:
            _check_coding(coding, length, version)
        size = 0 if length is None else _parse_length(length)
        if headers.get("expect", "").lower() == "100-continue" and not self._buffer:
            self._send_continue()
        return self._take(size) if coding is None else self._read_chunks()

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            match = _CHUNK_SIZE.fullmatch(self._take_line())
            if match is None:
                raise BadRequestError(400, "malformed chunk size")
            size = int(match[1], 16)
            if len(body) + size > LONGEST_BODY:
                raise BadRequestError(413, f"the body is longer than {LONGEST_BODY} bytes")
            if size == 0:
                self._skip_trailers()
                return bytes(body)
            body += self._take(size)
            if self._take_line():
                raise BadRequestError(400, "a chunk is longer than its size")

    def _skip_trailers(self) -> None:
        for _ in range(MOST_HEADERS):
            if not self._take_line():
                return
        raise BadRequestError(431, f"more than {MOST_HEADERS} trailers")

    def _take(self, size: int) -> bytes:
        parts, missing = [self._buffer[:size]], size - len(self._buffer)
        self._buffer = self._buffer[size:]
        while missing > 0:
            self._fill_or_fail()
            parts.append(self._buffer[:missing])
            missing, self._buffer = missing - len(self._buffer), self._buffer[missing:]
        return b"".join(parts)

    def _take_line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_HEAD:
                raise BadRequestError(400, "a line within the body is too long")
            self._fill_or_fail()
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line.removesuffix(b"\r")

    def _fill(self) -> bool:
        received = self._receive(_RECEIVE_SIZE)
        self._buffer += received
        self.begun = self.begun or bool(received)
        return bool(received)

    def _fill_or_fail(self) -> None:
        if not self._fill():
            raise BadRequestError(400, "the connection ended within a body")


def _end_of_head(buffer: bytes) -> tuple[int, int]:
    """Find the empty line: where the head ends, and how long what separates it from the body is."""
    usual, bare = buffer.find(b"\n\r\n"), buffer.find(b"\n\n")
    end, length = (usual, 3) if usual >= 0 and (bare < 0 or usual < bare) else (bare, 2)
    return (end - 1, length + 1) if buffer[: end + 1].endswith(b"\r\n") else (end, length)


def _check_beginning(buffer: bytes) -> None:
    """Refuse at once what cannot become a request, such as a TLS handshake: it would wait for ever."""
    line, newline, _ = buffer.partition(b"\n")
    if newline:
        _parse_request_line(line.removesuffix(b"\r").decode("latin-1"))
    elif line and not re.match(_TOKEN, line[:1].decode("latin-1")):
        raise BadRequestError(400, "this is no HTTP request")


def _parse_request_line(line: str) -> tuple[str, str, int]:
    match = _REQUEST_LINE.fullmatch(line)
    if match is None:
        raise BadRequestError(400, "malformed request line")
    method, target, major, minor = match.groups()
    if major != "1":
        raise BadRequestError(505, "only HTTP/1.0 and HTTP/1.1 are spoken here")
    return method, target, 0 if minor == "0" else 1


def _parse_fields(lines: list[str]) -> Headers:
    if len(lines) > MOST_HEADERS:
        raise BadRequestError(431, f"more than {MOST_HEADERS} header fields")
    fields: list[tuple[str, str]] = []
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise BadRequestError(400, "malformed header field")
        fields.append((match[1], match[2].rstrip(" \t")))
    return Headers(fields)


def _parse_length(length: str) -> int:
    # Equal repetitions, which proxies produce, are one length (RFC 9112 6.3).
    values = set(re.split(r"[ \t]*,[ \t]*", length))
    value = values.pop()
    if values or not _DIGITS.fullmatch(value):
        raise BadRequestError(400, "malformed Content-Length")
    if int(value) > LONGEST_BODY:
        raise BadRequestError(413, f"the body is longer than {LONGEST_BODY} bytes")
    return int(value)


def _check_coding(coding: str, length: str | None, version: int) -> None:
    if length is not None or version == 0:
        raise BadRequestError(400, "Transfer-Encoding contradicts the length or the version")
    if coding.lower() != "chunked":
        raise BadRequestError(400, "only the transfer coding chunked is known here")
