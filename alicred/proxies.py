"""Which proxy a URL is reached through: the rules of the variables `*_proxy` and `no_proxy`."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

__all__ = ["proxies_for"]


def proxies_for(url: str, proxies: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies that a request for a URL may take, none where the URL is an exception.

    Args:
        url: Where the request goes.
        proxies: Proxy URLs under ``http``, ``https`` and ``all``; under ``no`` the exceptions, separated by
            commas: a host, a domain with all below it, an address, a network such as ``10.0.0.0/8``, any of
            them with a port, or ``*``.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    exceptions = [entry.strip().lower() for entry in proxies.get("no", "").split(",")]
    if any(_matches(host, port, exception) for exception in exceptions if exception):
        return {}
    return {scheme: proxy for scheme, proxy in proxies.items() if scheme != "no"}


def _matches(host: str, port: int, exception: str) -> bool:
    # An address such as fd00::80 ends like one with a port, so it is looked at as it stands, too.
    without_port = exception.removesuffix(f":{port}")
    return exception == "*" or _is_below(host, exception) or _is_below(host, without_port)


def _is_below(host: str, place: str) -> bool:
    domain = place.lstrip("*").lstrip(".").strip("[]")
    return bool(domain) and (host == domain or host.endswith(f".{domain}") or _is_in(host, domain))


def _is_in(host: str, network: str) -> bool:
    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False
