"""HTTP in the clear and without a proxy, by the standard library alone.

The metadata service of an instance is asked this way, and a credentials URI on the same machine. Without what
requests and urllib3 build around a request a refresh takes half as long, and the first one loads neither.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from alicred.asking import LARGEST_BODY_BYTES, Answer, broken, late, target_of, unreached, unusable
from alicred.deadline import Deadline, DeadlineSocket, Phases
from alicred.dialing import dial

__all__ = ["PlainHttp"]

_SENT_AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


class PlainHttp:
    """Asks one host after the other, and keeps the connection to the last one."""

    def __init__(self, phases: Phases) -> None:
        self._phases = phases
        self._connection: _Connection | None = None

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request and read its answer.

        Raises:
            NoReply: There is none, and whatever else may be wrong.
        """
        try:
            connection = self._connected(url)
        except (http.client.InvalidURL, ValueError):
            failure = unusable()
        except OSError as error:
            failure = unreached(self._phases, in_time=not isinstance(error, TimeoutError))
        else:
            try:
                return self._answer(connection, method, url, headers, body)
            except (OSError, http.client.HTTPException, ValueError) as error:
                failure = late(self._phases) if isinstance(error, TimeoutError) else broken()
        # Raised out here so that no chained exception carries the URL or the answer.
        raise failure

    def close(self) -> None:
        """Close the connection; the next request makes another."""
        if self._connection is not None:
            self._connection.close()

    def _connected(self, url: str) -> _Connection:
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError("no host")
        address = parts.hostname, parts.port or http.client.HTTP_PORT
        connection = self._connection
        if connection is None or (connection.host, connection.port) != address:
            self.close()
            connection = self._connection = _Connection(*address)
        connection.begin(self._phases.connect_left())
        return connection

    def _answer(
        self, connection: _Connection, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        # Whoever stops listening in the middle of a request may have answered it.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, target_of(url), body, headers)
        connection.sock.settimeout(self._phases.read_left())
        with connection.getresponse() as response:
            return Answer(
                response.status,
                response.read(LARGEST_BODY_BYTES + 1),
                int(response.getheader("Content-Length", "0")),
                response.getheader("Date"),
            )


class _Connection(http.client.HTTPConnection):
    """A connection whose phases have deadlines."""

    sock: Any

    def begin(self, seconds: float) -> None:
        """See that it is connected, and that the request can be sent within the time.

        Raises:
            OSError: It is not, and cannot be.
        """
        if self.sock is not None and not self._is_over():
            self.sock.settimeout(seconds)
            return
        self.close()
        deadline = Deadline(seconds)
        self.sock = DeadlineSocket(dial(self.host, self.port, deadline, _SENT_AT_ONCE), deadline)

    def _is_over(self) -> bool:
        """Return whether the server has hung up since, or says what nobody asked for."""
        self.sock.setblocking(False)
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True
