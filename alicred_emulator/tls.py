"""TLS over a connected socket, from the server's side.

The rule kept here: the socket itself stays a plain one. So whoever ends the connection from another
thread, resets it or lets go of it after a fork does to the socket what it would do without TLS; the
standard library's own wrapper would, once shut down, go on in the clear under its reader's feet.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from alicred_emulator.client_hello import missing_bytes, requested_host

HANDSHAKE_SECONDS: Final = 10.0
"""How long a client may keep silent in the middle of a handshake."""

_SHRINKING: Final = 0.9
"""What each piece leaves of the patience for the next, so that a drip has an end as well."""

_RECEIVE_SIZE: Final = 64 * 1024
# Why a client hangs up that does not accept the certificate: each has its own opinion of what to call it.
_DISTRUST: Final = ("UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "CERTIFICATE_EXPIRED")

_Result = TypeVar("_Result")


class HandshakeError(Exception):
    """A client and this server could not agree on TLS, for a reason that somebody may want to know."""


class TlsStream:
    """What a socket carries, encrypted and decrypted.

    Args:
        sock: The connected socket, from which nothing was read; it is neither shut down nor closed here.
        choose: Returns the context for the host that the client asks for.

    Raises:
        HandshakeError: If client and server do not agree.
        OSError: If the client hung up, or was silent for too long.
    """

    def __init__(self, sock: socket.socket, choose: Callable[[str], ssl.SSLContext]) -> None:
        self._socket = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        sock.settimeout(HANDSHAKE_SECONDS)
        context = choose(requested_host(self._receive_hello()))
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        try:
            self._drive(self._tls.do_handshake)
        except ssl.SSLEOFError:
            raise
        except ssl.SSLError as error:
            raise HandshakeError(_explanation(error)) from error
        sock.settimeout(None)

    def receive(self, size: int) -> bytes:
        """Return up to so many bytes that the client sent, none when it has hung up.

        Raises:
            OSError: If the connection broke, or what came was not encrypted as agreed.
        """
        try:
            return self._drive(lambda: self._tls.read(size))
        except ssl.SSLEOFError:
            # Without a goodbye, that is; after one, nothing is what is read.
            return b""

    def send(self, data: bytes) -> None:
        """Send all of the data.

        Raises:
            OSError: If the connection broke.
        """
        rest = memoryview(data)
        while rest:
            # One record at a time is taken.
            rest = rest[self._drive(partial(self._tls.write, rest)) :]

    def leave(self) -> None:
        """Tell the client that nothing more will be sent, so that it knows the end for a true one.

        Raises:
            OSError: If the connection broke.
        """
        # Neither the client's own goodbye is waited for, nor does it matter what else it still sends.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()

    def _drive(self, step: Callable[[], _Result]) -> _Result:
        """Take a step, with as much sending and receiving as it needs."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:  # noqa: PERF203 - this is how OpenSSL asks for more
                self._flush()
                self._fill()
            except ssl.SSLError:
                # An alert that says why.
                with contextlib.suppress(OSError):
                    self._flush()
                raise
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._socket.sendall(self._outgoing.read())

    def _fill(self) -> bytes:
        received = self._socket.recv(_RECEIVE_SIZE)
        patience = self._socket.gettimeout()
        # After the handshake there is no limit: a connection may be idle.
        if patience is not None:
            self._socket.settimeout(patience * _SHRINKING)
        if received:
            self._incoming.write(received)
        else:
            self._incoming.write_eof()
        return received

    def _receive_hello(self) -> bytes:
        hello = b""
        while missing_bytes(hello):
            received = self._fill()
            if not received:
                break
            hello += received
        return hello


def _explanation(error: ssl.SSLError) -> str:
    reason = error.reason or "UNKNOWN"
    if reason.endswith(_DISTRUST):
        return (
            f"the client does not accept the certificate that it was shown ({reason}); have it trust the "
            "file named by Emulator.ca_bundle, or ca_bundle in the ready file, and ask for an emulated host"
        )
    return f"the client's TLS is not understood ({reason}); compare the versions and ciphers it offers"
