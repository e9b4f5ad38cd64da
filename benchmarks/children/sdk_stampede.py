"""Threads or tasks of the SDK that ask a slow service at the same time, given up after a while.

Arguments: ``threads`` or ``tasks``, how many, seconds that the service takes, and seconds after which to give
up. Prints how far they came.
"""

import asyncio
import json
import logging
import os
import sys
import threading
from time import perf_counter
from typing import Any

from alicred_emulator import Emulator, Fault
from benchmarks import sdk


class Progress:
    """How far the callers have come."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self.waits: list[float] = []
        self.errors: list[Exception] = []

    def leave(self) -> None:
        """Print it and end this process, whose event loop may be blocked."""
        found = {
            "served": len(self.waits),
            "errors": len(self.errors),
            "fetches": self._emulator.imds.journal.count("RoleCredential"),
            "longest": max(self.waits, default=None),
        }
        print(json.dumps(found), flush=True)
        os._exit(0)


def _ask_in_threads(client: Any, callers: int, progress: Progress) -> None:
    def ask() -> None:
        began = perf_counter()
        try:
            client.get_credential()
        except Exception as error:  # noqa: BLE001 - whatever a caller would get
            progress.errors.append(error)
        else:
            progress.waits.append(perf_counter() - began)

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _ask_in_tasks(client: Any, callers: int, progress: Progress) -> None:
    async def ask() -> None:
        began = perf_counter()
        try:
            await client.get_credential_async()
        except Exception as error:  # noqa: BLE001
            progress.errors.append(error)
        else:
            progress.waits.append(perf_counter() - began)

    async def ask_all() -> None:
        await asyncio.gather(*(ask() for _ in range(callers)))

    asyncio.run(ask_all())


def main(kind: str, callers: str, delay: str, patience: str) -> None:
    """Start the callers and report in time."""
    logging.disable(logging.CRITICAL)
    with Emulator() as emulator, sdk.on_instance(emulator.imds.url):
        emulator.imds.faults.add(Fault.delay(float(delay)), operation="RoleCredential")
        progress = Progress(emulator)
        threading.Timer(float(patience), progress.leave).start()
        ask = _ask_in_threads if kind == "threads" else _ask_in_tasks
        ask(sdk.ecs_client(emulator.role.name), int(callers), progress)
        progress.leave()


if __name__ == "__main__":
    main(*sys.argv[1:])
