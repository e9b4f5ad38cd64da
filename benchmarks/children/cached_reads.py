"""Reads of a credential that is held: the floor, alicred and the SDK, by turns.

Arguments: the URL of a metadata service, and the number of rounds.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from itertools import repeat
from typing import Any

from alicred import Client, Config
from benchmarks import sdk
from benchmarks.environment import point_at
from benchmarks.measure import Samples, by_turns, timed

_CALLS = 10_000


class Floor:
    """What no cache can do without: one look at the time, one comparison, one return."""

    def __init__(self) -> None:
        self.credential = object()
        self.until = time.time() + 3600  # noqa: TID251 - what alicred's clock is compared with

    def get_credential(self) -> object:
        """Return what is held."""
        if time.time() < self.until:  # noqa: TID251
            return self.credential
        raise AssertionError

    async def get_credential_async(self) -> object:
        """Return what is held."""
        if time.time() < self.until:  # noqa: TID251
            return self.credential
        raise AssertionError


def main(imds_url: str, rounds: str) -> None:
    """Measure, and print the samples."""
    point_at(imds_url)
    clients: dict[str, Any] = {"floor": Floor(), "alicred": Client(Config(type="ecs_ram_role"))}
    if sdk.IS_INSTALLED:
        clients["sdk"] = sdk.ecs_client()
        with sdk.on_instance(imds_url):
            clients["sdk"].get_credential()
    clients["alicred"].get_credential()
    loop = asyncio.new_event_loop()
    print(
        json.dumps(
            {
                "sync": _samples(clients, _reads, int(rounds)),
                "async": _samples(clients, lambda client: _reads_async(client, loop), int(rounds)),
            }
        )
    )
    loop.close()


def _samples(clients: dict[str, Any], reads: Callable[[Any], Callable[[], object]], rounds: int) -> Samples:
    samples = by_turns({name: timed(reads(client)) for name, client in clients.items()}, rounds)
    return {name: [seconds / _CALLS for seconds in taken] for name, taken in samples.items()}


def _reads(client: Any) -> Callable[[], object]:
    def read() -> None:
        for _ in repeat(None, _CALLS):
            client.get_credential()

    return read


def _reads_async(client: Any, loop: asyncio.AbstractEventLoop) -> Callable[[], object]:
    async def read() -> None:
        for _ in repeat(None, _CALLS):
            await client.get_credential_async()

    return lambda: loop.run_until_complete(read())


if __name__ == "__main__":
    main(*sys.argv[1:])
