"""Ports of this machine's loopback, for a program that has a loopback of its own."""

import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final

from alicred_emulator.connection import Connection
from alicred_emulator.proxy.relay import connected, exchange
from alicred_emulator.sandbox.socket_loop import SocketLoop

_NAME: Final = "alicred-forwarding"
_LOOPBACKS: Final = ("127.0.0.1", "::1")
_BACKLOG: Final = 128


class Forwarding(SocketLoop):
    """Passes on connections for the length of its context.

    Args:
        sockets: Bound sockets, which it owns from now on, each with the port of this machine's loopback that
            answers for it.
    """

    def __init__(self, sockets: Mapping[socket.socket, int]) -> None:
        self._ports = sockets
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        super().__init__(_NAME, sockets.keys(), self._begin)

    def __enter__(self) -> "Forwarding":
        for sock in self._ports:
            sock.listen(_BACKLOG)
            sock.setblocking(False)
        super().__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        with self._lock:
            for connection in self._connections:
                connection.end()

    def _begin(self, sock: socket.socket) -> None:
        accepted, _ = sock.accept()
        try:
            connection = Connection(accepted)
        except OSError:
            # Whoever connected is gone already.
            accepted.close()
            return
        port = self._ports[sock]
        threading.Thread(target=self._pass_on, args=(connection, port), name=_NAME, daemon=True).start()

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
