"""A fake answers on sockets that somebody else has bound, in whatever network they were."""

import errno
import http.client
import socket

import pytest

from alicred_emulator.emulator import Emulator

FURTHER = "127.0.0.2"


@pytest.fixture
def emulator():
    """An emulator of the test's own, since services are stopped."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def adopted(emulator):
    """Metadata's port on a further address, which the service has adopted."""
    with socket.socket() as sock:
        try:
            sock.bind((FURTHER, emulator.imds.port))
        except OSError as error:
            pytest.skip(f"this system has no {FURTHER}: {error}")
        emulator.imds.adopt(sock)
        yield sock
        emulator.imds.stop()


def status(emulator):
    """Ask for metadata at the further address."""
    connection = http.client.HTTPConnection(FURTHER, emulator.imds.port)
    try:
        connection.request("GET", "/latest/meta-data/region-id")
        return connection.getresponse().status
    finally:
        connection.close()


def refusal(emulator):
    """Return the number of the error with which a connection is refused, 0 if it is not."""
    with socket.socket() as sock:
        return sock.connect_ex((FURTHER, emulator.imds.port))


def test_it_is_answered_like_the_services_own(emulator, adopted):
    """In one journal, with one set of faults."""
    assert status(emulator) == 200
    emulator.imds.journal.assert_requests(["GET /latest/meta-data/region-id"])


def test_a_service_that_was_stopped_refuses_connections(emulator, adopted):
    """An outage is the same wherever it is seen from."""
    emulator.imds.stop()
    assert refusal(emulator) == errno.ECONNREFUSED


def test_a_service_that_starts_again_answers_again(emulator, adopted):
    """On the socket that it was given once."""
    emulator.imds.stop()
    emulator.reset()
    assert status(emulator) == 200


def test_what_is_adopted_before_the_start_is_answered_after_it():
    """The order is the caller's."""
    emulator = Emulator()
    with socket.socket() as sock:
        try:
            sock.bind((FURTHER, 0))
        except OSError as error:
            pytest.skip(f"this system has no {FURTHER}: {error}")
        emulator.imds.adopt(sock)
        with emulator, socket.create_connection(sock.getsockname()) as client:
            client.sendall(b"GET /latest/ HTTP/1.0\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 200"


def test_what_was_released_is_refused_and_the_service_goes_on(emulator):
    """Its owner closes the socket, and the service forgets it, whether it runs or not."""
    for running in (True, False):
        with socket.socket() as sock:
            try:
                sock.bind((FURTHER, emulator.imds.port))
            except OSError as error:
                pytest.skip(f"this system has no {FURTHER}: {error}")
            emulator.imds.adopt(sock)
            assert status(emulator) == 200
            if not running:
                emulator.imds.stop()
            emulator.imds.release(sock)
        assert refusal(emulator) == errno.ECONNREFUSED
        emulator.reset()
        assert refusal(emulator) == errno.ECONNREFUSED
        assert emulator.imds.is_running()
