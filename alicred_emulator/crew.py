"""The threads that serve connections, each one at a time.

The rule kept here: a thread waits for the next connection, since to start one takes longer than most answers.
It is there from the start, and stays; whoever is started because it is busy leaves after one connection.
"""

import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue

from alicred_emulator.connection import Connection


class Crew:
    """Threads that serve connections.

    Args:
        name: The name of each.
        serve: Called with a connection, in a thread.
        leave: Called with the same connection after that, whatever came of it.
    """

    def __init__(
        self, name: str, serve: Callable[[Connection], None], leave: Callable[[Connection], None]
    ) -> None:
        self._name = name
        self._serve = serve
        self._leave = leave
        self._lock = threading.Lock()
        self._handed: SimpleQueue[Connection | None] = SimpleQueue()
        self._waits = True
        self._leaving: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
        self._staying = threading.Thread(target=self._stay, name=name, daemon=True)
        self._staying.start()

    def serve(self, connection: Connection) -> None:
        """Have a connection served.

        Raises:
            RuntimeError: If the machine has no thread left.
        """
        with self._lock:
            waits, self._waits = self._waits, False
        if waits:
            self._handed.put(connection)
        else:
            threading.Thread(target=self._help, args=(connection,), name=self._name, daemon=True).start()

    def settle(self) -> None:
        """Wait for the threads that have served and leave."""
        with self._lock:
            leaving = set(self._leaving)
        # Whoever asks for it while it serves leaves later.
        for thread in leaving - {threading.current_thread()}:
            thread.join()

    def dismiss(self) -> None:
        """Have the thread leave that waits, at once or once it has served, and wait for all that leave."""
        with self._lock:
            waits, self._waits = self._waits, False
        self._handed.put(None)
        if waits:
            self._staying.join()
        self.settle()

    def _stay(self) -> None:
        while (connection := self._handed.get()) is not None:
            try:
                self._serve(connection)
                with self._lock:
                    self._waits = True
            finally:
                self._leave(connection)

    def _help(self, connection: Connection) -> None:
        try:
            self._serve(connection)
        finally:
            # Known before the connection is given back, after which `settle` may be called.
            with self._lock:
                self._leaving.add(threading.current_thread())
            self._leave(connection)
