"""Many callers at once, on a client that has no credential or a dead one, and a service that takes its time.

The wait of each caller is compared with what one caller alone waits, the median of a few. Bars are held to
the worst of all rounds.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from alicred import Client, Config, testing
from alicred_emulator import Emulator, Fault
from benchmarks import sdk
from benchmarks.environment import point_at
from benchmarks.measure import Effort
from benchmarks.processes import module, run_json
from benchmarks.row import Row, missing
from benchmarks.units import duration

_CALLERS = 64
_DELAY_SECONDS = 0.2
_BAR_SECONDS = 0.05
_PAST_THE_END = {"hours": 6, "minutes": 1}
# The SDK's tasks take 5 s each, one after the other.
_PATIENCE_SECONDS = 12
_FEW_TASKS = 2

Asking = Callable[[Any, int], "list[float | None]"]


@dataclass(frozen=True)
class Outcome:
    """What came of one stampede."""

    fetches: int
    errors: int
    longest: float


class Instance:
    """An instance whose credential takes a while to be answered."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        emulator.clock.freeze()
        emulator.imds.faults.add(Fault.delay(_DELAY_SECONDS), operation="RoleCredential")

    def stampede(self, client: Any, ask: Asking, callers: int = _CALLERS) -> Outcome:
        """Have so many callers ask a client at once."""
        self._emulator.journal.clear()
        waits = ask(client, callers)
        served = [wait for wait in waits if wait is not None]
        fetches = self._emulator.imds.journal.count("RoleCredential")
        return Outcome(fetches, callers - len(served), max(served, default=float("inf")))

    def cold(self) -> Client:
        """Return a client that has not asked for anything."""
        return Client(Config(type="ecs_ram_role", role_name=self._emulator.role.name))

    def expired(self) -> Client:
        """Return a client whose credential has ended."""
        client = self.cold()
        client.get_credential()
        self._emulator.clock.shift(**_PAST_THE_END)
        return client


def measure(effort: Effort) -> list[Row]:
    """Return a row for each kind of caller and client."""
    rounds = effort.pick(5, 2)
    asking = {"threads": _threads, "tasks": _tasks}
    with ExitStack() as stack:
        emulator = stack.enter_context(Emulator())
        point_at(emulator.imds.url)
        stack.callback(testing.reset)
        testing.use_clock(emulator.clock.client_time)
        instance = Instance(emulator)
        building = {"cold": instance.cold, "expired": instance.expired}
        # The first fetch loads the HTTP library.
        instance.cold().get_credential()
        found = {
            (callers, state): [
                (_alone(instance, ask, build), instance.stampede(build(), ask)) for _ in range(rounds)
            ]
            for callers, ask in asking.items()
            for state, build in building.items()
        }
    return [_row(callers, state, outcomes) for (callers, state), outcomes in found.items()]


def _alone(instance: Instance, ask: Asking, build: Callable[[], Client]) -> float:
    return instance.stampede(build(), ask, callers=1).longest


def _row(callers: str, state: str, found: list[tuple[float, Outcome]]) -> Row:
    fetch = median(alone for alone, _ in found)
    fetches = max(outcome.fetches for _, outcome in found)
    errors = sum(outcome.errors for _, outcome in found)
    late = [outcome.longest - fetch for _, outcome in found]
    usual = f"one caller alone: {duration(fetch)}; median round: {duration(median(late))} more"
    return Row(
        what=f"{_CALLERS} {callers}, {state} client, an endpoint of {_DELAY_SECONDS:g} s "
        f"(worst of {len(found)} rounds)",
        ours=f"fetches {fetches}, errors {errors}, longest wait: the fetch + {duration(max(late))}",
        beside=[usual, *_beside(callers, state)],
        bar=f"1 fetch, 0 errors, + {_BAR_SECONDS * 1000:.0f} ms",
        holds=fetches == 1 and errors == 0 and max(late) <= _BAR_SECONDS,
        used=max(max(late) / _BAR_SECONDS, float(fetches) if fetches > 1 else 0, errors),
    )


def _threads(client: Any, callers: int) -> list[float | None]:
    waits: list[float | None] = [None] * callers
    together = threading.Barrier(callers)

    def ask(number: int) -> None:
        together.wait()
        began = perf_counter()
        client.get_credential()
        waits[number] = perf_counter() - began

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def _tasks(client: Any, callers: int) -> list[float | None]:
    async def ask() -> float:
        began = perf_counter()
        await client.get_credential_async()
        return perf_counter() - began

    async def ask_all() -> list[float | None]:
        found = await asyncio.gather(*(ask() for _ in range(callers)), return_exceptions=True)
        return [wait if isinstance(wait, float) else None for wait in found]

    return asyncio.run(ask_all())


def _beside(callers: str, state: str) -> list[str]:
    if state != "cold":
        return []
    if not sdk.IS_INSTALLED:
        return [missing(sdk.NAME, sdk.WHY_MISSING)]
    numbers = [_CALLERS] if callers == "threads" else [_CALLERS, _FEW_TASKS]
    return [_sdk(callers, number) for number in numbers]


def _sdk(callers: str, number: int) -> str:
    command = module("children.sdk_stampede", callers, number, _DELAY_SECONDS, _PATIENCE_SECONDS)
    found = run_json(command)
    came = f"fetches {found['fetches']}, errors {found['errors']}, served {found['served']}"
    if found["errors"] + found["served"] < number:
        return f"SDK, {number} {callers}: stopped after {_PATIENCE_SECONDS} s: {came}"
    waited = "" if found["longest"] is None else f", longest wait {duration(found['longest'])}"
    return f"SDK, {number} {callers}: {came}{waited}"
