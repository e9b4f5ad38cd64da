"""The network inside: loopback with further addresses, and sockets that are bound there for the emulator.

What is here runs inside; it makes sockets and serves none.
"""

import errno
import fcntl
import socket
import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

from alicred_emulator.sandbox.kernel import KernelRefusalError

TCP: Final = "tcp"
UDP: Final = "udp"

# From <linux/sockios.h> and <linux/if.h>.
_SET_FLAGS: Final = 0x8914
_SET_ADDRESS: Final = 0x8916
_SET_MASK: Final = 0x891C
_IS_UP: Final = 0x1
_REQUEST: Final = "16sH14s"
_INTERFACE: Final = "lo"
_HOST_MASK: Final = "255.255.255.255"
_NO_IPV6: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


class Endpoint(NamedTuple):
    """Where a socket is bound.

    Attributes:
        kind: `TCP` or `UDP`.
        address: The address, of either version.
        port: The port.
    """

    kind: str
    address: str
    port: int


def raise_loopback(addresses: Iterable[str]) -> None:
    """Bring up loopback, and give it further IPv4 addresses.

    Raises:
        KernelRefusalError: The kernel will not.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        _request(sock, _SET_FLAGS, _INTERFACE, _IS_UP, b"")
        for number, address in enumerate(addresses, 1):
            label = f"{_INTERFACE}:{number}"
            _request(sock, _SET_ADDRESS, label, socket.AF_INET, _packed(address))
            _request(sock, _SET_MASK, label, socket.AF_INET, _packed(_HOST_MASK))


def bound(endpoint: Endpoint) -> socket.socket:
    """Make a socket and bind it.

    Raises:
        KernelRefusalError: It cannot be bound.
    """
    family = socket.AF_INET6 if ":" in endpoint.address else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_STREAM if endpoint.kind == TCP else socket.SOCK_DGRAM)
        try:
            sock.bind((endpoint.address, endpoint.port))
        except OSError:
            sock.close()
            raise
    except OSError as error:
        place = f"bind {endpoint.address} port {endpoint.port}"
        raise KernelRefusalError(place, error.errno or errno.EINVAL) from error
    return sock


def all_bound(endpoints: Iterable[Endpoint]) -> list[socket.socket]:
    """Make sockets and bind them; those of IPv6 are left out where the kernel has none.

    Raises:
        KernelRefusalError: One cannot be bound.
    """
    return [sock for sock in map(_bound_if_there_is_any, endpoints) if sock is not None]


def _bound_if_there_is_any(endpoint: Endpoint) -> socket.socket | None:
    try:
        return bound(endpoint)
    except KernelRefusalError as refusal:
        if ":" not in endpoint.address or refusal.errno not in _NO_IPV6:
            raise
        return None


def _packed(address: str) -> bytes:
    return struct.pack("!H4s", 0, socket.inet_aton(address))


def _request(sock: socket.socket, number: int, label: str, first: int, rest: bytes) -> None:
    try:
        fcntl.ioctl(sock, number, struct.pack(_REQUEST, label.encode("ascii"), first, rest))
    except OSError as error:
        raise KernelRefusalError(f"ioctl {label}", error.errno or errno.EINVAL) from error
