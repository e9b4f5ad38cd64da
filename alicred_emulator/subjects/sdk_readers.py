"""Many readers at once of one client of Alibaba's SDK, and how long each of them waited.

The rule kept here: the SDK may block a thread, or the event loop with all its tasks, for minutes; whoever
is not back within a bound is `stuck`, and is left behind. The process ends with them.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from alicred_emulator.clock import monotonic_seconds
from alicred_emulator.subjects.sdk_client import parts_of, told_of

Told = dict[str, Any]
"""What became of one read: its `parts`, or `how` it failed and a `text`; and how long it `waited`."""

GetAsync = Callable[[], Coroutine[Any, Any, Any]]


class Readers:
    """Readers of one client.

    Args:
        get: How a thread reads.
        get_async: How a task reads; the readers are tasks where it is given.
    """

    def __init__(
        self, get: Callable[[], Any], get_async: Callable[[], Coroutine[Any, Any, Any]] | None
    ) -> None:
        self._get = get
        self._get_async = get_async
        self._loop = asyncio.new_event_loop()
        self._pending: Future[Told] | None = None
        if get_async is not None:
            threading.Thread(target=self._loop.run_forever, name="loop", daemon=True).start()

    def read(self, readers: int, bound_seconds: float) -> Iterator[Told]:
        """Have many readers read at once.

        Args:
            readers: How many.
            bound_seconds: How long they may take.

        Yields:
            What became of each as it comes back, those that are stuck last.
        """
        done: queue.SimpleQueue[Told] = queue.SimpleQueue()
        if self._get_async is None:
            self._start_threads(readers, done)
        else:
            asyncio.run_coroutine_threadsafe(self._start_tasks(self._get_async, readers, done), self._loop)
        return _as_they_come(done, readers, bound_seconds)

    def begin(self) -> None:
        """Have a task begin to read."""
        if self._get_async is not None:
            self._pending = asyncio.run_coroutine_threadsafe(_read_async(self._get_async), self._loop)

    def cancel(self, bound_seconds: float) -> None:
        """Cancel the task that began to read, and see it end."""
        if self._pending is not None:
            self._pending.cancel()
            passed = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), self._loop)
            with suppress(TimeoutError):
                passed.result(bound_seconds)

    def read_here(self) -> Told:
        """Read in this thread, where the loop's does not run: in a forked child."""
        return _read(self._get) if self._get_async is None else asyncio.run(_read_async(self._get_async))

    def _start_threads(self, readers: int, done: "queue.SimpleQueue[Told]") -> None:
        def read() -> None:
            together.wait()
            done.put(_read(self._get))

        together = threading.Event()
        for _ in range(readers):
            threading.Thread(target=read, daemon=True).start()
        together.set()

    @staticmethod
    async def _start_tasks(get: GetAsync, readers: int, done: "queue.SimpleQueue[Told]") -> None:
        async def read() -> None:
            done.put(await _read_async(get))

        await asyncio.gather(*(read() for _ in range(readers)))


def stuck(bound_seconds: float) -> Told:
    """Return what became of a reader that is not back within the bound."""
    return {"how": "stuck", "text": f"not back after {bound_seconds:g} s", "waited": bound_seconds}


def _read(get: Callable[[], Any]) -> Told:
    began = monotonic_seconds()
    told: Told
    try:
        told = {"parts": parts_of(get())}
    except Exception as error:  # noqa: BLE001 - whatever the SDK raises is what the story wants to know
        told = told_of(error)
    return {**told, "waited": monotonic_seconds() - began}


async def _read_async(get: GetAsync) -> Told:
    began = monotonic_seconds()
    told: Told
    try:
        told = {"parts": parts_of(await get())}
    except Exception as error:  # noqa: BLE001 - as above
        told = told_of(error)
    return {**told, "waited": monotonic_seconds() - began}


def _as_they_come(done: "queue.SimpleQueue[Told]", readers: int, bound_seconds: float) -> Iterator[Told]:
    last = monotonic_seconds() + bound_seconds
    back = 0
    with suppress(queue.Empty):
        while back < readers:
            yield done.get(timeout=max(0, last - monotonic_seconds()))
            back += 1
    yield from (stuck(bound_seconds) for _ in range(readers - back))
