"""The children of this process, own and inherited ones, and how the last of them ends."""

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_PATIENT_ROUNDS: Final = 10
_MOST_ROUNDS: Final = 100

Wait = Callable[[], None]
"""Waits until a child ends, or a tenth of a second."""


def reaped() -> dict[int, int]:
    """Return the children that have ended since the last time: process id to wait status.

    Raises:
        ChildProcessError: There are no children, running or ended.
    """
    ended: dict[int, int] = {}
    try:
        while (child := os.waitpid(-1, os.WNOHANG))[0] != 0:
            ended[child[0]] = child[1]
    except ChildProcessError:
        if not ended:
            raise
    return ended


def end_all(wait: Wait, *, patiently: bool) -> None:
    """End every descendant: as its parent ends it comes to this process, until there is none.

    Args:
        wait: Lets time pass.
        patiently: Whether each is asked before it is killed, a second later.
    """
    known: set[int] = set()
    for round_ in range(_MOST_ROUNDS):
        try:
            while reaped():
                # Those were the last, perhaps, and there is nobody to wait for.
                continue
        except ChildProcessError:
            return
        asked = patiently and round_ < _PATIENT_ROUNDS
        children = set(_children())
        # Asked once each: those of a parent that has ended come later.
        for child in children - known if asked else children:
            # It may have ended, or have become somebody else's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGTERM if asked else signal.SIGKILL)
        known = children
        wait()


def _children() -> list[int]:
    mine = os.getpid()
    try:
        numbers = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    except FileNotFoundError:
        # Nobody tells who they are, then.
        return []
    return [number for number in numbers if _parent(number) == mine]


def _parent(number: int) -> int | None:
    try:
        fields = (_PROC / str(number) / "stat").read_bytes()
    except OSError:
        return None
    # The name before it may hold anything, brackets included.
    return int(fields.rpartition(b")")[2].split()[1])
