"""The one place where alicred reads the time.

This module *is* the process's clock: it is handed to whatever needs the time, and `alicred.testing` sets
`time` to another source. Both are looked up at each call, so a library that replaces the functions of
`time` in the modules that hold them (freezegun) or underneath (time-machine) moves alicred too.
"""

import time as _time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "monotonic", "time"]

time: Callable[[], float] = _time.time
"""Wall time in seconds since 1970-01-01 UTC. Expiry and back-off are decided by it."""

monotonic: Callable[[], float] = _time.monotonic
"""Seconds that no adjustment of the wall clock moves. Deadlines of requests are decided by it."""


class Clock(Protocol):
    """A source of time; the module `alicred.clock` is one."""

    @property
    def time(self) -> Callable[[], float]:
        """Read the wall time, in seconds since 1970-01-01 UTC."""
        ...

    @property
    def monotonic(self) -> Callable[[], float]:
        """Read a clock that never jumps, in seconds."""
        ...
