"""Who may ask `alicred serve` for the credential: rules over a request's head, without sockets.

Rules of this module: real keys are behind it, and any web page that a browser on this machine shows can send
requests here. So a request has to name an address, or localhost, as its host (a page that was led here by a
name that its author has pointed here says that name), has to come from no page (a browser says ``Origin`` or
``Sec-Fetch-...``), and has to know the path, which is random.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import ip_address

from alicred.endpoints import AUTHORITY, is_loopback

__all__ = ["Gate"]


class Gate:
    """Decides over requests.

    Args:
        host: The address, or the name, that is listened on.
        port: The port.
        path: The path that has to be known, with its slash.
    """

    def __init__(self, *, host: str, port: int, path: str) -> None:
        self._host = host.lower()
        self._port = port
        self._path = path.encode("ascii")

    def refusal(self, method: str, target: str, headers: Sequence[tuple[str, str]]) -> HTTPStatus | None:
        """Return the status that refuses a request, None for one that is answered.

        Args:
            method: The method.
            target: The path and the query, as they were sent.
            headers: The headers, each as it was sent.
        """
        hosts = [value for name, value in headers if name.lower() == "host"]
        if len(hosts) != 1 or not self._is_ours(hosts[0].strip()) or any(_is_a_pages(n) for n, _ in headers):
            return HTTPStatus.FORBIDDEN
        if not hmac.compare_digest(target.encode("latin-1", errors="replace"), self._path):
            return HTTPStatus.NOT_FOUND
        return None if method == "GET" else HTTPStatus.METHOD_NOT_ALLOWED

    def _is_ours(self, authority: str) -> bool:
        found = re.fullmatch(AUTHORITY, authority.lower())
        # The SDK for Python leaves the port out.
        if found is None or int(found["port"] or self._port) != self._port:
            return False
        host = found["ipv6"] or found["host"]
        return host == self._host or is_loopback(host) or (not is_loopback(self._host) and _is_address(host))


def _is_a_pages(header: str) -> bool:
    name = header.lower()
    return name == "origin" or name.startswith("sec-fetch-")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
