"""One refresh in the air, and those who wait for it: threads, and tasks of any event loop.

Rules of this module:

- no lock is held while anybody works. The lock of a flight is closed from its start to its landing and then
  open for good; a thread waits by passing through it, a task by a callback into its loop;
- the right to fly is one entry of a dict under the process's id, claimed by `dict.setdefault`, which is
  atomic; a forked child has another id, so a flight of its parent's never concerns it and there is no lock
  that it could find closed. Whoever claims it gives it back whatever happens, an interrupt included.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, get_ident
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

    from alicred.events import Event

__all__ = ["Airspace", "Flight", "in_a_thread"]

_NOBODY = 0


class Flight:
    """A refresh under way.

    Attributes:
        started_at: The wall time at which it was begun, in epoch seconds.
        error: Why it brought nothing, once it has landed; None if it did, or if it was abandoned.
        events: What there is to tell of it, once it has landed.
    """

    __slots__ = ("_cleared", "_closed", "_landed", "_pilot", "_tasks", "error", "events", "started_at")

    def __init__(self, started_at: float) -> None:
        self.started_at: float = started_at
        self.error: Exception | None = None
        self.events: tuple[Event, ...] = ()
        self._pilot = get_ident()
        self._landed = False
        self._cleared = allocate_lock()
        self._closed = allocate_lock()
        self._closed.acquire()
        self._tasks: deque[tuple[AbstractEventLoop, Future[None]]] = deque()

    def await_pilot(self) -> None:
        """Say that another thread will work on it, and not the one that began it."""
        self._pilot = _NOBODY

    def take_off(self) -> bool:
        """Say that this thread is the one that works on it, and return whether it is: one alone is."""
        is_mine = self._cleared.acquire(blocking=False)
        if is_mine:
            self._pilot = get_ident()
        return is_mine

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
                # Somebody else wakes them as well, and has taken the last one.
                return
            try:
                loop.call_soon_threadsafe(_wake, woken)
            except RuntimeError:
                # That loop is closed, so nobody waits in it any more.
                continue


def _wake(woken: Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


class Airspace:
    """What keeps the flights of one session apart: a process has one in the air at any time."""

    __slots__ = ("_flights",)

    def __init__(self) -> None:
        self._flights: dict[int, Flight] = {}

    def claim(self, offered: Flight) -> Flight:
        """Return the flight that is in the air in this process: the one that is offered, or another."""
        process = os.getpid()
        flight = self._flights.setdefault(process, offered)
        if flight is offered and len(self._flights) > 1:
            # Flights of parents never land here, and their ids may be given out again.
            self._flights = {process: flight}
        return flight

    def give_up(self, flight: Flight) -> None:
        """Give a flight back that has not taken off, and never will; one that has is left alone."""
        if flight.take_off():
            self.give_back(flight)

    def give_back(self, flight: Flight) -> None:
        """Let a flight land, and the next one begin, if it was this one that was in the air."""
        process = os.getpid()
        try:
            if self._flights.get(process) is flight:
                del self._flights[process]
        finally:
            flight.land()


def in_a_thread(work: Callable[[], None]) -> None:
    """Work in a thread that ends with the work, in the context of whoever asks for it."""
    from threading import Thread  # noqa: PLC0415 - loaded wherever an event loop runs

    try:
        # The context says whose trace it belongs to, and whether it is to be told of.
        Thread(target=copy_context().run, args=(work,), name="alicred-refresh", daemon=True).start()
    except RuntimeError:
        # No thread is to be had. Holding up one loop is better than failing all that wait.
        work()
