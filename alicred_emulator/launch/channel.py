"""How the command talks to its keeper and to an emulator elsewhere: small messages, with sockets attached."""

import errno
import json
import os
import socket
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

_LARGEST: Final = 65536
_MOST_SOCKETS: Final = 253  # SCM_MAX_FD of Linux
_LONGEST_ADDRESS: Final = 107  # Bytes of sun_path, less the zero at its end; see unix(7).


class Channel:
    """One end of the line. It closes with its process, which the other end notices.

    Args:
        sock: One of a pair that keeps messages apart.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    @staticmethod
    def pair() -> tuple["Channel", "Channel"]:
        """Return both ends of a new line."""
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return Channel(one), Channel(other)

    @staticmethod
    def to(place: Path) -> "Channel":
        """Return a line to whoever waits at a place.

        Raises:
            OSError: Nobody does.
        """
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with _short(place) as name:
                sock.connect(name)
        except OSError:
            sock.close()
            raise
        return Channel(sock)

    def fileno(self) -> int:
        """Return the descriptor, for whoever waits for several things."""
        return self._socket.fileno()

    def send(self, message: Mapping[str, Any], sockets: Sequence[socket.socket] = ()) -> None:
        """Send a message.

        Raises:
            OSError: The other end is gone.
        """
        data = json.dumps(message).encode("utf-8")
        socket.send_fds(self._socket, [data], [sock.fileno() for sock in sockets])

    def receive(self) -> tuple[dict[str, Any], list[socket.socket]] | None:
        """Wait for a message; None if the other end is gone.

        Raises:
            OSError: Not all of its sockets could be taken; they are closed then.
        """
        try:
            data, descriptors, flags, _ = socket.recv_fds(self._socket, _LARGEST, _MOST_SOCKETS)
        except ConnectionResetError:
            return None
        if not data:
            return None
        sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        if flags & socket.MSG_CTRUNC:
            for sock in sockets:
                sock.close()
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        for sock in sockets:
            # Or what this process starts would keep them, and with them the network that they belong to.
            sock.set_inheritable(False)
        return json.loads(data), sockets

    def hang_up(self) -> None:
        """End it for both, also while somebody waits for a message."""
        # The other end may have been faster.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of this end, which ends it unless a forked process has it too."""
        self._socket.close()


def waiting_at(place: Path) -> socket.socket:
    """Return a socket that accepts lines at a place."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with _short(place) as name:
            sock.bind(name)
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


@contextmanager
def _short(place: Path) -> Generator[str, None, None]:
    if len(os.fsencode(place)) <= _LONGEST_ADDRESS:
        yield str(place)
        return
    # The folder for temporary files may exceed it by itself.
    folder = os.open(place.parent, os.O_PATH)
    try:
        yield f"/proc/self/fd/{folder}/{place.name}"
    finally:
        os.close(folder)
