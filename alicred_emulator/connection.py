"""One client's connection: requests in, bytes out, and ways to end it from any thread."""

import contextlib
import itertools
import socket
import struct
import threading
from typing import Final

from alicred_emulator.http_reader import RequestReader
from alicred_emulator.messages import Request

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_DISCARD_SIZE: Final = 64 * 1024
_LINGER_READS: Final = 1024
_LINGER_SECONDS: Final = 1.0
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)

_turns = itertools.count()


class Connection:
    """A connected socket and the reader of its requests.

    Args:
        sock: The connected socket, which the connection owns from now on.

    Attributes:
        turn: When it last began to wait for a request; the smaller, the longer ago.
    """

    def __init__(self, sock: socket.socket) -> None:
        # A process-wide default time-out is meant for the test's clients, not for this.
        sock.settimeout(None)
        # An answer is one send, but an interim answer before it must not wait for a delayed ACK.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._reader = RequestReader(sock.recv, lambda: sock.sendall(_CONTINUE))
        self._ending = threading.Event()
        self.turn = next(_turns)

    @property
    def busy(self) -> bool:
        """Whether a request is arriving or being answered."""
        return self._reader.begun

    @property
    def wanted(self) -> bool:
        """Whether nobody has asked for its end yet."""
        return not self._ending.is_set()

    def read(self) -> Request | None:
        """Wait for the next request; None if there will be none.

        Raises:
            BadRequestError: If what came is no request.
            OSError: If the connection broke.
        """
        self.turn = next(_turns)
        request = self._reader.read()
        return request if self.wanted else None

    def send(self, data: bytes) -> None:
        """Send all of the data.

        Raises:
            OSError: If the peer or another thread ended the connection.
        """
        self._socket.sendall(data)

    def pause(self, seconds: float) -> bool:
        """Wait for real seconds; False, and at once, if the connection is to end."""
        return not self._ending.wait(seconds)

    def await_end(self) -> None:
        """Wait until either side hangs up; what arrives meanwhile is thrown away."""
        with contextlib.suppress(OSError):
            while self._socket.recv(_DISCARD_SIZE):
                pass

    def end(self) -> None:
        """Ask for its end from another thread: whatever it waits for returns at once."""
        self._ending.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Close it so that the peer sees a reset."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._socket.close()

    def finish(self) -> None:
        """Close it after an answer to a request that was not read to its end.

        Closing with unread input resets the connection and the peer loses the answer; so what it
        still sends is read first, within limits.
        """
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(_LINGER_SECONDS)
            for _ in range(_LINGER_READS):
                if not self._socket.recv(_DISCARD_SIZE):
                    break
        self.close()

    def close(self) -> None:
        """Close this process's handle of the socket."""
        self._socket.close()
