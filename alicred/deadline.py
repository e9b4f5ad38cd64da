"""A socket whose time-out bounds all that is read, not each piece of it.

A time-out of the standard library begins anew with every byte, so a peer that drips its headers holds a
reader for as long as it likes. Here the time-out that is set before an answer is a deadline for the answer.
"""

from __future__ import annotations

import io
import socket
from typing import Any

from alicred import clock

__all__ = ["DeadlineSocket"]


class DeadlineSocket:
    """Stands in front of a connected socket, as far as `http.client` and urllib3 use one."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._deadline: float | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def settimeout(self, seconds: float | None) -> None:
        """Bound what is read from now on, all together."""
        self._deadline = None if seconds is None else clock.monotonic() + seconds
        self._socket.settimeout(seconds)

    def makefile(self, mode: str = "rb", *_args: Any, **_options: Any) -> io.BufferedReader:
        """Return the reader of an answer; `http.client` asks for nothing but ``"rb"``."""
        return io.BufferedReader(_DeadlineReader(self, self._socket.makefile(mode, buffering=0)))  # type: ignore[call-overload]

    def tighten(self) -> None:
        """Leave the next receive no more than what is left.

        Raises:
            TimeoutError: Nothing is left.
        """
        if self._deadline is None:
            return
        left = self._deadline - clock.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)


class _DeadlineReader(io.RawIOBase):
    def __init__(self, owner: DeadlineSocket, raw: io.RawIOBase) -> None:
        self._owner = owner
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._owner.tighten()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
