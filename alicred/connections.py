"""urllib3's connections, held to a deadline and to the words of a URL; an adapter of requests over them."""

from __future__ import annotations

import re
import string
from functools import cache
from typing import Any, cast
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection

from alicred.deadline import DeadlineSocket

__all__ = ["BoundedAdapter"]

_TARGET = ":target"  # no header, but travels with the headers as far as the connection


class BoundedAdapter(HTTPAdapter):
    """The adapter of requests, over connections that are `_Bounded`."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the manager of direct connections; called by requests."""
        super().init_poolmanager(*args, **options)
        _bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the manager of a proxy's connections; called by requests."""
        return _bound(super().proxy_manager_for(proxy, **options))

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return what is asked for, and give the connection the words to ask it in; called by requests."""
        sent = super().request_url(request, proxies)
        request.headers[_TARGET] = _target(request.url or "", absolute=not sent.startswith("/"))
        return sent


def _bound(manager: Any) -> Any:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _bounded(pool) for scheme, pool in pools.items()}
    return manager


class _Bounded(HTTPConnection):
    """Goes in front of any connection class of urllib3's; keeps the deadline, and a URL as it was written."""

    def connect(self) -> None:
        super().connect()
        self.sock = DeadlineSocket(self.sock)

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:
        others = dict(headers)
        target = others.pop(_TARGET, url)
        super().request(method, target, body=body, headers=others, **options)

    def _tunnel(self) -> None:
        # A proxy's answer to CONNECT is read before the connection counts as made.
        plain = self.sock
        self.sock = bounded = DeadlineSocket(plain)
        bounded.settimeout(plain.gettimeout())
        super()._tunnel()
        self.sock = plain


@cache
def _bounded(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """Return a pool class whose connections are `_Bounded`; a SOCKS proxy brings pools of its own."""
    if issubclass(pool.ConnectionCls, _Bounded):
        return pool
    connection = type("BoundedConnection", (_Bounded, pool.ConnectionCls), {})
    return cast("type[HTTPConnectionPool]", type("BoundedPool", (pool,), {"ConnectionCls": connection}))


def _target(url: str, *, absolute: bool) -> str:
    """Return what the first line of a request says, in the words of whoever wrote the URL.

    requests and urllib3 would rewrite ``%2f``, ``[`` and a query's bare ``?``, and a service that signs its
    URLs may not know them again.
    """
    scheme, _, rest = url.partition("#")[0].partition("://")
    authority = re.split("[/?]", rest, maxsplit=1)[0]
    path = quote(rest.removeprefix(authority), safe=string.punctuation)
    path = path if path.startswith("/") else f"/{path}"
    if not absolute:
        return path
    host = authority.rpartition("@")[2].encode("idna").decode("ascii")
    return f"{scheme}://{host}{path}"
