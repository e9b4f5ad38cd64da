"""What is passed on between a client and a host, both of which may say much at once."""

import contextlib
import socket
import struct
import threading

import pytest

from alicred_emulator.connection import Connection
from alicred_emulator.proxy.relay import exchange

MUCH = b"x" * (16 * 1024 * 1024)
SECONDS = 10


def joined():
    """Return both ends of a connection, as far as loopback is from here to there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = socket.create_connection(server.getsockname(), SECONDS)
        other, _ = server.accept()
        other.settimeout(SECONDS)
        return one, other


@pytest.fixture
def between():
    """A client, the relay's connection to it, and the host behind the relay."""
    client, ours = joined()
    theirs, host = joined()
    theirs.settimeout(None)
    connection = Connection(ours)
    relay = threading.Thread(target=exchange, args=(connection, theirs))
    relay.start()
    with client, host, theirs, contextlib.closing(connection):
        yield client, connection, host
        connection.end()
        host.close()
        relay.join(SECONDS)
        assert not relay.is_alive()


def said_all(sock):
    """Say much, and that this was all."""
    sock.sendall(MUCH)
    sock.shutdown(socket.SHUT_WR)


def heard(sock):
    """Return how much was said until the end."""
    return sum(iter(lambda: len(sock.recv(65536)), 0))


def test_a_host_that_says_all_before_it_listens_is_heard(between):
    """A client that does both at once, as many that pipeline, would not get stuck without a relay either."""
    client, _, host = between
    speaking = threading.Thread(target=said_all, args=(client,))
    results = []

    def answer():
        said_all(host)
        results.append(heard(host))

    answering = threading.Thread(target=answer)
    for thread in (speaking, answering):
        thread.start()
    results.append(heard(client))
    for thread in (speaking, answering):
        thread.join()
    assert results == [len(MUCH)] * 2


def test_a_client_that_has_said_all_is_still_answered(between):
    """As whoever pipes a request into a socket."""
    client, _, host = between
    client.sendall(b"all")
    client.shutdown(socket.SHUT_WR)
    assert heard(host) == len(b"all")
    host.sendall(b"answer")
    host.shutdown(socket.SHUT_WR)
    assert heard(client) == len(b"answer")


def test_an_end_that_somebody_wants_ends_both(between):
    """The host is told as well."""
    client, connection, host = between
    connection.end()
    assert heard(client) == heard(host) == 0


def test_a_side_that_breaks_off_ends_the_other(between):
    """Nobody waits for the rest of what was cut short."""
    client, _, host = between
    host.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    host.close()
    assert client.recv(1) == b""


def test_an_end_that_was_wanted_before_the_host_was_reached_ends_both():
    """It may take a while to reach a host, and meanwhile the proxy may have been left."""
    client, ours = joined()
    theirs, host = joined()
    theirs.settimeout(None)
    connection = Connection(ours)
    connection.end()
    relay = threading.Thread(target=exchange, args=(connection, theirs))
    with client, theirs, host, contextlib.closing(connection):
        relay.start()
        assert heard(client) == heard(host) == 0
        relay.join(SECONDS)
        assert not relay.is_alive()
