"""A file that one process at a time may change, and things that one process at a time may do with it.

On POSIX it is the file itself that is locked, as Alibaba's SDKs do, which therefore wait for us as we for
them; what takes longer than they ought to wait is done under a lock of the folder, which leaves nothing
behind. Windows replaces no file that is open, and locks no folders, so that there files beside it are locked.

Rule of this module: nobody is waited for without end, since what is waited for may be a process that hangs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import NamedTuple

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["LockedError", "in_turn", "locked"]

# Ten seconds in all: whoever writes a small file is done in milliseconds, and the next one goes on at once.
_MOST_ATTEMPTS = 5000
_PAUSE_SECONDS = 0.002


class LockedError(Exception):
    """Another process has locked the file, and does not let go of it."""


class _Place(NamedTuple):
    """What is locked, and how it is opened for that."""

    path: Path
    flags: int


@contextmanager
def locked(path: Path) -> Generator[None, None, None]:
    """Keep other processes, and other threads, from changing a file.

    Args:
        path: The file, which has to be there; not a link to it, where it is going to be replaced.

    Raises:
        LockedError: Somebody else keeps it.
        OSError: It cannot be locked.
    """
    with _held(_place_of_the_file(path)):
        yield


@contextmanager
def in_turn(path: Path) -> Generator[None, None, None]:
    """Do something after whoever else does the same with a file; at the same time, if they take too long.

    The file may be changed under it.
    """
    with ExitStack() as turn:
        with suppress(LockedError, OSError):
            turn.enter_context(_held(_place_of_turns(path)))
        yield


@contextmanager
def _held(place: _Place) -> Generator[None, None, None]:
    for _ in range(_MOST_ATTEMPTS):
        descriptor = _opened(place)
        try:
            if _lock(descriptor):
                try:
                    # Whoever had the lock before may have put something else in the place of what is locked.
                    if os.path.samestat(os.fstat(descriptor), place.path.stat()):
                        yield
                        return
                finally:
                    # Closing is not enough where the process has been forked meanwhile.
                    _unlock(descriptor)
        finally:
            os.close(descriptor)
        Event().wait(_PAUSE_SECONDS)
    raise LockedError


def _opened(place: _Place) -> int:
    return os.open(place.path, place.flags, 0o600)


if sys.platform == "win32":

    def _place_of_the_file(path: Path) -> _Place:
        return _Place(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT)

    def _place_of_turns(path: Path) -> _Place:
        return _Place(path.with_name(f"{path.name}.turn"), os.O_RDWR | os.O_CREAT)

    def _lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:

    def _place_of_the_file(path: Path) -> _Place:
        # For writing, too: a file that may not be written is not replaced either.
        return _Place(path, os.O_RDWR)

    def _place_of_turns(path: Path) -> _Place:
        return _Place(path.parent, os.O_RDONLY)

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
