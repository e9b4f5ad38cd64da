"""Ports of this machine's loopback, for a program that has a loopback of its own."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final

from alicred_emulator.connection import Connection
from alicred_emulator.proxy.relay import connected, exchange

_LOOPBACKS: Final = ("127.0.0.1", "::1")
_BACKLOG: Final = 128


class Forwarding:
    """Passes on connections for the length of its context.

    Args:
        sockets: Bound sockets, which it owns from now on, each with the port of this machine's loopback that
            answers for it.
    """

    def __init__(self, sockets: Mapping[socket.socket, int]) -> None:
        self._ports = sockets
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._waker, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._accept, name="alicred-forwarding", daemon=True)

    def __enter__(self) -> "Forwarding":
        for sock in self._ports:
            sock.listen(_BACKLOG)
            sock.setblocking(False)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waker.send(b"\0")
        self._thread.join()
        self._waker.close()
        with self._lock:
            for connection in self._connections:
                connection.end()

    def _accept(self) -> None:
        with contextlib.ExitStack() as owned:
            selector = owned.enter_context(selectors.DefaultSelector())
            for sock in (self._woken, *self._ports):
                selector.register(owned.enter_context(sock), selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._woken:
                        return
                    self._begin(key.fileobj)

    def _begin(self, sock: object) -> None:
        assert isinstance(sock, socket.socket)  # noqa: S101 - the selector has no others
        # Whoever connected may be gone already.
        with contextlib.suppress(OSError):
            connection = Connection(sock.accept()[0])
            port = self._ports[sock]
            threading.Thread(
                target=self._pass_on, args=(connection, port), name="alicred-forwarding", daemon=True
            ).start()

    def _pass_on(self, connection: Connection, port: int) -> None:
        with self._lock:
            self._connections.add(connection)
        try:
            with _upstream(port) as upstream:
                exchange(connection, upstream)
        except OSError:
            # As it is where nobody listens: not answered, but refused.
            connection.reset()
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()


def _upstream(port: int) -> socket.socket:
    first, second = _LOOPBACKS
    try:
        return connected(first, port)
    except OSError:
        return connected(second, port)
