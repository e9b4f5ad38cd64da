"""The faults and outages in force, and the latest that have ended by themselves.

The rule kept here: what has ended meets nobody any more and is not listed, but still tells its hits.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from alicred_emulator.fault_rule import FaultHandle, Rule

_REMEMBERED: Final = 1000


def _nothing() -> None:
    """Undo what a fault did to the world, which is nothing."""


class FaultsInForce:
    """What all views of a board share. All methods may be called from any thread.

    Attributes:
        handles: The handles of what is in force, in order.
        rules: The faults among it.
        ended: The handles of what has ended by itself, as many as are remembered.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # These three are replaced, never changed, so that a request walks them without the lock.
        self.handles: tuple[FaultHandle, ...] = ()
        self.rules: tuple[Rule, ...] = ()
        self.ended: tuple[FaultHandle, ...] = ()
        self._handle_of: dict[Rule, FaultHandle] = {}

    def begin(
        self,
        name: str,
        service: str | None,
        *,
        rule: Rule | None = None,
        undo: Callable[[], None] = _nothing,
    ) -> FaultHandle:
        """Put something in force until its handle ends it, or it does so itself.

        Args:
            name: What it is called.
            service: The service it concerns, or None for all.
            rule: Which requests it meets, if it is about requests.
            undo: Undoes what it changed in the world.

        Returns:
            Its handle.
        """

        def end() -> None:
            with self._lock:
                self._drop(handle, rule)
                self.ended = tuple(other for other in self.ended if other is not handle)
            undo()

        handle = FaultHandle(name, service, end, rule)
        with self._lock:
            self.handles = (*self.handles, handle)
            if rule is not None:
                self._handle_of[rule] = handle
                self.rules = (*self.rules, rule)
        return handle

    def take(self, rule: Rule) -> bool:
        """Count a hit, unless another request has had the last one."""
        with self._lock:
            if rule.remaining == 0:
                return False
            rule.hits += 1
            if rule.remaining is not None:
                rule.remaining -= 1
            if rule.remaining == 0:
                self._retire(rule)
            return True

    def end_those_over(self, now: datetime) -> None:
        """Let go of what has lasted for as long as it should."""
        if not any(rule.is_over(now) for rule in self.rules):
            return
        with self._lock:
            for rule in self.rules:
                if rule.is_over(now):
                    self._retire(rule)

    def _retire(self, rule: Rule) -> None:
        handle = self._handle_of.get(rule)
        # A request may have found the rule just before somebody removed it.
        if handle is not None:
            self._drop(handle, rule)
            self.ended = (*self.ended, handle)[-_REMEMBERED:]

    def _drop(self, handle: FaultHandle, rule: Rule | None) -> None:
        self.handles = tuple(other for other in self.handles if other is not handle)
        if rule is not None:
            self._handle_of.pop(rule, None)
            self.rules = tuple(other for other in self.rules if other is not rule)
