"""A server beside the fakes: on loopback, whatever address they listen on, for the length of a block.

Of each such server there is left to say what it answers, and what it says to what is no request.
"""

import contextlib
import ipaddress
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, Final

from alicred_emulator.connection import Connection
from alicred_emulator.http_reader import BadRequestError
from alicred_emulator.listener import Listener
from alicred_emulator.messages import Request

if TYPE_CHECKING:
    from typing_extensions import Self

LOOPBACK: Final = "127.0.0.1"


def is_loopback(address: str) -> bool:
    """Tell whether a peer's address is one of this machine's loopback."""
    return ipaddress.ip_address(address).is_loopback


class LocalServer(ABC):
    """Listens on loopback for the length of its context, and answers nobody from elsewhere.

    Args:
        name: What it is called, in the names of its threads too.
        port: The port to listen on; 0 for any free one.

    Raises:
        PortUnavailableError: When entered, and the port is taken.
    """

    def __init__(self, name: str, port: int) -> None:
        self._name = name
        self._requested_port = port
        self._listener: Listener | None = None

    def __enter__(self) -> "Self":
        self._listener = Listener(LOOPBACK, self._requested_port, f"alicred-{self._name}", self._serve)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        listener, self._listener = self._listener, None
        if listener is not None and listener.running:
            listener.stop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    @property
    def port(self) -> int:
        """The port that it listens on; 0 when it does not."""
        return self._listener.port if self._listener else 0

    @property
    def url(self) -> str:
        """Where it is reached, without a slash at the end; no address when it does not listen."""
        return f"http://{LOOPBACK}:{self.port}"

    @abstractmethod
    def respond(self, connection: Connection, request: Request) -> bool:
        """Do as a request says; tell whether the connection may carry another one.

        Raises:
            OSError: The connection broke.
        """

    @abstractmethod
    def refuse(self, connection: Connection, error: BadRequestError) -> None:
        """Say that what came is no request, after which the connection is closed."""

    def _serve(self, connection: Connection) -> None:
        # Whoever goes away in the middle of it concerns nobody.
        with contextlib.suppress(OSError):
            if not is_loopback(connection.peer):
                return
            try:
                while (request := connection.read()) is not None and self.respond(connection, request):
                    pass
            except BadRequestError as error:
                self.refuse(connection, error)
                connection.finish()
