"""Modules that are loaded late, and forks in the middle of it.

A child that is forked while another thread imports inherits the lock of that import, closed for good, and
would hang at its own first fetch. Rule of this module: what a fetch loads late is loaded through it, so that
a fork waits for an import, and an import for a fork.
"""

from __future__ import annotations

import os
from _thread import RLock
from functools import cache
from importlib import import_module
from types import ModuleType

__all__ = ["loaded"]

_LONGEST_WAIT_SECONDS = 2.0


def loaded(name: str) -> ModuleType:
    """Return a module, which is imported at the first call."""
    with _gate():
        return import_module(name)


@cache
def _gate() -> RLock:
    # Before the lock, since what is registered last is called first: logging takes its own lock at a fork.
    import_module("logging")
    gate = RLock()
    if hasattr(os, "register_at_fork"):
        waited: list[bool] = []

        def wait() -> None:
            # Not for ever: whoever imports may need what the thread that forks holds.
            waited.append(gate.acquire(timeout=_LONGEST_WAIT_SECONDS))

        def go_on() -> None:
            if waited.pop():
                gate.release()

        os.register_at_fork(before=wait, after_in_parent=go_on, after_in_child=go_on)
    return gate
