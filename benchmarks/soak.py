"""A soak: many threads and tasks on two clients, thousands of refreshes, and a third of the requests fails.

Both clients, an instance's and one that assumes a role, talk to the emulator over real sockets. In each round
the clock moves to where both are due or expired, the fault in force is another one, everybody reads both
clients once, and the clock goes on while the refreshes are in the air. What everybody gets is compared with
the emulator's ledger. `benchmarks.rows.soak` runs it whole, the test suite a shorter cut.
"""

import asyncio
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from time import perf_counter
from typing import Any

from alicred import Client, Config, testing
from alicred_emulator import Emulator, Fault
from benchmarks.resources import Resources
from benchmarks.watched import Watched

READERS = 64
"""So many threads, and as many tasks, half of them in each of two event loops."""

_PATIENCE_SECONDS = 60.0
_LANDING_SECONDS = 2.0
_TIMEOUT_MILLISECONDS = 500
# From the present: due at 45 minutes, dead at 60.
_STEPS_SECONDS = (46 * 60, 61 * 60, 50 * 60, 8 * 3600, 59 * 60 + 59)
_FAULTS = (
    Fault.status(500),
    Fault.reset(),
    Fault.status(429),
    Fault.truncate(20),
    Fault.body(b"<html>busy</html>"),
    Fault.expired(),
    Fault.status(503),
    Fault.malformed(),
    Fault.body(b""),
    Fault.drip(64, 0.001),
)
_SILENT_EVERY = 97
_LAPS = 10


@dataclass(kw_only=True)
class Figures:
    """What came of a soak.

    Attributes:
        refreshes: New credentials that were fetched.
        requests: Requests that reached the fakes.
        failures: Those of them that a fault met.
        reads: Credentials that were asked for.
        errors: Reads that failed, each at a time when there was nothing to serve.
        most_at_once: Refreshes of one client in flight at the same time.
        violations: What must never happen and did, the first few.
        worst_wait: The longest that a read took, in seconds.
        duration: How long all of it took, in seconds.
        before: Threads, sockets and memory after the first tenth, when everything is warm.
        after: The same at the end.
    """

    refreshes: int = 0
    requests: int = 0
    failures: int = 0
    reads: int = 0
    errors: int = 0
    most_at_once: int = 0
    violations: list[str] = field(default_factory=list[str])
    worst_wait: float = 0.0
    duration: float = 0.0
    before: Resources = field(default_factory=Resources)
    after: Resources = field(default_factory=Resources)

    def add(self, storm: "Storm", watched: list[Watched]) -> None:
        """Count what came of a lap."""
        self.requests += storm.requests
        self.failures += storm.failures
        self.refreshes += sum(one.refreshes for one in watched)
        self.errors += sum(one.errors for one in watched)
        self.most_at_once = max(self.most_at_once, *(one.most_at_once for one in watched))
        self.violations += [violation for one in watched for violation in one.violations]


class Storm:
    """Makes a third of all requests fail, each round in another way."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._lock = threading.Lock()
        self._fault = emulator.faults.add(_FAULTS[0], condition=self._meets)
        self._rounds = 0
        self.requests = self.failures = 0

    def turn(self) -> None:
        """Go on to the next fault."""
        self._rounds += 1
        self._fault.remove()
        silent = self._rounds % _SILENT_EVERY == 0
        fault = Fault.silence() if silent else _FAULTS[self._rounds % len(_FAULTS)]
        self._fault = self._emulator.faults.add(fault, condition=self._meets)

    def _meets(self, _request: object) -> bool:
        with self._lock:
            self.requests += 1
            if self.failures * 3 >= self.requests:
                return False
            self.failures += 1
            return True


class Crowd:
    """The threads and the event loops that read."""

    def __init__(self, stack: ExitStack) -> None:
        self._pool = stack.enter_context(ThreadPoolExecutor(READERS))
        together = threading.Barrier(READERS)
        # All of them from the beginning, and not only once that many are busy.
        list(self._pool.map(lambda _: together.wait(_PATIENCE_SECONDS), range(READERS)))
        self._loops = [stack.enter_context(_running_loop()) for _ in range(2)]

    def read(self, watched: list[Watched], meanwhile: Callable[[], None]) -> list[float]:
        """Have everybody read every client once, and return how long each read took."""
        orders = [watched, watched[::-1]]
        tasks: list[Future[list[list[float]]]] = [
            asyncio.run_coroutine_threadsafe(_read_in_tasks(orders), loop) for loop in self._loops
        ]
        threads = [self._pool.submit(_read_all, orders[number % 2]) for number in range(READERS)]
        meanwhile()
        waits = [wait for future in threads for wait in future.result(_PATIENCE_SECONDS)]
        for future in tasks:
            waits += [wait for one in future.result(_PATIENCE_SECONDS) for wait in one]
        return waits


def soak(emulator: Emulator, refreshes: int) -> Figures:
    """Go through so many refreshes, in laps of a tenth each, and return what came of it.

    Each lap has a world and clients of its own, since what a world remembers of its credentials is no growth.
    The clients of all laps are kept, since what they hold would be.

    Args:
        emulator: One that runs; this process's clients find its instance already, and share its clock.
        refreshes: How many new credentials must be fetched, by both clients together.
    """
    testing.seed(1)
    figures, kept, began = Figures(), list[Watched](), perf_counter()
    with ExitStack() as stack:
        crowd = Crowd(stack)
        for lap in range(1, _LAPS + 1):
            kept += _lap(refreshes // _LAPS, emulator, crowd, figures)
            figures.after = Resources.of_this_process()
            if lap == 1:
                figures.before = figures.after
    figures.duration = perf_counter() - began
    return figures


def _lap(refreshes: int, emulator: Emulator, crowd: Crowd, figures: Figures) -> list[Watched]:
    emulator.clock.freeze()
    emulator.instance.credential_lifetime = timedelta(hours=1)
    emulator.reanchor_if_unshown()
    watched = [Watched(client, emulator) for client in _clients(emulator)]
    storm = Storm(emulator)
    for step in cycle(_STEPS_SECONDS):
        if sum(one.refreshes for one in watched) >= refreshes or any(one.violations for one in watched):
            break
        emulator.clock.shift(step)
        storm.turn()
        waits = crowd.read(watched, meanwhile=lambda: emulator.clock.shift(1))
        figures.reads += len(waits)
        figures.worst_wait = max(figures.worst_wait, *waits)
    figures.add(storm, watched)
    _await_pilots()
    emulator.reset()
    return watched


def _clients(emulator: Emulator) -> list[Client]:
    timeouts: dict[str, Any] = {"timeout": _TIMEOUT_MILLISECONDS, "connect_timeout": _TIMEOUT_MILLISECONDS}
    user = emulator.user
    return [
        Client(Config(type="ecs_ram_role", **timeouts)),
        Client(
            Config(
                type="ram_role_arn",
                access_key_id=user.access_key_id,
                access_key_secret=user.access_key_secret,
                role_arn=emulator.role.arn,
                sts_endpoint=emulator.sts.url,
                **timeouts,
            )
        ),
    ]


def _read_all(order: list[Watched]) -> list[float]:
    return [one.read() for one in order]


async def _read_in_tasks(orders: list[list[Watched]]) -> list[list[float]]:
    async def read_all(order: list[Watched]) -> list[float]:
        return [await one.read_async() for one in order]

    return await asyncio.gather(*(read_all(orders[number % 2]) for number in range(READERS // 2)))


def _await_pilots() -> None:
    # Those that stay are counted afterwards.
    until = perf_counter() + _LANDING_SECONDS
    for thread in threading.enumerate():
        if thread.name == "alicred-refresh":
            thread.join(max(until - perf_counter(), 0))


@contextmanager
def _running_loop() -> Generator[asyncio.AbstractEventLoop, None, None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
