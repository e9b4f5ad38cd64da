"""The control API's socket: on loopback, whatever address the fakes listen on.

The rule kept here: calls are done one after the other, so that each finds the emulator as the one before has
left it; and none of them is entered in the journal, which is about the fakes.
"""

import logging
import threading
from typing import Final

from pytest_httpserver import HTTPServerError

from alicred_emulator.connection import Connection
from alicred_emulator.control import table
from alicred_emulator.control.call import RefusedCallError
from alicred_emulator.control.callers import check_caller
from alicred_emulator.emulator import Emulator
from alicred_emulator.http_reader import BadRequestError
from alicred_emulator.listener import PortUnavailableError
from alicred_emulator.local_server import LocalServer
from alicred_emulator.messages import Headers, Reply, Request
from alicred_emulator.transmission import transmit

NAME: Final = "control"

_logger = logging.getLogger("alicred_emulator")


class ControlServer(LocalServer):
    """Serves the control API of one emulator. As a context manager it listens for the length of the block.

    Args:
        emulator: The emulator, which is started and stopped elsewhere.
        port: The port to listen on; 0 for any free one.

    Raises:
        PortUnavailableError: When entered, and the port is taken.
    """

    def __init__(self, emulator: Emulator, port: int = 0) -> None:
        super().__init__(NAME, port)
        self._emulator = emulator
        self._turn = threading.Lock()

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

    def respond(self, connection: Connection, request: Request) -> bool:
        """Answer one request."""
        return transmit(connection, request, self.answer(request), self._emulator.clock.time())

    def refuse(self, connection: Connection, error: BadRequestError) -> None:
        """Answer what is no request."""
        reply = RefusedCallError(error.status, f"malformed: {error}").reply
        request = Request.of("GET", "/", Headers([("Connection", "close")]))
        transmit(connection, request, reply, self._emulator.clock.time())
