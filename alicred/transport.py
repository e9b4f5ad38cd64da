"""What a provider talks through, as a contract without sockets; `alicred.http` keeps it over HTTP.

The contract: one deadline bounds a whole conversation, from the first connection to the last byte of the last
body, however slowly the bytes drip; redirects are not followed, since they would carry a token elsewhere; a
body is read up to a cap; nothing stays open when the conversation ends, so that no socket idles for the hours
between two refreshes and none is shared across a fork.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

__all__ = ["Conversation", "NoReply", "Reply", "Terms", "Transport"]


class Terms(NamedTuple):
    """How long a conversation may last and which way it goes.

    Attributes:
        connect_seconds: How long one connection may take: the name, its addresses, a proxy and TLS together.
        read_seconds: How long one answer may take, headers and body together.
        total_seconds: How long all of it may take.
        proxies: Proxy URLs by scheme, and under ``no`` the hosts that are reached without one; as the
            variables ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy`` would say it.
        ca_bundle: A file of certificate authorities to trust, None for those that requests ships.
    """

    connect_seconds: float
    read_seconds: float
    total_seconds: float
    proxies: Mapping[str, str]
    ca_bundle: str | None = None

    def __repr__(self) -> str:
        # A proxy's URL may hold a password.
        return f"Terms(total_seconds={self.total_seconds!r})"


class Reply(NamedTuple):
    """A complete answer.

    Attributes:
        status: The HTTP status.
        body: The body, whole.
        server_ahead: How far the server's clock runs ahead of ours at most, in seconds, as far as its
            ``Date`` tells; 0 where they may agree within 5 s or nothing was said.
    """

    status: int
    body: bytes
    server_ahead: float = 0.0

    def __repr__(self) -> str:
        return f"Reply(status={self.status!r})"


class NoReply(Exception):  # noqa: N818 - it is an outcome, turned into an error by whoever asked
    """There was no complete answer.

    Attributes:
        what: What happened instead, the end of a sentence that begins with the service's name.
        connected: Whether anybody was there at all.
    """

    def __init__(self, what: str, *, connected: bool) -> None:
        super().__init__(what)
        self.what = what
        self.connected = connected


class Conversation(Protocol):
    """Requests that belong together and share a deadline."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """Send one request and read its whole answer.

        Raises:
            NoReply: There was none in time, or none that fits.
        """
        ...


class Transport(Protocol):
    """What a provider talks through."""

    def open(self, terms: Terms, *, now: float) -> AbstractContextManager[Conversation]:
        """Begin a conversation at the wall time `now`; it ends with the block."""
        ...
