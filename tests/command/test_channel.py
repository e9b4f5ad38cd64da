"""The line between the command, its keeper and an emulator elsewhere."""

import errno
import os
import socket
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="such lines are Linux's")


@pytest.fixture
def line():
    """Both ends of one."""
    from alicred_emulator.launch.channel import Channel

    one, other = Channel.pair()
    yield one, other
    one.close()
    other.close()


@contextmanager
def one_descriptor_left():
    """Let this process open one thing more."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_socket_that_came_along_stays_in_this_process(line):
    """What it starts, without a word about descriptors, would keep the socket's network alive."""
    one, other = line
    with socket.socket() as sock:
        one.send({}, [sock])
    _, [received] = other.receive()
    with received:
        assert not os.get_inheritable(received.fileno())


def test_sockets_that_cannot_be_taken_are_an_error(line):
    """And not a message that came with fewer of them."""
    one, other = line
    with socket.socket() as sock:
        one.send({}, [sock, sock])
    with one_descriptor_left(), pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
        other.receive()


def test_an_end_that_is_gone_has_nothing_to_say(line):
    """Whether it has read what was said to it or not."""
    one, other = line
    other.send({})
    one.close()
    assert other.receive() is None
    with pytest.raises(BrokenPipeError):
        other.send({})


@pytest.mark.parametrize("beneath", ["", "f" * 120])
def test_a_line_begins_at_a_place_however_long_its_path(folder, beneath):
    """An address of the system's has room for a short one only."""
    from alicred_emulator.launch.channel import Channel, waiting_at

    place = folder / beneath / "place"
    place.parent.mkdir(exist_ok=True)
    with waiting_at(place) as door, closing(Channel.to(place)) as line:
        line.send({"said": 1})
        with closing(Channel(door.accept()[0])) as other:
            assert other.receive() == ({"said": 1}, [])


def test_a_place_with_a_short_path_needs_no_proc(folder, monkeypatch):
    """A container may come without /proc, and an emulator serves in there all the same."""
    from alicred_emulator.launch import channel

    monkeypatch.setattr(channel.os, "open", pytest.fail)
    channel.waiting_at(folder / "place").close()


def test_nobody_can_wait_where_somebody_does(tmp_path):
    """The socket that was made for it is closed again."""
    from alicred_emulator.launch.channel import waiting_at

    place = Path(tmp_path, "place")
    with waiting_at(place), pytest.raises(OSError, match=os.strerror(errno.EADDRINUSE)):
        waiting_at(place)
