"""HTTP in the clear and without a proxy, by the standard library alone.

The metadata service of an instance is asked this way, and a credentials URI on the same machine. Without what
requests and urllib3 build around a request a refresh takes half as long, and the first one loads neither.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any
from urllib.parse import urlsplit

from alicred.asking import LARGEST_BODY_BYTES, Answer, broken, late, target_of, unreached, unusable
from alicred.deadline import Deadline, DeadlineSocket, Phases
from alicred.dialing import dial

__all__ = ["PlainHttp"]

_SENT_AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


class PlainHttp:
    """Asks over a connection of its own each time.

    A kept one saves a twentieth of a millisecond, and may be closed by the server while the next request is
    on its way: the instance would be taken for one that refuses hardened mode.
    """

    def __init__(self, phases: Phases) -> None:
        self._phases = phases

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request and read its answer.

        Raises:
            NoReply: There is none, and whatever else may be wrong.
        """
        try:
            connection = _connected(url, self._phases.connect_left())
        except (http.client.InvalidURL, ValueError):
            failure = unusable()
        except OSError as error:
            failure = unreached(self._phases, in_time=not isinstance(error, TimeoutError))
        else:
            try:
                with closing(connection):
                    return self._answer(connection, method, url, headers, body)
            except (OSError, http.client.HTTPException, ValueError) as error:
                failure = late(self._phases) if isinstance(error, TimeoutError) else broken()
        # Raised out here so that no chained exception carries the URL or the answer.
        raise failure

    def _answer(
        self, connection: _Connection, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        # Whoever stops listening in the middle of a request may have answered it.
        with suppress(ConnectionError):
            connection.request(method, target_of(url), body, {**headers, "Connection": "close"})
        connection.sock.settimeout(self._phases.read_left())
        with connection.getresponse() as response:
            return Answer(
                response.status,
                response.read(LARGEST_BODY_BYTES + 1),
                int(response.getheader("Content-Length", "0")),
                response.getheader("Date"),
            )


class _Connection(http.client.HTTPConnection):
    sock: Any
    # An application that has `http.client` print its own requests would have our tokens printed.
    debuglevel = 0


def _connected(url: str, seconds: float) -> _Connection:
    """Return a connection to the host of a URL, over which a request can be sent within the time.

    Raises:
        ValueError: There is no host in it.
        OSError: There is none within the time.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    connection = _Connection(parts.hostname, parts.port or http.client.HTTP_PORT)
    deadline = Deadline(seconds)
    connection.sock = DeadlineSocket(
        dial(connection.host, connection.port, deadline, _SENT_AT_ONCE), deadline
    )
    return connection
