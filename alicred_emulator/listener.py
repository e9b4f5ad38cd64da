"""A listening socket, its thread, and its connections.

The rules kept here: the socket is bound before any thread runs, so the port is known and nobody polls;
`stop` wakes everything at once and leaves neither thread nor socket; a forked child serves nothing.
"""

import contextlib
import errno
import functools
import heapq
import os
import selectors
import socket
import threading
import weakref
from collections.abc import Callable
from typing import Final, cast

from alicred_emulator.connection import Connection
from alicred_emulator.crew import Crew

MOST_CONNECTIONS: Final = 512
"""Connections a listener keeps open; beyond it, the idlest are closed."""

_CLOSED_AT_ONCE: Final = 16
_MOST_ENDING: Final = 64
_BACKLOG: Final = 4096
_JOIN_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 0.05

_listeners: "weakref.WeakSet[Listener]" = weakref.WeakSet()


class PortUnavailableError(OSError):
    """A server could not be bound.

    Attributes:
        host: The address asked for.
        port: The port asked for.
    """

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        taken = cause.errno == errno.EADDRINUSE
        place = host or repr(host)
        reason = "it is in use" if taken else (cause.strerror or str(cause))
        super().__init__(
            cause.errno,
            f"cannot listen on {place} port {port}: {reason}; choose another, or 0 for any free port",
        )
        self.host = host
        self.port = port

    def __str__(self) -> str:
        return str(self.args[1])


class Listener:
    """Accepts connections and has each served by a thread, until stopped.

    Args:
        host: The address to bind.
        port: The port to bind; 0 for any free one.
        name: Begins the names of its threads.
        serve: Called with each connection, in a thread; the connection is closed after it.

    Attributes:
        port: The port that was bound.

    Raises:
        PortUnavailableError: If the address cannot be bound.
    """

    def __init__(self, host: str, port: int, name: str, serve: Callable[[Connection], None]) -> None:
        self._socket = _bind(host, port)
        self.port: Final[int] = self._socket.getsockname()[1]
        self._serve = serve
        # Notified when a connection was forgotten.
        self._changed = threading.Condition()
        # With the thread that serves it, once it does.
        self._connections: dict[Connection, threading.Thread | None] = {}
        self._given_up: set[Connection] = set()
        self._waker, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._adopted: list[socket.socket] = []
        self._running = True
        self._crew = Crew(name, self._run, self._forget)
        self._thread = threading.Thread(target=self._accept, name=f"{name}-listener", daemon=True)
        _watch_forks()
        _listeners.add(self)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it accepts connections in this process."""
        return self._running

    def adopt(self, sock: socket.socket) -> None:
        """Accept connections from a further socket until stopped; then it may be adopted anew.

        Args:
            sock: A socket that is bound to a port by its number; whoever bound it closes it.
        """
        sock.listen(_BACKLOG)
        sock.setblocking(False)
        self._adopted.append(sock)
        self._selector.register(sock, selectors.EVENT_READ)

    def release(self, sock: socket.socket) -> None:
        """Accept nothing any more from a socket that was adopted; its connections go on."""
        self._adopted.remove(sock)
        self._selector.unregister(sock)

    def stop(self) -> None:
        """Stop listening, end every connection, and wait for their threads."""
        self._running = False
        # Whoever accepts may have just accepted, and is gone without being woken.
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")
        self._thread.join()
        self.end_connections()
        self._crew.dismiss()
        self._waker.close()

    def end_connections(self) -> None:
        """End every connection and wait for their threads, a second for all; new ones are accepted."""
        with self._changed:
            ending = dict(self._connections)
        for connection in ending:
            connection.end()
        # A handler of a test may itself end them, or hang for good, and then is waited for once.
        me = threading.current_thread()
        awaited = {connection for connection, thread in ending.items() if thread is not me} - self._given_up
        if not awaited:
            return
        with self._changed:
            self._changed.wait_for(lambda: awaited.isdisjoint(self._connections), _JOIN_SECONDS)
            self._given_up = awaited.union(self._given_up).intersection(self._connections)
        self._crew.settle()

    def abandon(self) -> None:
        """Let go of the sockets in a forked child, without a word to the peers of the parent."""
        self._running = False
        # Another thread may have held it at the fork, and will never let go of it here.
        self._changed = threading.Condition()
        self._selector.close()
        for owned in (self._socket, self._waker, self._woken, *self._adopted):
            owned.close()
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _accept(self) -> None:
        with self._socket, self._woken, self._selector as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while self._running:
                for key, _ in selector.select():
                    if not self._running:
                        break
                    self._accept_one(cast("socket.socket", key.fileobj))
            # Not closed, since they are somebody else's: whoever connects is refused.
            for sock in self._adopted:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _accept_one(self, sock: socket.socket) -> None:
        try:
            accepted, _ = sock.accept()
        except OSError as error:
            # Nobody is there any more, or the socket was released and closed meanwhile.
            if isinstance(error, BlockingIOError | ConnectionError) or sock.fileno() == -1:
                return
            # Out of descriptors, mostly: ask for one back, and do not spin meanwhile.
            self._end_idlest(1)
            threading.Event().wait(_RETRY_SECONDS)
            return
        self._begin(accepted)

    def _begin(self, accepted: socket.socket) -> None:
        try:
            connection = Connection(accepted)
        except OSError:
            # The peer is gone already.
            accepted.close()
            return
        self._make_room()
        with self._changed:
            self._connections[connection] = None
        try:
            self._crew.serve(connection)
        except RuntimeError:
            # The machine has no thread left; the client sees a closed connection.
            self._forget(connection)

    def _run(self, connection: Connection) -> None:
        with self._changed:
            self._connections[connection] = threading.current_thread()
        self._serve(connection)

    def _forget(self, connection: Connection) -> None:
        connection.close()
        with self._changed:
            del self._connections[connection]
            self._changed.notify_all()

    def _make_room(self) -> None:
        with self._changed:
            if len(self._connections) < MOST_CONNECTIONS:
                return
            # Whoever connects faster than threads end has to wait, or the cap would be none.
            self._changed.wait_for(
                lambda: len(self._connections) < MOST_CONNECTIONS + _MOST_ENDING, _RETRY_SECONDS
            )
        # Several at once, since they are looked for among all.
        self._end_idlest(max(1, min(_CLOSED_AT_ONCE, MOST_CONNECTIONS // _CLOSED_AT_ONCE)))

    def _end_idlest(self, count: int) -> None:
        with self._changed:
            kept = [connection for connection in self._connections if connection.wanted]
        for connection in heapq.nsmallest(count, kept, key=lambda one: (one.busy, one.turn)):
            connection.end()


def _bind(host: str, port: int) -> socket.socket:
    if not host:
        # The socket would take it for every address there is.
        raise PortUnavailableError(host, port, OSError(errno.EADDRNOTAVAIL, "the address is empty"))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            # There it only skips the wait after a former server's end; elsewhere it shares the port.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise PortUnavailableError(host, port, error) from error
    return sock


@functools.cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_abandon_all)


def _abandon_all() -> None:
    for listener in list(_listeners):
        with contextlib.suppress(OSError):
            listener.abandon()
