import http.client
import json
import socket
from typing import Any

import pytest
import requests

from alicred_emulator.emulator import Emulator
from alicred_emulator.fault_forms import fault_from
from alicred_emulator.faults import Fault

CREDENTIAL = "/latest/meta-data/ram/security-credentials/demo-role"


@pytest.fixture
def session() -> Any:
    """A session that reads no proxy from the environment."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_a_reset_is_seen_as_a_reset(world: Emulator) -> None:
    """The peer gets an RST, not an orderly end."""
    world.faults.add("imds_down")
    with socket.create_connection(("127.0.0.1", world.imds.port), timeout=10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    assert (world.journal[0].status, world.journal[0].detail) == (None, "fault: imds_down")


def test_silence_lasts_as_long_as_the_client_waits(world: Emulator, session: Any) -> None:
    """A silent service is a read time-out for the client, and serves the next when it is over."""
    with world.imds.faults.add("imds_silent") as handle:
        with pytest.raises(requests.ReadTimeout):
            session.get(world.imds.url, timeout=0.05)
        assert handle.hits == 1
    assert session.get(world.imds.url, timeout=10).status_code == 200
    assert [entry.status for entry in world.journal] == [None, 200]


def test_a_truncated_body_is_shorter_than_announced(world: Emulator, ask: Any) -> None:
    """The length is the whole body's, and the connection ends after the bytes that were kept."""
    world.imds.faults.add(Fault.truncate(10), times=1)
    with pytest.raises(http.client.IncompleteRead) as error:
        ask(world.imds, CREDENTIAL)
    assert len(error.value.partial) == 10
    assert error.value.expected is not None
    assert error.value.expected > 100


@pytest.mark.parametrize("headers", [True, False])
def test_a_drip_arrives_in_pieces_and_whole(world: Emulator, ask: Any, headers: bool) -> None:
    """A dripped answer is complete in the end, and the connection is kept."""
    world.imds.faults.add(Fault.drip(7, 0.0001, headers=headers), times=1)
    _, body, _ = ask(world.imds, CREDENTIAL)
    assert json.loads(body)["Code"] == "Success"
    assert ask(world.imds, "/")[0] == 200


def test_a_drip_starts_before_it_ends(world: Emulator) -> None:
    """Pieces arrive one by one: the first is there while the rest is still to come."""
    world.imds.faults.add(Fault.drip(5, 3600))
    with socket.create_connection(("127.0.0.1", world.imds.port), timeout=10) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert sock.recv(100) == b"HTTP/"


def test_a_delay_is_longer_than_a_short_timeout(world: Emulator, session: Any) -> None:
    """A client whose time-out is shorter than the delay gives up; the request is in the journal."""
    world.imds.faults.add(Fault.delay(3600), times=1)
    with pytest.raises(requests.ReadTimeout):
        session.get(world.imds.url, timeout=0.05)
    assert world.imds.journal.count("Version") == 1


def test_a_short_delay_ends_in_the_answer(world: Emulator, session: Any) -> None:
    """After the delay the answer comes as it would have."""
    world.imds.faults.add(Fault.delay(0.001))
    assert session.get(world.imds.url, timeout=10).text == "2016-01-01\nlatest"


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (Fault.status(503), lambda reply: reply.status_code == 503),
        (Fault.body(b"[]"), lambda reply: reply.json() == []),
        (Fault.code("Failed"), lambda reply: reply.json()["Code"] == "Failed"),
        (Fault.partial("SecurityToken"), lambda reply: "SecurityToken" not in reply.json()),
        (Fault.expired(), lambda reply: reply.json()["Expiration"] == "2026-01-02T02:04:05Z"),
        (Fault.malformed(), lambda reply: not reply.text.endswith("}")),
    ],
)
@pytest.mark.parametrize("service", ["imds", "credentials_uri"])
def test_faults_work_on_both_services(
    world: Emulator, session: Any, fault: Fault, check: Any, service: str
) -> None:
    """Every fault of an answer shows on the wire for n requests, and the fake is well again after."""
    url = {"imds": world.imds.url + CREDENTIAL, "credentials_uri": world.credentials_uri.url}[service]
    handle = world.faults.add(fault, service=service, times=2)
    for _ in range(2):
        assert check(session.get(url, timeout=10))
    assert session.get(url, timeout=10).json()["Code"] == "Success"
    assert handle.hits == 2


def test_a_redirect_can_be_faked(world: Emulator, session: Any) -> None:
    """A status fault carries headers, so that a client can be led astray."""
    world.imds.faults.add(Fault.status(302, headers={"Location": world.credentials_uri.url}), times=1)
    reply = session.get(world.imds.url, timeout=10, allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (302, world.credentials_uri.url)


NO_ANSWER = "no answer in time"


def seen(url: str, patience: float = 30.0) -> str:
    """Ask once, and return what became of it in a word."""
    try:
        with requests.get(url, timeout=patience, proxies={"http": ""}) as answer:
            return str(answer.status_code)
    except requests.ReadTimeout:
        return NO_ANSWER
    except requests.exceptions.ChunkedEncodingError:
        return "half an answer"
    except requests.ConnectionError as error:
        return NO_ANSWER if "timed out" in str(error) else "a reset"


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"status": 503}, "503"),
        ({"status": 429, "headers": {"Retry-After": "1"}}, "429"),
        ({"body": "[", "content_type": "application/json"}, "200"),
        ({"reset": True}, "a reset"),
        ({"silence": True}, NO_ANSWER),
        ({"delay": "1h"}, NO_ANSWER),
        ({"drip": "1h"}, NO_ANSWER),
        ({"truncate": 1}, "half an answer"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize(
    "service", ["imds", "sts", "credentials_uri", "oidc", "ecs_api", "cloud_sso", "oauth"]
)
def test_whatever_happens_on_the_wire_happens_on_every_service(
    world: Emulator, service: str, form: dict[str, Any], word: str
) -> None:
    """A form as it stands in a file or comes over the API meets one request of any service, and is over."""
    url = world.services[service].url
    usual = seen(url)
    handle = fault_from({**form, "service": service, "times": 1}).add_to(world.faults)
    told = ""
    # On a busy machine somebody who has little patience may be gone before the service has its turn.
    while not handle.hits:
        told = seen(url, 0.1 if word == NO_ANSWER else 30.0)
    assert (told, handle.hits) == (word, 1)
    assert seen(url) == usual
    # What these services say to an empty question is not the matter here.
    assert world.journal.unplaced is not None
