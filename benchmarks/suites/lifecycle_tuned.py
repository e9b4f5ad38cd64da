"""The same by an expert: Alibaba's SDK, time-machine, and a server written for speed."""

import json
import socket
import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
import time_machine
from alibabacloud_credentials.client import Client
from alibabacloud_credentials.models import Config

from benchmarks.sdk import point_at

ROLE = "demo-role"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Instance:
    """Answers with a token, the name of the role, and the next document, on connections that are kept."""

    def __init__(self):
        self.documents = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, suppress(OSError):
            while True:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    request += piece
                body = self._answer(request.partition(b" HTTP")[0])
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def _answer(self, asked_for):
        if asked_for.startswith(b"PUT"):
            return b"token"
        return ROLE.encode() if asked_for.endswith(b"/") else self.documents.pop(0)


def document(number, issued):
    fields = {"Code": "Success", "AccessKeyId": f"STS.{number}", "AccessKeySecret": "s", "SecurityToken": "t"}
    expiration = issued + timedelta(hours=6)
    return json.dumps({**fields, "Expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}"}).encode()


@pytest.fixture(scope="session")
def server():
    running = Instance()
    yield running
    running.stop()


@pytest.fixture
def instance(server):
    server.documents = [document(number, START + number * timedelta(hours=5.5)) for number in range(2)]
    return server


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def test_refresh(instance, clock):
    client = Client(Config(type="ecs_ram_role"))
    point_at(client.cloud_credential.provider, instance.url)
    first = client.get_credential().access_key_id
    clock.shift(timedelta(hours=5, minutes=45))
    assert client.get_credential().access_key_id != first
