"""The control API's socket: on loopback, whatever address the fakes listen on.

The rule kept here: calls are done one after the other, so that each finds the emulator as the one before has
left it; and none of them is entered in the journal, which is about the fakes.
"""

import contextlib
import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Final

from pytest_httpserver import HTTPServerError

from alicred_emulator.connection import Connection
from alicred_emulator.control import table
from alicred_emulator.control.call import RefusedCallError
from alicred_emulator.control.callers import check_caller, is_loopback
from alicred_emulator.emulator import Emulator
from alicred_emulator.http_reader import BadRequestError
from alicred_emulator.listener import Listener, PortUnavailableError
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.transmission import transmit

LOOPBACK: Final = "127.0.0.1"
NAME: Final = "control"

_logger = logging.getLogger("alicred_emulator")


class ControlServer:
    """Serves the control API of one emulator. As a context manager it listens for the length of the block.

    Args:
        emulator: The emulator, which is started and stopped elsewhere.
        port: The port to listen on; 0 for any free one.

    Raises:
        PortUnavailableError: When entered, and the port is taken.
    """

    def __init__(self, emulator: Emulator, port: int = 0) -> None:
        self._emulator = emulator
        self._requested_port = port
        self._turn = threading.Lock()
        self._listener: Listener | None = None

    def __enter__(self) -> "ControlServer":
        self._listener = Listener(LOOPBACK, self._requested_port, f"alicred-{NAME}", self._serve)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        listener, self._listener = self._listener, None
        if listener is not None and listener.running:
            listener.stop()

    def __repr__(self) -> str:
        return f"<ControlServer {self.url}>"

    @property
    def port(self) -> int:
        """The port that it listens on; 0 when it does not."""
        return self._listener.port if self._listener else 0

    @property
    def url(self) -> str:
        """Where it is reached, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def answer(self, request: Request) -> Reply:
        """Answer a request, whatever is wrong with it."""
        try:
            check_caller(request, self.port)
            with self._turn:
                return table.answer(self._emulator, request)
        except RefusedCallError as refusal:
            return refusal.reply
        except (PortUnavailableError, HTTPServerError) as error:
            return RefusedCallError(409, str(error)).reply
        except Exception as error:  # noqa: BLE001 - told apart below
            return self._refusal(error).reply

    def _refusal(self, error: Exception) -> RefusedCallError:
        if isinstance(error, OverflowError):
            return RefusedCallError(400, "a number in it is out of range")
        if isinstance(error, ValueError):
            return RefusedCallError(400, str(error))
        # Its subclasses, which Python itself raises, are mistakes of this package.
        if type(error) is LookupError:
            return RefusedCallError(404, str(error))
        _logger.error("the control API failed", exc_info=error)
        return RefusedCallError(500, f"the control API failed: {type(error).__name__}")

    def _serve(self, connection: Connection) -> None:
        # Whoever goes away in the middle of it concerns nobody.
        with contextlib.suppress(OSError):
            if not is_loopback(connection.peer):
                return
            try:
                while (request := connection.read()) is not None and connection.wanted:
                    if not transmit(connection, request, self.answer(request), self._emulator.clock.time()):
                        return
            except BadRequestError as error:
                self._refuse(connection, error)

    def _refuse(self, connection: Connection, error: BadRequestError) -> None:
        reply = RefusedCallError(error.status, f"malformed: {error}").reply
        request = Request.of("GET", "/", Headers([("Connection", "close")]))
        transmit(connection, request, reply, self._emulator.clock.time())
        connection.finish()


@contextmanager
def serve_control(emulator: Emulator, port: int = 0) -> Generator[ControlServer, None, None]:
    """Serve the control API of an emulator for the length of a block.

    Args:
        emulator: The emulator, running.
        port: The port to listen on, on loopback; 0 for any free one.

    Yields:
        The server, whose `url` tells where it is.

    Raises:
        PortUnavailableError: If the port is taken.
    """
    with ControlServer(emulator, port) as server:
        yield server
