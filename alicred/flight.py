"""One refresh in the air, and those who wait for it: threads, and tasks of any event loop.

Rule of this module: no lock is held while anybody works. The lock of a flight is closed from its start to its
landing and then open for good; a thread waits by passing through it, a task by a callback into its loop.
"""

from __future__ import annotations

from _thread import allocate_lock, get_ident
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

__all__ = ["Flight"]


class Flight:
    """A refresh under way.

    Attributes:
        started_at: The wall time at which it was begun, in epoch seconds.
        error: Why it brought nothing, once it has landed; None if it did, or if it was abandoned.
    """

    __slots__ = ("_closed", "_landed", "_pilot", "_tasks", "error", "started_at")

    def __init__(self, started_at: float) -> None:
        self.started_at = started_at
        self.error: Exception | None = None
        self._pilot = get_ident()
        self._landed = False
        self._closed = allocate_lock()
        self._closed.acquire()
        self._tasks: deque[tuple[AbstractEventLoop, Future[None]]] = deque()

    def take_off(self) -> None:
        """Say that this thread is the one that works on it, and not the one that began it."""
        self._pilot = get_ident()

    def land(self) -> None:
        """Let everybody go on who waits for it; nothing happens the second time."""
        if self._landed:
            return
        try:
            self._landed = True
        finally:
            # Each step in any case, since an interrupt may come between two of them.
            try:
                self._closed.release()
            finally:
                self._wake_tasks()

    def is_flown_by_me(self) -> bool:
        """Return whether this very thread works on it, so that waiting for it would never end."""
        return self._pilot == get_ident()

    def wait(self) -> None:
        """Block this thread until it has landed."""
        with self._closed:
            pass

    async def wait_async(self) -> None:
        """Suspend this task until it has landed; cancelling the task leaves the flight alone."""
        from asyncio import get_running_loop  # noqa: PLC0415 - whoever awaits this has it loaded

        loop = get_running_loop()
        woken: Future[None] = loop.create_future()
        self._tasks.append((loop, woken))
        if self._landed:
            # It may have landed before the task was on the list, and then nobody else looks at the list.
            self._wake_tasks()
        await woken

    def _wake_tasks(self) -> None:
        while self._tasks:
            try:
                loop, woken = self._tasks.popleft()
            except IndexError:
                return
            try:
                loop.call_soon_threadsafe(_wake, woken)
            except RuntimeError:
                # That loop is closed, so nobody waits in it any more.
                continue


def _wake(woken: Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
