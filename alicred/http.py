"""The transport of a real process: HTTP by requests, which is loaded when it is first needed."""

from __future__ import annotations

import os
from _thread import allocate_lock
from functools import cache
from typing import TYPE_CHECKING

from alicred.transport import Terms

if TYPE_CHECKING:
    from alicred.conversation import HttpConversation

__all__ = ["HttpTransport"]


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
    loading = allocate_lock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=loading.acquire, after_in_parent=loading.release, after_in_child=loading.release
        )
    with loading:
        from alicred.conversation import HttpConversation  # noqa: PLC0415 - imports 60 ms of HTTP client

    return HttpConversation
