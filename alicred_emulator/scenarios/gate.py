"""Holds the first request of a step in the fakes, so that what happens meanwhile happens surely.

Readers that are to be at once would not be if the first had its answer before the last had begun; a reader
that is to be cancelled while its request is in the air needs a request that stays there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from alicred_emulator.emulator import Emulator
from alicred_emulator.faults import Fault
from alicred_emulator.messages import Request


class Gate:
    """A gate that the first request stands before until it is opened.

    Args:
        longest_seconds: How long at most, in real time: a client's patience has an end.
    """

    def __init__(self, longest_seconds: float) -> None:
        self._longest = longest_seconds
        self._taken = threading.Lock()
        self._lock = threading.Lock()
        self._opened = threading.Event()
        self._arrived = False
        self._waiting: list[Callable[[], None]] = []

    def open(self) -> None:
        """Let the request go on."""
        self._opened.set()

    def on_request(self, call: Callable[[], None]) -> None:
        """Call something once a request stands before the gate; at once if one does already."""
        with self._lock:
            if not self._arrived:
                self._waiting.append(call)
                return
        call()

    def hold(self, _request: Request) -> bool:
        """Hold a request if it is the first; called by its handler, before it is answered."""
        if self._taken.acquire(blocking=False):
            with self._lock:
                self._arrived = True
                calls = self._waiting[:]
            for call in calls:
                call()
            self._opened.wait(self._longest)
        # As a condition of a fault: nothing ever is wrong with the request.
        return False


@contextmanager
def gate(emulator: Emulator, longest_seconds: float) -> Generator[Gate, None, None]:
    """Set up a gate for the length of a block.

    Args:
        emulator: The fakes.
        longest_seconds: How long at most it holds a request.
    """
    held = Gate(longest_seconds)
    with emulator.faults.add(Fault.delay(0), condition=held.hold):
        try:
            yield held
        finally:
            held.open()
