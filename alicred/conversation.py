"""A conversation over HTTP: requests, held to one deadline and one size."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from alicred import clock
from alicred.asking import LARGEST_BODY_BYTES, Answer, broken, unusable
from alicred.deadline import Phases
from alicred.loading import loaded
from alicred.plain import PlainHttp
from alicred.proxies import proxies_for
from alicred.transport import NoReply, Reply, Terms

if TYPE_CHECKING:
    from alicred.connections import BoundedAdapter

__all__ = ["HttpConversation"]

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
        self._phases = Phases(terms.connect_seconds, terms.read_seconds, self._began + terms.total_seconds)
        self._plain = PlainHttp(self._phases)
        self._others: BoundedAdapter | None = None

    def __enter__(self) -> HttpConversation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        """Send one request and read its whole answer; see `alicred.transport.Conversation`."""
        if clock.monotonic() >= self._phases.until:
            raise NoReply(f"had not answered within {self._terms.total_seconds:g} s in all.", connected=True)
        sent_at = self._now + clock.monotonic() - self._began
        try:
            return self._reply(self._ask(method, url, headers or {}, body), sent_at)
        except NoReply:
            # Whatever else may come over a kept connection belongs to nothing.
            self._hang_up()
            raise

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        route = self._route(url)
        if route is None:
            raise unusable()
        authorization, proxies = route
        sent = {**_HEADERS, **authorization, **headers}
        if not proxies and url.lower().startswith("http://"):
            return self._plain.ask(method, url, sent, body)
        if self._others is None:
            # 60 ms of requests, urllib3 and TLS.
            self._others = cast("BoundedAdapter", loaded("alicred.connections").BoundedAdapter(self._phases))
        return self._others.ask(method, url, sent, body, proxies=proxies, ca_bundle=self._terms.ca_bundle)

    def _route(self, url: str) -> tuple[dict[str, str], dict[str, str]] | None:
        """Return how to show who asks, and through which proxies; None where the URL is none."""
        try:
            return _credentials_of(url), proxies_for(url, self._terms.proxies)
        except ValueError:
            return None

    def _hang_up(self) -> None:
        if self._others is not None:
            self._others.close()

    def _reply(self, answer: Answer, sent_at: float) -> Reply:
        # One that is not the last word, and was not asked for: what comes after it would answer the next.
        if answer.status < HTTPStatus.OK:
            raise broken()
        if len(answer.body) > LARGEST_BODY_BYTES:
            raise NoReply(f"answered with more than {LARGEST_BODY_BYTES // 1024} KiB.", connected=True)
        # Neither http.client nor urllib3 1.26 minds the end of a connection before the end of a body.
        if len(answer.body) < answer.length:
            raise NoReply("broke off in the middle of its answer.", connected=True)
        return Reply(answer.status, answer.body, self._server_ahead(answer.date, sent_at))

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
