"""One emulated service: a server, the handler behind it, its faults and its journal."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Final

from alicred_emulator.fault_board import FaultBoard
from alicred_emulator.http_reader import BadRequestError
from alicred_emulator.journal import Entry, Journal
from alicred_emulator.messages import Reply, Request
from alicred_emulator.server import FakeServer
from alicred_emulator.world import World

_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - it is what is replaced
"""Where a server that listens on every address is reached from this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fake:
    """What makes a service: a name and pure functions.

    Attributes:
        name: The service's name, such as ``imds``.
        operations: The names of what can be asked.
        operation: Names what a request asks for.
        answer: Turns a request into a reply.
        path: The path that the service's URL names, if it is about one.
        refuse: Turns a request into a refusal with a code, if the service has such.
    """

    name: str
    operations: Collection[str]
    operation: Callable[[Request], str | None]
    answer: Callable[[World, Request], Reply]
    path: str = ""
    refuse: Callable[[World, Request, str], Reply] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all services of an emulator have in common.

    Attributes:
        world: What they answer about.
        journal: Where they note what they were asked.
        faults: What makes them fail.
    """

    world: World
    journal: Journal
    faults: FaultBoard


class Service(FakeServer):
    """A service that listens. All of pytest-httpserver's ``expect_*`` calls work on it.

    Args:
        fake: What it answers with.
        shared: What it has in common with the other services.
        host: The address to listen on.
        port: The port to listen on; 0 for any free one.

    Attributes:
        name: The service's name.
        port: The port it listens on, once it was started.
        journal: The requests that it got.
        faults: Where to make it fail.
    """

    def __init__(self, fake: Fake, shared: Shared, host: str, port: int) -> None:
        super().__init__(fake.name, shared.world.clock, shared.world.ca, host, port)
        self._fake = fake
        self._world = shared.world
        self.journal: Journal = shared.journal.view(fake.name)
        self.faults: FaultBoard = shared.faults.view(fake.name)

    @property
    def url(self) -> str:
        """The URL where it is reached, without a slash at the end."""
        return self._url("http")

    @property
    def tls_url(self) -> str:
        """The URL over TLS, on the same port, for clients that trust `Emulator.ca_bundle`."""
        return self._url("https")

    def answer(self, request: Request, generation: int) -> Reply:
        """Answer a request: a handler of the test, else a fault, else the fake; and note it."""
        operation: str | None = None
        try:
            operation = self._fake.operation(request)
            reply = self.overlaid(request, generation) or self._answer_of_fake(request, operation)
        except Exception as error:  # noqa: BLE001 - a bug in a fake must reach the test, not the client alone
            self.keep_error(error, generation)
            reply = Reply(status=500, detail=f"the fake failed: {type(error).__name__}: {error}")
        self._note(request, operation, reply, generation)
        return reply

    def note_malformed(self, error: BadRequestError, generation: int) -> None:
        """Enter in the journal that something came which is no request."""
        malformed = Request.of("-", "-")
        self._note(malformed, None, Reply(status=error.status, detail=f"malformed: {error}"), generation)

    def _answer_of_fake(self, request: Request, operation: str | None) -> Reply:
        answer = partial(self._fake.answer, self._world, request)
        refuse = self._fake.refuse and partial(self._fake.refuse, self._world, request)
        return self.faults.apply(self.name, operation, request, answer, refuse)

    def _url(self, scheme: str) -> str:
        host = self.format_host(_LOOPBACK.get(self.host, self.host))
        return f"{scheme}://{host}:{self.port}{self._fake.path}"

    def _note(self, request: Request, operation: str | None, reply: Reply, generation: int) -> None:
        entry = Entry(
            service=self.name,
            method=request.method,
            path=request.path,
            query=request.query,
            operation=operation,
            status=None if reply.effect.ending else reply.status,
            time=self._clock.now(),
            headers=request.headers,
            placed=reply.placed,
            detail=reply.detail,
        )
        with self._noting:
            if generation == self.generation:
                self.journal.append(entry)
