"""Which STS is called, and what its address may look like.

Rule of this module: a request to STS holds tokens and its answer secrets, so it travels in the clear to
loopback alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from alicred.exceptions import ConfigurationError
from alicred.forms import is_region
from alicred.loading import loaded

__all__ = ["AUTHORITY", "Endpoint", "host_of_region", "is_endpoint", "is_loopback", "sts_endpoint"]

_CENTRAL = "sts.aliyuncs.com"
_LABEL = "[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_HOST_NAME = rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.?"
AUTHORITY = r"(?:\[(?P<ipv6>[0-9a-f:.]+)\]|(?P<host>[a-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?"
"""A host with a port or without, in lower case."""
_DEFAULT_PORTS = {"https": 443, "http": 80}
_HIGHEST_PORT = 65_535


class Endpoint(NamedTuple):
    """A service's address.

    Attributes:
        url: Scheme, host and port, without a path.
        authority: Host and port as the header ``Host`` says them.
    """

    url: str
    authority: str


def is_endpoint(text: str) -> bool:
    """Return whether a text is the address of a service: a host, ``host:port``, or a URL without a path.

    An IPv6 address stands in brackets if a port follows. ``http://`` is taken for loopback alone.
    """
    return _parsed(text) is not None


def sts_endpoint(*, named: str | None, region: str | None, vpc: bool, provider: str) -> Endpoint:
    """Return the STS to call: the one that is named, else the region's, else the central one.

    Args:
        named: The address that was given, if one was.
        region: The region whose STS is meant, if one is.
        vpc: Whether the region's STS is reached from inside its network.
        provider: Who is told what is wrong.

    Raises:
        ConfigurationError: There is no such STS.
    """
    found = _parsed(named or _of_region(region, vpc=vpc, provider=provider))
    if found is None:
        raise ConfigurationError(
            "sts_endpoint is not the address of an STS.", remedy="Correct it.", provider=provider
        )
    return found


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine to itself; of names, ``localhost`` alone is believed."""
    try:
        address = loaded("ipaddress").ip_address(host)
    except ValueError:
        return host.lower() == "localhost"
    # ::ffff:127.0.0.1 is loopback to Python 3.13, and to every kernel.
    return bool((getattr(address, "ipv4_mapped", None) or address).is_loopback)


def host_of_region(region: str, *, vpc: bool) -> str:
    """Return the host of a region's STS, as it is reached from anywhere or from inside its network."""
    return f"{'sts-vpc' if vpc else 'sts'}.{region}.aliyuncs.com"


def _of_region(region: str | None, *, vpc: bool, provider: str) -> str:
    if region is None and vpc:
        raise ConfigurationError(
            "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED asks for the STS of a VPC, and no region is set.",
            remedy="Set ALIBABA_CLOUD_STS_REGION, or name the address in sts_endpoint.",
            provider=provider,
        )
    if region is None:
        return _CENTRAL
    if not is_region(region):
        raise ConfigurationError(
            "ALIBABA_CLOUD_STS_REGION is not the id of a region, such as cn-hangzhou.",
            remedy="Correct it, or unset it to use the central STS.",
            provider=provider,
        )
    return host_of_region(region, vpc=vpc)


def _parsed(text: str) -> Endpoint | None:
    scheme, rest = _split(text.lower())
    found = re.fullmatch(AUTHORITY, rest)
    if scheme not in _DEFAULT_PORTS or found is None:
        return None
    host, ipv6, port = found["host"], found["ipv6"], int(found["port"] or _DEFAULT_PORTS[scheme])
    fits = _is_ip(ipv6, of_version=6) if ipv6 else _is_host(host)
    if not fits or not 0 < port <= _HIGHEST_PORT or (scheme == "http" and not is_loopback(ipv6 or host)):
        return None
    authority = f"[{ipv6}]" if ipv6 else host
    if port != _DEFAULT_PORTS[scheme]:
        authority += f":{port}"
    return Endpoint(f"{scheme}://{authority}", authority)


def _split(text: str) -> tuple[str, str]:
    """Return the scheme of an address, and its host and port."""
    scheme, separator, rest = text.partition("://")
    if separator:
        return scheme, rest.removesuffix("/")
    return "https", f"[{text}]" if _is_ip(text, of_version=6) else text


def _is_host(host: str) -> bool:
    # What ends in a number is an address, and 127.1 is none that everybody understands alike.
    if host.rstrip(".").rpartition(".")[2].isdigit():
        return _is_ip(host, of_version=4)
    return bool(re.fullmatch(_HOST_NAME, host))


def _is_ip(host: str, *, of_version: int) -> bool:
    try:
        return bool(loaded("ipaddress").ip_address(host).version == of_version)
    except ValueError:
        return False
