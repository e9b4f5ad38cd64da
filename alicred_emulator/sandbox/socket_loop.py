"""A thread that waits for sockets, and ends with a context."""

import selectors
import socket
import threading
from collections.abc import Callable, Collection
from contextlib import ExitStack
from types import TracebackType
from typing import Final

_RETRY_SECONDS: Final = 0.02


class SocketLoop:
    """Waits for sockets for the length of its context.

    Args:
        name: The name of the thread.
        sockets: What it waits for, and owns from now on.
        serve: Called, in the thread, with each socket that has something to read. What it cannot serve, by
            an `OSError`, is tried again a little later: there may be no descriptor left, or nobody there.
    """

    def __init__(
        self, name: str, sockets: Collection[socket.socket], serve: Callable[[socket.socket], None]
    ) -> None:
        self._sockets = sockets
        self._serve = serve
        self._waker, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._wait, name=name, daemon=True)

    def __enter__(self) -> "SocketLoop":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waker.send(b"\0")
        self._thread.join()
        self._waker.close()

    def _wait(self) -> None:
        with ExitStack() as owned:
            selector = owned.enter_context(selectors.DefaultSelector())
            for sock in (self._woken, *self._sockets):
                selector.register(owned.enter_context(sock), selectors.EVENT_READ, sock)
            while True:
                for key, _ in selector.select():
                    if key.data is self._woken:
                        return
                    try:
                        self._serve(key.data)
                    except OSError:
                        # What was not read is ready at once, and would be asked for without end.
                        threading.Event().wait(_RETRY_SECONDS)
