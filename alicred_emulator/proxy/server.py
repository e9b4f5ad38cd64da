"""The proxy: one port on loopback by which clients reach the fakes under the names of the real services.

A request for an emulated host is answered by its fake on the spot, and a tunnel to one ends in the fake as
well: the client's connection is handed over, with no second one behind it. Of what the proxy itself says,
only refusals are entered in the journal, as requests that nobody could place.
"""

from collections.abc import Collection, Mapping
from typing import Final

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.connection import Connection
from alicred_emulator.http_reader import BadRequestError
from alicred_emulator.journal import Entry, Journal
from alicred_emulator.local_server import LocalServer
from alicred_emulator.messages import TEXT_TYPE, Reply, Request
from alicred_emulator.proxy import relay
from alicred_emulator.proxy.destinations import Elsewhere, Refused, destination
from alicred_emulator.server import FakeServer
from alicred_emulator.transmission import transmit

NAME: Final = "proxy"

_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_HTTP_PORT: Final = 80
_NO_URL: Final = Refused(400, "This is a proxy: it takes whole http URLs, and CONNECT.")


class ProxyServer(LocalServer):
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
        super().__init__(NAME, port)
        self._services = services
        self._journal = journal
        self._clock = clock
        self._allowed = frozenset(host.lower() for host in allow)

    def respond(self, connection: Connection, request: Request) -> bool:
        """Pass a request on to whoever answers for its host."""
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

    def refuse(self, connection: Connection, error: BadRequestError) -> None:
        """Refuse what is no request, and enter it in the journal."""
        self._refuse(connection, Request.of("-", "-"), Refused(error.status, f"Malformed: {error}."))

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
                relay.forward(request, connection, upstream)
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
