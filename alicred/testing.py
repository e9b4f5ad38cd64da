"""For tests: a clock of their own, a back-off that repeats, and nothing left over from the test before.

`pytest -p alicred_emulator` does all of this by itself.
"""

from __future__ import annotations

import time as _time
from collections.abc import Callable

from alicred import clock, jitter, outage, profile_files, shared
from alicred.providers import absence

__all__ = ["clock_in_use", "reset", "restore_clock", "seed", "use_clock"]

_MARK = "substituted"


def use_clock(time: Callable[[], float]) -> None:
    """Read the wall time of every client in this process from somewhere else.

    Args:
        time: Returns seconds since 1970-01-01 UTC.
    """
    clock.time = time
    # freezegun remembers by a module's names which functions it has to replace there: let it look again.
    clock.__dict__[_MARK] = True


def clock_in_use() -> Callable[[], float] | None:
    """Return where the wall time is read from, so that whoever changes it can change it back.

    Returns:
        What `use_clock` was given, which returns seconds since 1970-01-01 UTC; None if it is the system's.
    """
    return clock.time if _MARK in vars(clock) else None


def restore_clock() -> None:
    """Read the wall time from the system again."""
    clock.__dict__.pop(_MARK, None)
    clock.time = _time.time  # noqa: TID251 - put back, not read


def seed(number: int) -> None:
    """Make the back-off after failures repeat; 61 seconds always suffice for the next attempt.

    Args:
        number: The seed: the same one gives the same delays.
    """
    jitter.seed(number)


def reset() -> None:
    """Forget what tests do not share.

    That is the clock, the seed, the clients that are shared, the verdicts that sessions keep, the remembered
    absence of an instance metadata service, and which files were warned of.
    """
    restore_clock()
    jitter.seed(None)
    shared.forget()
    outage.forget_verdicts()
    absence.forget()
    profile_files.forget_warnings()
