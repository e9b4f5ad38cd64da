"""A conversation over HTTP: requests, held to one deadline and one size."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import requests
from requests.exceptions import InvalidSchema
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from alicred import clock
from alicred.connections import BoundedAdapter
from alicred.deadline import PhaseTimeout
from alicred.proxies import proxies_for
from alicred.transport import NoReply, Reply, Terms

if TYPE_CHECKING:
    # Its name in urllib3 2; urllib3 1.26 answers with the like.
    from urllib3 import BaseHTTPResponse

__all__ = ["HttpConversation"]

_LARGEST_BODY_BYTES = 64 * 1024
_TOLERATED_SKEW_SECONDS = 5.0
_DATE_SECONDS = 1.0
"""A ``Date`` has whole seconds, rounded down."""
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "alicred"}


class HttpConversation:
    """One conversation over HTTP/1.1, on connections that are closed when it ends."""

    def __init__(self, terms: Terms, now: float) -> None:
        self._terms = terms
        self._now = now
        self._began = clock.monotonic()
        self._ends = self._began + terms.total_seconds
        self._adapter = BoundedAdapter()

    def __enter__(self) -> HttpConversation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._adapter.close()

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """Send one request and read its whole answer; see `alicred.transport.Conversation`."""
        if clock.monotonic() >= self._ends:
            raise NoReply(f"had not answered within {self._terms.total_seconds:g} s in all.", connected=True)
        sent_at = self._now + clock.monotonic() - self._began
        timeout = PhaseTimeout(
            connect=self._terms.connect_seconds, read=self._terms.read_seconds, until=self._ends
        )
        try:
            response = self._adapter.ask(
                method,
                url,
                {**_HEADERS, **_credentials_of(url), **(headers or {})},
                body,
                timeout=timeout,
                proxies=proxies_for(url, self._terms.proxies),
                ca_bundle=self._terms.ca_bundle,
            )
            with response:
                return self._reply(response, sent_at)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = _explained(error, self._terms)
        # Raised out here so that no chained exception carries the URL or the answer.
        raise failure

    def _reply(self, response: BaseHTTPResponse, sent_at: float) -> Reply:
        body = response.read(_LARGEST_BODY_BYTES + 1, decode_content=False)
        if len(body) > _LARGEST_BODY_BYTES:
            raise NoReply(f"answered with more than {_LARGEST_BODY_BYTES // 1024} KiB.", connected=True)
        # urllib3 1.26 takes the end of a connection for the end of a body.
        if len(body) < int(response.headers.get("Content-Length", 0)):
            raise NoReply("broke off in the middle of its answer.", connected=True)
        return Reply(response.status, body, self._server_ahead(response.headers.get("Date"), sent_at))

    def _server_ahead(self, date: str | None, sent_at: float) -> float:
        try:
            server = parsedate_to_datetime(date or "")
        except (ValueError, OverflowError):
            return 0.0
        # A Date without a zone is in UTC, as all of them are.
        earliest = (server if server.tzinfo else server.replace(tzinfo=timezone.utc)).timestamp()
        received_at = self._now + clock.monotonic() - self._began
        at_least, at_most = earliest - received_at, earliest + _DATE_SECONDS - sent_at
        # At most: a credential may end a moment early by our clock, and must not end late.
        return at_most if at_least > _TOLERATED_SKEW_SECONDS or at_most < -_TOLERATED_SKEW_SECONDS else 0.0


def _credentials_of(url: str) -> dict[str, str]:
    """Return the header that says what stands before the ``@`` of a URL."""
    if "@" not in url:
        return {}
    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    written = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {written}"} if user or password else {}


def _explained(error: Exception, terms: Terms) -> NoReply:
    if isinstance(error, ProxyError):
        return NoReply("could not be reached through the proxy.", connected=False)
    if isinstance(error, NewConnectionError):
        return NoReply("could not be connected to.", connected=False)
    if isinstance(error, ConnectTimeoutError):
        return NoReply(f"could not be connected to within {terms.connect_seconds:g} s.", connected=False)
    if isinstance(error, SSLError):
        return NoReply("showed a certificate that is not trusted here, or no TLS.", connected=False)
    # A request that could not be sent in time is wrapped once more.
    if isinstance(error, ReadTimeoutError) or any(isinstance(e, TimeoutError) for e in (error, *error.args)):
        return NoReply(f"had not answered in full within {terms.read_seconds:g} s.", connected=True)
    if isinstance(error, InvalidSchema):
        return NoReply("can be asked through a SOCKS proxy only if PySocks is installed.", connected=False)
    if isinstance(error, (requests.RequestException, LocationValueError, UnicodeError)):
        return NoReply("has an address, or a proxy, that cannot be used.", connected=False)
    if type(error) is OSError:
        # What requests raises before it connects; whatever a socket raises comes wrapped.
        return NoReply("was not asked: the file of CA certificates cannot be read.", connected=False)
    return NoReply("broke the connection, or answered with what is not HTTP.", connected=True)
