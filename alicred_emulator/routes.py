"""Where a connection goes that means to reach Alibaba Cloud: decisions, and no sockets.

A name that a fake stands for resolves to a stand-in address, by which a connection is known again: so
names can be told apart although all fakes listen on one loopback address. The stand-ins are of 240.0.0.0/4,
which no host has (198.18.0.0/15, the obvious choice, is where some proxies keep stand-ins of their own).
"""

import errno
import ipaddress
import socket
import threading
from collections.abc import Mapping
from typing import Any, Final

from alicred_emulator.hosts import HOST_PORTS, is_alibaba_cloud, service_of

Ports = Mapping[tuple[str, int], int]
"""By name of a service and port of its real hosts: the loopback port of the fake."""

SocketAddress = tuple[Any, ...] | str | bytes
"""What `connect` takes, of any address family."""

_LOOPBACK: Final = "127.0.0.1"
_FIRST_STAND_IN: Final = ipaddress.IPv4Address("240.0.0.1")
_IPV4_IN_IPV6: Final = "::ffff:"
_HOST_AND_PORT: Final = 2


def ports_of(fakes: Mapping[str, int]) -> Ports:
    """Say which fake stands for which port of its real hosts.

    Args:
        fakes: Service to the loopback port of its fake; one that has no real hosts is passed over.

    Returns:
        What `Routes` wants.
    """
    return {(service, port): fake for service, fake in fakes.items() for port in HOST_PORTS.get(service, ())}


class _StandIns:
    """One address per name, for the life of the process, since clients keep what they resolved."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._addresses: dict[str, str] = {}

    def address_of(self, name: str) -> str:
        with self._lock:
            return self._addresses.setdefault(name, str(_FIRST_STAND_IN + len(self._addresses)))

    def name_of(self, address: str) -> str | None:
        with self._lock:
            return next((name for name, known in self._addresses.items() if known == address), None)


_STAND_INS: Final = _StandIns()


class Routes:
    """The hosts and ports that the running fakes stand for. Any thread may ask."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._served = {service for service, _ in ports}

    def destination(self, address: SocketAddress) -> SocketAddress:
        """Say where a socket must connect to that was told to connect to an address.

        Args:
            address: What `connect` was given.

        Returns:
            The fake's address, or what was given when it is not Alibaba Cloud's.

        Raises:
            ConnectionRefusedError: If it is Alibaba Cloud's and no fake stands for it.
        """
        if not isinstance(address, tuple) or len(address) < _HOST_AND_PORT:
            return address
        host, port, *rest = address
        name = _canonical(host)
        if name is None:
            return address
        _, mapped, name = name.rpartition(_IPV4_IN_IPV6)
        name = _STAND_INS.name_of(name) or name
        service = service_of(name)
        if service is None and not is_alibaba_cloud(name):
            return address
        fake = self._ports.get((service or "", port))
        if fake is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, _refusal(f"{name} port {port}"))
        return (mapped + _LOOPBACK, fake, *rest)

    def address(self, host: Any) -> Any:
        """Say what the resolver must look up that was told to look up a host.

        Args:
            host: What the resolver was given; addresses and None pass through.

        Returns:
            The stand-in address of an emulated name, or what was given when it is not Alibaba Cloud's.

        Raises:
            socket.gaierror: If it is Alibaba Cloud's and no fake stands for it.
        """
        name = _canonical(host)
        if name is None or not is_alibaba_cloud(name):
            return host
        if service_of(name) not in self._served:
            raise socket.gaierror(socket.EAI_NONAME, _refusal(name))
        return _STAND_INS.address_of(name)

    @staticmethod
    def name(address: object) -> str | None:
        """Name the emulated host that a stand-in address is of, None for every other address."""
        return _STAND_INS.name_of(address) if isinstance(address, str) else None


def _canonical(host: object) -> str | None:
    """Write a host in the one way that tables know, as the system would understand it."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("latin-1")
    if not isinstance(host, str):
        return None
    name = (host if host.isascii() else _ascii(host)).lower().removesuffix(".")
    if ":" in name:
        return _mapped_ipv4(name)
    return _dotted_quad(name) if name[:1].isdigit() else name


def _ascii(host: str) -> str:
    # As the socket module does: full-width letters and ideographic full stops become plain ones.
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _dotted_quad(name: str) -> str:
    # The system takes 100.100.25800 and 0x646464c8 for addresses.
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        return name


def _mapped_ipv4(name: str) -> str:
    try:
        mapped = ipaddress.IPv6Address(name.partition("%")[0]).ipv4_mapped
    except ValueError:
        return name
    return f"{_IPV4_IN_IPV6}{mapped}" if mapped else name


def _refusal(what: str) -> str:
    return (
        f"alicred_emulator: {what} is an Alibaba Cloud address that is not emulated here; "
        "it is refused, so that no test reaches a real account"
    )
