"""A running emulator with its control API, and ways to ask it."""

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import requests

from alicred_emulator.control.server import ControlServer
from alicred_emulator.emulator import Emulator
from alicred_emulator.messages import Headers, Request
from alicred_emulator.remote import RemoteEmulator


@pytest.fixture(scope="session")
def _running() -> Iterator[tuple[Emulator, ControlServer]]:
    with Emulator() as emulator, ControlServer(emulator) as control:
        written_once(emulator)
        yield emulator, control


def written_once(emulator: Emulator) -> None:
    """Have it write now what lives as long as it, so that no test is taken to have left it behind."""
    assert emulator.ca_bundle.exists()
    assert emulator.oidc.token_file.exists()


@pytest.fixture
def emulator(_running: tuple[Emulator, ControlServer]) -> Iterator[Emulator]:
    """An emulator in this process, as at its start."""
    yield _running[0]
    _running[0].reset()


@pytest.fixture
def control(_running: tuple[Emulator, ControlServer], emulator: Emulator) -> ControlServer:
    """Its control API."""
    return _running[1]


@pytest.fixture
def remote(control: ControlServer) -> Iterator[RemoteEmulator]:
    """The same emulator, as another process would see it."""
    with RemoteEmulator(control.url) as remote:
        yield remote


@pytest.fixture(params=["here", "elsewhere"])
def world(request: pytest.FixtureRequest, emulator: Emulator, remote: RemoteEmulator) -> Any:
    """An emulator, wherever it is."""
    return emulator if request.param == "here" else remote


def read(url: str, status: int = 200, **how: Any) -> requests.Response:
    """Ask a fake, and hold its status against what is expected."""
    response = requests.get(url, timeout=10, **how)
    assert response.status_code == status
    return response


@pytest.fixture(name="read")
def reading() -> Callable[..., requests.Response]:
    """What asks a fake."""
    return read


class Answer(NamedTuple):
    """What the API has answered."""

    status: int
    content: Any
    headers: dict[str, str]


Ask = Callable[..., Answer]
LEFT_OUT = object()


@pytest.fixture
def ask(control: ControlServer) -> Ask:
    """Ask the API without a socket between."""

    def ask(
        method: str, target: str, body: object = LEFT_OUT, *, raw: bytes | None = None, **headers: str | None
    ) -> Answer:
        written = b"" if body is LEFT_OUT else json.dumps(body).encode()
        fields: dict[str, str | None] = {"host": f"127.0.0.1:{control.port}"}
        if body is not LEFT_OUT or raw is not None:
            fields["content-type"] = "application/json"
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        said = Headers((name, value) for name, value in fields.items() if value is not None)
        reply = control.answer(Request.of(method, target, said, written if raw is None else raw))
        content = json.loads(reply.payload) if reply.payload else None
        return Answer(reply.status, content, dict(reply.headers))

    return ask


@pytest.fixture
def wire(control: ControlServer) -> Callable[[bytes], bytes]:
    """Send bytes to the API's socket, say that there will be no more, and return what came back."""

    def wire(sent: bytes) -> bytes:
        received = b""
        with socket.create_connection(("127.0.0.1", control.port), timeout=10) as sock:
            # Whatever cannot be sent any more was refused already.
            with contextlib.suppress(OSError):
                sock.sendall(sent)
                sock.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while piece := sock.recv(65536):
                    received += piece
        return received

    return wire
