"""The transport of a real process: HTTP, which is loaded when it is first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from alicred.loading import loaded
from alicred.transport import Terms

if TYPE_CHECKING:
    from alicred.conversation import HttpConversation

__all__ = ["HttpTransport"]


class HttpTransport:
    """Opens conversations over HTTP."""

    __slots__ = ()

    def open(self, terms: Terms, *, now: float) -> HttpConversation:
        """Begin a conversation at the wall time `now`; it ends with the block."""
        # 15 ms of HTTP client.
        conversation = loaded("alicred.conversation").HttpConversation
        return cast("HttpConversation", conversation(terms, now))
