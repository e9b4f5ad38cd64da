"""A process that is split off from this one for one piece of work, and ends with it.

The rule kept here: there is no way back from it, whatever happens. What this process would go on with, and
what it does at its end, is not done twice.
"""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Final

_BROKEN: Final = 70


def forked(work: Callable[[], int]) -> int:
    """Start a process that does some work.

    Args:
        work: What it does, in one thread; returns its exit status.

    Returns:
        Its process id.
    """
    child = os.fork()
    if child == 0:
        _do_and_end(work)
    return child


def _do_and_end(work: Callable[[], int]) -> None:
    status = _BROKEN
    try:
        status = work()
    except Exception:  # noqa: BLE001 - there is nobody who would catch it
        traceback.print_exc()
    finally:
        try:
            sys.stderr.flush()
        finally:
            # Standard error may be closed, or full.
            os._exit(status)
