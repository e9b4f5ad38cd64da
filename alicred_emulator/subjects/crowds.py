"""Readers at once: threads that a barrier lets go together, tasks that begin one after the other.

The rule kept here: nobody is waited for beyond a bound, and who is not back by then is told as such.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from alicred_emulator.clock import monotonic_seconds
from alicred_emulator.scenarios.subject import HUNG, Failure, Seen

Answered = Callable[[], None]

_STUCK: Final = Failure(kind=HUNG, text="the reader was not back in time")


def stuck(bound: float) -> Seen:
    """Return what is told of a reader that was not back within so many seconds."""
    return Seen(failure=_STUCK, waited_seconds=bound)


def threads_at_once(read: Callable[[], Seen], readers: int, answered: Answered, bound: float) -> list[Seen]:
    """Read from many threads, all of which are under way before any reads.

    Args:
        read: How each reads.
        readers: How many.
        answered: Called as each comes back.
        bound: How many seconds they may take together.

    Returns:
        What each saw, those that are stuck included.
    """
    barrier = threading.Barrier(readers)
    found: list[Seen] = []

    def be_one() -> None:
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
            found.append(read())
            answered()

    threads = [threading.Thread(target=be_one, name="reader", daemon=True) for _ in range(readers)]
    try:
        for thread in threads:
            thread.start()
    except RuntimeError:
        # The machine has no thread left: nobody is to wait for one that never comes.
        barrier.abort()
        raise
    end = monotonic_seconds() + bound
    for thread in threads:
        thread.join(max(end - monotonic_seconds(), 0))
    seen = found[:]
    return seen + [stuck(bound)] * (readers - len(seen))


async def tasks_at_once(
    read: Callable[[], Awaitable[Seen]], readers: int, answered: Answered, bound: float
) -> list[Seen]:
    """Read from many tasks of the running loop.

    Args:
        read: How each reads.
        readers: How many.
        answered: Called as each comes back.
        bound: How many seconds each may take.

    Returns:
        What each saw, those that are stuck included.
    """

    async def be_one() -> Seen:
        try:
            return await asyncio.wait_for(read(), bound)
        except asyncio.TimeoutError:
            return stuck(bound)
        finally:
            answered()

    return list(await asyncio.gather(*(be_one() for _ in range(readers))))
