"""Where an emulator takes over sockets that were bound in the sandboxes of other processes.

The rule kept here: a socket is answered on for as long as the process that handed it over keeps its line, and
no longer than the context lasts. Whoever may enter the folder may hand over: the user alone.
"""

import contextlib
import socket
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from alicred_emulator.launch.channel import Channel, waiting_at
from alicred_emulator.sandbox.socket_loop import SocketLoop
from alicred_emulator.server import FakeServer

_NAME: Final = "alicred-reception"


class Reception:
    """Takes sockets over for the length of its context, and tells by its end that there is nobody any more.

    Args:
        services: Who answers on them, by name.
        place: Where lines begin: a path in a folder that is the user's alone.
    """

    def __init__(self, services: Mapping[str, FakeServer], place: Path) -> None:
        self._services = services
        self._place = place
        self._lines: dict[Channel, threading.Thread] = {}

    def __enter__(self) -> "Reception":
        self._door = SocketLoop(_NAME, [waiting_at(self._place)], self._receive)
        self._door.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._door.__exit__(kind, error, trace)
        for line, thread in list(self._lines.items()):
            line.hang_up()
            thread.join()
        self._place.unlink(missing_ok=True)

    def _receive(self, door: socket.socket) -> None:
        line = Channel(door.accept()[0])
        thread = threading.Thread(target=self._serve, args=(line,), name=_NAME, daemon=True)
        self._lines[line] = thread
        thread.start()

    def _serve(self, line: Channel) -> None:
        with ExitStack() as adopted:
            adopted.callback(self._lines.pop, line)
            adopted.callback(line.close)
            # Whoever does not keep to the form is treated like one who is gone.
            with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
                while (received := line.receive()) is not None:
                    message, sockets = received
                    for sock in sockets:
                        adopted.enter_context(sock)
                    self._adopt(message["adopt"], sockets, adopted)
                    line.send({})

    def _adopt(self, name: str, sockets: list[socket.socket], adopted: ExitStack) -> None:
        service = self._services[name]
        for sock in sockets:
            service.adopt(sock)
            adopted.callback(service.release, sock)
