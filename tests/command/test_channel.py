"""The line between the command, its keeper and an emulator elsewhere."""

import os
import socket
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="such lines are Linux's")


def test_a_socket_that_came_along_stays_in_this_process():
    """What it starts, without a word about descriptors, would keep the socket's network alive."""
    from alicred_emulator.launch.channel import Channel

    one, other = Channel.pair()
    with socket.socket() as sock:
        one.send({}, [sock])
    _, [received] = other.receive()
    with received:
        assert not os.get_inheritable(received.fileno())
    one.close()
    other.close()
