"""How an unmodified program in this process reaches the fakes: `connect` and the resolver, replaced.

The rule kept here: an address that Alibaba Cloud answers at in the real world is answered by a fake or
refused, and never reached; every other address passes through as it came. Sockets of the standard library
are covered, and asyncio's own loop with them; uvloop and resolvers written in C go past this module.
"""

import errno
import socket
import sys
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import wraps
from typing import Any

from alicred_emulator.patching import replaced
from alicred_emulator.routes import Ports, Routes

if sys.platform == "win32":
    import asyncio.windows_events  # noqa: F401 - loaded is all that it has to be


@contextmanager
def redirected(ports: Ports) -> Generator[None, None, None]:
    """Have connections of this process to the emulated hosts reach the fakes.

    Args:
        ports: By name of a service and port of its real hosts: the loopback port of the fake.
    """
    routes = Routes(ports)
    with (
        replaced(socket.socket, _socket_methods(routes)),
        replaced(socket, _resolver_functions(routes)),
        _proactor_redirected(routes),
    ):
        yield


def _socket_methods(routes: Routes) -> dict[str, object]:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    @wraps(connect)
    def redirected_connect(self: socket.socket, address: Any, /) -> None:
        connect(self, routes.destination(address))

    @wraps(connect_ex)
    def redirected_connect_ex(self: socket.socket, address: Any, /) -> int:
        try:
            return connect_ex(self, routes.destination(address))
        except ConnectionRefusedError:
            return errno.ECONNREFUSED

    return {"connect": redirected_connect, "connect_ex": redirected_connect_ex}


def _proactor_redirected(routes: Routes) -> AbstractContextManager[None]:
    # The event loop of Windows hands a socket's number to the system, and calls none of its methods.
    windows_events = sys.modules.get("asyncio.windows_events")
    if windows_events is None:
        return nullcontext()
    connect = windows_events.IocpProactor.connect

    @wraps(connect)
    def redirected_connect(self: Any, conn: socket.socket, address: Any) -> Any:
        return connect(self, conn, routes.destination(address))

    return replaced(windows_events.IocpProactor, {"connect": redirected_connect})


def _resolver_functions(routes: Routes) -> dict[str, object]:
    getaddrinfo, gethostbyaddr = socket.getaddrinfo, socket.gethostbyaddr
    gethostbyname, gethostbyname_ex = socket.gethostbyname, socket.gethostbyname_ex

    @wraps(getaddrinfo)
    def redirected_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        return getaddrinfo(routes.address(host), *args, **kwargs)

    @wraps(gethostbyname)
    def redirected_gethostbyname(hostname: Any, /) -> str:
        return gethostbyname(routes.address(hostname))

    @wraps(gethostbyname_ex)
    def redirected_gethostbyname_ex(hostname: Any, /) -> tuple[str, list[str], list[str]]:
        return gethostbyname_ex(routes.address(hostname))

    @wraps(gethostbyaddr)
    def redirected_gethostbyaddr(ip_address: Any, /) -> tuple[str, list[str], list[str]]:
        address = routes.address(ip_address)
        name = routes.name(address)
        return gethostbyaddr(address) if name is None else (name, [], [address])

    return {
        "getaddrinfo": redirected_getaddrinfo,
        "gethostbyaddr": redirected_gethostbyaddr,
        "gethostbyname": redirected_gethostbyname,
        "gethostbyname_ex": redirected_gethostbyname_ex,
    }
