"""Where a request to the proxy is to go: decisions, and no sockets.

The rule kept here: what no fake stands for is refused, unless its host was named when the proxy was made.
So nothing that a program does by mistake reaches a real account, or anything else.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from alicred_emulator.hosts import HOST_PORTS, is_alibaba_cloud, service_of

_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@/?#]+)(?::([0-9]{1,5}))?")
_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Fake:
    """A fake answers.

    Attributes:
        service: Its name.
    """

    service: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A host that the proxy was told to let pass.

    Attributes:
        host: The host, an IPv6 address without its brackets.
        port: The port.
    """

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nobody answers.

    Attributes:
        status: The HTTP status that says so.
        reason: A sentence for whoever reads the answer.
    """

    status: int
    reason: str


Destination = Fake | Elsewhere | Refused


def destination(authority: str, default_port: int, allowed: Collection[str]) -> Destination:
    """Say who answers for a host.

    Args:
        authority: The host with or without a port, as it stands in a request.
        default_port: The port where none is named; 0 where one has to be.
        allowed: The hosts to let pass, in lower case.

    Returns:
        The fake, the host itself, or why neither.
    """
    match = _AUTHORITY.fullmatch(authority)
    port = int(match[2] or default_port) if match else 0
    if match is None or not 0 < port <= _HIGHEST_PORT:
        return Refused(400, "The proxy was asked for no host and port.")
    host = match[1].strip("[]").lower().removesuffix(".")
    service = service_of(host)
    if service is not None:
        return _of_fake(service, host, port)
    if is_alibaba_cloud(host):
        return Refused(403, f"{host} is an Alibaba Cloud host that is not emulated.")
    if host in allowed:
        return Elsewhere(host, port)
    return Refused(403, f"{host} is not emulated; alicred-emulator exec --allow {host} lets it pass.")


def _of_fake(service: str, host: str, port: int) -> Destination:
    if port in HOST_PORTS[service]:
        return Fake(service)
    known = " and ".join(str(number) for number in HOST_PORTS[service])
    return Refused(403, f"{host} is emulated on port {known} alone.")
