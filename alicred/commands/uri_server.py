"""The sockets of `alicred serve`: one short conversation a connection, each in a thread, all bounded.

Rules of this module: a request is a head of at most 8 KiB that arrives within five seconds in all, however
it drips; one connection carries one request; and there are no more than 256 at a time. Nothing is logged,
since the path is as good as the key: of the base class nothing is used that would.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socketserver import TCPServer, ThreadingMixIn
from threading import BoundedSemaphore
from typing import Any, cast

from alicred import clock
from alicred.commands.gate import Gate

__all__ = ["UriServer"]

_MOST_CONVERSATIONS = 256
_LARGEST_HEAD_BYTES = 8 * 1024
_LARGEST_BODY_BYTES = 64 * 1024
_SECONDS = 5.0
_END_OF_HEAD = b"\r\n\r\n"

Answer = Callable[[], tuple[HTTPStatus, bytes]]
"""Returns the status and the document for a request that is let through."""


class UriServer(ThreadingMixIn, TCPServer):
    """Listens from the moment it is made; `handle_request` accepts one connection.

    Args:
        host: The address to listen on.
        port: The port, 0 for any free one.
        path: The path to answer at, with its slash.
        answer: What to answer with.

    Raises:
        OSError: It cannot listen there.
    """

    daemon_threads = True
    # On Windows it would let another process take the port over.
    allow_reuse_address: bool = os.name == "posix"
    request_queue_size = 128
    # Nobody waits in `handle_request`: it is called when somebody is there.
    timeout: float | None = 0

    def __init__(self, host: str, port: int, *, path: str, answer: Answer) -> None:
        self.address_family: int = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._places = BoundedSemaphore(_MOST_CONVERSATIONS)
        super().__init__((host, port), _Handler)
        # Whoever was there may have gone, and nobody is waited for in `accept` either.
        self.socket.setblocking(False)
        self.port: int = int(self.server_address[1])
        self.gate: Gate = Gate(host=host, port=self.port, path=path)
        self.answer = answer

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a conversation, if there is a place for it."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Hold a conversation."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _Handler(BaseHTTPRequestHandler):
    """One conversation."""

    protocol_version = "HTTP/1.1"
    # One piece for head and body: two would wait for each other's acknowledgement.
    wbufsize = -1

    def handle(self) -> None:
        """Read a head, answer, and hang up."""
        self._ends = clock.monotonic() + _SECONDS
        head = b""
        # A client that has gone, or is too slow, is told nothing.
        with suppress(OSError):
            head = self._head()
        self.rfile.close()
        self.rfile = BytesIO(head)
        self.raw_requestline = self.rfile.readline()
        if self.raw_requestline and self.parse_request():
            self._answer()
        with suppress(OSError):
            self.wfile.flush()
            self._let_go()

    def finish(self) -> None:
        """Let go of what is left, which a client that has gone does not read."""
        with suppress(OSError):
            super().finish()

    def _answer(self) -> None:
        server = cast("UriServer", self.server)
        refusal = server.gate.refusal(self.command, self.path, self.headers.items())
        if refusal is None:
            self._send(*server.answer())
        else:
            self.send_error(refusal)

    def _head(self) -> bytes:
        head = b""
        while _END_OF_HEAD not in head and len(head) < _LARGEST_HEAD_BYTES:
            piece = self._received(_LARGEST_HEAD_BYTES - len(head))
            if not piece:
                return b""
            head += piece
        end = head.find(_END_OF_HEAD)
        return head[: end + len(_END_OF_HEAD)] if end >= 0 else b""

    def _received(self, most: int) -> bytes:
        left = self._ends - clock.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)
        received: bytes = self.connection.recv(most)
        return received

    def _let_go(self) -> None:
        # Closed with a body unread, a connection is reset, and the answer with it.
        self.connection.shutdown(socket.SHUT_WR)
        unread = _LARGEST_BODY_BYTES
        while unread > 0 and (piece := self._received(unread)):
            unread -= len(piece)

    def send_error(
        self,
        code: int,
        message: str | None = None,  # noqa: ARG002 - what it tells may be what was asked
        explain: str | None = None,  # noqa: ARG002 - the same
    ) -> None:
        """Refuse, without a word of what was asked."""
        self._send(HTTPStatus(code), b"")

    def _send(self, status: HTTPStatus, body: bytes) -> None:
        self.close_connection = True
        self.send_response_only(status)
        headers = {
            "Date": formatdate(clock.time(), usegmt=True),
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Connection": "close",
            **({"Allow": "GET"} if status == HTTPStatus.METHOD_NOT_ALLOWED else {}),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        # HEAD is refused, and a refusal has no body.
        self.wfile.write(body)
