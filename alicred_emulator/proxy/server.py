"""The proxy: one port on loopback by which clients reach the fakes under the names of the real services.

A request for an emulated host is answered by its fake on the spot, and a tunnel to one ends in the fake as
well: the client's connection is handed over, with no second one behind it. Of what the proxy itself says,
only refusals are entered in the journal, as requests that nobody could place.
"""

import contextlib
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.connection import Connection
from alicred_emulator.http_reader import BadRequestError
from alicred_emulator.journal import Entry, Journal
from alicred_emulator.listener import Listener
from alicred_emulator.messages import TEXT_TYPE, Reply, Request
from alicred_emulator.proxy import relay
from alicred_emulator.proxy.destinations import Elsewhere, Refused, destination
from alicred_emulator.server import FakeServer
from alicred_emulator.transmission import transmit

LOOPBACK: Final = "127.0.0.1"
NAME: Final = "proxy"

_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_HTTP_PORT: Final = 80
_NO_URL: Final = Refused(400, "This is a proxy: it takes whole http URLs, and CONNECT.")


class ProxyServer:
    """An HTTP proxy before the fakes. As a context manager it listens for the length of the block.

    Args:
        services: The fakes by name, which are started and stopped elsewhere.
        journal: Where refusals are entered.
        clock: The clock of the fakes.
        allow: Further hosts, which are passed on to; none of Alibaba Cloud's is.
        port: The port to listen on, on loopback; 0 for any free one.

    Raises:
        PortUnavailableError: When entered, and the port is taken.
    """

    def __init__(
        self,
        services: Mapping[str, FakeServer],
        journal: Journal,
        clock: EmulatorClock,
        *,
        allow: Collection[str] = (),
        port: int = 0,
    ) -> None:
        self._services = services
        self._journal = journal
        self._clock = clock
        self._allowed = frozenset(host.lower() for host in allow)
        self._requested_port = port
        self._listener: Listener | None = None

    def __enter__(self) -> "ProxyServer":
        self._listener = Listener(LOOPBACK, self._requested_port, f"alicred-{NAME}", self._serve)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        listener, self._listener = self._listener, None
        if listener is not None and listener.running:
            listener.stop()

    @property
    def url(self) -> str:
        """Where it listens, for variables such as ``HTTPS_PROXY``; no address when it does not."""
        return f"http://{LOOPBACK}:{self._listener.port if self._listener else 0}"

    def _serve(self, connection: Connection) -> None:
        # Whoever goes away in the middle of it concerns nobody.
        with contextlib.suppress(OSError):
            try:
                while (request := connection.read()) is not None and self._pass_on(connection, request):
                    pass
            except BadRequestError as error:
                self._refuse(connection, Request.of("-", "-"), Refused(error.status, f"Malformed: {error}."))
                connection.finish()

    def _pass_on(self, connection: Connection, request: Request) -> bool:
        """Do as a request says; tell whether the connection may carry another one."""
        tunnel = request.method == "CONNECT"
        if not tunnel and not request.target.lower().startswith("http://"):
            return self._refuse(connection, request, _NO_URL)
        goal = destination(*((request.target, 0) if tunnel else (request.host, _HTTP_PORT)), self._allowed)
        if tunnel and connection.ahead:
            # What was said before the tunnel was open would get lost.
            goal = Refused(400, "Speak in a tunnel only once it is open.")
        if isinstance(goal, Refused):
            return self._refuse(connection, request, goal)
        if isinstance(goal, Elsewhere):
            return self._pass_to_host(connection, request, goal)
        service = self._services[goal.service]
        if not tunnel:
            return service.respond(connection, request)
        connection.send(_ESTABLISHED)
        service.serve(connection)
        return False

    def _pass_to_host(self, connection: Connection, request: Request, goal: Elsewhere) -> bool:
        try:
            upstream = relay.connected(goal.host, goal.port)
        except OSError as error:
            reason = (
                f"{goal.host} port {goal.port} cannot be reached: {error.strerror or type(error).__name__}."
            )
            return self._refuse(connection, request, Refused(502, reason))
        with upstream:
            if request.method == "CONNECT":
                connection.send(_ESTABLISHED)
                relay.exchange(connection, upstream)
            else:
                relay.forward(request, upstream, connection.send)
        return False

    def _refuse(self, connection: Connection, request: Request, refused: Refused) -> bool:
        body = f"alicred_emulator: {refused.reason}\n".encode()
        entry = Entry(
            service=NAME,
            method=request.method,
            path=request.host or request.target,
            operation=None,
            status=refused.status,
            time=self._clock.now(),
            headers=request.headers,
            placed=False,
            detail=refused.reason,
        )
        self._journal.append(entry)
        reply = Reply(status=refused.status, body=body, content_type=TEXT_TYPE)
        return transmit(connection, request, reply, self._clock.time())
