"""HTTP over TLS and through proxies: urllib3's connections, held to deadlines, found as requests would."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, Timeout
from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from alicred.asking import LARGEST_BODY_BYTES, Answer, broken, late, target_of, unreached, unusable
from alicred.deadline import Deadline, DeadlineSocket, Phases
from alicred.dialing import dial
from alicred.transport import NoReply

if TYPE_CHECKING:
    # Its name in urllib3 2; urllib3 1.26 answers with the like.
    from urllib3 import BaseHTTPResponse

__all__ = ["BoundedAdapter", "PhaseTimeout"]

_TARGET = ":target"  # no header, but travels with the headers as far as the connection


class BoundedAdapter(HTTPAdapter):
    """Finds connections as requests does, by proxy and trust, and asks over them with less ceremony.

    What requests builds around a request and an answer would double the time of a refresh, and it reads the
    whole body of a redirect, however long it is.
    """

    def __init__(self, phases: Phases) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)
        self._phases = phases

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the manager of direct connections; called by requests."""
        super().init_poolmanager(*args, **options)
        _bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return the manager of a proxy's connections; called by requests."""
        return _bound(super().proxy_manager_for(proxy, **options))

    def ask(  # noqa: PLR0913 - what a request consists of
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        proxies: dict[str, str],
        ca_bundle: str | None,
    ) -> Answer:
        """Send a request and read its answer.

        Raises:
            NoReply: There is none, or no connection can be made of these addresses and files.
        """
        try:
            with self._response(method, url, headers, body, proxies, ca_bundle) as response:
                return _read(response)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = _explained(error, self._phases, ca_bundle)
        # Raised out here so that no chained exception carries the URL or the answer.
        raise failure

    def _response(  # noqa: PLR0913, PLR0917 - what a request consists of
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        proxies: dict[str, str],
        ca_bundle: str | None,
    ) -> BaseHTTPResponse:
        request = requests.PreparedRequest()
        request.url = url
        verify = ca_bundle or True
        stubless: Any = self
        pool: HTTPConnectionPool = stubless.get_connection_with_tls_context(request, verify, proxies=proxies)
        stubless.cert_verify(pool, url, verify, None)
        proxy = select_proxy(url, proxies)
        relayed = (
            proxy is not None and urlsplit(url).scheme == "http" and not proxy.lower().startswith("socks")
        )
        return pool.urlopen(
            method,
            # What urllib3 logs; the words that are sent are `_TARGET`.
            "http://proxied/" if relayed else "/",
            body,
            {**headers, _TARGET: target_of(url, absolute=relayed)},
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=PhaseTimeout(self._phases),
            preload_content=False,
            decode_content=False,
        )


class PhaseTimeout(Timeout):
    """What urllib3 is told of phases."""

    def __init__(self, phases: Phases) -> None:
        super().__init__(connect=phases.connect, read=phases.read)
        self._phases = phases

    def clone(self) -> PhaseTimeout:
        """Return another one with the same end; called by urllib3 at each phase."""
        return PhaseTimeout(self._phases)

    @property
    def connect_timeout(self) -> float:
        """How long connecting may take from now on."""
        return self._phases.connect_left()

    @property
    def read_timeout(self) -> float:
        """How long an answer may take from now on."""
        return self._phases.read_left()


def _read(response: BaseHTTPResponse) -> Answer:
    return Answer(
        response.status,
        response.read(LARGEST_BODY_BYTES + 1, decode_content=False),
        int(response.headers.get("Content-Length", 0)),
        response.headers.get("Date"),
    )


def _explained(error: Exception, phases: Phases, ca_bundle: str | None) -> NoReply:
    if isinstance(error, ProxyError):
        return NoReply("could not be reached through the proxy.", connected=False)
    if isinstance(error, NewConnectionError):
        return unreached(phases, in_time=True)
    if isinstance(error, ConnectTimeoutError):
        return unreached(phases, in_time=False)
    # Whatever requests raises itself is raised before it connects; what a socket raises comes wrapped.
    if type(error) is OSError or (isinstance(error, SSLError) and ca_bundle and not _is_bundle(ca_bundle)):
        return NoReply(
            "was not asked: the file of CA certificates cannot be read, or holds none.", connected=False
        )
    if isinstance(error, SSLError):
        return NoReply("showed a certificate that is not trusted here, or no TLS.", connected=False)
    # A request that could not be sent in time is wrapped once more.
    if isinstance(error, ReadTimeoutError) or any(isinstance(e, TimeoutError) for e in (error, *error.args)):
        return late(phases)
    if isinstance(error, InvalidSchema):
        return NoReply("can be asked through a SOCKS proxy only if PySocks is installed.", connected=False)
    if isinstance(error, (requests.RequestException, LocationValueError, UnicodeError)):
        return unusable()
    return broken()


def _is_bundle(path: str) -> bool:
    """Return whether there are certificates; urllib3 tells of a file without any as of a bad certificate."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:
        # A folder of certificates is read as they are needed.
        return isinstance(error, IsADirectoryError)
    return True


def _bound(manager: Any) -> Any:
    pools = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: _bounded(pool) for scheme, pool in pools.items()}
    return manager


class _Bounded(HTTPConnection):
    """Goes in front of any connection class of urllib3's; keeps the deadline, and a URL as it was written.

    Name, addresses, a proxy's answer to CONNECT and TLS share the time in which a connection has to be made.
    """

    _deadline: Deadline
    # As in `alicred.plain`: what an application has printed is its own.
    debuglevel = 0

    def connect(self) -> None:
        self._deadline = Deadline(cast("float", self.timeout))
        try:
            super().connect()
            # For sending the request, which is part of the same phase.
            self.timeout = self._deadline.left()
        except TimeoutError:
            raise ConnectTimeoutError(self, "connecting took too long") from None
        self.sock = DeadlineSocket(self.sock, self._deadline)

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:
        others = dict(headers)
        target = others.pop(_TARGET, url)
        super().request(method, target, body=body, headers=others, **options)

    def _new_conn(self) -> Any:
        connected = super()._new_conn()
        connected.settimeout(self._deadline.left())
        return connected

    def _connect_tls_proxy(self, hostname: str, sock: Any) -> Any:
        secured: Any = super()._connect_tls_proxy(hostname, sock)  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        return DeadlineSocket(secured, self._deadline)

    def _tunnel(self) -> None:
        # A proxy's answer to CONNECT is read before the connection counts as made.
        plain = self.sock
        if not isinstance(plain, DeadlineSocket):
            self.sock = DeadlineSocket(plain, self._deadline)
        super()._tunnel()
        self.sock = plain
        plain.settimeout(self._deadline.left())


class _Dialling(HTTPConnection):
    """Comes behind `_Bounded` where urllib3 would connect by itself, and a SOCKS proxy does not."""

    _deadline: Deadline

    def _new_conn(self) -> Any:
        try:
            return dial(self._dns_host, self.port, self._deadline, self.socket_options or ())
        except TimeoutError:
            raise
        except OSError as error:
            raise NewConnectionError(self, type(error).__name__) from error


@cache
def _bounded(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    """Return a pool class whose connections are `_Bounded`; a SOCKS proxy brings pools of its own."""
    theirs: Any = pool.ConnectionCls
    if issubclass(theirs, _Bounded):
        return pool
    by_socks = any("_new_conn" in vars(kind) for kind in theirs.__mro__ if kind is not HTTPConnection)
    bases = (_Bounded, theirs) if by_socks else (_Bounded, _Dialling, theirs)
    connection = type("BoundedConnection", bases, {})
    return cast("type[HTTPConnectionPool]", type("BoundedPool", (pool,), {"ConnectionCls": connection}))
