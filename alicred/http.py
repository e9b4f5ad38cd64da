"""The transport of a real process: HTTP by requests, which is loaded when it is first needed."""

from __future__ import annotations

import os
from _thread import allocate_lock
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from alicred.transport import Terms

if TYPE_CHECKING:
    from alicred.conversation import HttpConversation

__all__ = ["HttpTransport"]

_LONGEST_WAIT_SECONDS = 2.0


class HttpTransport:
    """Opens conversations over HTTP."""

    __slots__ = ()

    def open(self, terms: Terms, *, now: float) -> HttpConversation:
        """Begin a conversation at the wall time `now`; it ends with the block."""
        return _loaded()(terms, now)


@cache
def _loaded() -> type[HttpConversation]:
    # A child that is forked while another thread imports inherits the lock of that import, closed for good,
    # and would hang at its own first fetch. So a fork waits for this import, and an import for a fork.
    # Before the lock, since what is registered last is called first: logging takes its own lock at a fork.
    import_module("logging")
    loading = allocate_lock()
    if hasattr(os, "register_at_fork"):
        waited: list[bool] = []

        def wait() -> None:
            # Not for ever: whoever imports may need what the thread that forks holds.
            waited.append(loading.acquire(timeout=_LONGEST_WAIT_SECONDS))

        def go_on() -> None:
            if waited.pop():
                loading.release()

        os.register_at_fork(before=wait, after_in_parent=go_on, after_in_child=go_on)
    with loading:
        from alicred.conversation import HttpConversation  # noqa: PLC0415 - imports 60 ms of HTTP client

    return HttpConversation
