"""Time-outs that bound a whole phase, not each step of it.

A time-out of the standard library begins anew with every byte and every address of a name, and one of
urllib3's with every phase. So a peer that drips its headers holds a reader for as long as it likes, and a
name of three dead addresses takes three time-outs. Here the time-out that is set before a phase is a deadline
for the phase, and none lies behind that of the conversation.
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from alicred import clock

__all__ = ["Deadline", "DeadlineSocket", "Phases"]


class Deadline:
    """A moment until which something may take."""

    def __init__(self, seconds: float) -> None:
        self._at = clock.monotonic() + seconds

    def left(self) -> float:
        """Return how many seconds are left.

        Raises:
            TimeoutError: None are.
        """
        left = self._at - clock.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


class Phases(NamedTuple):
    """How long connecting and an answer may take, within what is left altogether.

    Attributes:
        connect: Seconds for connecting.
        read: Seconds for an answer.
        until: When all is over, by the monotonic clock.
    """

    connect: float
    read: float
    until: float

    def connect_left(self) -> float:
        """Return how many seconds connecting may take from now on."""
        return self._within(self.connect)

    def read_left(self) -> float:
        """Return how many seconds an answer may take from now on."""
        return self._within(self.read)

    def _within(self, seconds: float) -> float:
        return max(0.0, min(seconds, self.until - clock.monotonic()))


class DeadlineSocket:
    """Stands in front of a connected socket, as far as `http.client` and urllib3 use one."""

    def __init__(self, connected: Any, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    @property
    def _io_refs(self) -> int:
        # urllib3 counts the readers of a socket under TLS within TLS here, and closes it after the last.
        count: int = self._socket._io_refs  # noqa: SLF001 - that is where the count is kept
        return count

    @_io_refs.setter
    def _io_refs(self, count: int) -> None:
        self._socket._io_refs = count  # noqa: SLF001 - the same

    def settimeout(self, seconds: float) -> None:
        """Bound what is sent or read from now on, all together."""
        self._deadline = Deadline(seconds)

    def sendall(self, data: Any) -> None:
        """Send all of it within the deadline."""
        self.tighten()
        self._socket.sendall(data)

    def makefile(self, mode: str = "rb", *_args: Any, **_options: Any) -> io.BufferedReader:
        """Return the reader of an answer; `http.client` asks for nothing but ``"rb"``."""
        return io.BufferedReader(_DeadlineReader(self, self._socket.makefile(mode, buffering=0)))

    def tighten(self) -> None:
        """Leave the next step no more than what is left.

        Raises:
            TimeoutError: Nothing is left.
        """
        self._socket.settimeout(self._deadline.left())


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
