"""Connecting to a name, which may have several addresses, some of them dead."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

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
    addresses = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    failure = OSError("the name has no address")
    for number, (*kind, _, address) in enumerate(addresses, start=1):
        try:
            return _dialled(kind, address, deadline.left() / (len(addresses) - number + 1), options)
        except OSError as error:  # noqa: PERF203 - there are few
            failure = error
    raise failure


def _dialled(
    kind: Sequence[int], address: Any, seconds: float, options: Sequence[tuple[Any, ...]]
) -> socket.socket:
    # Of a family that this machine does not have, there is no socket.
    dialling = socket.socket(*kind)
    try:
        for option in options:
            dialling.setsockopt(*option)
        dialling.settimeout(seconds)
        dialling.connect(address)
    except BaseException:
        dialling.close()
        raise
    return dialling
