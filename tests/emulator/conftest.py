"""What the emulator's own tests stand on: an emulator that is not the plugin's."""

import http.client
from collections.abc import Callable, Iterator, Mapping

import pytest

from alicred_emulator.clock import EmulatorClock
from alicred_emulator.emulator import Emulator
from alicred_emulator.service import Service
from alicred_emulator.world import World


@pytest.fixture
def clock() -> EmulatorClock:
    """A clock that stands at a whole second."""
    clock = EmulatorClock()
    clock.freeze()
    clock.move_to("2026-01-02T03:04:05Z")
    return clock


@pytest.fixture
def small_world(clock: EmulatorClock) -> World:
    """A world without sockets."""
    return World(clock)


@pytest.fixture
def world(clock: EmulatorClock) -> Iterator[Emulator]:
    """A running emulator with a standing clock."""
    with Emulator(clock=clock) as emulator:
        yield emulator
        for service in emulator.services.values():
            service.check()


Ask = Callable[..., tuple[int, bytes, http.client.HTTPMessage]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Ask a service over a connection that is kept, one for each service."""
    connections: dict[int, http.client.HTTPConnection] = {}

    def ask(
        service: Service,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = connections.get(service.port)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
            connections[service.port] = connection
        connection.request(method, path, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read(), response.headers

    yield ask
    for connection in connections.values():
        connection.close()
