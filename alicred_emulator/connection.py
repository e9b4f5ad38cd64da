"""One client's connection: requests in, bytes out, and ways to end it from any thread."""

import contextlib
import itertools
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from alicred_emulator.client_hello import FIRST_BYTE
from alicred_emulator.http_reader import RequestReader
from alicred_emulator.messages import Request
from alicred_emulator.tls import TlsStream

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
        self._send: Callable[[bytes], None] = sock.sendall
        self._receive: Callable[[int], bytes] = sock.recv
        self._tls: TlsStream | None = None
        self._reader = self._make_reader()
        self._ending = threading.Event()
        self._ending_with_it: list[socket.socket] = []
        self.turn: int = next(_turns)

    @property
    def peer(self) -> str:
        """The address of the peer.

        Raises:
            OSError: If the peer is gone.
        """
        address: str = self._socket.getpeername()[0]
        return address

    @property
    def busy(self) -> bool:
        """Whether a request is arriving or being answered."""
        return self._reader.begun

    @property
    def ahead(self) -> bool:
        """Whether bytes have arrived that belong to none of the requests read so far."""
        return self._reader.ahead

    @property
    def raw(self) -> socket.socket:
        """The socket itself, for whoever passes on bytes without reading requests in them."""
        return self._socket

    @property
    def wanted(self) -> bool:
        """Whether nobody has asked for its end yet."""
        return not self._ending.is_set()

    def begin(self, choose: Callable[[str, str], ssl.SSLContext]) -> None:
        """Wait for the first byte, and agree on keys if it says that the client speaks TLS.

        Args:
            choose: Returns the context for the host that the client asks for, and the address it reached.

        Raises:
            HandshakeError: If client and server do not agree.
            OSError: If the connection broke.
        """
        # Only looked at: in the clear it belongs to the first request.
        if self._socket.recv(1, socket.MSG_PEEK) != FIRST_BYTE:
            return
        address: str = self._socket.getsockname()[0]
        self._tls = TlsStream(self._socket, lambda name: choose(name, address))
        self._send, self._receive = self._tls.send, self._tls.receive
        self._reader = self._make_reader()

    def read(self) -> Request | None:
        """Wait for the next request; None if there will be none.

        Raises:
            BadRequestError: If what came is no request.
            OSError: If the connection broke.
        """
        self.turn = next(_turns)
        request = self._reader.read()
        if request is None or not self.wanted:
            return None
        return request if self._tls is None else replace(request, secure=True)

    def send(self, data: bytes) -> None:
        """Send all of the data.

        Raises:
            OSError: If the peer or another thread ended the connection.
        """
        self._send(data)

    def pause(self, seconds: float) -> bool:
        """Wait for real seconds; False, and at once, if the connection is to end."""
        return not self._ending.wait(seconds)

    def await_end(self) -> None:
        """Wait until either side hangs up; what arrives meanwhile is thrown away."""
        with contextlib.suppress(OSError):
            while self._receive(_DISCARD_SIZE):
                pass

    def end(self) -> None:
        """Ask for its end from another thread: whatever it waits for returns at once."""
        self._ending.set()
        for sock in (self._socket, *self._ending_with_it):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def share_end(self, other: socket.socket) -> None:
        """Have whoever asks for its end end another socket as well, at once if somebody has asked already."""
        self._ending_with_it.append(other)
        if not self.wanted:
            self.end()

    def reset(self) -> None:
        """Close it so that the peer sees a reset."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._socket.close()

    def leave(self) -> None:
        """Say that nothing more will be sent, where TLS has a word for it.

        Raises:
            OSError: If the connection broke.
        """
        if self._tls is not None:
            self._tls.leave()

    def finish(self) -> None:
        """Close it after an answer to a request that was not read to its end.

        Closing with unread input resets the connection and the peer loses the answer; so what it
        still sends is read first, within limits.
        """
        with contextlib.suppress(OSError):
            self.leave()
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(_LINGER_SECONDS)
            for _ in range(_LINGER_READS):
                if not self._socket.recv(_DISCARD_SIZE):
                    break
        self.close()

    def close(self) -> None:
        """Close this process's handle of the socket."""
        self._socket.close()

    def _make_reader(self) -> RequestReader:
        return RequestReader(self._receive, lambda: self._send(_CONTINUE))
