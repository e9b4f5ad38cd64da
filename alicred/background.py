"""Due refreshes, away from whoever asks: one daemon thread for all clients of the process.

Rules of this module:

- the thread starts with the first job, sleeps while there is none, and ends when the last client that it has
  worked for is closed or collected; being a daemon, it never delays the end of the interpreter;
- clients are referred to weakly, and nothing here waits: no lock is held while anybody works, or at all;
- a job is a favour. Whoever is refused it refreshes by itself, a job that gets lost is asked for again by the
  next read, and a credential that has expired meanwhile is refreshed by those who need it;
- a forked child has no thread here, and starts one of its own.
"""

from __future__ import annotations

import os
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Protocol
from weakref import ref

__all__ = ["Refreshable", "leave", "see_to"]


class Refreshable(Protocol):
    """What can be refreshed: the session of a client."""

    @property
    def is_closed(self) -> bool:
        """Whether there is nothing to do for it any more."""
        ...

    def refresh(self) -> object:
        """Do what is due, in this thread; nothing where nothing is, or where somebody else does it."""
        ...


_WORKER = "worker"

_workers: dict[str, _Worker] = {}
"""The one that there is, if there is one: a dict, since `setdefault` needs no lock."""

if hasattr(os, "register_at_fork"):
    # The thread stays with the parent.
    os.register_at_fork(after_in_child=_workers.clear)


def see_to(client: Refreshable) -> bool:
    """Have a client refreshed in the background, and return whether that can be done; without waiting."""
    worker = _workers.get(_WORKER)
    if worker is None:
        return _start(client)
    worker.take(client)
    return True


def leave(client: Refreshable) -> None:
    """Say that a client is closed, so that nothing is done for it any more."""
    worker = _workers.get(_WORKER)
    if worker is not None:
        worker.forget(ref(client))


def _start(client: Refreshable) -> bool:
    worker = _Worker()
    thread = Thread(target=worker.work, name="alicred-background", daemon=True)
    # Before it runs, and would find nobody to work for.
    worker.take(client)
    try:
        first = _workers.setdefault(_WORKER, worker)
        if first is worker:
            thread.start()
        else:
            first.take(client)
    except RuntimeError:
        # No thread is to be had, or the interpreter is at its end.
        return False
    finally:
        # In any case, since an interrupt may come between two of these steps.
        if not thread.is_alive():
            worker.end()
    return True


class _Worker:
    """What one thread does, and for whom."""

    __slots__ = ("_clients", "_jobs", "_waiting")

    def __init__(self) -> None:
        self._clients: set[ref[Refreshable]] = set()
        self._waiting: set[ref[Refreshable]] = set()
        # Its `put` may be called in the middle of itself, as a collection of garbage may do.
        self._jobs: SimpleQueue[ref[Refreshable] | None] = SimpleQueue()

    def take(self, client: Refreshable) -> None:
        """Queue a job, unless this client has one in the queue or under way."""
        job = ref(client, self.forget)
        if job in self._waiting:
            return
        self._clients.add(job)
        self._waiting.add(job)
        self._jobs.put(job)

    def forget(self, client: ref[Refreshable]) -> None:
        """Do nothing more for a client that is closed or gone, and end with the last one."""
        self._clients.discard(client)
        self._jobs.put(None)

    def end(self) -> None:
        """Make room for another worker; jobs that come now are lost."""
        if _workers.get(_WORKER) is self:
            del _workers[_WORKER]

    def work(self) -> None:
        """Do jobs until nobody is left to do them for."""
        try:
            while True:
                self._do(self._jobs.get())
                if not self._clients:
                    return
        finally:
            self.end()

    def _do(self, job: ref[Refreshable] | None) -> None:
        client = None if job is None or job not in self._clients else job()
        try:
            if client is not None:
                # What fails is told where it fails, and to those who wait for it.
                with suppress(Exception):
                    client.refresh()
                # It may have asked for this while it was closed.
                if client.is_closed:
                    self._clients.discard(ref(client))
        finally:
            if job is not None:
                self._waiting.discard(job)
