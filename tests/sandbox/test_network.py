"""What is bound inside: every socket that was asked for, but for IPv6 where the kernel has none."""

import errno
import socket
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")

ENDPOINTS = [("tcp", "127.0.0.1", 0), ("tcp", "::1", 0)]


@pytest.fixture
def network():
    """The module, which is Linux's."""
    from alicred_emulator.sandbox import network

    return network


@pytest.fixture
def without_ipv6(monkeypatch, network):
    """Have the kernel refuse sockets of IPv6, for one reason or the other."""

    def without_ipv6(number):
        class Socket(socket.socket):
            def bind(self, address):
                if self.family == socket.AF_INET6:
                    raise OSError(number, "refused")
                super().bind(address)

        monkeypatch.setattr(network.socket, "socket", Socket)

    return without_ipv6


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_where_there_is_no_ipv6_there_is_still_ipv4(network, without_ipv6, number):
    """The kernel may be built without it, or told to do without."""
    without_ipv6(number)
    [sock] = network.all_bound(network.Endpoint(*endpoint) for endpoint in ENDPOINTS)
    with sock:
        assert sock.getsockname()[0] == "127.0.0.1"


def test_any_other_refusal_is_one(network, without_ipv6):
    """It names the address and the port."""
    without_ipv6(errno.EACCES)
    with pytest.raises(network.KernelRefusalError, match="bind ::1 port 0"):
        network.all_bound([network.Endpoint(*ENDPOINTS[1])])


def test_an_interface_that_cannot_be_set_up_is_said(network):
    """By its name, with the kernel's reason."""
    refused = pytest.raises(network.KernelRefusalError, match="ioctl none: No such device")
    with socket.socket() as sock, refused:
        network._request(sock, 0x8914, "none", 1, b"")
