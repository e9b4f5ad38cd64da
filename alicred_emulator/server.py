"""A fake's server: HTTP/1.1 with keep-alive on one loopback port.

The port speaks TLS as well: what a client sends first tells which it means.

This module and those below it (listener, connection, TLS, reader, transmission) are all that knows of
sockets; a service only turns requests into replies.
"""

import contextlib
import logging
import socket
from abc import abstractmethod

from pytest_httpserver import HTTPServerError

from alicred_emulator.authority import CertificateAuthority
from alicred_emulator.clock import EmulatorClock
from alicred_emulator.connection import Connection
from alicred_emulator.http_reader import BadRequestError
from alicred_emulator.listener import Listener
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.overlay import OverlaidServer
from alicred_emulator.pages import error_page
from alicred_emulator.tls import HandshakeError
from alicred_emulator.transmission import transmit

_logger = logging.getLogger("alicred_emulator")


class FakeServer(OverlaidServer):
    """Serves one fake.

    Args:
        name: Begins the names of its threads.
        clock: Where the ``Date`` comes from.
        authority: Certifies the server to clients that speak TLS.
        host: The address to listen on.
        port: The port to listen on; 0 for any free one, another at each start.
    """

    def __init__(
        self, name: str, clock: EmulatorClock, authority: CertificateAuthority, host: str, port: int
    ) -> None:
        super().__init__(host, port)
        self.name = name
        self._clock = clock
        self._authority = authority
        self._requested_port = port
        self._listener: Listener | None = None
        self._adopted: list[socket.socket] = []

    @abstractmethod
    def answer(self, request: Request, generation: int) -> Reply:
        """Answer a request; called from many threads.

        Args:
            request: The request.
            generation: The server's when the request was read; what is noted belongs to it.

        Returns:
            The answer.
        """

    @abstractmethod
    def note_malformed(self, error: BadRequestError, generation: int) -> None:
        """Take note that something came which is no request."""

    def is_running(self) -> bool:
        """Tell whether the server listens, in this process."""
        return self._listener is not None and self._listener.running

    def start(self) -> None:
        """Bind the port and start to answer; the port is open when this returns.

        Raises:
            PortUnavailableError: If the address cannot be bound.
            HTTPServerError: If the server runs already.
        """
        if self.is_running():
            raise HTTPServerError(f"the server of {self.name} is running already")
        self._listen(self._requested_port)

    def resume(self) -> None:
        """Start again on the port of before if the server was stopped.

        Raises:
            PortUnavailableError: If somebody else has taken the port.
        """
        # In a forked child it was not stopped, but abandoned, and is the parent's to serve.
        if self._listener is None:
            self._listen(self.port)

    def stop(self) -> None:
        """Stop at once, whatever connections are doing; nothing happens if the server does not run."""
        if self._listener is not None and self._listener.running:
            self._listener.stop()
        self._listener = None

    def adopt(self, sock: socket.socket) -> None:
        """Answer on a further socket whenever the server runs; otherwise it refuses connections, too.

        Args:
            sock: A socket that is bound to a port by its number, in whatever network; whoever bound it
                closes it, after the end of the server.
        """
        self._adopted.append(sock)
        if self._listener is not None and self.is_running():
            self._listener.adopt(sock)

    def release(self, sock: socket.socket) -> None:
        """Answer no longer on a socket that was adopted, which its owner closes next."""
        self._adopted.remove(sock)
        if self._listener is not None and self.is_running():
            self._listener.release(sock)

    def close_connections(self) -> None:
        """End every connection, so that no request of one test reaches the next."""
        if self._listener is not None:
            self._listener.end_connections()

    def serve(self, connection: Connection) -> None:
        """Answer the requests of a connection, which the server's own listener or a proxy has accepted."""
        # The client went away, or the server is being stopped: neither concerns anyone.
        with contextlib.suppress(OSError):
            try:
                connection.begin(
                    lambda name, address: self._authority.server_context(name, address, self.host)
                )
                self._converse(connection)
                connection.leave()
            except BadRequestError as error:
                self._refuse(connection, error)
            except HandshakeError as error:
                # Not in the journal: no request was made, and a client that hangs up does not wait for the
                # note, so that two runs of one test might differ.
                if connection.wanted:
                    _logger.warning("%s: %s", self.name, error)

    def respond(self, connection: Connection, request: Request) -> bool:
        """Answer one request; tell whether the connection may carry another.

        Raises:
            OSError: If the connection broke.
        """
        generation = self.generation
        # Asked after the number was read: a reset ends the connections before it raises it.
        return connection.wanted and self._reply(connection, request, generation)

    def _listen(self, port: int) -> None:
        self._listener = Listener(self.host, port, f"alicred-{self.name}", self.serve)
        self.port: int = self._listener.port
        for sock in self._adopted:
            self._listener.adopt(sock)

    def _converse(self, connection: Connection) -> None:
        while (request := connection.read()) is not None and self.respond(connection, request):
            pass

    def _reply(self, connection: Connection, request: Request, generation: int) -> bool:
        reply = self.answer(request, generation)
        try:
            return transmit(connection, request, reply, self._clock.time())
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - a reply that has no bytes must reach the test
            self.keep_error(error, generation)
            return False

    def _refuse(self, connection: Connection, error: BadRequestError) -> None:
        generation = self.generation
        if not connection.wanted:
            return
        self.note_malformed(error, generation)
        request = Request.of("GET", "/", Headers([("Connection", "close")]))
        transmit(connection, request, error_page(error.status), self._clock.time())
        connection.finish()
