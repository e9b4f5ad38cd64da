"""Connecting to a name, which may have several addresses, some of them dead."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from urllib3.util.connection import allowed_gai_family

from alicred.deadline import Deadline

__all__ = ["dial"]


def dial(host: str, port: int, deadline: Deadline, options: Sequence[tuple[Any, ...]]) -> socket.socket:
    """Return a connection to the first address of a name that takes one.

    Each address is given an equal share of what is left, so that a dead one leaves time for the next.

    Args:
        host: A name or an address.
        port: The port.
        deadline: When all of them together have had their chance.
        options: Options of the socket, as `setsockopt` takes them.

    Raises:
        OSError: None of them does; a `TimeoutError` where the last one did not react.
    """
    addresses = socket.getaddrinfo(host.strip("[]"), port, allowed_gai_family(), socket.SOCK_STREAM)
    for number, (family, kind, protocol, _, address) in enumerate(addresses, start=1):
        dialling = socket.socket(family, kind, protocol)
        try:
            for option in options:
                dialling.setsockopt(*option)
            dialling.settimeout(deadline.left() / (len(addresses) - number + 1))
            dialling.connect(address)
        except BaseException as error:
            dialling.close()
            if number == len(addresses) or not isinstance(error, OSError):
                raise
        else:
            return dialling
    raise OSError("the name has no address")
